"""Reading plugin files without running them here: a worker runs them once, and what it tells is kept.

A description rests on the bytes of all files behind a plugin and on the libraries that are installed, so a start that
finds nothing changed runs no plugin at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import PluginError
from pipeline.execution.recipe import library_versions
from pipeline.model.captured import Captured
from pipeline.model.digest import digest
from pipeline.plugins.admit import Elsewhere
from pipeline.plugins.capture import capture
from pipeline.plugins.describe import Described, read_description
from pipeline.plugins.load import Loaded, Loader
from pipeline.plugins.remembered import Remembered
from pipeline.plugins.source import SourceFile

__all__ = ["Readings", "descriptions_file"]

_EDITION = 1
"""Raised when plugins are described differently."""


class Readings:
    """Descriptions of plugin files, each state of them asked for once."""

    def __init__(self, elsewhere: Elsewhere, memory: Path | None, timeout: float) -> None:
        self._elsewhere = elsewhere
        self._timeout = timeout
        self._told = Remembered(memory and descriptions_file(memory))

    def read(self, loader: Loader, file: SourceFile) -> Loaded:
        """What a file declares, as it would have been loaded but for its functions. Raises PluginError."""
        captured = capture(loader.tree, file)
        key = _key(captured)
        described = Described(file, captured, loader.digester, self._ask)
        known = self._told.get(key)
        if known is not None:
            with suppress(PluginError):  # damaged: it is asked for again
                return read_description(known, described)
        told = self._elsewhere.describe(captured, self._timeout)
        loaded = read_description(told, described)
        self._told.put(key, told)
        return loaded

    def remember(self) -> None:
        """Keep what was told."""
        self._told.save()

    def _ask(self, captured: Captured, what: str, node_id: str, params: Mapping[str, Any]) -> Any:
        """What a function of a declaration gives for params; kept as well, for each plan asks."""
        key = _key(captured, what, node_id, *(f"{name}={value!r}" for name, value in sorted(params.items())))
        found = self._told.get(key)
        if found is None:
            found = self._elsewhere.ask(captured, what, node_id, params)
            self._told.put(key, found)
            self._told.save()
        return found


def descriptions_file(verdicts: Path) -> Path:
    """Where descriptions are kept: beside the verdicts."""
    return verdicts.with_name("descriptions.json")


def _key(captured: Captured, *about: str) -> str:
    return digest("description", _EDITION, captured.digest, sorted(library_versions("frame").items()), *about)
