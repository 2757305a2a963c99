"""A request against what there is: which symbols it means, and a clear no where it means nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.errors import Fault, MarketError, UsageError, did_you_mean
from pipeline.market.action import Actions
from pipeline.market.part import Span, instant, micros
from pipeline.model.bars import BAR_FIELDS, BarsRequest, timeframe_seconds
from pipeline.model.digest import digest
from pipeline.model.resample import SLOWER

__all__ = ["check_columns", "choose", "end_of", "no_such_symbols", "no_such_timeframe", "symbol_digest"]


def end_of(request: BarsRequest) -> int | None:
    """The end of a request in microseconds, None when open."""
    return None if request.end is None else micros(request.end)


def choose(request: BarsRequest, spans: Mapping[str, Sequence[Span]]) -> tuple[str, ...]:
    """The symbols that `request` means, sorted: those of `spans` that have a bar before its end.

    `spans` gives each symbol's stretches of bars, by time. A named symbol that
    was listed only later is left out, as long as another one has bars; so one universe serves all
    ranges. Raises MarketError TG301 naming every unknown symbol, TG303 when no symbol has a bar in
    the range.
    """
    asked = sorted(spans if request.symbols is None else set(request.symbols))
    unknown = [symbol for symbol in asked if symbol not in spans]
    if unknown:
        raise no_such_symbols(unknown, request.timeframe, spans)
    end = end_of(request)
    start = None if request.start is None else micros(request.start)
    chosen = [s for s in asked if spans[s] and (end is None or spans[s][0].first < end)]

    def shows(symbol: str) -> bool:
        return any(
            (start is None or span.last >= start) and (end is None or span.first < end) for span in spans[symbol]
        )

    if not any(map(shows, reversed(chosen))):
        raise _no_bars(request, asked, spans)
    return tuple(chosen)


def no_such_timeframe(timeframe: str, known: Iterable[str]) -> MarketError:
    """The error for a timeframe without bars; TG306 when it is no timeframe at all."""
    timeframe_seconds(timeframe)
    there = sorted(known, key=timeframe_seconds)
    if not there:
        return MarketError(
            f"the market has no bars of {timeframe}: it is empty",
            code="TG302",
            hint="Import some: tradegraph data import FILE --timeframe 1d",
        )
    return MarketError(f"the market has no bars of {timeframe}", code="TG302", hint=f"There is {', '.join(there)}.")


def no_such_symbols(unknown: Sequence[str], timeframe: str, known: Iterable[str]) -> MarketError:
    """One error that carries a fault for every unknown symbol."""
    names = list(known)
    error = MarketError(f"the market has no {timeframe} bars of {unknown[0]!r}", code="TG301")
    error.faults = tuple(
        Fault("TG301", f"the market has no {timeframe} bars of {symbol!r}", hint=did_you_mean(symbol, names))
        for symbol in unknown
    )
    return error


def _no_bars(request: BarsRequest, asked: Sequence[str], spans: Mapping[str, Sequence[Span]]) -> MarketError:
    side = [f"from {request.start:%Y-%m-%d %H:%M}"] if request.start else []
    side += [f"before {request.end:%Y-%m-%d %H:%M}"] if request.end else []
    whose = asked[0] if len(asked) == 1 else f"{len(asked)} symbols"
    there = [spans[symbol] for symbol in asked if spans[symbol]]
    if there:
        first = instant(min(stretch[0].first for stretch in there))
        last = instant(max(stretch[-1].last for stretch in there))
        hint = f"Stored are {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC."
    else:
        hint = "No symbol was asked for."
    return MarketError(f"no {request.timeframe} bars of {whose} {' and '.join(side)}".rstrip(), code="TG303", hint=hint)


def check_columns(columns: Sequence[str], request: BarsRequest) -> tuple[str, ...]:
    """The asked columns without repeats; UsageError TG001 for one that bars do not have."""
    known = SLOWER if request.resample else BAR_FIELDS
    for name in columns:
        if name not in known:
            raise UsageError(f"bars have no column {name!r}", hint=did_you_mean(name, known))
    return tuple(dict.fromkeys(columns))


def symbol_digest(symbol: str, timeframe: str, *, spans: Sequence[Span], end: int | None, actions: Actions) -> str:
    """The digest of one symbol's bars before `end` under the `actions` that matter.

    `end` itself counts only where it cuts a span: two ends beyond the last bar are the same data.
    """
    before = [span for span in spans if end is None or span.first < end]
    cut = end if end is not None and before and before[-1].last >= end else None
    return digest("bars", symbol, timeframe, "".join(span.digest for span in before), cut, actions.form())
