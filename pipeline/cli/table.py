"""Rows and columns on a terminal of any width, or in full where no terminal is.

Numbers stand to the right, missing values say `null`, an empty text is empty. What does not fit is shortened
column by column; when even that does not do, columns in the middle are left out and named below.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
from rich.cells import cell_len, set_cell_size

from pipeline.cli.figure import moments, numbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["echo_frame", "echo_table", "screen_width", "table_lines"]

_GAP = "  "
_LEAST = 12
"""A text column is not shortened below this."""
_MOST = 60
"""Nor is any column wider where the width is limited."""


@dataclass(slots=True)
class _Column:
    name: str
    cells: list[str | None]
    right: bool
    width: int

    def cell(self, text: str, width: int) -> str:
        shown = _cut(text, width)
        blank = " " * (width - cell_len(shown))
        return blank + shown if self.right else shown + blank


def screen_width() -> int | None:
    """Columns of the terminal, or what COLUMNS says; None when the output goes somewhere else."""
    said = os.environ.get("COLUMNS", "")
    if said.isdigit() and int(said) > 0:
        return int(said)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def echo_table(
    names: Sequence[str], rows: Sequence[Sequence[Any]], *, indent: int = 0, styles: Mapping[str, str] | None = None
) -> None:
    """Write a table to stdout. `styles` colours whole cells by their text."""
    width = screen_width()
    for line in table_lines(names, rows, None if width is None else width - indent, styles=styles or {}):
        click.echo(" " * indent + line)


def echo_frame(frame: pl.DataFrame, *, limit: int = 0, indent: int = 0) -> None:
    """Write a frame to stdout, its first `limit` rows (0: all), and say how many there are beyond."""
    shown = frame.head(limit) if limit else frame
    echo_table(frame.columns, shown.rows(), indent=indent)
    if frame.height > shown.height:
        more = f"… {frame.height - shown.height:,} more rows (--limit 0 shows all)"
        click.echo(" " * indent + click.style(more, dim=True))


def table_lines(
    names: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None, *, styles: Mapping[str, str] | None = None
) -> list[str]:
    """The lines of a table that is at most `width` columns wide (None: as wide as it is)."""
    if not names:
        return []
    columns = [_column(name, [row[at] for row in rows]) for at, name in enumerate(names)]
    hidden: list[str] = []
    if width is not None:
        columns, hidden = _fit(columns, width)
    head = _GAP.join(column.cell(column.name, column.width) for column in columns).rstrip()
    lines = [click.style(head, bold=True)]
    for at in range(len(rows)):
        cells = [_styled(column, at, styles or {}) for column in columns]
        lines.append(_GAP.join(cells).rstrip())
    if hidden:
        note = f"columns not shown: {', '.join(hidden)} (use a wider terminal, or another --format)"
        lines.append(click.style(note, dim=True))
    return lines


def _styled(column: _Column, at: int, styles: Mapping[str, str]) -> str:
    text = column.cells[at]
    if text is None:
        return click.style(column.cell("null", column.width), dim=True)
    cell = column.cell(text, column.width)
    return click.style(cell, fg=styles[text]) if text in styles else cell


def _column(name: str, values: list[Any]) -> _Column:
    cells, right = _cells(values)
    widest = max((cell_len(cell) for cell in cells if cell is not None), default=0)
    missing = 4 if None in cells else 0
    title = _visible(name)
    return _Column(title, cells, right, max(cell_len(title), widest, missing))


def _cells(values: list[Any]) -> tuple[list[str | None], bool]:
    known = [value for value in values if value is not None]
    if known and all(isinstance(v, int) and not isinstance(v, bool) for v in known):
        return [None if v is None else str(v) for v in values], True
    if known and all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in known):
        return numbers(values), True
    if known and all(isinstance(v, dt.datetime) for v in known):
        return moments(values), False
    return [None if v is None else _text(v) for v in values], False


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return numbers([value])[0] or ""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(inner)}" for key, inner in value.items()) + "}"
    return _visible(str(value))


def _visible(text: str) -> str:
    """On one line, without characters that command a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else {"\n": "⏎", "\t": " "}.get(c, "�") for c in text)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _total(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _fit(columns: list[_Column], width: int) -> tuple[list[_Column], list[str]]:
    """The columns made to fit: the widest texts shortened first, then columns left out from the middle."""
    for column in columns:
        column.width = min(column.width, _MOST)
    _shorten(columns, width, _LEAST)
    hidden: list[_Column] = []
    kept = list(columns)
    while _total(kept) > width and len(kept) > 2:
        hidden.append(kept.pop((len(kept) + 1) // 2))
    if _total(kept) > width:  # a very narrow place: better short than broken
        _shorten(kept, width, 4)
    names = {id(column) for column in hidden}
    return kept, [column.name for column in columns if id(column) in names]


def _shorten(columns: Sequence[_Column], width: int, least: int) -> None:
    excess = _total(columns) - width
    while excess > 0:
        texts = [column for column in columns if not column.right and column.width > least]
        if not texts:
            return
        widest = max(texts, key=lambda column: column.width)
        second = max((c.width for c in texts if c is not widest), default=least)
        cut = min(excess, max(1, widest.width - max(second, least)))
        widest.width -= cut
        excess -= cut
