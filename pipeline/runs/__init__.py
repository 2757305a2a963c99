"""How runs are put together: of one graph, of a part of it, of many graphs, of a graph over many params.

Read `workshop` first: it carries a plan out. `batch` and `sweep` say what many runs are, `spread` takes them to
workers, `forecast` tells what they would cost, `selection` which part of a graph is meant.
"""
