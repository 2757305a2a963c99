"""Periods of the calendar as numbers: which one a moment lies in, when each begins, how it is written."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NamedTuple

import numpy as np

from pipeline.frame.library.gaps import unsupported
from pipeline.frame.values.faces import Array

__all__ = ["Pace"]

_SHAPE = re.compile(r"(-?\d*)\s*([A-Za-z]+)(?:-([A-Z]{3}))?")
_NAMES = {
    "Y": "Y", "A": "Y", "YE": "Y", "YS": "Y", "Q": "Q", "QE": "Q", "QS": "Q", "M": "M", "ME": "M", "MS": "M", "W": "W",
    "B": "B", "D": "D", "d": "D", "h": "h", "H": "h", "min": "min", "T": "min", "s": "s", "S": "s", "ms": "ms",
    "us": "us",
}  # fmt: skip
_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_TICKS = {"D": 86_400_000_000, "h": 3_600_000_000, "min": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
_WRITTEN = {
    "Y": "%Y", "M": "%Y-%m", "B": "%Y-%m-%d", "D": "%Y-%m-%d", "h": "%Y-%m-%d %H:00", "min": "%Y-%m-%d %H:%M",
    "s": "%Y-%m-%d %H:%M:%S", "ms": "%Y-%m-%d %H:%M:%S.%f", "us": "%Y-%m-%d %H:%M:%S.%f",
}  # fmt: skip
_WEEK_ZERO = 3
"""1970 began on a Thursday, three days after a Monday."""


class Pace(NamedTuple):
    """The length of periods: `multiple` units of Y, Q, M, W, B, D, h, min, s, ms or us.

    `anchor` is the month that years and quarters end with (12: December), or the day that weeks end on (6: Sunday).
    """

    unit: str
    multiple: int = 1
    anchor: int = 12

    @classmethod
    def of(cls, freq: Any) -> Pace:
        """Read a frequency such as 'M', '2D' or 'Q-MAR'. Raises ValueError for what is none."""
        if isinstance(freq, Pace):
            return freq
        found = _SHAPE.fullmatch(str(getattr(freq, "freqstr", freq)).strip())
        if not found or found[2] not in _NAMES:
            raise ValueError(f"Invalid frequency: {freq!r}")
        unit = _NAMES[found[2]]
        anchor = _DAYS.index(found[3] or "SUN") if unit == "W" else _MONTHS.index(found[3] or "DEC") + 1
        return cls(unit, int(found[1] or 1), anchor)

    @property
    def freqstr(self) -> str:
        """The frequency as pandas writes it: 'M', '2D', 'Q-DEC', 'W-SUN'."""
        named = {"Q": _MONTHS, "Y": _MONTHS}.get(self.unit)
        tail = f"-{named[self.anchor - 1]}" if named else f"-{_DAYS[self.anchor]}" if self.unit == "W" else ""
        return f"{self.multiple if self.multiple != 1 else ''}{self.unit}{tail}"

    def numbers(self, moments: Array) -> Array:
        """The number of the period that each moment lies in, counted from 1970."""
        if self.unit in _TICKS:
            return moments.astype("M8[us]").astype(np.int64) // _TICKS[self.unit]
        days = moments.astype("M8[D]")
        if self.unit == "W":
            return (days.astype(np.int64) + _WEEK_ZERO - self.anchor - 1) // 7
        if self.unit == "B":
            return np.asarray(np.busday_count(np.datetime64("1970-01-01"), np.busday_offset(days, 0, roll="backward")))
        width, shift = self._months()
        return (days.astype("M8[M]").astype(np.int64) - shift) // width

    def starts(self, numbers: Array) -> Array:
        """When the periods of these numbers begin."""
        if self.unit in _TICKS:
            return (np.asarray(numbers) * _TICKS[self.unit]).astype("M8[us]")
        if self.unit == "W":
            return (np.asarray(numbers) * 7 - _WEEK_ZERO + self.anchor + 1).astype("M8[D]").astype("M8[us]")
        if self.unit == "B":
            return np.asarray(np.busday_offset(np.datetime64("1970-01-01"), numbers)).astype("M8[us]")
        width, shift = self._months()
        return (np.asarray(numbers) * width + shift).astype("M8[M]").astype("M8[us]")

    def begun(self, moments: Array) -> Array:
        """The first moment of the period that each moment lies in; missing stays missing."""
        gone = np.isnat(moments)
        made = self.starts(self.numbers(np.where(gone, np.datetime64(0, "us"), moments)))
        made[gone] = np.datetime64("NaT")
        return made

    def moved(self, starts: Array, steps: Any) -> Array:
        """The periods so many steps after these; missing stays missing."""
        gone = np.isnat(starts)
        numbers = self.numbers(np.where(gone, np.datetime64(0, "us"), starts)) + np.asarray(steps) * self.multiple
        made = self.starts(numbers)
        made[gone] = np.datetime64("NaT")
        return made

    def ended(self, starts: Array) -> Array:
        """The last microsecond of each period."""
        return self.moved(starts, 1) - np.timedelta64(1, "us")

    def text(self, start: Any) -> str:
        """A period as pandas writes it, by its first moment: '2023-01', '2023Q1', '2023-01-02/2023-01-08'."""
        if self.unit == "W":
            return f"{start:%Y-%m-%d}/{start + dt.timedelta(days=6):%Y-%m-%d}"
        if self.unit == "Q":
            # the year in which the last quarter of these four ends
            months = start.year * 12 + start.month - 1 - self.anchor % 12
            return f"{months // 12 + (1 if self.anchor % 12 else 0)}Q{months % 12 // 3 + 1}"
        if self.unit == "Y" and self.anchor != 12:
            return f"{start.year + 1:04}"
        return start.strftime(_WRITTEN[self.unit])  # type: ignore[no-any-return]

    def _months(self) -> tuple[int, int]:
        if self.unit not in {"Y", "Q", "M"}:
            raise unsupported("Period", f"freq={self.freqstr!r}")
        width = {"Y": 12, "Q": 3, "M": 1}[self.unit]
        return width, self.anchor % width
