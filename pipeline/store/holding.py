"""What lies in the private folder: files that hold values, and what killed runs and crashes left there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Files", "files_of", "size_of", "stale_kernels"]


@dataclass(frozen=True, slots=True)
class Files:
    """`segments` are whole files of values by name, with their bytes; `leftovers` are good for nothing."""

    segments: dict[str, int]
    leftovers: tuple[Path, ...]

    def remove_leftovers(self) -> None:
        """Remove files and folders that are good for nothing. Raises OSError."""
        for path in self.leftovers:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def files_of(private: Path, live: Collection[str], known: Collection[str]) -> Files:
    """The files of a project, without those of runs in progress, which may be half-written yet.

    `known` are the runs that have a record, published or waiting: what others kept of failed calls is left over.
    """
    segments: dict[str, int] = {}
    leftovers: list[Path] = []
    for path in sorted((private / "segments").glob("*/*")):
        if path.parent.name in live:
            continue
        if path.suffix == ".parquet":
            segments[f"{path.parent.name}/{path.name}"] = path.stat().st_size
        else:  # .tmp of a run that was killed, .damaged of a file that was set aside
            leftovers.append(path)
    for path in sorted((private / "journal").glob(".*")):
        owner = path.name.strip(".").partition(".")[0]
        if owner not in live and path.suffix in (".tmp", ".damaged"):
            leftovers.append(path)
    leftovers += [path for path in sorted((private / "failures").glob("*")) if path.name not in {*known, *live}]
    leftovers += [path for path in sorted((private / "spill").glob("*")) if not _is_alive(path.name.partition("-")[0])]
    return Files(segments, tuple(leftovers))


def _is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def stale_kernels(folder: Path, codes: Collection[str]) -> list[Path]:
    """Folders of compiled kernels whose code no node type has; none when the folder is a link, which others share."""
    if folder.is_symlink():
        return []
    known = {code[:32] for code in codes}
    return [path for path in sorted(folder.glob("*")) if path.is_dir() and path.name.partition(".")[0] not in known]


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files below a folder; 0 where there is nothing."""
    if path.is_file():
        return path.stat().st_size
    return sum(inner.stat().st_size for inner in path.rglob("*") if inner.is_file())
