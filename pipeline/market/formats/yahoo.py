"""Yahoo: `Date,Open,High,Low,Close,Adj Close,Volume`, prices already restated for splits."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.market.formats.reading import Choice, Reading
from pipeline.market.formats.sample import Sample
from pipeline.market.formats.table import read_frame, read_text

__all__ = ["Yahoo"]


@dataclass(frozen=True)
class Yahoo:
    """Files of Yahoo's download button."""

    name: str = "yahoo"

    def claims(self, sample: Sample) -> bool:
        """The header line."""
        return sample.kind == "text" and sample.first.replace('"', "").lower().startswith(
            "date,open,high,low,close,adj close,volume"
        )

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The bars."""
        raw, first_line = read_text(sample, choice)
        reading = read_frame(raw, sample.path, choice, first_line=first_line)
        notes = (*reading.notes, "Yahoo restates prices and volume for splits, and names neither splits nor dividends")
        return Reading(reading.columns, first_line, notes=notes)
