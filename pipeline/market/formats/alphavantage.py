"""Alpha Vantage: unadjusted prices with dividends and splits in columns of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.market.formats.reading import Choice, Reading
from pipeline.market.formats.sample import Sample
from pipeline.market.formats.table import read_frame, read_text

__all__ = ["AlphaVantage"]

_SAVED = re.compile(r"(?P<kind>DA|D|W|M)-(?P<symbol>.+)-T-\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class AlphaVantage:
    """TIME_SERIES_DAILY_ADJUSTED and its siblings, as CSV."""

    name: str = "alphavantage"

    def claims(self, sample: Sample) -> bool:
        """The header line."""
        return sample.kind == "text" and sample.first.startswith("timestamp,open,high,low,close")

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The bars, dividends and splits; adjusted closes are left out."""
        raw, first_line = read_text(sample, choice)
        reading = read_frame(raw, sample.path, choice, first_line=first_line)
        saved = _SAVED.fullmatch(sample.stem)
        symbol = saved["symbol"] if saved else None
        return Reading(
            reading.columns, first_line, symbol, "1d" if saved and saved["kind"] == "DA" else None, notes=reading.notes
        )
