"""Databento: OHLCV records as CSV, times as text or nanoseconds, prices plain or in units of 1e-9."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from pipeline.market.formats.reading import Choice, Reading
from pipeline.market.formats.sample import Sample
from pipeline.market.formats.table import read_frame, read_text

__all__ = ["Databento"]

_NAME = re.compile(r"(?P<symbol>[A-Z0-9]+)\.(?P<venue>[A-Z]+)_(?P<count>\d+)(?P<unit>min|hour|day)")
_UNITS = {"min": "m", "hour": "h", "day": "d"}
_RTYPES = {"32": "1s", "33": "1m", "34": "1h", "35": "1d"}


@dataclass(frozen=True)
class Databento:
    """`ts_event,rtype,…` as the vendor writes it, or `timestamp_utc,open,…` as its users do."""

    name: str = "databento"

    def claims(self, sample: Sample) -> bool:
        """The header line."""
        return sample.kind == "text" and sample.first.startswith(("ts_event,", "timestamp_utc,"))

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The bars; the record type says the timeframe, else the name does."""
        raw, first_line = read_text(sample, choice)
        reading = read_frame(raw, sample.path, choice, first_line=first_line)
        columns = dict(reading.columns)
        named = _NAME.match(sample.stem)
        symbol = named["symbol"] if named else None
        timeframe = f"{named['count']}{_UNITS[named['unit']]}" if named else None
        notes = reading.notes
        if "rtype" in raw.columns:
            timeframe = _RTYPES.get(raw["rtype"][0])
            prices = {name: columns[name].cast(pl.Float64, strict=False) for name in ("open", "high", "low", "close")}
            if all(
                values.drop_nulls().is_between(1e5, 1e18).all() and "." not in columns[name][0]
                for name, values in prices.items()
            ):
                columns |= {name: values / 1e9 for name, values in prices.items()}
                notes = (*notes, "prices were divided by 1e9")
        return Reading(columns, first_line, symbol, timeframe, "UTC", notes)
