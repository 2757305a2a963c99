"""Admission: what must be right before a plugin of the guide is a node type, and the memory of what was found.

An examination takes a second, so its verdict is kept by everything that it rests on: the plugin's code with all that
it imports, and the versions of the libraries that computed.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import CODES, Fault, Place
from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.execution.recipe import library_versions
from pipeline.model.digest import digest
from pipeline.model.node import NodeType
from pipeline.plugins.examine import Examination, examine

__all__ = ["Admission", "Policy"]

_EDITION = 1
"""Raised when plugins are examined differently."""
_KEPT = 1_000


@dataclass(frozen=True)
class Policy:
    """Which plugins may be used. `memory` is the file in which verdicts are kept; None keeps none.

    `trusted` are ids that need no signature; `keys` are the public keys that are trusted, by name; `disabled` are ids
    that are switched off. `limit` is how many plugin files are loaded at most, None for any number, `timeout` the
    seconds that loading one or a call may take.
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


class Admission:
    """Examines node types, each state of their code once."""

    def __init__(self, memory: Path | None, timeout: float = Policy.timeout) -> None:
        self._memory = memory
        self._timeout = timeout
        self._caller = InProcess(KernelCache(None))
        self._changed = False

    def faults(self, node: NodeType, tree: ast.Module) -> tuple[Fault, ...]:
        """Why a plugin may not be used; empty when it may."""
        key = digest("admission", _EDITION, node.id, node.code, sorted(library_versions("frame").items()))
        known = self._verdicts.get(key)
        if known is None:
            found = self.examine(node, tree)
            known = [[f.code, f.message, f.place.line if f.place else 1, f.hint] for f in found.faults]
            self._verdicts[key] = known
            self._changed = True
        return tuple(Fault(code, said, Place(node.origin, line), hint) for code, said, line, hint in known)

    def examine(self, node: NodeType, tree: ast.Module, *, exhaustive: bool = False) -> Examination:
        """Examine a node type now, whatever is known of it."""
        return examine(node, tree, self._caller, exhaustive=exhaustive, limit=self._timeout)

    @cached_property
    def _verdicts(self) -> dict[str, Any]:
        if self._memory is None:
            return {}
        try:
            kept = json.loads(self._memory.read_text(encoding="utf-8"))["verdicts"]
            return {key: rows for key, rows in kept.items() if all(row[0] in CODES and len(row) == 4 for row in rows)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            return {}  # never written, or damaged: it is found out anew

    def remember(self) -> None:
        """Keep what was found. A memory that cannot be written costs time, nothing else."""
        if self._memory is None or not self._changed:
            return
        newest = dict(list(self._verdicts.items())[-_KEPT:])
        temporary = self._memory.with_name(f".{self._memory.name}.{os.getpid()}")
        with suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps({"verdicts": newest}), encoding="utf-8")
            temporary.replace(self._memory)
        self._changed = False
