"""Numbers and times as people read them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

__all__ = ["counted", "duration", "instant", "moments", "numbers", "single", "size"]


def counted(count: int, name: str, plural: str = "") -> str:
    """`1 node`, `5,032 rows`."""
    return f"{count:,} {name if count == 1 else plural or name + 's'}"


def duration(ms: float | None) -> str:
    """Milliseconds in the unit that suits them: `0.05 ms`, `12.3 ms`, `1.25 s`, `2 min 05 s`."""
    if ms is None:
        return ""
    if ms < 1:
        return f"{ms:.2f} ms"
    if ms < 999.5:
        return f"{ms:.1f} ms" if ms < 99.95 else f"{ms:.0f} ms"
    if ms < 59_995:
        return f"{ms / 1e3:.2f} s"
    minutes, seconds = divmod(round(ms / 1e3), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"


def size(count: float) -> str:
    """Bytes in the unit that suits them, 1 kB being 1,000."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


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
