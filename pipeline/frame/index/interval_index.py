"""Intervals as labels: `IntervalIndex` and ``interval_range``; a number finds the interval that it lies in."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from pipeline.frame.index.index import Index
from pipeline.frame.index.interval import Interval, IntervalDtype, between_breaks
from pipeline.frame.index.lookup import Positions
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import Timedelta, Timestamp, is_missing
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Array, Values

__all__ = ["IntervalIndex", "interval_range"]


class IntervalIndex(Index):
    """Intervals as labels."""

    def __new__(cls, data: Any = (), closed: str | None = None, name: Any = None, **other: Any) -> Any:
        refuse("IntervalIndex", {k: v for k, v in other.items() if k not in {"copy", "dtype", "verify_integrity"}})
        items = list(data)
        if closed is not None:
            items = [x if is_missing(x) else Interval(x.left, x.right, closed) for x in items]
        return Index._of(Values(objects(items)), name if name is not None else getattr(data, "name", None))

    @classmethod
    def from_breaks(cls, breaks: Any, closed: str = "right", name: Any = None, **_: Any) -> Any:
        """An interval from each break to the next."""
        return cls(between_breaks(list(breaks), closed), name=name)

    @classmethod
    def from_arrays(cls, left: Any, right: Any, closed: str = "right", name: Any = None, **_: Any) -> Any:
        """An interval for each pair of ends."""
        pairs = zip(list(left), list(right), strict=True)
        return cls([np.nan if is_missing(a) else Interval(a, b, closed) for a, b in pairs], name=name)

    @classmethod
    def from_tuples(cls, data: Any, closed: str = "right", name: Any = None, **_: Any) -> Any:
        """An interval for each tuple of two ends."""
        return cls([x if is_missing(x) else Interval(x[0], x[1], closed) for x in data], name=name)

    @property
    def closed(self) -> str:
        return next((x.closed for x in self._values.array if isinstance(x, Interval)), "right")

    @property
    def dtype(self) -> Any:
        left = self.left
        return IntervalDtype(left.dtype if len(left) else "int64", self.closed)

    @property
    def left(self) -> Index:
        return self._ends("left")

    @property
    def right(self) -> Index:
        return self._ends("right")

    @property
    def mid(self) -> Index:
        return self._ends("mid")

    @property
    def length(self) -> Index:
        return self._ends("length")

    def _ends(self, name: str) -> Index:
        made: Index = Index([np.nan if is_missing(x) else getattr(x, name) for x in self._values.array])
        return made

    @property
    def is_overlapping(self) -> bool:
        """True when two of the intervals share a value."""
        items = sorted(x for x in self._values.array if isinstance(x, Interval))
        return any(a.overlaps(b) for a, b in itertools.pairwise(items))

    def contains(self, other: Any) -> Array:
        """Which intervals a value lies in."""
        return np.array([not is_missing(x) and other in x for x in self._values.array], dtype=np.bool_)

    def overlaps(self, other: Interval) -> Array:
        """Which intervals share a value with another one."""
        return np.array([not is_missing(x) and x.overlaps(other) for x in self._values.array], dtype=np.bool_)

    def set_closed(self, closed: str) -> Any:
        """The same ends, others of which belong to the intervals."""
        return IntervalIndex(self, closed, self.name)

    def to_tuples(self) -> Any:
        """The ends of each interval."""
        return Index([x if is_missing(x) else (x.left, x.right) for x in self._values.array], name=self.name)

    def _find(self, label: Any) -> int | None:
        if isinstance(label, Interval) or is_missing(label):
            return super()._find(label)
        if isinstance(label, str):
            return None
        found = np.flatnonzero(self.contains(label))
        return int(found[0]) if len(found) else None

    def get_loc(self, label: Any) -> Any:
        """The position of an interval, or of the one that a value lies in. Raises KeyError."""
        if isinstance(label, Interval):
            return super().get_loc(label)
        found = np.flatnonzero(self.contains(label))
        if not len(found):
            raise KeyError(label)
        return int(found[0]) if len(found) == 1 else self.contains(label)

    def get_indexer(self, target: Any, method: str | None = None, **options: Any) -> Positions:
        """The position of each interval of `target`, or of the one that each value lies in; -1 where there is none."""
        refuse("get_indexer", {"method": method, **options})
        places = (self._find(label) for label in self._peer(target))
        return np.fromiter((-1 if place is None else place for place in places), dtype=np.intp, count=len(target))

    def __repr__(self) -> str:
        return f"IntervalIndex([{', '.join(map(str, self))}], dtype='{self.dtype}')"


def interval_range(  # noqa: PLR0917 - pandas' signature
    start: Any = None, end: Any = None, periods: int | None = None, freq: Any = None, name: Any = None,
    closed: str = "right",
) -> Any:  # fmt: skip
    """Intervals of one length, given by three of start, end, periods and freq (1, or a day, when two are given)."""
    times = any(not isinstance(edge, int | float | np.number) for edge in (start, end) if edge is not None)
    if times:
        return _of_times(start, end, periods, freq, name, closed)
    if freq is None and not (start is not None and end is not None and periods is not None):
        freq = 1
    if sum(given is not None for given in (start, end, periods, freq)) != 3:
        raise ValueError("Of the four parameters: start, end, periods, and freq, exactly three must be specified")
    if freq is None:
        breaks = np.linspace(start, end, periods + 1)  # type: ignore[operator]
    elif periods is None:
        breaks = np.arange(start, end + freq * 1e-9, freq)
    else:
        first = start if start is not None else end - periods * freq
        breaks = first + np.arange(periods + 1) * freq
    if all(float(x).is_integer() for x in breaks) and not isinstance(start if start is not None else end, float):
        breaks = breaks.astype(np.int64)
    return IntervalIndex.from_breaks(breaks.tolist(), closed, name)


def _of_times(start: Any, end: Any, periods: int | None, freq: Any, name: Any, closed: str) -> Any:  # noqa: PLR0917
    first, last = (None if edge is None else Timestamp(edge) for edge in (start, end))
    if freq is None and first is not None and last is not None and periods is not None:
        step = (last - first) / periods
    else:
        step = Timedelta(Frequency.of(freq if freq is not None else "D").step)
    if first is None:
        if periods is None or last is None:
            raise unsupported("interval_range", "fewer than three of start, end, periods and freq")
        first = last - step * periods
    count = periods if periods is not None else int((last - first) / step)
    return IntervalIndex.from_breaks([Timestamp(first + step * i) for i in range(count + 1)], closed, name)


Index._interval_type = IntervalIndex
