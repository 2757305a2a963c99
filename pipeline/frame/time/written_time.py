"""Times as people write them: ISO 8601 first, then other orders of year, month and day, with or without a clock."""

from __future__ import annotations

import datetime as dt
import re

__all__ = ["read_text"]

_DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%Y-%m", "%Y/%m", "%m/%Y", "%Y",
    "%d %b %Y", "%d-%b-%Y", "%d%b%Y", "%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%d %B %Y", "%B %Y", "%b %Y",
    "%b-%d-%Y", "%Y-%b-%d",
)  # fmt: skip
_CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
_CLOCK = re.compile(r"[ T]+(\d{1,2}:\d{2}.*)$")


def read_text(text: str) -> dt.datetime | None:
    """The time that a text names; None when it names none. Of 2/3/2020 the month is 2, as pandas reads it."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        pass
    clock = _CLOCK.search(text)
    day = _first(text[: clock.start()] if clock else text, _DAYS)
    if day is None or clock is None:
        return day
    time = _first(clock[1], _CLOCKS)
    return None if time is None else dt.datetime.combine(day.date(), time.time())


def _first(text: str, layouts: tuple[str, ...]) -> dt.datetime | None:
    for layout in layouts:
        try:
            return dt.datetime.strptime(text.strip(), layout)
        except ValueError:
            continue
    return None
