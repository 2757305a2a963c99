"""Column names as vendors write them, matched to ours without regard to case, blanks and underscores."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["NEEDED", "OURS", "Header", "match"]

_ALIASES: dict[str, tuple[str, ...]] = {
    # of several time columns the first in this order is taken
    "ts": (
        "ts",
        "timestamp",
        "datetime",
        "opentime",
        "date",
        "time",
        "timestamputc",
        "tsevent",
        "unix",
        "barstart",
        "",
    ),
    "symbol": ("symbol", "ticker"),
    "open": ("open", "o", "openprice"),
    "high": ("high", "h", "highprice"),
    "low": ("low", "l", "lowprice"),
    "close": ("close", "c", "closeprice", "last"),
    "volume": ("volume", "v", "vol"),
    "dividend": ("dividend", "dividends", "dividendamount"),
    "adjusted": ("adjclose", "adjustedclose"),
    "split": ("split", "splits", "splitcoefficient", "stocksplits", "splitratio"),
}
OURS = tuple(_ALIASES)
"""The columns that a file may have, by our names."""
NEEDED = ("ts", "open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class Header:
    """Which column of a file is which of ours; `time` is a second column with the time of day."""

    columns: dict[str, str]
    time: str | None
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def match(names: Sequence[str], said: Mapping[str, str] | None = None) -> Header:
    """Match the column `names` of a file; `said` (ours → theirs) goes before what names suggest."""
    plain = {name: re.sub(r"[\s_<>\"']", "", name).lower() for name in names}
    columns: dict[str, str] = {}
    for ours, aliases in _ALIASES.items():
        found = [name for alias in aliases for name in names if plain[name] == alias]
        if said and ours in said:
            columns[ours] = said[ours]
        elif found:
            columns[ours] = found[0]
    time = None
    if plain.get(columns.get("ts", "")) == "date":
        time = next((name for name in names if plain[name] == "time"), None)
    used = {*columns.values(), time}
    other = [name for name in names if name not in used]
    notes = []
    if "adjusted" in columns:
        notes.append(
            f"column {columns['adjusted']!r} is compared and not stored: adjusted prices are computed from actions"
        )
    if other:
        notes.append(f"not used: {', '.join(map(repr, other))}")
    if "volume" not in columns:
        notes.append("no volume column: the volume is null")
    return Header(columns, time, tuple(name for name in NEEDED if name not in columns), tuple(notes))
