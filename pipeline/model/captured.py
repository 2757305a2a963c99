"""The files behind a node type, as they were read when it was loaded: what is called later is what was admitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.model.digest import digest, digest_bytes

__all__ = ["Captured"]


@dataclass(frozen=True, eq=False)
class Captured:
    """A file that declares node types, and all first-party files that it imports: bytes by path.

    `root` bounds its relative imports. `bases` are the folders of packages that were found on Python's path and are not
    installed, by name.
    """

    path: Path
    root: Path
    files: Mapping[Path, bytes] = field(repr=False)
    bases: Mapping[str, Path] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Stands for the whole: equal digests are the same files in the same places."""
        files = sorted((str(path), digest_bytes(data)) for path, data in self.files.items())
        return digest("captured", str(self.path), str(self.root), *(part for file in files for part in file))

    @cached_property
    def folders(self) -> frozenset[Path]:
        """Every folder above one of the files."""
        return frozenset(parent for path in self.files for parent in path.parents)
