"""The `tradegraph` command: the engine at a prompt.

Nouns: `app` is the command with its global options, a `Session` is one call of it (which project, what
kind of answer), a `Given` is what the call changes in a graph. One module per command or group of
commands declares arguments and says what happens; what an answer looks like stands in the `…report` modules beside it.
Commands of a group lie in the room of the group (`tradegraph market install` in `market/install.py`, the group itself
in `market/group.py`), others with their kin: `graphs`, `running`, `results`, `project`. What all of them share is in
`console`, which knows none of them. `guard` turns whatever happens into an exit status: 0 all well, 1 a node failed or
a check found something, 2 a fault in graph or usage, 130 interrupted.

click and rich live here and nowhere else. Modules that declare commands import nothing heavy at their
top: polars, duckdb, networkx, pydantic, numba and rich cost up to a second, and help and completion
need none of them. They are imported inside the command that does, as are the report modules.
"""

from __future__ import annotations

from pipeline.cli.app import main

__all__ = ["main"]
