"""Times as vendors write them, as bar starts in UTC.

Dates, ISO times with or without a zone (none means UTC), dates that end with the year, and numbers since 1970 in
seconds, milliseconds, microseconds or nanoseconds, told apart row by row by their size; eight digits are a
date (20110418). Daily and slower bars stamped midnight in a zone belong to that local date.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from pipeline.errors import UsageError
from pipeline.market.part import TS

__all__ = ["in_zone", "moments"]

_ISO = (
    r"^(?<date>\d{4}-\d{1,2}-\d{1,2})"
    r"(?:[ T](?<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?"
    r"\s*(?<zone>Z|z|UTC|[+-]\d{2}:?\d{2})?$"
)
_YEAR_LAST = r"^(?<first>\d{1,2})(?<sign>[./-])(?<second>\d{1,2})[./-](?<year>\d{4})(?<rest>.*)$"


def moments(column: pl.Series, *, daily: bool) -> pl.Series:
    """The column as `ts`, Datetime[us, UTC]; null where it cannot be read."""
    dtype = column.dtype
    if dtype == pl.Date:
        found = column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    elif isinstance(dtype, pl.Datetime):
        zone = dtype.time_zone
        if zone is None:
            found = column.dt.cast_time_unit("us").dt.replace_time_zone("UTC")
        else:
            local = column.dt.cast_time_unit("us").dt.replace_time_zone(None)
            found = column.dt.cast_time_unit("us").dt.convert_time_zone("UTC")
            if daily and _midnight(local):
                found = local.dt.replace_time_zone("UTC")
    elif dtype.is_integer() or dtype.is_float():
        found = _number(column.cast(pl.Float64, strict=False) if dtype.is_float() else column)
    else:
        found = _text(column.cast(pl.String).str.strip_chars(), daily=daily)
    return found.cast(TS).alias("ts")


def in_zone(ts: pl.Series, zone: str) -> pl.Series:
    """Times that were read as UTC but stood on the clock of `zone`; of an hour that is repeated the first.

    A skipped hour, which no clock there showed, counts as if the clock had not moved. Raises UsageError TG001
    for an unknown zone.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        hint = "Write it as America/New_York, Europe/London, UTC."
        raise UsageError(f"{zone!r} is not a time zone", hint=hint) from error
    local = ts.dt.replace_time_zone(None)
    there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    if there.null_count() > ts.null_count():
        moved = (local + dt.timedelta(hours=1)).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        there = there.fill_null(moved)
    return _last_of_repeated(there.dt.convert_time_zone("UTC"), local, zone).alias("ts")


def _last_of_repeated(found: pl.Series, local: pl.Series, zone: str) -> pl.Series:
    """Bars whose wall clock goes back while they go on are in the second of two equal hours."""
    if not len(found) or not local.is_not_null().all():
        return found
    late = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null").dt.convert_time_zone("UTC")
    twice = (late > found).fill_null(value=False)
    if not twice.any():
        return found
    # second occurrence: the same wall clock was seen before, a row or more ago
    again = pl.DataFrame([local.alias("at")]).select(pl.int_range(pl.len()).over("at") > 0).to_series()
    return found.zip_with(~(twice & again), late)


def _midnight(local: pl.Series) -> bool:
    return bool((local == local.dt.truncate("1d")).all())


def _number(column: pl.Series) -> pl.Series:
    frame = pl.select(n=column.cast(pl.Int64, strict=False))
    n, size = pl.col("n"), pl.col("n").abs()
    date = (
        pl.when(n.is_between(19_000_101, 21_001_231))
        .then(n.cast(pl.String))
        .str.to_date("%Y%m%d", strict=False)
        .cast(pl.Datetime("us"))
        .cast(pl.Int64)
    )
    micros = (
        pl.when(n.is_between(19_000_101, 21_001_231))
        .then(date)
        .when(size < 10**11)
        .then(n * 1_000_000)
        .when(size < 10**14)
        .then(n * 1_000)
        .when(size < 10**17)
        .then(n)
        .otherwise(n // 1_000)
    )
    return frame.select(micros.cast(TS)).to_series()


def _year_first(column: pl.Series) -> pl.Series:
    """Dates that end with the year, turned round: 31.01.2024 is by days, 1/31/2024 by months; told by numbers over 12.

    With points the day stands first; where strokes or dashes leave both readings open, nothing is changed.
    """
    parts = column.str.extract_groups(_YEAR_LAST).struct.unnest()
    first, second = (parts[name].cast(pl.Int64) for name in ("first", "second"))
    if first.null_count() == len(column):
        return column
    by_day = bool((parts["sign"] == ".").any() or (first > 12).any())
    if by_day == bool((second > 12).any()):
        return column
    day, month = ("first", "second") if by_day else ("second", "first")
    turned = parts.select(pl.concat_str("year", pl.lit("-"), month, pl.lit("-"), day, "rest")).to_series()
    return turned.zip_with(turned.is_not_null(), column)


def _text(column: pl.Series, *, daily: bool) -> pl.Series:
    plain = column.str.to_date("%Y-%m-%d", strict=False)
    if plain.null_count() == column.null_count():
        return plain.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    number = column.cast(pl.Int64, strict=False)
    if number.null_count() < len(column) and number.null_count() == column.null_count():
        return _number(number)
    pieces = pl.select(
        pl.lit(_year_first(column).str.replace_all("/", "-", literal=True)).str.extract_groups(_ISO).alias("x")
    )
    frame = pieces.unnest("x").with_columns(pl.col("time").fill_null("00:00"))
    text = pl.col("date") + " " + pl.col("time")
    local = pl.coalesce(
        text.str.to_datetime(form, time_unit="us", strict=False) for form in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")
    )
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    digits = pl.col("zone").str.replace_all(r"\D", "")
    minutes = sign * (
        digits.str.slice(0, 2).cast(pl.Int64, strict=False) * 60 + digits.str.slice(2, 2).cast(pl.Int64, strict=False)
    )
    frame = frame.select(local=local, minutes=minutes.fill_null(0))
    found = frame["local"]
    if (frame["minutes"] != 0).any() and not (daily and _midnight(found.drop_nulls())):
        found = frame.select(pl.col("local") - pl.duration(minutes="minutes")).to_series()
    return found.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
