"""A window on a stored value: one symbol, a stretch of time. What lies outside is not read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

__all__ = ["WHOLE", "Window"]


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of `symbol` with start <= ts < end; None leaves a side open."""

    symbol: str | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None

    def read(self, path: Path, columns: Sequence[str]) -> pl.DataFrame:
        """Those rows of a file of values, `columns` of it."""
        conditions = []
        if self.symbol is not None:
            conditions.append(pl.col("symbol") == self.symbol)
        if self.start is not None:
            conditions.append(pl.col("ts") >= self.start)
        if self.end is not None:
            conditions.append(pl.col("ts") < self.end)
        if not conditions:
            return pl.read_parquet(path, columns=list(columns))
        return pl.scan_parquet(path).select(columns).filter(*conditions).collect()


WHOLE = Window()
"""Everything."""
