"""Binance klines: twelve columns, open time first, in milliseconds or (spot files since 2025) microseconds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.market.formats.reading import Choice, Reading
from pipeline.market.formats.sample import Sample

__all__ = ["Binance"]

_NAMES = ["ts", "open", "high", "low", "close", "volume"]
_ROW = re.compile(r"\d{13,16}(,[^,]+){5},\d{13,16}(,[^,]+){5}\s*")


@dataclass(frozen=True)
class Binance:
    """data.binance.vision, zipped or not, with the header line of futures files or without."""

    name: str = "binance"

    def claims(self, sample: Sample) -> bool:
        """A row of twelve, or the header of futures files."""
        return sample.kind == "text" and bool(
            _ROW.fullmatch(sample.first) or sample.first.startswith("open_time,open,")
        )

    def read(self, sample: Sample, choice: Choice) -> Reading:  # noqa: ARG002 - the protocol
        """The first six columns; symbol and timeframe are in the name."""
        header = sample.first.startswith("open_time")
        raw = sample.table(_NAMES, skip=int(header))
        symbol, timeframe = sample.named or (None, None)
        notes = ("not used: close time, quote volume, number of trades, taker volumes",)
        return Reading(raw.to_dict(), 1 + header, symbol, timeframe, notes=notes)
