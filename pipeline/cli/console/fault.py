"""Faults as people read them: place, code and message, the source line with a caret, a hint."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import click

from pipeline.cli.console.session import shown_path
from pipeline.errors import Fault, Place

__all__ = ["rendered", "report", "tell"]

_TAB = 4
_NARROWEST = 40
_LARGEST = 16 * 1024 * 1024


def report(faults: Sequence[Fault]) -> None:
    """Write faults to stderr, and how many there are when that helps."""
    _lines.cache_clear()  # whoever watches files has them edited between two reports
    for fault in faults:
        tell(rendered(fault))
    files = {fault.place.file for fault in faults if fault.place}
    if files or len(faults) > 1:
        tell(_summary(faults, files))


def tell(text: str) -> None:
    """Write lines to stderr, coloured where a terminal listens and NO_COLOR is not set.

    Whoever read there may be gone: that must not end a run.
    """
    with suppress(OSError, ValueError):
        click.echo(text, err=True, color=False if os.environ.get("NO_COLOR") else None)


def rendered(fault: Fault) -> str:
    """A fault in several lines, coloured (`click.echo` strips that where nobody can see it)."""
    head = []
    if fault.place:
        head.append(click.style(_shown_place(fault.place), bold=True))
    if fault.severity == "warning":
        head.append(click.style("warning", fg=_colour(fault), bold=True))
    head.append(click.style(fault.code, fg=_colour(fault), bold=True))
    message, *more = fault.message.rstrip().splitlines() or [""]
    lines = [" ".join([*head, message]), *(f"  {line}" if line.strip() else "" for line in more)]
    if fault.place:
        lines += _excerpt(fault.place)
    for note in fault.notes:
        place = click.style(_shown_place(note.place), bold=True)
        lines += [f"  {click.style('note:', fg='cyan')} {place} {note.text}", *_excerpt(note.place)]
    if fault.hint:
        hint, *more = fault.hint.splitlines()
        lines += [f"  {click.style('hint:', fg='cyan')} {hint}", *(f"        {line}" for line in more)]
    return "\n".join(lines)


def _colour(fault: Fault) -> str:
    return "yellow" if fault.severity == "warning" else "red"


def _shown_place(place: Place) -> str:
    return f"{shown_path(place.file)}:{place.line}:{place.column}"


def _summary(faults: Sequence[Fault], files: set[str]) -> str:
    warnings = sum(fault.severity == "warning" for fault in faults)
    counts = [("error", len(faults) - warnings), ("warning", warnings)]
    said = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts if count)
    where = f" in {shown_path(next(iter(files)))}" if len(files) == 1 else ""
    return f"{said}{where}"


def _excerpt(place: Place) -> list[str]:
    """The line of the file with a caret under the column; nothing when the file is not readable any more."""
    source = _lines(place.file)
    if not 0 < place.line <= len(source):
        return []
    text = source[place.line - 1]
    # a tab is as wide as the terminal thinks: make it plain before counting
    before = text[: place.column - 1].expandtabs(_TAB)
    line = _visible((before + text[place.column - 1 :]).expandtabs(_TAB))
    gutter = f"{place.line:5} | "
    room = max(shutil.get_terminal_size().columns, _NARROWEST) - len(gutter)
    at = len(before)
    if _width(line) > room:
        first = max(0, at - room // 2)
        line = ("…" if first else "") + line[first : first + room - 2] + ("…" if first + room - 2 < len(line) else "")
        at = at - first + (1 if first else 0)
    caret = " " * (len(gutter) + _width(line[:at])) + click.style("^", fg="green", bold=True)
    return [click.style(gutter, dim=True) + line, caret]


@lru_cache(maxsize=8)
def _lines(file: str) -> tuple[str, ...]:
    try:
        path = Path(file)
        if path.stat().st_size > _LARGEST:
            return ()
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError):
        return ()
    return tuple(text.split("\n"))


def _visible(text: str) -> str:
    """Control characters replaced: a hostile file must not command the terminal."""
    return "".join(char if char.isprintable() else "�" for char in text.rstrip("\r"))


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
