"""Fixes carried out: text is changed at the places of nodes, so that comments and layout stay as they are."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import Edit, Fault

__all__ = ["fixed", "replace_text", "write_fixes"]

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_BOM = "\ufeff"


def fixed(text: str, edits: Iterable[Edit]) -> tuple[str, int]:
    """The text with `edits` carried out, and how many were.

    One is left out where its place does not hold what it replaces, or where it meets another.
    """
    starts = [0, *(found.end() for found in _BREAK.finditer(text))]
    spans: list[tuple[int, int, str]] = []
    for edit in dict.fromkeys(edits):
        if not 0 < edit.place.line <= len(starts):
            continue
        at = starts[edit.place.line - 1] + edit.place.column - 1
        if text.startswith(edit.old, at):
            spans.append((at, at + len(edit.old), edit.new))
    done, left = 0, len(text) + 1
    for start, end, new in sorted(spans, reverse=True):
        if end <= left:
            text, left, done = text[:start] + new + text[end:], start, done + 1
    return text, done


def write_fixes(faults: Iterable[Fault]) -> dict[str, int]:
    """Carry out what `faults` have as fixes, in their files: how many edits per file. A file is replaced whole."""
    edits: dict[str, list[Edit]] = {}
    for fault in faults:
        for edit in fault.fix:
            edits.setdefault(edit.place.file, []).append(edit)
    counts: dict[str, int] = {}
    for file, wanted in edits.items():
        raw = Path(file).read_bytes().decode("utf-8")
        bom = raw.startswith(_BOM)
        text, done = fixed(raw.removeprefix(_BOM), wanted)
        if done:
            replace_text(Path(os.path.realpath(file)), (_BOM if bom else "") + text)
            counts[file] = done
    return counts


def replace_text(path: Path, text: str) -> None:
    """Put `text` into a file, new perhaps, by one rename: whoever reads meanwhile gets the old or the new, no part."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        Path(draft).chmod(mode)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
