"""One entry of `bars:` to a BarsRequest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, get_args

from pipeline.errors import Fault, MarketError, Place, UsageError, did_you_mean
from pipeline.graph.markup import Scalar, Seq
from pipeline.graph.spec import BarsSpec
from pipeline.graph.value import BROKEN
from pipeline.model.bars import Adjust, BarsRequest, Resample, timeframe_seconds
from pipeline.model.period import Periods
from pipeline.model.scalar import read_scalar, shown
from pipeline.model.universe import universe

__all__ = ["OVERRIDES", "Resolve", "Universes", "read_bars", "read_end", "read_start", "read_symbols"]

OVERRIDES = ("symbols", "from", "to")
"""Fields of bars sources that a call may override."""
Resolve: TypeAlias = Callable[[Scalar], Any]
"""The text of a scalar, or the value of the graph param that it refers to."""
Universes: TypeAlias = Mapping[str, Sequence[str]]
"""Named lists of symbols."""

_DAY = dt.timedelta(days=1)
_TICK = dt.timedelta(microseconds=1)
_SYMBOLS_HINT = "Write `symbols: all`, a universe or a list."
_DATE_HINT = "Write a date (2024-05-31) or a date and time (2024-05-31T16:00)."


def read_start(text: str) -> dt.datetime:
    """The first instant of a range: a date begins at 00:00 UTC. Raises ValueError."""
    return read_scalar(text, dt.datetime)  # type: ignore[no-any-return]


def read_end(text: str) -> dt.datetime | None:
    """The instant behind the last bar of a range: a date counts whole; None for `latest`. Raises ValueError."""
    if text == "latest":
        return None
    value: dt.datetime = read_scalar(text, dt.datetime)
    try:
        dt.date.fromisoformat(text.strip())
        step = _DAY
    except ValueError:
        step = _TICK
    try:
        return value + step
    except OverflowError:  # the last day that Python knows: nothing lies behind it
        return None


def read_symbols(text: str) -> tuple[str, ...] | None:
    """Symbols parted by commas; None for `all`."""
    return None if text == "all" else tuple(name.strip() for name in text.split(",") if name.strip())


class _Source:
    def __init__(self, spec: BarsSpec, resolve: Resolve, overrides: Mapping[str, Any], universes: Universes) -> None:
        self.universes = universes
        self.spec = spec
        self.resolve = resolve
        self.overrides = overrides
        self.faults: list[Fault] = []
        self.broken = False

    def fault(self, code: str, message: str, name: str, hint: str = "") -> None:
        place = None if name in self.overrides else self.place(name)
        self.faults.append(Fault(code, f"bars source {self.spec.name.text!r}: {message}", place, hint))

    def text(self, name: str, default: str = "") -> str | None:
        """The text of a field, `default` when it is absent or null, None when it is broken."""
        item = self.spec.fields.get(name)
        value: Any = default
        if isinstance(item, Scalar) and not item.is_null:
            value = self.resolve(item)  # even when it is overridden: its param counts as used
        if name in self.overrides:
            return _as_text(self.overrides[name])
        if item is not None and not isinstance(item, Scalar):
            self.fault("TG107", f"`{name}` is a single value", name)
            value = BROKEN
        if value is BROKEN:
            self.broken = True
            return None
        return _as_text(value)

    def place(self, name: str) -> Place:
        item = self.spec.fields.get(name)
        return item.place if item is not None else self.spec.name.place

    def symbols(self) -> tuple[str, ...] | None:
        """The symbols, None for all of them."""
        item = self.spec.fields.get("symbols")
        if isinstance(item, Seq) and "symbols" not in self.overrides:
            return self._listed(item)
        for inner in item.items if isinstance(item, Seq) else ():
            if isinstance(inner, Scalar):
                self.resolve(inner)  # overridden, but its param counts as used
        text = self.text("symbols", "all" if item is None else "")
        names = None if text is None else read_symbols(text)
        if names == ():
            self.fault("TG301", "it names no symbol", "symbols", _SYMBOLS_HINT)
        quoted = isinstance(item, Scalar) and item.quoted and "symbols" not in self.overrides
        return names if names is None or quoted else self._spread(names)

    def _spread(self, names: Sequence[str]) -> tuple[str, ...]:
        """The names with the symbols of a universe in place of its name."""
        found: list[str] = []
        for name in names:
            try:
                found += universe(name, self.universes) if name in self.universes else (name,)
            except MarketError as error:
                self.fault(error.faults[0].code, error.faults[0].message, "symbols", error.hint)
        return tuple(found)

    def _listed(self, listed: Seq) -> tuple[str, ...]:
        names: list[str] = []
        for item in listed.items:
            if not isinstance(item, Scalar) or item.is_null or not item.text:
                message = f"bars source {self.spec.name.text!r}: a symbol is a single value"
                self.faults.append(Fault("TG107", message, item.place, "Quote a symbol that is called null."))
                continue
            value = self.resolve(item)
            self.broken |= value is BROKEN
            names += [item.text] if item.quoted else self._spread([_as_text(value)])
        if not listed.items:
            self.fault("TG301", "it names no symbol", "symbols", _SYMBOLS_HINT)
        return tuple(names)

    def instant(self, name: str, read: Callable[[str], dt.datetime | None]) -> dt.datetime | None:
        """`from` or `to` as an instant, None when that side is open."""
        text = self.text(name)
        if not text:
            return None
        try:
            return read(text)
        except ValueError as error:
            self.fault("TG222", f"`{name}`: {error}", name, _DATE_HINT)
            return None


def read_bars(
    spec: BarsSpec, resolve: Resolve, overrides: Mapping[str, Any], universes: Universes | None = None
) -> tuple[BarsRequest | None, list[Fault]]:
    """The request that an entry of `bars:` means, and its faults. `overrides` replace fields, as text or typed.

    A plain name of one of `universes` stands for its symbols. None without a fault when it takes a param that has
    faults of its own.
    """
    source = _Source(spec, resolve, overrides, universes or {})
    timeframe = _timeframe(source)
    adjust = source.text("adjust", "splits")
    if adjust is not None and adjust not in get_args(Adjust):
        hint = did_you_mean(adjust, get_args(Adjust))
        source.fault("TG223", f"`adjust` is {shown(adjust)}, allowed: {' | '.join(get_args(Adjust))}", "adjust", hint)
    history = source.text("history", "all")
    if history == "warmup":
        source.fault("TG106", "`history: warmup` is reserved and not yet there", "history", "Use `history: all`.")
    elif history not in (None, "all"):
        source.fault("TG223", f"`history` is {shown(history)}, allowed: all", "history")
    resample = _resample(source, timeframe)
    symbols = source.symbols()
    start = source.instant("from", read_start)
    end = source.instant("to", read_end)
    if start is not None and end is not None and start >= end:
        source.fault("TG303", "`from` lies behind `to`", "from", "Swap them.")
    if source.faults or source.broken:
        return None, source.faults
    assert timeframe is not None
    unique = None if symbols is None else tuple(sorted(set(symbols)))
    return BarsRequest(timeframe, unique, start, end, adjust, resample), []  # type: ignore[arg-type]


def _timeframe(source: _Source, name: str = "timeframe") -> str | None:
    timeframe = source.text(name)
    if timeframe == "" and name == "timeframe":
        source.fault("TG108", "it has no timeframe", name, "Add `timeframe: 1d`.")
    elif timeframe:
        try:
            timeframe_seconds(timeframe)
        except MarketError as error:
            source.fault("TG306", f"{shown(timeframe)} is not a timeframe", name, error.hint)
    return timeframe


def _resample(source: _Source, timeframe: str | None) -> Resample | None:
    """What slower bars are made of, None when they are stored as they are."""
    of = _timeframe(source, "resample")
    said: dict[str, Any] = {}
    for name, kind in (("zone", str), ("day_start", dt.time), ("weekdays", bool)):
        text = source.text(name)
        if text and not of:
            source.fault("TG108", f"`{name}` is for slower bars, and it has no `resample`", name, "Add `resample: 1m`.")
        elif text:
            try:
                said[name] = read_scalar(text, kind)
            except ValueError as error:
                source.fault("TG222", f"`{name}`: {error}", name)
    if not of or not timeframe or source.faults or source.broken:
        return None
    if timeframe_seconds(of) >= timeframe_seconds(timeframe):
        source.fault("TG223", f"{timeframe} bars cannot be made of {of} bars", "resample", "Name a shorter timeframe.")
        return None
    try:
        Periods(timeframe, said.get("zone") or "UTC")
    except UsageError as error:
        source.fault("TG222", error.faults[0].message, "zone", error.hint)
    return Resample(of, **said)


def _as_text(value: Any) -> str:
    """A typed value as the file would have it."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return value.isoformat() if isinstance(value, dt.date) else "" if value is None else str(value)
