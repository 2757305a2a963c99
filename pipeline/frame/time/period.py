"""Periods of the calendar as scalars: ``Period('2023-01')``, ``Period('2023Q1') + 1``; and the type of a column."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar

import numpy as np

from pipeline.frame.time.moment import NaT, Timestamp, is_missing
from pipeline.frame.time.pace import Pace

__all__ = ["Period", "PeriodDtype", "as_period"]

_QUARTER = re.compile(r"(?:(\d{4})-?Q([1-4])|([1-4])Q(\d{4}))", re.IGNORECASE)
_FIELDS = frozenset({
    "year", "month", "day", "hour", "minute", "second", "dayofweek", "day_of_week", "weekday", "dayofyear",
    "day_of_year", "days_in_month", "daysinmonth", "week", "weekofyear",
})  # fmt: skip


class Period:
    """A span of the calendar with a length of its own; steps of 1 lead to the next one."""

    # set by offset.py, which builds on columns: what lies between two periods is a step
    _step_of: ClassVar[Any]

    def __new__(cls, value: Any = None, freq: Any = None, ordinal: int | None = None, **parts: Any) -> Any:
        if is_missing(value) and ordinal is None and not parts:
            return NaT
        if parts:
            quarter = parts.pop("quarter", None)
            month = 3 * quarter - 2 if quarter else parts.pop("month", 1)
            value = dt.datetime(parts.pop("year"), month, parts.pop("day", 1), **parts)
        made = super().__new__(cls)
        if ordinal is not None:
            made.pace = Pace.of(freq)
            made._start = made.pace.starts(np.array([ordinal]))[0]
            return made
        moment, found = _read(value)
        if freq is None and found is None:
            raise ValueError("Must supply freq for datetime value")
        made.pace = Pace.of(freq if freq is not None else found)
        made._start = made.pace.begun(np.array([moment], dtype="M8[us]"))[0]
        return made

    pace: Pace
    _start: np.datetime64

    @classmethod
    def _of(cls, start: np.datetime64, pace: Pace) -> Any:
        if np.isnat(start):
            return NaT
        made = object.__new__(cls)
        made.pace, made._start = pace, start
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Period._of, (self._start, self.pace)

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def freqstr(self) -> str:
        return self.pace.freqstr

    @property
    def freq(self) -> Any:
        """The length of the period, as a step."""
        return self._step_of(self.pace, self.pace.multiple)

    @property
    def ordinal(self) -> int:
        """How many periods since 1970."""
        return int(self.pace.numbers(np.array([self._start]))[0])

    @property
    def start_time(self) -> Timestamp:
        return Timestamp(self._start)  # type: ignore[no-any-return]

    @property
    def end_time(self) -> Timestamp:
        return Timestamp(self.pace.ended(np.array([self._start]))[0])  # type: ignore[no-any-return]

    @property
    def quarter(self) -> int:
        return (self.month - self.pace.anchor % 12 - 1) % 12 // 3 + 1 if self.pace.unit == "Q" else self._shown.quarter

    @property
    def qyear(self) -> int:
        """The year that its quarter is counted in."""
        return int(Pace("Q", 1, self.pace.anchor if self.pace.unit == "Q" else 12).text(self.start_time)[:4])

    @property
    def _shown(self) -> Timestamp:
        """The moment whose day and month are the period's own: the last one, for what is longer than a day."""
        return self.end_time if self.pace.unit in {"Y", "Q", "M", "W"} else self.start_time

    def __getattr__(self, name: str) -> Any:
        if name in _FIELDS:
            found = getattr(self._shown, name)
            return found() if callable(found) else found
        raise AttributeError(f"'Period' object has no attribute {name!r}")

    def __str__(self) -> str:
        return self.pace.text(self.start_time)

    def __repr__(self) -> str:
        return f"Period('{self}', '{self.freqstr}')"

    def strftime(self, fmt: str) -> str:
        """The period as text, by the layout of strftime; %q is the quarter."""
        return self._shown.strftime(fmt.replace("%q", str(self.quarter)))

    # -- others from it ------------------------------------------------------------------------------------

    def to_timestamp(self, freq: Any = None, how: str = "start") -> Timestamp:  # noqa: ARG002 - either edge is exact
        """The first moment, or with how='end' the last."""
        return self.end_time if str(how).lower() in {"e", "end", "finish"} else self.start_time

    def asfreq(self, freq: Any, how: str = "E") -> Any:
        """The period of another length that its last (how='S': first) moment lies in."""
        pace = Pace.of(freq)
        edge = self.end_time if str(how).lower() in {"e", "end", "finish"} else self.start_time
        return Period._of(pace.begun(np.array([edge.to_datetime64()]))[0], pace)

    def __add__(self, other: Any) -> Any:
        steps = other if isinstance(other, int | np.integer) else getattr(other, "n", None)
        if is_missing(other):
            return NaT
        return NotImplemented if steps is None else self._moved(int(steps))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Period):
            if other.pace != self.pace:
                raise ValueError(f"Input has different freq={other.freqstr} from Period(freq={self.freqstr})")
            return self._step_of(self.pace, self.ordinal - other.ordinal)
        if is_missing(other):
            return NaT
        steps = other if isinstance(other, int | np.integer) else getattr(other, "n", None)
        return NotImplemented if steps is None else self._moved(-int(steps))

    def _moved(self, steps: int) -> Any:
        return Period._of(self.pace.moved(np.array([self._start]), steps)[0], self.pace)

    # -- order ---------------------------------------------------------------------------------------------

    def _alike(self, other: Any) -> bool:
        return isinstance(other, Period) and self.pace == other.pace

    def __eq__(self, other: object) -> bool:
        return self._alike(other) and bool(self._start == other._start)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self._start.item(), self.pace))

    def __lt__(self, other: Any) -> Any:
        return self._ordered(other) and bool(self._start < other._start)

    def __le__(self, other: Any) -> Any:
        return self._ordered(other) and bool(self._start <= other._start)

    def __gt__(self, other: Any) -> Any:
        return self._ordered(other) and bool(self._start > other._start)

    def __ge__(self, other: Any) -> Any:
        return self._ordered(other) and bool(self._start >= other._start)

    def _ordered(self, other: Any) -> bool:
        if is_missing(other):
            return False
        if not isinstance(other, Period):
            raise TypeError(f"Cannot compare type 'Period' with type {type(other).__name__!r}")
        if not self._alike(other):
            raise ValueError(f"Input has different freq={other.freqstr} from Period(freq={self.freqstr})")
        return True


