"""Times sorted into periods of a frequency, as ``resample`` and ``Grouper`` do: which period, and its label.

Fixed steps (5min, 4h, 1D) are counted from midnight of the first day; weeks, months, quarters and years are those of
the calendar. A week ends on Sunday unless the frequency says so (W-FRI).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pipeline.frame.library.gaps import unsupported
from pipeline.frame.time import clock
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import Timedelta, Timestamp
from pipeline.frame.values.values import Array, Values

__all__ = ["Bins", "binned"]

_DAY = np.timedelta64(1, "D").astype("m8[us]")


class Bins(NamedTuple):
    """The number of each row's period (-1: no time), and the label of each period, empty ones included."""

    numbers: Array
    labels: Values


def binned(
    times: Values, rule: Any, *, closed: str | None = None, label: str | None = None, origin: Any = "start_day",
    offset: Any = None,
) -> Bins:  # fmt: skip
    """Sort times into periods. Raises TypeError when they are no times."""
    if times.kind != "M":
        raise TypeError("Only valid with DatetimeIndex, TimedeltaIndex or PeriodIndex, but got an instance of 'Index'")
    pace = Frequency.of(rule)
    wall = clock.placed(times, None) if times.zone else times
    stamps = wall.array.astype("M8[us]")
    gone = np.isnat(stamps)
    if gone.all():
        return Bins(np.full(len(stamps), -1, dtype=np.intp), Values(np.empty(0, dtype="M8[us]"), zone=times.zone))
    late = pace.end or pace.unit == "w"
    closed = closed or ("right" if late else "left")
    label = label or ("right" if late else "left")
    seen = stamps[~gone]
    if pace.unit in {"mo", "q", "y", "w", "b"}:
        if (closed == "right") != late or (label == "right") != late:
            raise unsupported("resample", f"rule={rule!r} with closed={closed!r}, label={label!r}")
        starts, labels = _calendar(seen, pace)
    else:
        starts, labels = _steady(seen, pace, closed, label, origin, offset)
    numbers = np.full(len(stamps), -1, dtype=np.intp)
    numbers[~gone] = starts
    placed = Values(labels)
    return Bins(numbers, clock.placed(placed, times.zone) if times.zone else placed)


def _steady(  # noqa: PLR0917 - what `binned` was given
    seen: Array, pace: Frequency, closed: str, label: str, origin: Any, offset: Any
) -> tuple[Array, Array]:
    step = int(pace.step.astype(np.int64))
    ticks = seen.astype(np.int64)
    zero = _origin(origin, seen)
    if offset is not None:
        zero += int(Timedelta(offset).to_timedelta64().astype("m8[us]").astype(np.int64))
    away = ticks - zero
    numbers = -(-away // step) - 1 if closed == "right" else away // step
    first, last = int(numbers.min()), int(numbers.max())
    edges = zero + (np.arange(first, last + 1) + (label == "right")) * step
    return numbers - first, edges.astype("M8[us]")


def _origin(origin: Any, seen: Array) -> int:
    if origin == "start_day":
        return int(seen.min().astype("M8[D]").astype("M8[us]").astype(np.int64))
    if origin == "start":
        return int(seen.min().astype(np.int64))
    if origin == "epoch":
        return 0
    if isinstance(origin, str) and origin.startswith("end"):
        raise unsupported("resample", f"origin={origin!r}")
    return int(Timestamp(origin).to_datetime64().astype("M8[us]").astype(np.int64))


def _calendar(seen: Array, pace: Frequency) -> tuple[Array, Array]:
    days = seen.astype("M8[D]")
    if pace.unit == "b":
        # what falls on a weekend belongs to the Friday before
        days = np.busday_offset(days, 0, roll="backward")
        labels = np.busday_offset(days.min(), np.arange(np.busday_count(days.min(), days.max()) + 1))[:: pace.count]
        return np.searchsorted(labels, days, side="right") - 1, labels.astype("M8[us]")
    if pace.unit == "w":
        ahead = (pace.weekday - (days.astype(np.int64) + 3)) % 7
        ends = days + ahead.astype("m8[D]")
        number = (ends - ends.min()).astype(np.int64) // (7 * pace.count)
        steps = np.arange(int(number.max()) + 1) * 7 * pace.count
        return number, (ends.min() + steps.astype("m8[D]")).astype("M8[us]")
    months = days.astype("M8[M]").astype(np.int64)
    width = {"mo": 1, "q": 3, "y": 12}[pace.unit]
    shift = (pace.month - (0 if pace.end else 1)) % width
    periods = (months - shift) // width
    first, last = int(periods.min()), int(periods.max())
    if pace.end:
        # with several months to a period, pandas counts from the first one's end
        numbers = -(-(periods - first) // pace.count)
        labels = first + np.arange(int(numbers.max()) + 1) * pace.count  # type: ignore[assignment]
        edges = ((labels + 1) * width + shift).astype("M8[M]").astype("M8[us]") - _DAY  # type: ignore[operator]
        return numbers, edges
    numbers = (periods - first) // pace.count
    labels = first + np.arange((last - first) // pace.count + 1) * pace.count  # type: ignore[assignment]
    return numbers, (labels * width + shift).astype("M8[M]").astype("M8[us]")  # type: ignore[operator]
