"""What workers on this machine are forked with: imported by the process that they are forked from, and by nobody else.

A list of modules is all that multiprocessing takes for that process, so here, and here alone, importing does something:
numba looks up what it can compile to, and the shipped nodes are loaded, each once instead of in every worker. No query
may be run, for a polars that has run one hangs when it is forked; so nothing is loaded where code of the user's would
be run by it. What goes wrong goes wrong again in the worker, which says so.
"""

from __future__ import annotations

import os
from contextlib import suppress

from numba.core.registry import cpu_target

from pipeline.runs.task import keep_warm

__all__: list[str] = []

_ROOT = "TRADEGRAPH_WARM"
"""The variable that names the project."""


def _warm() -> None:
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()
    if root := os.environ.get(_ROOT):
        with suppress(Exception):
            keep_warm(root)


_warm()