class PeriodDtype:
    """The type of a column of periods."""

    kind = "O"

    def __init__(self, freq: Any) -> None:
        text = str(freq)
        self.pace = Pace.of(text[len("period[") : -1] if text.startswith("period[") else freq)

    @property
    def name(self) -> str:
        return f"period[{self.pace.freqstr}]"

    @property
    def freq(self) -> Any:
        return Period._step_of(self.pace, self.pace.multiple)

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, PeriodDtype) and self.pace == other.pace) or other == self.name

    def __hash__(self) -> int:
        return hash(self.name)


def as_period(value: Any, pace: Pace) -> Any:
    """A period of this length from a period, a text or a time; NaT from what is missing."""
    return value if isinstance(value, Period) else Period(value, pace)


def _read(value: Any) -> tuple[np.datetime64, str | None]:
    """The moment that something names, and the length of the period that goes with the way it is written."""
    if isinstance(value, Period):
        return value._start, value.freqstr
    if isinstance(value, str):
        text = value.strip()
        quarter = _QUARTER.fullmatch(text)
        if quarter:
            year, number = (quarter[1], quarter[2]) if quarter[1] else (quarter[4], quarter[3])
            return np.datetime64(f"{year}-{3 * int(number) - 2:02}-01", "us"), "Q"
        first = text.split("/")[0] if text.count("/") == 1 and text.count("-") == 4 else text
        moment = Timestamp(first)
        if first is not text:
            return moment.to_datetime64(), "W"
        parts = len(re.findall(r"\d+", text))
        return moment.to_datetime64(), ("Y", "M", "D", "h", "min", "s", "us")[min(parts, 7) - 1]
    if isinstance(value, int | np.integer):
        return np.datetime64(f"{int(value):04}-01-01", "us"), "Y"
    return Timestamp(value).to_datetime64(), None
