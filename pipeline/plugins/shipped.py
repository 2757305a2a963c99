"""The files that ship, as they are now, and what was loaded from them, kept for as long as they stay so.

A reload finds a hundred shipped files, of which none changed: all their bytes are compared, and nothing is run again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.model.digest import digest, digest_bytes
from pipeline.plugins.order import Candidate

__all__ = ["Shipped", "keep", "kept", "read_shipped"]

_loaded: dict[Path, tuple[str, Sequence[Candidate]]] = {}


@dataclass(frozen=True)
class Shipped:
    """All files below the folder of shipped nodes by path, sorted; what Python compiles is left out."""

    home: Path
    files: Mapping[Path, bytes]

    @cached_property
    def digests(self) -> dict[str, str]:
        """The digest of every file, by its place below the folder, with /."""
        start = len(str(self.home)) + 1
        return {str(path)[start:].replace(os.sep, "/"): digest_bytes(data) for path, data in self.files.items()}

    @cached_property
    def sources(self) -> str:
        """The digest of all Python files, helpers among them."""
        return digest([(place, found) for place, found in self.digests.items() if place.endswith(".py")])

    @cached_property
    def digest(self) -> str:
        """The digest of everything."""
        return digest(list(self.digests.items()))


def read_shipped(home: Path) -> Shipped:
    """Read the folder."""
    found: list[Path] = []
    for folder, inner, names in os.walk(home):
        inner[:] = [name for name in inner if name != "__pycache__"]
        found += [Path(folder, name) for name in names]
    return Shipped(home, {path: path.read_bytes() for path in sorted(found)})


def kept(shipped: Shipped) -> Sequence[Candidate] | None:
    """What was loaded from exactly these files before."""
    known = _loaded.get(shipped.home)
    return known[1] if known is not None and known[0] == shipped.digest else None


def keep(shipped: Shipped, found: Sequence[Candidate]) -> None:
    """Keep what was loaded from these files."""
    _loaded[shipped.home] = (shipped.digest, tuple(found))
