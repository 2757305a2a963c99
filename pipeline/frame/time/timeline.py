"""Columns and labels of times made from text, numbers and ranges: ``date_range``, ``to_datetime`` and kin."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.series.series import Series
from pipeline.frame.time import clock
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import NaT, Timedelta, Timestamp, is_missing
from pipeline.frame.time.rows import TimeRows
from pipeline.frame.values.values import Values

__all__ = [
    "bdate_range",
    "date_range",
    "infer_freq",
    "timedelta_range",
    "to_datetime",
    "to_numeric",
    "to_timedelta",
]

_UNITS = {"D": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1, "ns": 0.001}


def date_range(  # noqa: PLR0917 - pandas' signature
    start: Any = None, end: Any = None, periods: int | None = None, freq: Any = None, tz: Any = None,
    name: Any = None, inclusive: str = "both", **options: Any,
) -> Any:  # fmt: skip
    """Times at a steady pace, given by three of start, end, periods and freq (a day when only two are given)."""
    refuse("date_range", {k: v for k, v in options.items() if k != "unit"})
    first = None if start is None else Timestamp(start)
    last = None if end is None else Timestamp(end)
    if first is not None and last is not None and periods is not None and freq is None:
        stamps = np.linspace(_ticks(first), _ticks(last), periods).astype(np.int64).astype("M8[us]")
        return Index._of(Values(stamps), name)
    pace = Frequency.of("D" if freq is None else freq)
    zone = tz if tz is not None else next((stamp.tzinfo for stamp in (first, last) if stamp and stamp.tzinfo), None)
    if pace.end or pace.unit in {"mo", "q", "y", "b", "w"}:
        values = _calendar(first, last, periods, pace)
    else:
        values = _steady(first, last, periods, pace)
    if inclusive != "both":
        values = values[(inclusive == "right") : len(values) - (inclusive == "left")]
    placed = Values(values)
    made: Index = Index._of(clock.placed(placed, zone) if zone is not None else placed, name)
    made.freq = pace
    return made


def _ticks(stamp: Any) -> int:
    return int(np.datetime64(stamp.to_pydatetime().replace(tzinfo=None), "us").astype(np.int64))


def _steady(first: Any, last: Any, periods: int | None, pace: Frequency) -> Any:
    step = int(pace.step.astype(np.int64))
    if first is not None and last is not None and periods is None:
        return np.arange(_ticks(first), _ticks(last) + 1, step).astype("M8[us]")
    if periods is None or (first is None) == (last is None):
        raise ValueError("Of the four parameters: start, end, periods, and freq, exactly three must be specified")
    begin = _ticks(first) if first is not None else _ticks(last) - (periods - 1) * step
    return (begin + np.arange(periods, dtype=np.int64) * step).astype("M8[us]")


def _calendar(first: Any, last: Any, periods: int | None, pace: Frequency) -> Any:
    """Months, quarters, years, weeks (ending on Sunday) and weekdays: labels of whole periods inside the range."""
    if first is None:
        raise unsupported("date_range", f"freq={pace.every!r} without a start")
    start = first.to_pydatetime().replace(tzinfo=None)
    days = {"b": 1.5, "w": 8, "mo": 32, "q": 93, "y": 367}[pace.unit]
    stop = (
        last.to_pydatetime().replace(tzinfo=None)
        if last is not None
        else start + dt.timedelta(days=days * pace.count * ((periods or 0) + 2) + 4)
    )
    if pace.unit in {"b", "w"}:
        whole = pl.datetime_range(start, stop, "1d", eager=True)
        kept = whole.filter(whole.dt.weekday() <= 5 if pace.unit == "b" else whole.dt.weekday() == 7)
        kept = kept.gather_every(pace.count)
    else:
        floor = pl.Series([start]).dt.truncate(f"1{pace.unit}").item()
        begins = pl.datetime_range(floor, stop, f"1{pace.unit}", eager=True)
        clock_of_day = start - dt.datetime.combine(start.date(), dt.time())
        kept = begins.dt.offset_by(f"1{pace.unit}").dt.offset_by("-1d") if pace.end else begins
        kept = kept + clock_of_day
        kept = kept.filter((kept >= start) & (kept <= stop)).gather_every(pace.count)
    stamps = kept.to_numpy().astype("M8[us]")
    return stamps if periods is None else stamps[:periods]


def to_datetime(
    arg: Any, errors: str = "raise", utc: bool = False, format: str | None = None,  # noqa: A002 - pandas' name
    unit: str | None = None, **options: Any,
) -> Any:  # fmt: skip
    """Text, numbers (since 1970, in `unit`) or times as times: a Series, an index of a list, or a Timestamp."""
    options.pop("infer_datetime_format", None)
    options.pop("cache", None)
    refuse("to_datetime", options)
    coerce = errors == "coerce"
    if isinstance(arg, Series):
        return Series._of(_times(arg._values, format, unit, coerce=coerce, utc=utc), arg.index, arg.name)
    if isinstance(arg, Index | list | tuple | np.ndarray):
        values = arg._values if isinstance(arg, Index) else Values.of(arg if isinstance(arg, np.ndarray) else list(arg))
        name = arg.name if isinstance(arg, Index) else None
        return Index._of(_times(values, format, unit, coerce=coerce, utc=utc), name)
    if arg is None or is_missing(arg):
        return None if arg is None else NaT
    if isinstance(arg, dict) or hasattr(arg, "columns"):
        raise unsupported("to_datetime", "parts of dates in columns")
    try:
        stamp = Timestamp(dt.datetime.strptime(arg, format) if format else arg, unit=unit)
    except ValueError:
        if coerce:
            return NaT
        raise
    return (stamp.tz_convert("UTC") if stamp.tzinfo else stamp.tz_localize("UTC")) if utc else stamp


def _times(values: Values, layout: str | None, unit: str | None, *, coerce: bool, utc: bool) -> Values:
    if values.kind in "iuf":
        ticks = values.floats * _UNITS[unit or "ns"] if values.kind == "f" else _whole_ticks(values, unit or "ns")
        gone = np.isnan(ticks) if ticks.dtype.kind == "f" else np.zeros(len(ticks), dtype=np.bool_)
        stamps = np.where(gone, 0, ticks).astype(np.int64).astype("M8[us]")
        stamps[gone] = np.datetime64("NaT")
        read = Values(stamps)
    elif values.kind == "M":
        read = values
    else:
        texts = [x.isoformat() if isinstance(x, dt.date) else x for x in values.items()]
        read = clock.parsed(Values.of(texts), layout, coerce=coerce)
    if utc:
        return clock.moved(read, "UTC") if read.zone else clock.placed(read, "UTC")
    return read


def _whole_ticks(values: Values, unit: str) -> Any:
    array = values.array.astype(np.int64)
    return array // 1_000 if unit == "ns" else array * int(_UNITS[unit])


def to_timedelta(arg: Any, unit: str | None = None, errors: str = "raise") -> Any:
    """Text or numbers (in `unit`) as spans of time."""
    if errors != "raise":
        raise unsupported("to_timedelta", f"errors={errors!r}")
    if isinstance(arg, Series):
        return Series._of(clock.spans(arg._values.items(), unit), arg.index, arg.name)
    if isinstance(arg, Index | list | tuple | np.ndarray):
        return Index._of(clock.spans(list(arg), unit))
    return Timedelta(arg, unit)


def to_numeric(arg: Any, errors: str = "raise", **options: Any) -> Any:
    """Text as numbers; what is none is missing when `errors` is 'coerce'."""
    refuse("to_numeric", options)

    def read(values: Values) -> Values:
        if values.kind in "biuf":
            return values
        texts = values.cast(str).series
        numbers = texts.cast(pl.Float64, strict=False)
        if errors == "raise" and numbers.null_count() > texts.null_count():
            raise ValueError("Unable to parse string as a number")
        whole = texts.cast(pl.Int64, strict=False)
        return Values.of(whole if whole.null_count() == 0 else numbers)

    if isinstance(arg, Series):
        return arg._each(read)
    if isinstance(arg, list | tuple | np.ndarray | Index):
        return read(Values.of(list(arg))).array
    return read(Values.of([arg])).item(0)


def bdate_range(start: Any = None, end: Any = None, periods: int | None = None, freq: Any = "B", **options: Any) -> Any:
    """Weekdays."""
    return date_range(start, end, periods, freq, **options)


def timedelta_range(
    start: Any = None, end: Any = None, periods: int | None = None, freq: Any = None, name: Any = None, **options: Any
) -> Any:
    """Spans of time at a steady pace."""
    refuse("timedelta_range", options)
    zero = Timestamp("1970-01-01")
    moments = date_range(
        None if start is None else zero + Timedelta(start),
        None if end is None else zero + Timedelta(end),
        periods,
        freq,
    )
    return Index._of(Values(moments.array.astype(np.int64).astype("m8[us]")), name)


def infer_freq(index: Any) -> str | None:
    """The frequency that the times keep to, such as '5min', 'D', 'B', 'W-SUN', 'ME'; None when they keep to none."""
    labels = index if isinstance(index, Index) else Index(index)
    if len(labels) < 3:
        raise ValueError("Need at least 3 dates to infer frequency")
    stamps = labels.array.astype("M8[us]")
    steps = np.unique(np.diff(stamps.astype(np.int64)))
    if len(steps) == 1 and steps[0] > 0:
        return _pace_of(int(steps[0]), labels)
    days = stamps.astype("M8[D]")
    if (days.astype("M8[us]") != stamps).any() or (steps <= 0).any():
        return None
    months = days.astype("M8[M]").astype(np.int64)
    apart = np.unique(np.diff(months))
    if len(apart) == 1:
        names = {1: "M", 3: "Q", 12: "Y"}
        first = (days == days.astype("M8[M]").astype("M8[D]")).all()
        last = ((days + 1) == (days.astype("M8[M]") + 1).astype("M8[D]")).all()
        if int(apart[0]) in names and (first or last):
            unit = names[int(apart[0])] + ("S" if first else "E")
            month = stamps[0].astype(object).strftime("%b").upper()
            return unit if unit[0] == "M" else f"{unit}-{'DEC' if unit == 'QE' and months[0] % 3 == 2 else month}"
    weekdays = bool(np.is_busday(days).all()) and bool((np.busday_count(days[:-1], days[1:]) == 1).all())
    return "B" if weekdays else None


def _pace_of(step: int, labels: Any) -> str:
    if step % _UNITS["D"] == 0:
        days = step // _UNITS["D"]
        if days % 7 == 0:
            weeks = int(days // 7)
            return f"{weeks if weeks > 1 else ''}W-{labels[0].strftime('%a').upper()}"
        return f"{int(days) if days > 1 else ''}D"
    for name, unit in (("h", "h"), ("min", "m"), ("s", "s"), ("ms", "ms"), ("us", "us")):
        if step % _UNITS[unit] == 0:
            count = int(step // _UNITS[unit])
            return f"{count if count > 1 else ''}{name}"
    return "us"


TimeRows._date_range = staticmethod(lambda first, last, freq: date_range(first, last, freq=freq))
