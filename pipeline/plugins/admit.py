"""Admission: what must be right before a plugin of the guide is a node type, and the memory of what was found.

An examination takes a second, so its verdict is kept by everything that it rests on: the plugin's code with all that
it imports, and the versions of the libraries that computed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import CODES, Fault, Place, PluginError
from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.execution.recipe import library_versions
from pipeline.model.captured import Captured
from pipeline.model.digest import digest
from pipeline.model.node import NodeType
from pipeline.plugins.examination.examine import Examination, examine
from pipeline.plugins.examination.trial import Trial
from pipeline.plugins.lock import Lock
from pipeline.plugins.remembered import Remembered

__all__ = ["Admission", "Elsewhere", "Policy"]

_EDITION = 1
"""Raised when plugins are examined differently."""


class Elsewhere(Protocol):
    """Who runs the files of plugins in the engine's stead; `host.WorkerHost` does, in workers."""

    def describe(self, captured: Captured, limit: float) -> Mapping[str, Any]:
        """What some files declare; it may take `limit` seconds. Raises PluginError."""

    def examine(self, node: NodeType, *, exhaustive: bool = False, limit: float = 30.0) -> Trial:
        """Examine a node type; a call may take `limit` seconds. Raises PluginError."""

    def ask(self, captured: Captured, what: str, node_id: str, params: Mapping[str, Any]) -> Any:
        """What a function of a declaration gives for params. Raises PluginError."""


@dataclass(frozen=True)
class Policy:
    """Which plugins may be used. `memory` is the file in which verdicts are kept; None keeps none.

    `trusted` are ids that need no signature; `keys` are the public keys that are trusted, by name; `disabled` are ids
    that are switched off. `limit` is how many plugin files are loaded at most, None for any number, `timeout` the
    seconds that loading one or a call may take.
    `elsewhere` runs the files of users' plugins, all but those that are trusted; None runs them in this process. With
    `only_market` it runs those of marketplaces alone, which run nowhere else.
    """

    examine: bool = True
    limit: int | None = None
    timeout: float = 30.0
    allow_unsigned: bool = True
    keys: Mapping[str, str] = field(default_factory=dict)
    trusted: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    memory: Path | None = None
    installed: tuple[Path, ...] = ()
    """Files of installed packages: they need no signature, for who installed the package has trusted it."""
    lock: Lock = field(default_factory=Lock)
    """What came from marketplaces. It is asked before anything else, and nobody's trust goes before it."""
    root: Path = Path()
    """The project's folder, to which the lock is relative."""
    unconfined: str = ""
    """Why plugins are not confined on this machine; empty where they are."""
    compiled: Path | None = None
    """The folder in which compiled code of the files that ship is kept; None keeps none."""
    elsewhere: Elsewhere | None = None
    only_market: bool = False


class Admission:
    """Examines node types, each state of their code once."""

    def __init__(
        self, memory: Path | None, timeout: float = Policy.timeout, elsewhere: Elsewhere | None = None
    ) -> None:
        self._verdicts = Remembered(memory, _is_verdict)
        self._timeout = timeout
        self._elsewhere = elsewhere
        self._caller = InProcess(KernelCache(None))

    def faults(self, node: NodeType, tree: ast.Module, *, here: bool = True) -> tuple[Fault, ...]:
        """Why a plugin may not be used; empty when it may. One that is not `here` is examined where its code is."""
        key = digest("admission", _EDITION, node.id, node.code, sorted(library_versions("frame").items()))
        known = self._verdicts.get(key)
        if known is None:
            found = self._examined(node, tree, here=here)
            known = [[f.code, f.message, f.place.line if f.place else 1, f.hint] for f in found]
            self._verdicts.put(key, known)
        return tuple(Fault(code, said, Place(node.origin, line), hint) for code, said, line, hint in known)

    def _examined(self, node: NodeType, tree: ast.Module, *, here: bool) -> tuple[Fault, ...]:
        if here or self._elsewhere is None:
            return self.examine(node, tree).faults
        try:
            return self._elsewhere.examine(node, limit=self._timeout).examination.faults
        except PluginError as error:  # its worker did not survive it
            fault = error.faults[0]
            return (Fault(fault.code, f"on sample bars: {fault.message}", fault.place, fault.hint),)

    def examine(self, node: NodeType, tree: ast.Module, *, exhaustive: bool = False) -> Examination:
        """Examine a node type now and here, whatever is known of it."""
        return examine(node, tree, self._caller, exhaustive=exhaustive, limit=self._timeout)

    def remember(self) -> None:
        """Keep what was found. A memory that cannot be written costs time, nothing else."""
        self._verdicts.save()


def _is_verdict(rows: Any) -> bool:
    return isinstance(rows, list) and all(row[0] in CODES and len(row) == 4 for row in rows)
