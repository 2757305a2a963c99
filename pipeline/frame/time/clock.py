"""What a clock and a calendar say about a column of times: fields, zones, rounding, text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.library.gaps import unsupported
from pipeline.frame.time.moment import Timedelta, is_missing, zone_name
from pipeline.frame.time.written_time import read_text
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values

__all__ = ["FIELDS", "FLAGS", "SECOND", "field", "formatted", "moved", "parsed", "placed", "rounded", "spans"]

SECOND = np.timedelta64(1, "s")
FIELDS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "year": lambda s: s.dt.year(),
    "month": lambda s: s.dt.month(),
    "day": lambda s: s.dt.day(),
    "hour": lambda s: s.dt.hour(),
    "minute": lambda s: s.dt.minute(),
    "second": lambda s: s.dt.second(),
    "microsecond": lambda s: s.dt.microsecond(),
    "dayofweek": lambda s: s.dt.weekday() - 1,
    "day_of_week": lambda s: s.dt.weekday() - 1,
    "weekday": lambda s: s.dt.weekday() - 1,
    "dayofyear": lambda s: s.dt.ordinal_day(),
    "day_of_year": lambda s: s.dt.ordinal_day(),
    "quarter": lambda s: s.dt.quarter(),
    "nanosecond": lambda s: s.dt.microsecond() * 0,
    "week": lambda s: s.dt.week(),
    "weekofyear": lambda s: s.dt.week(),
    "days_in_month": lambda s: s.dt.month_end().dt.day(),
    "daysinmonth": lambda s: s.dt.month_end().dt.day(),
}
FLAGS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "is_month_start": lambda s: s.dt.day() == 1,
    "is_month_end": lambda s: s.dt.month_end().dt.day() == s.dt.day(),
    "is_quarter_start": lambda s: (s.dt.day() == 1) & (s.dt.month() % 3 == 1),
    "is_quarter_end": lambda s: (s.dt.month_end().dt.day() == s.dt.day()) & (s.dt.month() % 3 == 0),
    "is_year_start": lambda s: (s.dt.day() == 1) & (s.dt.month() == 1),
    "is_year_end": lambda s: (s.dt.day() == 31) & (s.dt.month() == 12),
    "is_leap_year": lambda s: s.dt.is_leap_year(),
}


def field(values: Values, name: str) -> Values:
    """One field of each time: `year` to `microsecond`, `dayofweek` (Monday is 0), `date`, `time`."""
    series = _times(values, name)
    if name in {"date", "time"}:
        read: Callable[[dt.datetime], Any] = dt.datetime.date if name == "date" else dt.datetime.time
        return Values(objects([np.nan if x is None else read(x) for x in series.to_list()]))
    if name in FLAGS:
        return Values.of(FLAGS[name](series).fill_null(value=False))
    return Values.of(FIELDS[name](series).cast(pl.Int32))


def formatted(values: Values, layout: str) -> Values:
    """Each time as text, by the layout of strftime."""
    return Values.of(_times(values, "strftime").dt.strftime(layout))


def placed(values: Values, zone: Any) -> Values:
    """The same wall times, in `zone` or without one."""
    series = _times(values, "tz_localize")
    name = zone_name(zone)
    if name is not None and values.zone is not None:
        raise TypeError("already tz-aware, use tz_convert to convert")
    return Values.of(series.dt.replace_time_zone(name))


def moved(values: Values, zone: Any) -> Values:
    """The same instants, seen in `zone` (None: wall times of UTC)."""
    if values.zone is None:
        raise TypeError("cannot convert tz-naive timestamps, use tz_localize to localize")
    return Values(values.array, zone=zone_name(zone))


def rounded(values: Values, every: str, how: str) -> Values:
    """Each time moved to a multiple of a polars duration: `how` is floor, round or ceil."""
    series = _times(values, how)
    low = series.dt.truncate(every)
    if how == "floor":
        return Values.of(low)
    at, below, above = pl.col("at"), pl.col("low"), pl.col("low").dt.offset_by(every)
    if how == "ceil":
        up = at > below
    else:
        # halves go to the even multiple
        width = above.to_physical() - below.to_physical()
        up = ((at - below) > (above - at)) | (((at - below) == (above - at)) & (below.to_physical() // width % 2 == 1))
    return Values.of(
        pl.DataFrame({"at": series, "low": low}).select(pl.when(up).then(above).otherwise(below)).to_series()
    )


def spans(items: list[Any], unit: str | None = None) -> Values:
    """Texts or numbers (in `unit`) as spans of time."""
    read = [Timedelta(item, unit) for item in items]
    return Values(np.array(["NaT" if is_missing(span) else span.to_timedelta64() for span in read], dtype="m8[us]"))


def parsed(values: Values, layout: str | None, *, coerce: bool) -> Values:
    """Text read as times: ISO 8601 or the layout of strptime; what cannot be read is missing when `coerce`."""
    texts = values.series
    if texts.dtype != pl.String:
        raise unsupported("to_datetime", "a mixture of objects")
    try:
        if layout:
            read = texts.str.to_datetime(layout, strict=not coerce, time_unit="us")
        elif _month_first(texts):
            found = _read_singly(texts, coerce=coerce)
            if found is None:
                raise ValueError("cannot read times: one of them is not month/day/year")
            read = found
        else:
            read = texts.str.to_datetime(strict=not coerce, time_unit="us")
    except pl.exceptions.PolarsError as error:
        one_by_one = None if layout else _read_singly(texts, coerce=coerce)
        if one_by_one is None:
            raise ValueError(f"cannot read times: {error}") from None
        read = one_by_one
    return Values.of(read)


def _month_first(texts: pl.Series) -> bool:
    """True for 1/31/2020, which polars would read the other way round."""
    first = texts.drop_nulls()
    return len(first) > 0 and bool(re.match(r"\s*\d{1,2}[/-]\d{1,2}[/-]\d{4}", first[0]))


def _read_singly(texts: pl.Series, *, coerce: bool) -> pl.Series | None:
    """Each text in an order of its own; None when one cannot be read."""
    known = {text: read_text(text.strip()) for text in texts.unique().drop_nulls()}
    if not coerce and None in known.values():
        return None
    if any(found is not None and found.tzinfo is not None for found in known.values()):
        return None
    return pl.Series([known.get(text) for text in texts], dtype=pl.Datetime("us"))


def _times(values: Values, name: str) -> pl.Series:
    if values.kind != "M":
        raise AttributeError(f"Can only use .dt accessor with datetimelike values (.dt.{name})")
    return values.series
