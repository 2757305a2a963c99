"""The report of a run: one HTML file that needs nothing else, also offline.

`told` is what the published database says of a run, `bars` and `figures` bring its prices and values into the form
that the chart draws (`pack` makes them short), `picture` and `schedule` draw the graph and its times, `provenance`
and `caution` say what it rests on and what to doubt. `run_page` and `batch_page` put the pages together, `page` is
what every page has in common, `write` is the way in. Nothing is computed that the run has measured: metrics are read.
The script and the style (`page.js`, `page.css`) are built from the folder web. A stranger to `marketplace`.
"""
