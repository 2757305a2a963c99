"""Frequencies such as '5min' or 'D', in the spelling of any pandas version: '1H', '5T' and 'M' are taken too."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.frame.library.gaps import note_spelling, unsupported

__all__ = ["Frequency"]

_UNITS = {
    "W": "w", "D": "d", "d": "d", "h": "h", "min": "m", "s": "s", "ms": "ms", "us": "us", "B": "b",
    "ME": "end:mo", "MS": "mo", "QE": "end:q", "QS": "q", "YE": "end:y", "YS": "y",
}  # fmt: skip
_OLD = {"H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "M": "ME", "Q": "QE", "A": "YE", "Y": "YE", "AS": "YS",
        "m": "min", "hour": "h", "day": "D"}  # fmt: skip
_MICROSECONDS = {"w": 604_800_000_000, "d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000,
                 "ms": 1_000, "us": 1}  # fmt: skip
_SHAPE = re.compile(r"(-?\d*)\s*([A-Za-z]+)(?:-([A-Z]{3}))?")
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class Frequency:
    """`count` times a unit of polars (w, d, h, m, s, ms, us, mo, q, y; b: weekdays); `end`: the end labels a period."""

    count: int
    unit: str
    end: bool = False
    weekday: int = 6
    """The day that a week ends on; Monday is 0."""
    month: int = 12
    """The month that a year or quarter ends with (the one it begins with, unless `end`)."""

    @classmethod
    def of(cls, freq: Any) -> Frequency:
        """Read a frequency; a span of time counts as itself. Raises ValueError for what is none."""
        if isinstance(freq, Frequency):
            return freq
        if hasattr(freq, "freqstr"):
            freq = freq.freqstr
        if isinstance(freq, dt.timedelta):
            return cls(freq // dt.timedelta(microseconds=1), "us")
        found = _SHAPE.fullmatch(freq.strip()) if isinstance(freq, str) else None
        if not found:
            raise ValueError(f"Invalid frequency: {freq!r}")
        name = found[2]
        if name in _OLD:
            note_spelling(f"freq={freq!r}", repr(f"{found[1]}{_OLD[name]}"))
            name = _OLD[name]
        if name not in _UNITS:
            raise ValueError(f"Invalid frequency: {freq!r}")
        unit = _UNITS[name]
        end = unit.startswith("end:")
        day = _DAYS.index(found[3]) if found[3] in _DAYS else 6
        month = _MONTHS.index(found[3]) + 1 if found[3] in _MONTHS else 12 if end else 1
        return cls(int(found[1] or 1), unit.removeprefix("end:"), end, day, month)

    @property
    def every(self) -> str:
        """The frequency as polars writes it."""
        return f"{self.count}{self.unit}"

    @property
    def step(self) -> np.timedelta64:
        """The frequency as a span of fixed length; months and weekdays have none."""
        if self.unit not in _MICROSECONDS:
            raise unsupported("freq", f"{self.every} has no fixed length")
        return np.timedelta64(self.count * _MICROSECONDS[self.unit], "us")
