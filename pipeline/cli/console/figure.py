"""Numbers and times as people read them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from pipeline.model.amount import counted, size
from pipeline.model.amount import duration as in_words

__all__ = ["counted", "duration", "instant", "moments", "numbers", "single", "size"]


def duration(ms: float | None) -> str:
    """A time as `pipeline.model.amount` says it, "" for none."""
    return "" if ms is None else in_words(ms)


def instant(value: dt.datetime | None) -> str:
    """A time in UTC, without the clock when it is midnight."""
    return moments([value])[0] or ""


def moments(values: Sequence[dt.datetime | None]) -> list[str | None]:
    """Times of one column: all as dates when all are midnight, else as short as none loses anything."""
    known = [value for value in values if value is not None]
    if all(value.time() == dt.time() for value in known):
        form = "%Y-%m-%d"
    elif all(not value.second and not value.microsecond for value in known):
        form = "%Y-%m-%d %H:%M"
    else:
        form = "%Y-%m-%d %H:%M:%S"
    fraction = any(value.microsecond for value in known)
    # strftime leaves out leading zeros of early years on some systems
    return [None if value is None else _stamp(value, form, fraction=fraction) for value in values]


def _stamp(value: dt.datetime, form: str, *, fraction: bool) -> str:
    text = f"{value.year:04d}{value.strftime(form[2:])}"
    return f"{text}.{value.microsecond // 1000:03d}" if fraction else text


def numbers(values: Sequence[Any]) -> list[str | None]:
    """Floats of one column with equally many decimals, as many as their size deserves, none in vain.

    Six significant digits of the largest, at least two decimals where there are any; a column that mixes
    very large with very small numbers has each in its shortest form.
    """
    finite = [abs(float(v)) for v in values if v is not None and math.isfinite(float(v))]
    top = max(finite, default=0.0)
    least = min((v for v in finite if v), default=0.0)
    decimals = 2 if top >= 1e4 else 4 if top >= 1 else 6
    if top >= 1e15 or (least and least < 0.5 * 10.0**-decimals):
        return [None if v is None else single(float(v)) for v in values]
    while decimals and all(f"{v:.{decimals}f}".endswith("0") for v in finite):
        decimals -= 1
    return [None if v is None else _fixed(float(v), decimals) for v in values]


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}" if math.isfinite(value) else f"{value}"
    # a rounded trifle is zero, not minus zero
    return text.removeprefix("-") if text.startswith("-") and not text.strip("-0.") else text


def single(value: float) -> str:
    """A number by itself, to six significant digits: `256`, `0.0794`, `1.2e-07`."""
    return f"{value:.6g}"
