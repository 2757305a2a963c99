"""Stooq: `<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>`, dates yyyymmdd, times hhmmss."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.market.formats.reading import Choice, Reading
from pipeline.market.formats.sample import Sample
from pipeline.market.formats.table import plain_name, read_text

__all__ = ["Stooq"]

_PERIODS = {"5": "5m", "60": "1h", "D": "1d", "W": "1w", "M": "1mo"}


@dataclass(frozen=True)
class Stooq:
    """Files of stooq's bulk download; PER is minutes, or D, W, M."""

    name: str = "stooq"

    def claims(self, sample: Sample) -> bool:
        """The header line."""
        return sample.kind == "text" and sample.first.upper().startswith("<TICKER>,<PER>,<DATE>")

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The bars; the ticker keeps its country (AAPL.US)."""
        raw, first_line = read_text(sample, choice)
        raw = raw.rename({name: plain_name(name) for name in raw.columns})
        clock = raw["time"].str.zfill(6)
        stamp = pl.select(pl.lit(raw["date"]) + pl.lit(clock)).to_series()
        ts = stamp.str.to_datetime("%Y%m%d%H%M%S", time_unit="us", strict=False)
        period = raw["per"][0] if len(raw) else ""
        columns = {"ts": ts.alias("ts"), "symbol": raw["ticker"], "volume": raw["vol"]}
        columns |= {name: raw[name] for name in ("open", "high", "low", "close")}
        notes = ("prices are adjusted by stooq for splits and dividends",)
        return Reading(columns, first_line, timeframe=_PERIODS.get(period), notes=notes)
