"""The node types that ship with tradegraph, loaded, admitted and tested like any plugin.

One file declares one node type; its name is the node's id and what YAML says after `use:`.

- `indicators`: columns in, columns out: averages, momentum, volatility, rolling, arithmetic, logic.
- `strategies`: what decides: events, signals and target weights.
- `portfolio`: what a decision earned: returns, growth, metrics. These see the asked range only.
- `axes`: what changes the rows: slower bars, columns brought to other rows, parts of a panel.
- `kernels`: plain functions that several kernel nodes share; no node type is declared there.

To add a node, copy the nearest file: before the star are ports, after it params, the return
annotation is the output, and the docstring is its page. Values are missing as null in expression and
table nodes and as NaN in kernel nodes. Three rules about missing values hold for all of them:
a window that contains a missing value is missing and recovers when the value has left it; a recursion
skips a missing bar (missing there, the state is held, and it goes on as if the bar did not exist);
a decision never fires on what is not known.

This room imports the root of `pipeline`, `pipeline.model` and itself, numpy and polars, and nothing else;
not even numba: the engine compiles kernels when it first runs them.
"""
