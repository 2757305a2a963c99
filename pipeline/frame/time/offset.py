"""Calendar steps as values: ``DateOffset(months=1)``, ``offsets.BDay(5)``, ``offsets.MonthEnd()``."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import refuse
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import NaT, Timestamp, is_missing
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.period import Period
from pipeline.frame.values.values import Values

__all__ = [
    "BDay", "BMonthEnd", "BusinessDay", "DateOffset", "Day", "Hour", "Micro", "Milli", "Minute", "MonthBegin",
    "MonthEnd", "QuarterBegin", "QuarterEnd", "Second", "Week", "YearBegin", "YearEnd", "to_offset",
]  # fmt: skip


class DateOffset:
    """A step of years, months, weeks, days and so on; a month's step from the 31st stays within the month."""

    _unit = ""
    """The letter of the frequency; empty for steps that have none."""

    def __init__(self, n: int = 1, normalize: bool = False, **parts: Any) -> None:
        self.n = int(n)
        self.normalize = normalize
        self._parts = parts

    @property
    def freqstr(self) -> str:
        return self._unit if self.n == 1 else f"{self.n}{self._unit}"

    @property
    def name(self) -> str:
        return self._unit

    def _move(self, stamp: dt.datetime, n: int) -> dt.datetime:
        parts = self._parts or {"days": 1}
        months = n * (parts.get("months", 0) + 12 * parts.get("years", 0))
        moved = _months_on(stamp, months) if months else stamp
        span = {k: n * v for k, v in parts.items() if k in _SPANS}
        set_to = {k: v for k, v in parts.items() if k in _FIELDS}
        refuse("DateOffset", {k: v for k, v in parts.items() if k not in _SPANS | _FIELDS | {"months", "years"}})
        return (moved.replace(**set_to) if set_to else moved) + dt.timedelta(**span)

    def __mul__(self, times: int) -> DateOffset:
        return type(self)(self.n * times, normalize=self.normalize, **self._parts)

    __rmul__ = __mul__

    def __neg__(self) -> DateOffset:
        return self * -1

    def _apply(self, other: Any, n: int) -> Any:
        if isinstance(other, Columnar):
            return other._each(lambda values: self._apply_values(values, n))
        if isinstance(other, Index):
            return Index._of(self._apply_values(other._values, n), other.name)
        if is_missing(other):
            return NaT
        stamp = Timestamp(other)
        moved = Timestamp(self._move(stamp.to_pydatetime(), n))
        return moved.normalize() if self.normalize else moved

    def _apply_values(self, values: Values, n: int) -> Values:
        return Values.of([self._apply(item, n) for item in values.items()]) if len(values) else values

    def __radd__(self, other: Any) -> Any:
        return self._apply(other, self.n)

    __add__ = __radd__

    def __rsub__(self, other: Any) -> Any:
        return self._apply(other, -self.n)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.n, tuple(sorted(self._parts.items()))))

    def __repr__(self) -> str:
        return f"<{self.n} * {type(self).__name__}s>" if abs(self.n) != 1 else f"<{type(self).__name__}>"

    def rollforward(self, dt: Any) -> Any:
        """The time itself when it stands on a step, else the next step."""
        stamp = Timestamp(dt)
        back = self._apply(self._apply(stamp, 1), -1)
        return stamp if back == stamp else self._apply(stamp, 1)

    def rollback(self, dt: Any) -> Any:
        """The time itself when it stands on a step, else the step before."""
        stamp = Timestamp(dt)
        forth = self._apply(self._apply(stamp, -1), 1)
        return stamp if forth == stamp else self._apply(stamp, -1)


_SPANS = {"weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds"}
_FIELDS = {"year", "month", "day", "hour", "minute", "second", "microsecond"}


def _months_on(stamp: dt.datetime, months: int) -> dt.datetime:
    place = stamp.year * 12 + stamp.month - 1 + months
    year, month = divmod(place, 12)
    return stamp.replace(year=year, month=month + 1, day=min(stamp.day, _last_day(year, month + 1)))


def _last_day(year: int, month: int) -> int:
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return (following - dt.timedelta(days=1)).day


class _Fixed(DateOffset):
    _step = dt.timedelta()

    def _move(self, stamp: dt.datetime, n: int) -> dt.datetime:
        return stamp + n * self._step

    @property
    def delta(self) -> dt.timedelta:
        return self.n * self._step


