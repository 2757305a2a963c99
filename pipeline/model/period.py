"""Periods: where a slower bar begins, and from when on it is over and may be seen.

Within a day, windows are counted from the day's begin, so the last one of a day may be shorter; windows of at
most an hour follow the clock also through the hour that daylight saving repeats. Days and slower periods are
labelled by their date at 00:00 UTC, as stored daily bars are; weeks begin on Monday, months on the first.
Several days, weeks or months are counted from 1970, the first Monday of 1970, January 1970.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from pipeline.errors import MarketError, UsageError
from pipeline.model.bars import timeframe_seconds

__all__ = ["Periods", "bar_ends"]

_INSTANT = pl.Datetime("us", "UTC")
_DAY = 86_400
_HOUR = 3_600
_NOON = dt.time(12)
_MONDAY = 3  # 1970-01-01 was a Thursday: day -3 is a Monday


def bar_ends(ts: pl.Series, timeframe: str) -> pl.Series:
    """The instant at which each bar that begins at `ts` is over, by the timeframe alone."""
    if timeframe.endswith("mo"):
        return ts.dt.offset_by(timeframe).alias("end")
    return (ts + dt.timedelta(seconds=timeframe_seconds(timeframe))).alias("end")


@dataclass(frozen=True, slots=True)
class Periods:
    """Consecutive periods of a timeframe.

    `zone` is where days begin, and `day_start` the time of day at which they do; from noon on, a day takes the
    date of the next one (17:00 in New York begins tomorrow's session). `weekdays` says that nothing trades
    on Saturday and Sunday: a week is over with its Friday, a month with its last weekday. `daily` says
    that the bars that are gathered are daily or slower: their labels are dates already, zone and day_start do not
    touch them.
    """

    timeframe: str
    zone: str = "UTC"
    day_start: dt.time = dt.time(0)
    weekdays: bool = False
    daily: bool = False

    def __post_init__(self) -> None:
        """Raises MarketError TG306 for what is no timeframe, UsageError TG001 for an unknown zone."""
        timeframe_seconds(self.timeframe)
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            hint = "Write it as America/New_York, Europe/London, UTC."
            raise UsageError(f"{self.zone!r} is not a time zone", hint=hint) from error

    @property
    def by_date(self) -> bool:
        """True when periods are labelled by date."""
        return timeframe_seconds(self.timeframe) >= _DAY

    def starts(self, ts: pl.Series) -> pl.Series:
        """The begin (label) of the period in which each instant lies."""
        if self.daily and not self.by_date:
            raise MarketError(
                f"daily bars cannot be made into {self.timeframe}", code="TG302", hint="Resample to a longer timeframe."
            )
        at = pl.lit(ts)
        return pl.select(start=(self._date_label(self._date(at)) if self.by_date else self._window(at)[0])).to_series()

    def ends(self, starts: pl.Series) -> pl.Series:
        """When the period that begins at each of `starts`, which are labels of periods, is over."""
        at = pl.lit(starts)
        if not self.by_date:
            return pl.select(end=self._window(at)[1]).to_series()
        behind = self._after(at.dt.date())
        if self.weekdays and not self.timeframe.endswith("d"):
            # a period that ends with a weekend is over when its last weekday is
            behind = behind - pl.duration(
                days=pl.when(behind.dt.weekday() == 1)
                .then(2)
                .otherwise(pl.when(behind.dt.weekday() == 7).then(1).otherwise(0))
            )
        if self.daily:
            return pl.select(end=behind.cast(_INSTANT)).to_series()
        return pl.select(end=self._in_utc(self._day_begin(behind))).to_series()

    def first_days(self, starts: pl.Series) -> pl.Series:
        """The first day of each period on which anything can trade, at 00:00 UTC."""
        day = pl.lit(starts).dt.date()
        if self.weekdays:
            day = day + pl.duration(days=pl.when(day.dt.weekday() >= 6).then(8 - day.dt.weekday()).otherwise(0))
        return pl.select(first=day.cast(_INSTANT)).to_series()

    def day_begins(self, days: pl.Series) -> pl.Series:
        """The instant at which each day, given by its label, begins."""
        return pl.select(begin=self._in_utc(self._day_begin(pl.lit(days).dt.date()))).to_series()

    def day_labels(self, ts: pl.Series) -> pl.Series:
        """The day of each instant, at 00:00 UTC."""
        return pl.select(day=self._date(pl.lit(ts)).cast(_INSTANT)).to_series()

    def _local(self, at: pl.Expr) -> pl.Expr:
        return at.dt.convert_time_zone(self.zone).dt.replace_time_zone(None)

    def _in_utc(self, local: pl.Expr) -> pl.Expr:
        """Wall-clock times as instants: of a repeated hour the first, a skipped one as if the clock had not moved."""
        there = local.dt.replace_time_zone(self.zone, ambiguous="earliest", non_existent="null")
        skipped = (local + pl.duration(hours=1)).dt.replace_time_zone(
            self.zone, ambiguous="earliest", non_existent="null"
        )
        return pl.coalesce(there, skipped).dt.convert_time_zone("UTC")

    @property
    def _begin(self) -> dt.timedelta:
        """From midnight of a day's date to its begin; negative when it begins on the day before."""
        since = dt.timedelta(hours=self.day_start.hour, minutes=self.day_start.minute, seconds=self.day_start.second)
        return since - dt.timedelta(days=1) if self.day_start >= _NOON else since

    def _date(self, at: pl.Expr) -> pl.Expr:
        if self.daily:
            return at.dt.date()
        return (self._local(at) - self._begin).dt.date()

    def _day_begin(self, date: pl.Expr) -> pl.Expr:
        return date.cast(pl.Datetime("us")) + self._begin

    def _date_label(self, date: pl.Expr) -> pl.Expr:
        count, unit = _count(self.timeframe)
        if unit == "mo":
            months = (date.dt.year() - 1970) * 12 + date.dt.month().cast(pl.Int32) - 1
            first = months // count * count
            return pl.date(1970 + first // 12, first % 12 + 1, 1).cast(_INSTANT)
        days = date.cast(pl.Int32)
        if unit == "w":
            length = 7 * count
            days = (days + _MONDAY) // length * length - _MONDAY
        else:
            days = days // count * count
        return days.cast(pl.Date).cast(_INSTANT)

    def _after(self, date: pl.Expr) -> pl.Expr:
        """The date label of the next period."""
        return date.dt.offset_by(self.timeframe)

    def _window(self, at: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        """Begin and end of the window within a day."""
        seconds = timeframe_seconds(self.timeframe)
        local = self._local(at)
        shifted = local - self._begin
        day = shifted.dt.truncate("1d")
        within = (shifted - day).dt.total_seconds() // seconds
        begin = day + pl.duration(seconds=within * seconds) + self._begin
        behind = pl.min_horizontal(day + pl.duration(seconds=(within + 1) * seconds), day + pl.duration(days=1))
        end = behind + self._begin
        if seconds <= _HOUR:
            # by the offset of the instant itself: the hour that is repeated stays two hours
            offset = local - at.dt.replace_time_zone(None)
            return (begin - offset).dt.replace_time_zone("UTC"), (end - offset).dt.replace_time_zone("UTC")
        return self._in_utc(begin), self._in_utc(end)


def _count(timeframe: str) -> tuple[int, str]:
    found = re.fullmatch(r"(\d+)(\D+)", timeframe)
    assert found is not None
    return int(found[1]), found[2]
