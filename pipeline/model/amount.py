"""Counts, times and sizes as people read them."""

from __future__ import annotations

__all__ = ["counted", "duration", "size"]


def counted(count: int, name: str, plural: str = "") -> str:
    """`1 node`, `5,032 rows`."""
    return f"{count:,} {name if count == 1 else plural or name + 's'}"


def duration(ms: float) -> str:
    """Milliseconds in the unit that suits them: `0.05 ms`, `12.3 ms`, `1.25 s`, `2 min 05 s`."""
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