class Day(_Fixed):
    _unit, _step = "D", dt.timedelta(days=1)


class Hour(_Fixed):
    _unit, _step = "h", dt.timedelta(hours=1)


class Minute(_Fixed):
    _unit, _step = "min", dt.timedelta(minutes=1)


class Second(_Fixed):
    _unit, _step = "s", dt.timedelta(seconds=1)


class Milli(_Fixed):
    _unit, _step = "ms", dt.timedelta(milliseconds=1)


class Micro(_Fixed):
    _unit, _step = "us", dt.timedelta(microseconds=1)


class BusinessDay(DateOffset):
    """Weekdays; from a weekend, the first step leads to Monday (back: to Friday)."""

    _unit = "B"

    def _move(self, stamp: dt.datetime, n: int) -> dt.datetime:
        day = np.datetime64(stamp.date(), "D")
        # a weekend's first step only reaches the weekday beside it
        rolled = 0 if np.is_busday(day) else int(np.sign(n))
        moved = np.busday_offset(day, n - rolled, roll="forward" if n >= 0 else "backward")
        return dt.datetime.combine(moved.astype(object), stamp.timetz())


BDay = BusinessDay


class Week(DateOffset):
    """Weeks, or the next such weekday when `weekday` (Monday is 0) is given."""

    _unit = "W"

    def _move(self, stamp: dt.datetime, n: int) -> dt.datetime:
        weekday = self._parts.get("weekday")
        if weekday is None:
            return stamp + dt.timedelta(weeks=n)
        away = (weekday - stamp.weekday()) % 7
        if away == 0:
            return stamp + dt.timedelta(weeks=n)
        return stamp + dt.timedelta(days=away, weeks=n - 1 if n > 0 else n)


class _Period(DateOffset):
    """The first or last day of a period of months."""

    _width, _last = 1, False

    def _move(self, stamp: dt.datetime, n: int) -> dt.datetime:
        month = stamp.year * 12 + stamp.month - 1
        period = month // self._width
        here = self._edge(period)
        day = stamp.date()
        if n > 0:
            step = period + n - (1 if here > day else 0)
        elif n < 0:
            step = period + n + (1 if here < day else 0)
        else:
            step = period if here >= day else period + 1
        return dt.datetime.combine(self._edge(step), stamp.timetz())

    def _edge(self, period: int) -> dt.date:
        year, month = divmod(period * self._width + (self._width - 1 if self._last else 0), 12)
        return dt.date(year, month + 1, _last_day(year, month + 1) if self._last else 1)


class MonthEnd(_Period):
    _unit, _last = "ME", True


class MonthBegin(_Period):
    _unit = "MS"


class BMonthEnd(MonthEnd):
    """The last weekday of a month."""

    _unit = "BME"

    def _edge(self, period: int) -> dt.date:
        last = super()._edge(period)
        return last - dt.timedelta(days=max(last.weekday() - 4, 0))


class QuarterEnd(_Period):
    _unit, _width, _last = "QE", 3, True


class QuarterBegin(_Period):
    _unit, _width = "QS", 3


class YearEnd(_Period):
    _unit, _width, _last = "YE", 12, True


class YearBegin(_Period):
    _unit, _width = "YS", 12


_KINDS = (
    Day, Hour, Minute, Second, Milli, Micro, BusinessDay, Week, MonthEnd, MonthBegin, BMonthEnd, QuarterEnd,
    QuarterBegin, YearEnd, YearBegin,
)  # fmt: skip
_BY_UNIT: dict[str, type[DateOffset]] = {kind._unit: kind for kind in _KINDS}


def to_offset(freq: Any) -> DateOffset | None:
    """A frequency such as '5min' as a step."""
    if freq is None or isinstance(freq, DateOffset):
        return freq
    pace = Frequency.of(freq)
    unit = {"d": "D", "w": "W", "m": "min", "b": "B", "mo": "M", "q": "Q", "y": "Y"}.get(pace.unit, pace.unit)
    if pace.unit in {"mo", "q", "y"}:
        unit += "E" if pace.end else "S"
    return _BY_UNIT[unit](pace.count)


def _step_of(pace: Pace, n: int) -> DateOffset:
    units = {"Y": YearEnd, "Q": QuarterEnd, "M": MonthEnd, "W": Week, "B": BusinessDay}
    return (units.get(pace.unit) or _BY_UNIT[pace.unit])(n)


Period._step_of = staticmethod(_step_of)
