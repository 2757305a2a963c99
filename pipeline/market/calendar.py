"""When a market is open: round the clock, on weekdays, or by an exchange's calendar (extra `calendars`).

Sessions are dates; their opening hours are instants in UTC, so daylight saving is the calendar's affair.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from pipeline.errors import MarketError, did_you_mean
from pipeline.market.part import Int64s

__all__ = ["ALWAYS", "WEEKDAYS", "Habit", "Sessions", "check_calendar", "habit_of", "sessions"]

ALWAYS, WEEKDAYS = "24/7", "weekdays"
_DAY = 86_400_000_000


class Sessions(NamedTuple):
    """Sessions by date: midnight UTC of each, and its first and last instant, in microseconds."""

    days: Int64s
    opens: Int64s
    closes: Int64s


class Habit(NamedTuple):
    """Where an exchange's clock stands, when its days begin there, and whether it is closed at weekends.

    A day that begins from noon on is that of the next date: 17:00 in Chicago for futures.
    """

    zone: str = "UTC"
    day_start: dt.time = dt.time(0)
    weekdays: bool = False


def habit_of(name: str) -> Habit:
    """The habit of a calendar, as it is today. Raises MarketError TG309 as `check_calendar`."""
    if name in (ALWAYS, WEEKDAYS):
        return Habit(weekdays=name == WEEKDAYS)
    calendar = _exchange(name)
    begins = calendar.open_times[-1][1] if calendar.open_offset < 0 else dt.time(0)
    return Habit(calendar.tz.key, begins, calendar.weekmask.endswith("00"))


def check_calendar(name: str) -> None:
    """MarketError TG309 when there is no such calendar, or the library that knows it is not installed."""
    if name not in (ALWAYS, WEEKDAYS):
        _exchange(name)


def sessions(name: str, first: dt.date, last: dt.date) -> Sessions:
    """The sessions from `first` to `last`, both included. Raises MarketError TG309 as `check_calendar`."""
    if name in (ALWAYS, WEEKDAYS):
        every = np.arange(np.datetime64(first), np.datetime64(last) + 1)
        if name == WEEKDAYS:
            every = every[np.is_busday(every)]
        days = every.astype("datetime64[us]").astype(np.int64)
        return Sessions(days, days, days + _DAY)
    calendar = _exchange(name)
    low, high = calendar.first_session.date(), calendar.last_session.date()
    if first < low or last > high:
        calendar = _between(name, min(first, low), max(last, high))
    with _its_own_affair():
        schedule = calendar.schedule.loc[str(first) : str(last)]
    days = schedule.index.to_numpy().astype("datetime64[us]").astype(np.int64)
    opens, closes = (
        schedule[column].dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
        for column in ("open", "close")
    )
    return Sessions(days, opens, closes)


@cache
def _exchange(name: str) -> Any:
    library = _library(name)
    try:
        with _its_own_affair():
            return library.get_calendar(name)
    except library.errors.InvalidCalendarName as error:
        hint = did_you_mean(name, [ALWAYS, WEEKDAYS, *library.get_calendar_names()])
        raise MarketError(f"there is no calendar {name!r}", code="TG309", hint=hint) from error


@cache
def _between(name: str, first: dt.date, last: dt.date) -> Any:
    library = _library(name)
    try:
        with _its_own_affair():
            return library.get_calendar(name, start=str(first), end=str(last))
    except ValueError as error:  # the library does not know so far a past or future
        raise MarketError(f"calendar {name!r} does not reach from {first} to {last}", code="TG309") from error


@contextmanager
def _its_own_affair() -> Iterator[None]:
    """What the library does with pandas that pandas deprecates is for its authors to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _library(name: str) -> Any:
    try:
        import exchange_calendars  # an extra, and it brings pandas with it
    except ImportError as error:
        raise MarketError(
            f"calendar {name!r} needs exchange_calendars, which is not installed",
            code="TG309",
            hint=f"pip install 'tradegraph[calendars]', or use {ALWAYS} or {WEEKDAYS}.",
        ) from error
    return exchange_calendars
