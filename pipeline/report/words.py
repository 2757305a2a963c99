"""Figures and names as the page says them."""

from __future__ import annotations

import datetime as dt
from typing import Any

__all__ = ["counted", "cut", "duration", "instant", "short", "size"]


def duration(ms: float | None) -> str:
    """Milliseconds in the unit that suits them: `0.05 ms`, `12.3 ms`, `1.25 s`, `2 min 05 s`; a dash for none."""
    if ms is None:
        return "–"
    if ms < 99.95:
        return f"{ms:.2f} ms" if ms < 9.995 else f"{ms:.1f} ms"
    if ms < 999.5:
        return f"{ms:.0f} ms"
    if ms < 59_995:
        return f"{ms / 1e3:.2f} s"
    minutes, seconds = divmod(round(ms / 1e3), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"


def size(count: float | None) -> str:
    """Bytes, 1 kB being 1,000; a dash for none."""
    if count is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def instant(value: dt.datetime | str | None) -> str:
    """A time in UTC to the second, without the clock when it is midnight; a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return f"{value:%Y-%m-%d}" if value.time() == dt.time() else f"{value:%Y-%m-%d %H:%M:%S}"


def counted(count: int, name: str, plural: str = "") -> str:
    """`1 node`, `5,032 rows`."""
    return f"{count:,} {name if count == 1 else plural or name + 's'}"


def cut(text: str, most: int) -> str:
    """A text with at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short(value: Any) -> str:
    """A param's value: text as it is, a missing one as a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list):
        return ", ".join(map(short, value))
    return str(value)
