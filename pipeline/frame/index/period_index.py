"""Periods as labels: `PeriodIndex` and ``period_range``; times to periods and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import missing_name, refuse
from pipeline.frame.time import clock
from pipeline.frame.time.moment import Timestamp, is_missing
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.period import Period, as_period
from pipeline.frame.values.values import Array, Values

__all__ = ["PeriodAccessor", "PeriodIndex", "PeriodRows", "period_range"]

_FIELDS = frozenset({
    "year", "month", "day", "hour", "minute", "second", "quarter", "qyear", "dayofweek", "day_of_week", "weekday",
    "dayofyear", "day_of_year", "days_in_month", "daysinmonth", "week", "weekofyear",
})  # fmt: skip


class PeriodIndex(Index):
    """Periods of one length as labels."""

    def __new__(cls, data: Any = None, freq: Any = None, dtype: Any = None, name: Any = None, **other: Any) -> Any:
        refuse("PeriodIndex", {k: v for k, v in other.items() if k != "copy"})
        if dtype is not None and freq is None:
            freq = dtype.pace if hasattr(dtype, "pace") else str(dtype)[len("period[") : -1]
        name = name if name is not None else getattr(data, "name", None)
        values = data._values if hasattr(data, "_values") else Values.of(list(data))
        if isinstance(values.sense, Pace) and freq is None:
            return Index._of(values, name)
        if freq is None:
            listed = [Period(item) for item in values.items() if not is_missing(item)]
            freq = listed[0].pace if listed else None
        if freq is None:
            raise ValueError("freq not specified and cannot be inferred")
        pace = Pace.of(freq)
        if values.kind == "M":
            return Index._of(Values(pace.begun(values.array), sense=pace), name)
        periods = [as_period(item, pace) for item in values.items()]
        starts = np.array(["NaT" if is_missing(one) else one._start for one in periods], dtype="M8[us]")
        return Index._of(Values(starts, sense=pace), name)

    @classmethod
    def from_ordinals(cls, ordinals: Any, *, freq: Any, name: Any = None) -> Any:
        """The periods of these numbers, counted from 1970."""
        pace = Pace.of(freq)
        return Index._of(Values(pace.starts(np.asarray(ordinals)), sense=pace), name)

    @property
    def pace(self) -> Pace:
        assert isinstance(self._values.sense, Pace)
        return self._values.sense

    @property
    def freqstr(self) -> str:
        return self.pace.freqstr

    @property
    def freq(self) -> Any:
        return Period._step_of(self.pace, self.pace.multiple)

    @property
    def start_time(self) -> Any:
        return self.to_timestamp()

    @property
    def end_time(self) -> Any:
        return self.to_timestamp(how="end")

    @property
    def asi8(self) -> Array:
        return self.pace.numbers(self.array)

    def to_timestamp(self, freq: Any = None, how: str = "start") -> Any:
        """The first moment of each period, or with how='end' the last."""
        return self._made(stamped(self._values, freq, how), self.name)

    def asfreq(self, freq: Any = None, how: str = "E") -> Any:
        """The periods of another length that the last (how='S': first) moment of each lies in."""
        edge = stamped(self._values, None, "end" if str(how).lower() in {"e", "end"} else "start").array
        pace = Pace.of(freq)
        return self._made(Values(pace.begun(edge), sense=pace), self.name)

    def strftime(self, date_format: str) -> Any:
        """Each period as text."""
        made: Index = Index([one.strftime(date_format) for one in self], name=self.name)
        return made

    def shift(self, periods: int = 1, freq: Any = None) -> Any:
        """Every period so many steps on."""
        refuse("PeriodIndex.shift", {"freq": freq})
        return self._made(Values(self.pace.moved(self.array, periods), sense=self.pace), self.name)

    def __add__(self, other: Any) -> Any:
        return self._made((self.to_series() + other)._values, self.name)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        series = self.to_series()
        partner = other.to_series(index=self) if isinstance(other, Index) else other
        return self._made((series - partner)._values, self.name)

    def _key(self, label: Any) -> Any:
        if isinstance(label, str | Period):
            try:
                period = as_period(label, self.pace)
            except ValueError:
                raise KeyError(label) from None
            if period.pace != self.pace:
                raise KeyError(label)
            return int(period._start.astype(np.int64))
        return super()._key(label)

    def __getattr__(self, name: str) -> Any:
        if name in _FIELDS:
            return Index(np.array([getattr(one, name) for one in self], dtype=np.int64), name=self.name)
        return super().__getattr__(name)

    def __repr__(self) -> str:
        return f"PeriodIndex({[str(one) for one in self]!r}, dtype='{self.dtype}')"


class PeriodAccessor:
    """``series.dt`` of a column of periods."""

    def __init__(self, series: Any) -> None:
        self._series = series
        self._labels: Any = Index._of(series._values)

    def _made(self, found: Any) -> Any:
        series = self._series
        return series._of(found._values, series.index, series.name) if isinstance(found, Index) else found

    def __getattr__(self, name: str) -> Any:
        if name in _FIELDS or name in {"start_time", "end_time", "freq", "freqstr"}:
            return self._made(getattr(self._labels, name))
        raise missing_name("Series.dt", name, "dt", type(self))

    def to_timestamp(self, freq: Any = None, how: str = "start") -> Any:
        """The first moment of each period, or with how='end' the last."""
        return self._made(self._labels.to_timestamp(freq, how))

    def asfreq(self, freq: Any = None, how: str = "E") -> Any:
        """The periods of another length that the last (how='S': first) moment of each lies in."""
        return self._made(self._labels.asfreq(freq, how))

    def strftime(self, date_format: str) -> Any:
        """Each period as text."""
        return self._made(self._labels.strftime(date_format))


class PeriodRows(Columnar):
    """Rows whose labels are periods, and back."""

    def to_period(self, freq: Any = None, axis: Any = 0, **_: Any) -> Any:
        """The labels as the periods that they lie in."""
        return self._on_labels(lambda labels: labels.to_period(freq), axis)

    def to_timestamp(self, freq: Any = None, how: str = "start", axis: Any = 0, **_: Any) -> Any:
        """The labels as the first (or last) moments of their periods."""
        return self._on_labels(lambda labels: labels.to_timestamp(freq, how), axis)

    def _on_labels(self, change: Any, axis: Any) -> Any:
        result = self._each(lambda values: values)
        if axis in {1, "columns"}:
            result.columns = change(self.columns)  # type: ignore[attr-defined]
        elif not hasattr(self._index, "to_period") and not hasattr(self._index, "to_timestamp"):
            raise TypeError(f"unsupported Type {type(self._index).__name__}")
        else:
            result._index = change(self._index)
        return result


def period_range(
    start: Any = None, end: Any = None, periods: int | None = None, freq: Any = None, name: Any = None
) -> Any:
    """Periods one after another, given by two of start, end and periods; a day each unless `freq` says otherwise."""
    if sum(given is not None for given in (start, end, periods)) != 2:
        raise ValueError("Of the three parameters: start, end, and periods, exactly two must be specified")
    edge = next((one for one in (start, end) if isinstance(one, Period)), None)
    pace = Pace.of(freq if freq is not None else edge.pace if edge is not None else "D")
    first, last = (None if one is None else int(_number(one, pace)) for one in (start, end))
    step = pace.multiple
    if first is None:
        assert last is not None
        assert periods is not None
        first = last - (periods - 1) * step
    count = periods if periods is not None else (last - first) // step + 1  # type: ignore[operator]
    return PeriodIndex.from_ordinals(first + np.arange(max(count, 0)) * step, freq=pace, name=name)


def _number(edge: Any, pace: Pace) -> Any:
    moment = edge.start_time if isinstance(edge, Period) else Period(edge, pace).start_time
    return pace.numbers(np.array([Timestamp(moment).to_datetime64()]))[0]


def stamped(values: Values, freq: Any, how: str) -> Values:
    """The first (or last) moment of each period. A `freq` says no more than the period does."""
    pace = values.sense
    assert isinstance(pace, Pace)
    if freq is not None:
        Pace.of(freq)
    return Values(pace.ended(values.array) if str(how).lower() in {"e", "end", "finish"} else values.array)


def periods_of(values: Values, freq: Any) -> Values:
    """The periods that times lie in. Raises ValueError without a `freq`."""
    if freq is None:
        raise ValueError("You must pass a freq argument as current index has none.")
    pace = Pace.of(freq)
    wall = clock.placed(values, None) if values.zone else values
    return Values(pace.begun(wall.array), sense=pace)


Index._period_type = PeriodIndex
