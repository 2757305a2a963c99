"""By whose clock slower bars are made: what the bars source says, else what is known about the symbol, else UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.market.calendar import Habit, habit_of
from pipeline.market.facts import NO_FACTS, Facts
from pipeline.model.bars import Resample
from pipeline.model.digest import digest

__all__ = ["Clock", "clock_of", "clocks_of", "slower_digests"]


class Clock(NamedTuple):
    """Where days begin, at which time of day, and whether nothing trades at weekends; see `model.period`."""

    zone: str = "UTC"
    day_start: dt.time = dt.time(0)
    weekdays: bool = False


def clock_of(rule: Resample, facts: Facts) -> Clock:
    """The clock of one symbol. Raises MarketError TG309 when its calendar is needed and cannot be had.

    A zone that is said, or known of the symbol, goes before the calendar's; sessions that begin on the evening before
    their date are the calendar's only on the calendar's own clock.
    """
    said = (rule.zone, rule.day_start, rule.weekdays)
    habit = habit_of(facts.calendar) if facts.calendar and None in said else Habit()
    zone = rule.zone or facts.zone or habit.zone
    if zone != habit.zone and habit.day_start != dt.time(0):
        habit = Habit(zone)
    return Clock(
        zone,
        habit.day_start if rule.day_start is None else rule.day_start,
        habit.weekdays if rule.weekdays is None else rule.weekdays,
    )


def clocks_of(rule: Resample, symbols: Sequence[str], facts: Mapping[str, Facts]) -> list[Clock]:
    """The clock of each symbol."""
    return [clock_of(rule, facts.get(symbol, NO_FACTS)) for symbol in symbols]


def slower_digests(digests: Sequence[str], clocks: Sequence[Clock]) -> tuple[str, ...]:
    """The digests of slower bars: those of the bars that they are made of, and the clock."""
    return tuple(digest("slower", made_of, *clock) for made_of, clock in zip(digests, clocks, strict=True))
