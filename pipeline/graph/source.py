"""One entry of `bars:` to a BarsRequest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, get_args

from pipeline.errors import Fault, MarketError, Place, did_you_mean
from pipeline.graph.markup import Item, Scalar, Seq
from pipeline.graph.spec import BarsSpec
from pipeline.model.bars import Adjust, BarsRequest, timeframe_seconds
from pipeline.model.scalar import read_scalar

__all__ = ["read_bars", "read_end", "read_start", "read_symbols"]

_DAY = dt.timedelta(days=1)
_TICK = dt.timedelta(microseconds=1)
_DATE_HINT = "Write a date (2024-05-31) or a date and time (2024-05-31T16:00)."


def read_start(text: str) -> dt.datetime:
    """The first instant of a range: a date begins at 00:00 UTC. Raises ValueError."""
    return read_scalar(text, dt.datetime)  # type: ignore[no-any-return]


def read_end(text: str) -> dt.datetime | None:
    """The instant behind the last bar of a range: a date counts whole; None for `latest`. Raises ValueError."""
    if text == "latest":
        return None
    value: dt.datetime = read_scalar(text, dt.datetime)
    return value + (_DAY if len(text.strip()) <= len("2024-05-31") else _TICK)


def read_symbols(text: str) -> tuple[str, ...] | None:
    """Symbols parted by commas; None for `all`."""
    return None if text == "all" else tuple(name.strip() for name in text.split(",") if name.strip())


class _Source:
    def __init__(self, spec: BarsSpec, lookup: Callable[[Item], tuple[bool, Any]]) -> None:
        self.spec = spec
        self.lookup = lookup
        self.faults: list[Fault] = []

    def fault(self, code: str, message: str, place: Place, hint: str = "") -> None:
        self.faults.append(Fault(code, f"bars source {self.spec.name.text!r}: {message}", place, hint))

    def text(self, name: str, default: str = "") -> str:
        item = self.spec.fields.get(name)
        if item is None:
            return default
        is_reference, value = self.lookup(item)
        if is_reference:
            return "" if value is None else str(value)
        if isinstance(item, Scalar):
            return item.text
        self.fault("TG107", f"`{name}` is a single value", item.place)
        return default

    def place(self, name: str) -> Place:
        item = self.spec.fields.get(name)
        return item.place if item is not None else self.spec.name.place

    def symbols(self) -> tuple[str, ...] | None:
        item = self.spec.fields.get("symbols")
        if not isinstance(item, Seq):
            return read_symbols(self.text("symbols", "all"))
        names: list[str] = []
        for inner in item.items:
            if isinstance(inner, Scalar) and inner.text:
                names.append(inner.text)
            else:
                self.fault("TG107", "a symbol is a single value", inner.place)
        return tuple(names)


def read_bars(
    spec: BarsSpec, lookup: Callable[[Item], tuple[bool, Any]], overrides: Mapping[str, str]
) -> tuple[BarsRequest | None, list[Fault]]:
    """The request that an entry of `bars:` means, and its faults. `overrides` replace fields as text."""
    source = _Source(spec, lookup)
    timeframe = source.text("timeframe")
    if "timeframe" not in spec.fields:
        source.fault("TG108", "it has no timeframe", spec.name.place, "Add `timeframe: 1d`.")
    else:
        try:
            timeframe_seconds(timeframe)
        except MarketError as error:
            source.fault("TG306", error.faults[0].message, source.place("timeframe"), error.hint)
    adjust = source.text("adjust", "splits")
    if adjust not in get_args(Adjust):
        hint = did_you_mean(adjust, get_args(Adjust))
        source.fault(
            "TG223", f"`adjust` is {adjust!r}, allowed: {' | '.join(get_args(Adjust))}", source.place("adjust"), hint
        )
    history = source.text("history", "all")
    if history == "warmup":
        source.fault(
            "TG106", "`history: warmup` is reserved and not yet there", source.place("history"), "Use `history: all`."
        )
    elif history != "all":
        source.fault("TG223", f"`history` is {history!r}, allowed: all", source.place("history"))
    symbols = read_symbols(overrides["symbols"]) if "symbols" in overrides else source.symbols()
    if symbols is not None and not symbols:
        source.fault("TG301", "it names no symbol", source.place("symbols"), "Write `symbols: all` or a list.")
    start = _instant(source, "from", overrides, read_start)
    end = _instant(source, "to", overrides, read_end)
    if start is not None and end is not None and start >= end:
        source.fault("TG303", "`from` lies behind `to`", source.place("from"), "Swap them.")
    if source.faults:
        return None, source.faults
    unique = None if symbols is None else tuple(sorted(set(symbols)))
    return BarsRequest(timeframe=timeframe, symbols=unique, start=start, end=end, adjust=adjust), []  # type: ignore[arg-type]


def _instant(
    source: _Source, name: str, overrides: Mapping[str, str], read: Callable[[str], dt.datetime | None]
) -> dt.datetime | None:
    text = overrides.get(name) or source.text(name)
    if not text:
        return None
    try:
        return read(text)
    except ValueError as error:
        source.fault("TG222", f"`{name}`: {error}", source.place(name), _DATE_HINT)
        return None
