"""Rows chosen by their times: of some hours, up to a moment, at a steady pace."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import note_spelling, refuse
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import Timedelta
from pipeline.frame.values.values import Array, missing_mask

__all__ = ["TimeRows"]

Mine = TypeVar("Mine", bound="TimeRows")


class TimeRows(Columnar):
    """Rows whose labels are times."""

    def _clocks(self) -> Array:
        if self._index._values.kind != "M":
            raise TypeError("Index must be DatetimeIndex")
        times = self._index._values.series.dt
        hours, minutes, seconds = times.hour(), times.minute(), times.second()
        return (hours.cast(int) * 3600 + minutes.cast(int) * 60 + seconds.cast(int)).to_numpy()

    def between_time(self: Mine, start_time: Any, end_time: Any, inclusive: str = "both", axis: Any = None) -> Mine:
        """The rows from one time of day to another; over midnight when the first is later."""
        refuse("between_time", {"axis": axis})
        clocks, start, end = self._clocks(), _seconds(start_time), _seconds(end_time)
        above = clocks >= start if inclusive in {"both", "left"} else clocks > start
        below = clocks <= end if inclusive in {"both", "right"} else clocks < end
        return self._rows(np.flatnonzero(above & below if start <= end else above | below))

    def at_time(self: Mine, time: Any, asof: bool = False, axis: Any = None) -> Mine:
        """The rows at one time of day."""
        refuse("at_time", {"asof": asof, "axis": axis})
        return self._rows(np.flatnonzero(self._clocks() == _seconds(time)))

    def asfreq(self, freq: Any, method: Any = None, fill_value: Any = None, **options: Any) -> Any:
        """The rows at a steady pace from the first label to the last; missing (or filled) where there are none."""
        refuse("asfreq", {k: v for k, v in options.items() if k not in {"how", "normalize"}})
        if not len(self):
            return self._each(lambda values: values)
        first, last = self._index[0], self._index[-1]
        labels = type(self)._date_range(first, last, freq)
        return self.reindex(labels, method=method, fill_value=fill_value)  # type: ignore[attr-defined]

    def asof(self, where: Any, subset: Any = None) -> Any:
        """The last row before (or at) a moment that has values; moments in a list give rows."""
        wanted = Index(where) if isinstance(where, list | np.ndarray | Index) else Index([where])
        columns = self._data.values() if hasattr(self, "columns") else [self._values]  # type: ignore[attr-defined]
        gone = np.zeros(len(self), dtype=np.bool_)
        for label, values in zip(getattr(self, "_data", [None]), columns, strict=True):
            if subset is None or label in ([subset] if isinstance(subset, str) else subset):
                gone |= missing_mask(values.array)
        seen = self._rows(np.flatnonzero(~gone))
        moved = seen.reindex(wanted, method="ffill")  # type: ignore[attr-defined]
        return moved if isinstance(where, list | np.ndarray | Index) else moved.iloc[0]

    def first(self: Mine, offset: Any) -> Mine:
        """The rows of the first span of time, as pandas 2 spelled it."""
        note_spelling("first(offset)", "loc[:time]")
        span = Timedelta(Frequency.of(offset).step)
        return self._rows(np.flatnonzero(self._index < self._index[0] + span)) if len(self) else self

    def last(self: Mine, offset: Any) -> Mine:
        """The rows of the last span of time, as pandas 2 spelled it."""
        note_spelling("last(offset)", "loc[time:]")
        span = Timedelta(Frequency.of(offset).step)
        return self._rows(np.flatnonzero(self._index > self._index[-1] - span)) if len(self) else self

    # set by timeline.py, which builds on Series
    _date_range: Any = None


def _seconds(time: Any) -> int:
    """A time of day as seconds since midnight."""
    if isinstance(time, str):
        for layout in ("%H:%M", "%H:%M:%S", "%H%M", "%I:%M%p", "%H%M%S"):
            try:
                time = dt.datetime.strptime(time, layout).time()
                break
            except ValueError:
                continue
    if not isinstance(time, dt.time):
        raise ValueError(f"Cannot convert arg [{time!r}] to a time")  # noqa: TRY004 - what pandas raises
    return time.hour * 3600 + time.minute * 60 + time.second
