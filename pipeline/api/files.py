"""Graph files by name: found inside the project's graphs and nowhere else, written whole or not at all."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from pipeline.api.problem import refusal
from pipeline.errors import GraphError, did_you_mean
from pipeline.graph.fix import replace_text
from pipeline.graph.library import SUFFIXES, load_text

__all__ = ["MOST_TEXT", "GraphFiles", "etag_of"]

MOST_TEXT = 1024 * 1024
"""Bytes of a graph file that is written here."""
_PART = r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
_LONGEST, _DEEPEST = 200, 8


def etag_of(text: str) -> str:
    """What tells two texts apart."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


class GraphFiles:
    """The graph files of a project: `trend`, `base/trend`."""

    _lock = threading.Lock()

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.folder = self._root / "graphs"

    def __iter__(self) -> Iterator[tuple[str, Path]]:
        """Names and files, sorted; those that lead out of the folder are left out."""
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).with_suffix("").as_posix()
            if path.suffix in SUFFIXES and _NAME.fullmatch(name) and self._is_inside(path) and path.is_file():
                yield name, path

    def place(self, name: str) -> Path:
        """Where the file of a name is, or would be. Raises RequestError TG812 for a name that leads elsewhere."""
        hint = "Write it like `trend` or `base/trend`."
        if name.endswith(SUFFIXES):
            raise refusal("TG812", f"{name!r} ends like a file", hint="Leave .yaml out.")
        if len(name) > _LONGEST or name.count("/") > _DEEPEST or not _NAME.fullmatch(name):
            shown = name if len(name) <= _LONGEST else f"{name[:40]}…"
            raise refusal("TG812", f"a graph cannot be called {shown!r}", hint=hint)
        places = [self.folder / f"{name}{suffix}" for suffix in SUFFIXES]
        path = next((place for place in places if place.exists()), places[0])
        if not self._is_inside(path):
            raise refusal("TG812", f"{name!r} leads out of the project's graphs", hint=hint)
        return path

    def find(self, name: str) -> Path:
        """The file of a name. Raises GraphError TG110 when there is none, RequestError TG812."""
        path = self.place(name)
        if not path.is_file():
            known = [known for known, _ in self]
            raise GraphError(f"there is no graph {name!r}", code="TG110", hint=did_you_mean(name, known))
        return path

    def read(self, name: str) -> str:
        """The text of a graph. Raises GraphError, RequestError."""
        return load_text(self.find(name))

    def write(self, name: str, text: str, *, match: str | None = None, new: bool = False) -> bool:
        """Put a text into the file of a name; True when the file is new.

        `match` is the etag that the file must have, `new` says that there must be none. Raises RequestError TG811,
        TG812, TG807.
        """
        if len(text.encode()) > MOST_TEXT:
            raise refusal("TG807", f"the text has more than {MOST_TEXT:,} bytes")
        with self._lock:
            path = self.place(name)
            there = path.is_file()
            if path.exists() and not there:
                raise refusal("TG812", f"{path} is not a regular file")
            if new and there:
                raise refusal("TG811", f"there is a graph {name!r} already", hint="Choose another name.")
            self._compare(name, path, match)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(path.resolve(), text)
        return not there

    def remove(self, name: str, *, match: str | None = None) -> Path:
        """Delete the file of a name. Raises GraphError TG110, RequestError TG811, TG812."""
        with self._lock:
            path = self.find(name)
            self._compare(name, path, match)
            path.unlink()
        return path

    def _compare(self, name: str, path: Path, match: str | None) -> None:
        if match is None or match == "*":
            return
        now = etag_of(load_text(path)) if path.is_file() else ""
        if now != match:
            what = "was changed" if now else "is gone"
            raise refusal("TG811", f"the graph {name!r} {what} since it was read", hint="Read it again.")

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self.folder.resolve()) and self.folder.resolve().is_relative_to(
                self._root
            )
        except (OSError, RuntimeError):  # a circle of links
            return False
