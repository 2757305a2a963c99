"""What a worker is told before anything else: what it is for, what it may see and use, and where things lie."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.model.captured import Captured
from pipeline.plugins.confine import Bounds, Sight

__all__ = ["Places", "Setup", "read_captured"]


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of plugins, that of compiled kernels, and that of the shipped nodes where it is not the usual one."""

    directories: tuple[Path, ...]
    kernels: Path | None = None
    shipped: Path | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker is for: a plugin's files, or none. With `bounds` it shuts itself in; `level` is that of the log."""

    places: Places
    captured: Captured | None
    bounds: Bounds | None
    level: str

    def told(self) -> dict[str, Any]:
        """As the first frame that a worker gets. Makes the folder for kernels of a plugin that is shut in.

        What it compiles is for itself alone: machine code of a stranger is loaded by nobody else.
        """
        kernels = self.places.kernels
        sight = Sight(())
        if self.bounds is not None:
            if kernels is not None and self.captured is not None:
                kernels = kernels / self.captured.digest[:32]
                kernels.mkdir(parents=True, exist_ok=True)
            private = [Path.home(), Path.cwd(), *self.places.directories]
            sight = Sight.of_libraries(sys.path, private=private, writes=str(kernels or ""))
        return {
            "directories": [str(folder) for folder in self.places.directories],
            "shipped": str(self.places.shipped or ""),
            "kernels": str(kernels or ""),
            "captured": _told(self.captured),
            "bounds": None if self.bounds is None else asdict(self.bounds),
            "sight": asdict(sight),
            "environment": {} if self.bounds is not None else dict(os.environ),
            "folder": _folder(),
            "path": sys.path,
            "level": self.level,
        }


def _told(captured: Captured | None) -> dict[str, Any] | None:
    if captured is None:
        return None
    return {
        "path": str(captured.path),
        "root": str(captured.root),
        "files": {str(path): data.decode("latin-1") for path, data in captured.files.items()},
        "bases": {name: str(folder) for name, folder in captured.bases.items()},
    }


def read_captured(told: Mapping[str, Any]) -> Captured:
    """The files of a plugin as they stand in a first frame."""
    files = {Path(path): text.encode("latin-1") for path, text in told["files"].items()}
    bases = {name: Path(folder) for name, folder in told["bases"].items()}
    return Captured(Path(told["path"]), Path(told["root"]), files, bases)


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it is gone
        return "/"
