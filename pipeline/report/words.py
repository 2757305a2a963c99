"""Figures and names as the page says them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pipeline.model.amount import counted
from pipeline.model.amount import duration as in_words
from pipeline.model.amount import size as bytes_in_words

__all__ = ["NONE", "counted", "cut", "duration", "instant", "short", "size"]

NONE = "–"
"""What stands where there is nothing."""


def duration(ms: float | None) -> str:
    """A time as `pipeline.model.amount` says it; a dash for none."""
    return NONE if ms is None else in_words(ms)


def size(count: float | None) -> str:
    """Bytes; a dash for none."""
    return NONE if count is None else bytes_in_words(count)


def instant(value: dt.datetime | str | None) -> str:
    """A time in UTC to the second, without the clock when it is midnight; a dash for none."""
    if value is None:
        return NONE
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return f"{value:%Y-%m-%d}" if value.time() == dt.time() else f"{value:%Y-%m-%d %H:%M:%S}"


def cut(text: str, most: int) -> str:
    """A text with at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short(value: Any) -> str:
    """A param's value: text as it is, a missing one as a dash."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list):
        return ", ".join(map(short, value))
    return str(value)
