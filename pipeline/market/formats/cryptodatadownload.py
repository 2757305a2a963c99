"""CryptoDataDownload: a banner above the header, newest first, hours as `2019-10-17 09-AM`, two volumes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from pipeline.market.formats.reading import Choice, Reading
from pipeline.market.formats.sample import Sample
from pipeline.market.formats.table import read_frame, read_text

__all__ = ["CryptoDataDownload"]

_NAME = re.compile(r".*_(?P<step>1h|d|minute|1min|day|hour)$", re.IGNORECASE)
_STEPS = {"1h": "1h", "hour": "1h", "d": "1d", "day": "1d", "minute": "1m", "1min": "1m"}


@dataclass(frozen=True)
class CryptoDataDownload:
    """Files of cryptodatadownload.com; the first volume, in coins, is the volume."""

    name: str = "cryptodatadownload"

    def claims(self, sample: Sample) -> bool:
        """The banner."""
        return sample.kind == "text" and "cryptodatadownload" in sample.first.lower()

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The bars, hours on the 24-hour clock."""
        raw, first_line = read_text(sample, choice)
        coins = next((name for name in raw.columns if re.fullmatch(r"volume[_ ].+", name, re.IGNORECASE)), None)
        said = {**({"volume": coins} if coins else {}), **choice.columns}
        reading = read_frame(raw, sample.path, Choice(columns=said), first_line=first_line)
        columns = dict(reading.columns)
        stamp = columns["ts"].cast(pl.String)
        if stamp.str.contains(r"-[AP]M$").any():
            # the parser takes no hour without minutes
            clock = stamp.str.replace(r"-([AP]M)$", ":00 $1")
            columns["ts"] = clock.str.to_datetime("%Y-%m-%d %I:%M %p", time_unit="us", strict=False)
        step = _NAME.match(sample.stem)
        timeframe = _STEPS[step["step"].lower()] if step else None
        return Reading(columns, first_line, timeframe=timeframe, zone="UTC", notes=reading.notes)
