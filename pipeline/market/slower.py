"""Bars sources that are made of faster bars: resolved as those, read as those, gathered afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.market.clock import Clock
from pipeline.model.bars import BAR_FIELDS, BarsRequest, Panel
from pipeline.model.column import Column
from pipeline.model.period import Periods
from pipeline.model.resample import slower_bars, slower_rows
from pipeline.model.rows import axis_frame

__all__ = ["columns_below", "faster", "slower_panel"]


def faster(request: BarsRequest) -> BarsRequest:
    """The request for the stored bars that those of `request` are made of: itself if it asks for stored ones."""
    if request.resample is None:
        return request
    return replace(request, timeframe=request.resample.of, resample=None)


def columns_below(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of faster bars that those of slower ones need."""
    return BAR_FIELDS if columns else ()


def slower_panel(panel: Panel, request: BarsRequest, columns: Sequence[str], clocks: Sequence[Clock]) -> Panel:
    """The slower bars of a panel: `columns`, for the same symbols, also one that has no finished bar yet.

    `clocks` are those of the symbols, one each.
    """
    rule = request.resample
    assert rule is not None
    axis = axis_frame(panel, rule.of)
    bars = axis.with_columns(column.series.alias(name) for name, column in panel.columns.items()) if columns else None
    made = []
    for clock in dict.fromkeys(clocks):
        theirs = pl.Series(np.repeat([own == clock for own in clocks], np.diff(panel.offsets)))
        periods = Periods(request.timeframe, *clock)
        rows = slower_rows(axis.filter(theirs), periods)
        if bars is not None:
            rows = rows.hstack(slower_bars(rows, bars.filter(theirs), periods).select(columns))
        made.append(rows)
    found = made[0] if len(made) == 1 else pl.concat(made).sort("symbol", "ts")
    counts = dict(found["symbol"].rle().struct.unnest().select("value", "len").iter_rows())
    offsets = np.cumsum([0, *(counts.get(symbol, 0) for symbol in panel.symbols)]).astype(np.int64)
    series = {name: Column(dtype="bool" if name == "partial" else "float", series=found[name]) for name in columns}
    return Panel(panel.symbols, offsets, found["ts"], series, found["end"])
