"""From a graph to a run: which steps there are, which must be computed, and computing them.

Nouns: a `Step` is one computation with a content key, a `Plan` is the ordered steps of one or more
graphs (`plan`), a `Run` is what happened (`run`, made by `execute`), one `Call` of a node is made by a
`Caller` (`attempt`). How each style of node is called
stands in `kernel`, `expression`, `frames` and `table`. What is needed from above is declared in
`protocols` and injected by the engine. May import `graph` and everything below it.
"""
