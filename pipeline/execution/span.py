"""The rows that an account sees: the asked range of a panel that holds all history."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.model.bars import Offsets, Panel
from pipeline.model.column import Column

__all__ = ["Span"]


@dataclass(frozen=True)
class Span:
    """The part of a panel from `start` on: the tail of every segment. `panel` has those rows alone."""

    panel: Panel
    _rows: Offsets | None

    @classmethod
    def of(cls, panel: Panel, start: dt.datetime | None) -> Span:
        """The span of `panel` that begins at `start`; the whole panel when None."""
        if start is None or not len(panel):
            return cls(panel, None)
        inside = (panel.ts >= start).to_numpy()
        if inside.all():
            return cls(panel, None)
        rows = np.flatnonzero(inside)
        before = np.concatenate(([0], np.cumsum(inside)))
        offsets = before[panel.offsets].astype(np.int64)
        end = None if panel.end is None else panel.end.gather(rows)
        return cls(Panel(panel.symbols, offsets, panel.ts.gather(rows), {}, end), rows)

    def cut(self, column: Column) -> Column:
        """The rows of a full column that lie in the span."""
        if self._rows is None:
            return column
        if column.dtype == "float":
            return Column(dtype="float", array=_frozen(column.array[self._rows]))
        return Column(dtype=column.dtype, series=column.series.gather(pl.Series(self._rows)))


def _frozen(array: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    array.flags.writeable = False
    return array
