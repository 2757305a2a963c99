"""Plugins that installed packages offer: files behind the entry points `tradegraph.plugins`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from functools import cache
from pathlib import Path

__all__ = ["GROUP", "entry_files"]

GROUP = "tradegraph.plugins"


@cache
def entry_files() -> tuple[Path, ...]:
    """The files of modules that entry points name, by name of the point; nothing is imported to find the last part.

    A package above such a module is imported, as Python demands. What cannot be found is left out: its package says
    where its module is, and its installation is broken.
    """
    found = []
    for point in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name):
        try:
            spec = importlib.util.find_spec(point.module)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.origin is not None and spec.origin.endswith(".py"):
            found.append(Path(spec.origin))
    return tuple(dict.fromkeys(found))
