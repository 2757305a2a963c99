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
from rich.cells import cell_len, chop_cells, set_cell_size

from pipeline.cli.console.figure import moments, numbers

if TYPE_CHECKING:
    import polars as pl

__all__ = ["echo_frame", "echo_table", "screen_width", "table_lines"]

_GAP = "  "
_LEAST = 25
"""A text is not shortened below this, which leaves the ids of runs whole; columns are left out instead."""
_ROOMY = 36
"""Nor is a column that is asked to stay readable shortened below this."""


@dataclass(slots=True)
class _Column:
    """A column as text: `right` for numbers, `whole` when a shortened cell would say something else."""

    name: str
    cells: list[str | None]
    right: bool
    whole: bool
    width: int
    least: int = _LEAST

    def cell(self, text: str, **style: Any) -> str:
        """The text cut or filled to the column's width; the filling has no style."""
        shown = text if cell_len(text) <= self.width else set_cell_size(text, self.width - 1) + "…"
        blank = " " * (self.width - cell_len(shown))
        styled = click.style(shown, **style) if style and shown else shown
        return blank + styled if self.right else styled + blank


def screen_width() -> int | None:
    """Columns of the terminal, or what COLUMNS says; None when the output goes somewhere else."""
    said = os.environ.get("COLUMNS", "")
    if said.isdigit() and int(said) > 0:
        return int(said)
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if on_terminal else None


def echo_table(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    indent: int = 0,
    styles: Mapping[str, str] | None = None,
    minor: Sequence[str] = (),
    roomy: Sequence[str] = (),
) -> None:
    """Write a table to stdout.

    `styles` colours whole cells by their text; where it does not fit, `minor` columns go first and
    `roomy` ones are shortened less than others.
    """
    width = screen_width()
    room = None if width is None else width - indent
    for line in table_lines(names, rows, room, styles=styles or {}, minor=minor, roomy=roomy):
        click.echo(" " * indent + line)


def echo_frame(frame: pl.DataFrame, *, limit: int = 0, indent: int = 0) -> None:
    """Write a frame to stdout, its first `limit` rows (0: all), and say how many there are beyond."""
    shown = frame.head(limit) if limit else frame
    echo_table(frame.columns, shown.rows(), indent=indent)
    if frame.height > shown.height:
        more = f"… {frame.height - shown.height:,} more rows (--limit 0 shows all)"
        click.echo(" " * indent + click.style(more, dim=True))


def table_lines(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    width: int | None,
    *,
    styles: Mapping[str, str] | None = None,
    minor: Sequence[str] = (),
    roomy: Sequence[str] = (),
) -> list[str]:
    """The lines of a table that is at most `width` columns wide (None: as wide as it is)."""
    if not names:
        return []
    columns = [_column(name, [row[at] for row in rows]) for at, name in enumerate(names)]
    for column in columns:
        column.least = _ROOMY if column.name in roomy else _LEAST
    hidden: list[str] = []
    if width is not None:
        columns, hidden = _fit(columns, width, minor)
    lines = [_GAP.join(column.cell(column.name, bold=True) for column in columns).rstrip()]
    for at in range(len(rows)):
        cells = [_styled(column, column.cells[at], styles or {}) for column in columns]
        lines.append(_GAP.join(cells).rstrip())
    if hidden:
        note = f"not shown: {', '.join(hidden)} (a wider terminal shows more, --json everything)"
        lines += [click.style(line, dim=True) for line in _wrapped(note, width or 80)]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, which textwrap, counting characters, would not give."""
    lines = [""]
    for word in text.split():
        for part in chop_cells(word, width):
            longer = f"{lines[-1]} {part}".lstrip()
            lines = [*lines[:-1], longer] if cell_len(longer) <= width else [*lines, part]
    return lines


def _styled(column: _Column, text: str | None, styles: Mapping[str, str]) -> str:
    if text is None:
        return column.cell("null", dim=True)
    return column.cell(text, fg=styles[text]) if text in styles else column.cell(text)


def _column(name: str, values: list[Any]) -> _Column:
    cells, right, whole = _cells(values)
    widest = max((cell_len(cell) for cell in cells if cell is not None), default=0)
    missing = 4 if None in cells else 0
    title = _visible(name)
    return _Column(title, cells, right, whole, max(cell_len(title), widest, missing))


def _cells(values: list[Any]) -> tuple[list[str | None], bool, bool]:
    """The texts of a column, whether they stand to the right, whether they must stay whole."""
    known = [value for value in values if value is not None]
    if known and all(_whole(value) for value in known):
        return [None if v is None else str(int(v)) for v in values], True, True
    if known and all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in known):
        return numbers(values), True, True
    if known and all(isinstance(v, dt.datetime) for v in known):
        return moments(values), False, True
    return [None if v is None else _text(v) for v in values], False, False


def _whole(value: Any) -> bool:
    """True for an int, also one that DuckDB made wider: a sum of ints is a Decimal without decimals."""
    if isinstance(value, Decimal):
        return value.is_finite() and value.as_tuple().exponent >= 0  # type: ignore[operator]
    return isinstance(value, int) and not isinstance(value, bool)


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


def _fit(columns: list[_Column], width: int, minor: Sequence[str]) -> tuple[list[_Column], list[str]]:
    """The columns made to fit, and names of those that had to go: minor ones first, then from the middle."""
    kept = list(columns)
    for name in minor:
        if _shortest(kept) > width:
            kept = [column for column in kept if column.name != name]
    while _shortest(kept) > width and len(kept) > 2:
        kept.pop((len(kept) + 1) // 2)
    _shorten(kept, width)
    if _total(kept) > width:  # a very narrow place: better short than broken
        for column in kept:
            column.least = 4
        _shorten(kept, width)
    left = {id(column) for column in kept}
    return kept, [column.name for column in columns if id(column) not in left]


def _total(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _shortest(columns: Sequence[_Column]) -> int:
    """How wide the columns are when every text is as short as it may get."""
    return _total(columns) - sum(max(0, column.width - column.least) for column in columns if not column.whole)


def _shorten(columns: Sequence[_Column], width: int) -> None:
    """Take from the widest texts, down to the next widest, until the columns fit or all are at their least."""
    excess = _total(columns) - width
    while excess > 0:
        texts = [column for column in columns if not column.whole and column.width > column.least]
        if not texts:
            return
        widest = max(texts, key=lambda column: column.width)
        second = max((c.width for c in texts if c is not widest), default=0)
        cut = min(excess, max(1, widest.width - max(second, widest.least)))
        widest.width -= cut
        excess -= cut
