"""Bars sources that are made of faster bars: resolved as those, read as those, gathered afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.model.bars import BAR_FIELDS, BarsRequest, Panel, ResolvedBars
from pipeline.model.column import Column
from pipeline.model.period import Periods
from pipeline.model.resample import slower_bars, slower_rows
from pipeline.model.rows import axis_frame

__all__ = ["columns_below", "faster", "of_faster", "slower_panel"]


def faster(request: BarsRequest) -> BarsRequest:
    """The request for the bars that those of `request` are made of."""
    assert request.resample is not None
    return replace(request, timeframe=request.resample.of, resample=None)


def of_faster(resolved: ResolvedBars, request: BarsRequest) -> ResolvedBars:
    """The same data under another request: slower bars have the digests of what they are made of."""
    return ResolvedBars(request, resolved.symbols, resolved.digests)


def columns_below(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of faster bars that those of slower ones need."""
    return BAR_FIELDS if columns else ()


def slower_panel(panel: Panel, request: BarsRequest, columns: Sequence[str]) -> Panel:
    """The slower bars of a panel: `columns`, for the same symbols, also one that has no finished bar yet."""
    rule = request.resample
    assert rule is not None
    periods = Periods(request.timeframe, rule.zone, rule.day_start, rule.weekdays)
    axis = axis_frame(panel, rule.of)
    rows = slower_rows(axis, periods)
    made = pl.DataFrame()
    if columns:
        bars = axis.with_columns(column.series.alias(name) for name, column in panel.columns.items())
        made = slower_bars(rows, bars, periods)
    counts = dict(rows["symbol"].rle().struct.unnest().select("value", "len").iter_rows())
    offsets = np.cumsum([0, *(counts.get(symbol, 0) for symbol in panel.symbols)]).astype(np.int64)
    found = {name: Column(dtype="bool" if name == "partial" else "float", series=made[name]) for name in columns}
    return Panel(panel.symbols, offsets, rows["ts"], found, rows["end"])
