"""Parts of values: the rows of some symbols before some end, taken out of a larger value and put together again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from pipeline.model.bars import Offsets, Panel
from pipeline.model.column import Column
from pipeline.model.kind import Dtype

__all__ = ["Columns", "Part", "apart", "joined", "selected"]

Columns: TypeAlias = "dict[str, Column]"
"""What a step gives to others: its columns by name. Tables are for people, no node takes them."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of `symbols` (sorted, as in every panel) with ts before `end`; None leaves that side open."""

    symbols: tuple[str, ...] | None
    end: dt.datetime | None = None

    def rows(self, symbol: pl.Series, ts: pl.Series) -> Offsets:
        """Which rows of a value belong to the part, given the value's axis."""
        inside = pl.repeat(True, len(ts), eager=True) if self.end is None else ts < self.end
        if self.symbols is not None:
            inside &= symbol.is_in(pl.Series(self.symbols, dtype=pl.String).implode())
        return np.flatnonzero(inside.to_numpy())

    def of_table(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows of a table that belong to the part; it has a column `symbol`, and perhaps `ts`."""
        if self.symbols is not None:
            table = table.filter(pl.col("symbol").is_in(pl.Series(self.symbols, dtype=pl.String).implode()))
        return table

    def within(self, other: Part) -> Part:
        """This part of that part."""
        ends = [end for end in (self.end, other.end) if end is not None]
        return Part(other.symbols if self.symbols is None else self.symbols, min(ends) if ends else None)


def apart(given: Mapping[str, Column | pl.DataFrame]) -> tuple[Columns, dict[str, pl.DataFrame]]:
    """The columns and the tables of what a step gave."""
    columns = {name: part for name, part in given.items() if isinstance(part, Column)}
    return columns, {name: part for name, part in given.items() if isinstance(part, pl.DataFrame)}


def selected(panel: Panel, symbols: Sequence[str]) -> tuple[Panel, Offsets]:
    """The axis of some symbols of a panel (sorted, all in it), and which rows of the panel they are."""
    wanted = set(symbols)
    lengths = np.diff(panel.offsets)
    inside = np.array([symbol in wanted for symbol in panel.symbols], dtype=bool)
    rows = np.flatnonzero(np.repeat(inside, lengths))
    offsets = np.concatenate([[0], np.cumsum(lengths[inside])]).astype(np.int64)
    names = tuple(symbol for symbol in panel.symbols if symbol in wanted)
    return Panel(names, offsets, panel.ts.gather(rows), {}), rows


def joined(
    panel: Panel, pieces: Sequence[tuple[Sequence[str], Columns]], columns: Sequence[tuple[str, Dtype]]
) -> dict[str, Column] | None:
    """Columns over `panel` made of pieces, each with the rows of its symbols; null where no piece has a symbol.

    None when a piece has another number of rows than its symbols have in the panel.
    """
    starts = dict(zip(panel.symbols, panel.offsets[:-1].tolist(), strict=True))
    stops = dict(zip(panel.symbols, panel.offsets[1:].tolist(), strict=True))
    total = sum(_rows(piece) for _, piece in pieces)
    # where each row of the panel stands in the pieces, one below the other; the row behind the last is missing
    source = np.full(len(panel), total, dtype=np.int64)
    at = 0
    for symbols, piece in pieces:
        before = at
        for symbol in symbols:
            start, stop = starts[symbol], stops[symbol]
            source[start:stop] = np.arange(at, at + stop - start)
            at += stop - start
        if at - before != _rows(piece):
            return None
    return {name: Column.stacked([piece[name] for _, piece in pieces], dtype).take(source) for name, dtype in columns}


def _rows(piece: Columns) -> int:
    return len(next(iter(piece.values())))
