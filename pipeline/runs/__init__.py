"""How runs are put together: of one graph, of a part of it, of many graphs, of a graph over many params.

Read `workshop` first: it carries a plan out. `batch` and `sweep` say what many runs are, `prepare` and `sampler` which
cells there are, `campaign` carries them out: here, or with a `crew`, for which `spread` makes tasks, `pace` sizes them
and `task` is what a worker does, with what it keeps `warm` between tasks and what it is forked with, `preload`.
`forecast` tells what they would cost, `selection` which part of a graph is meant, `telling` and `patience` how it goes
on and how it is ended.
"""
