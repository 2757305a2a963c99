"""Rows of some symbols and of a range of time."""

import datetime as dt
from typing import Annotated

import polars as pl

from pipeline import Param

Symbols = Annotated[list[str], Param("The symbols to keep; all of them when left out")]
ALL: list[str] = []
Since = Annotated[dt.datetime | None, Param("The first instant to keep, UTC unless it names a zone")]
Until = Annotated[dt.datetime | None, Param("The instant before which bars are kept")]


def chosen(
    axis: pl.DataFrame, *, symbols: list[str], since: dt.datetime | None, until: dt.datetime | None
) -> pl.DataFrame:
    """The rows that are kept. ValueError for a symbol that is not there."""
    keep = pl.lit(value=True)
    if symbols:
        if len(axis) and (unknown := sorted(set(symbols) - set(axis["symbol"].unique()))):
            raise ValueError(f"there is no symbol {unknown[0]!r} to select")
        keep &= pl.col("symbol").is_in(symbols)
    if since is not None:
        keep &= pl.col("ts") >= _instant(since)
    if until is not None:
        keep &= pl.col("ts") < _instant(until)
    return axis.filter(keep)


def _instant(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
