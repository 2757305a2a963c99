"""The files that a graph names: opened inside the project only, each once, in bounded memory."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import Fault, GraphError, Place, did_you_mean
from pipeline.graph.markup import MAX_BYTES, Item, Scalar, compose, too_large
from pipeline.model.scalar import shown

if TYPE_CHECKING:
    from pipeline.graph.shelf import Shelf

__all__ = ["MAX_FILES", "SUFFIXES", "Library", "home_of", "load_text"]

MAX_FILES = 64
"""How many files one graph may be made of."""
SUFFIXES = (".yaml", ".yml")
_PROJECT = "plugin_config.json"


def home_of(path: Path) -> Path:
    """The folder that the parts of a graph file must lie in: its project, else the folder of the file."""
    folder = path.absolute().parent
    return next((above for above in (folder, *folder.parents) if (above / _PROJECT).is_file()), folder)


def load_text(path: Path) -> str:
    """The text of a file. Raises GraphError TG110 when it cannot be read, TG103 when it is too large."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            # a pipe or a device may have no end, or wait for ever
            reason = os.strerror(errno.EISDIR) if path.is_dir() else "it is not a regular file"
            raise GraphError(f"cannot read {path}: {reason}", code="TG110")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GraphError(f"cannot read {path}: {reason}", code="TG110") from error
    if len(raw) > MAX_BYTES:
        raise GraphError.of([too_large(str(path))])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GraphError(
            f"the file is not UTF-8: byte {error.start} cannot be read",
            code="TG110",
            place=Place(str(path)),
            hint="Save it as UTF-8.",
        ) from error


class Library:
    """Finds and reads the files that graph files name; `root` None when there is no folder to look in."""

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self.files: dict[Path, Item | None] = {}
        self.shelves: dict[Path, Shelf] = {}
        self._bytes = 0

    def locate(self, at: Scalar, text: str) -> Path | Fault:
        """The real path of the file that `text`, written at `at`, names: relative to the file that it stands in."""
        if self.root is None:
            return _unusable(text, "this graph is a text without a folder", at, "Save it as a file of a project.")
        if not text.endswith(SUFFIXES):
            return _unusable(text, "it does not end in .yaml", at, "Write a path such as `./base/equities.yaml`.")
        if Path(text).is_absolute() or "\0" in text:
            return _unusable(text, "the path is not relative", at, "Write it relative to this file: `./base.yaml`.")
        root = self.root.resolve()
        try:
            wanted = Path(at.place.file).absolute().parent / text
            path = wanted.resolve()
            inside = path.is_relative_to(root)
            found = inside and path.is_file()
        except (OSError, RuntimeError) as error:  # a circle of links, a name that is too long
            reason = getattr(error, "strerror", None) or "its links go in a circle"
            return _unusable(text, reason.lower(), at, "")
        if not inside:
            return _unusable(text, "it lies outside the project", at, f"Graph files name files below {root} only.")
        if not found:
            reason = "it is no regular file" if path.exists() else "there is no such file"
            return _unusable(text, reason, at, _neighbours(wanted))
        return path

    def load(self, path: Path, at: Scalar, text: str) -> tuple[Item | None, Sequence[Fault]]:
        """The root item of a located file, and the faults that it has; they are said the first time alone."""
        if path in self.files:
            return self.files[path], ()
        self.files[path] = None
        if len(self.files) > MAX_FILES:
            message = f"the graph is made of more than {MAX_FILES} files"
            return None, [Fault("TG103", message, at.place, "Put sub-graphs that belong together into one file.")]
        try:
            content = load_text(path)
        except GraphError as error:
            fault = error.faults[0]
            return None, [_unusable(text, fault.message, at, fault.hint)]
        self._bytes += len(content)
        if self._bytes > MAX_BYTES:
            return None, [too_large(str(path))]
        # named as the author wrote it, seen from the file that names it
        name = os.path.normpath(Path(at.place.file).parent / text)
        item, faults = compose(content, name)
        self.files[path] = item
        return item, faults


def _unusable(text: str, reason: str, at: Scalar, hint: str) -> Fault:
    return Fault("TG121", f"the file {shown(text)} cannot be used: {reason}", at.place, hint)


def _neighbours(wanted: Path) -> str:
    try:
        names = [path.name for path in wanted.parent.iterdir() if path.suffix in SUFFIXES]
    except OSError:
        return f"There is no folder {shown(wanted.parent.name)}."
    return did_you_mean(wanted.name, names, otherwise="The path is relative to the file that it stands in.")
