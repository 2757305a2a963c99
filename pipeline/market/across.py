"""Checks that need several symbols: hours that most of them lack, and whether anybody was ever delisted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.market.finding import CHECKS, Finding
from pipeline.market.part import Int64s, instant
from pipeline.model.bars import timeframe_seconds

__all__ = ["Quiet", "across", "quiet_of"]

_DAY = 86_400
_HOUR = 3_600
_FEWEST = 20
"""Symbols from which on it is remarkable that none was delisted."""
_YEARS = 2 * 365 * _DAY * 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Quiet:
    """Of one symbol: first and last bar, and the stretches (from, until) of an hour or more without any."""

    first: int
    last: int
    stretches: Int64s


def quiet_of(ts: Int64s, timeframe: str) -> Quiet:
    """The quiet stretches between the bars of a symbol."""
    slot = timeframe_seconds(timeframe) * 1_000_000
    wide = np.diff(ts) - slot >= max(_HOUR * 1_000_000, slot)
    begins, ends = ts[:-1][wide] + slot, ts[1:][wide]
    return Quiet(
        int(ts[0]), int(ts[-1]), np.column_stack((begins, ends)) if len(begins) else np.zeros((0, 2), np.int64)
    )


def across(timeframe: str, symbols: Sequence[Quiet]) -> list[Finding]:
    """Findings about all symbols of a timeframe together; their `symbol` is ""."""
    return [*_outages(timeframe, symbols), *_survivors(timeframe, symbols)]


def _outages(timeframe: str, symbols: Sequence[Quiet]) -> Iterable[Finding]:
    if timeframe_seconds(timeframe) >= _DAY or len(symbols) < 2:
        return
    need = max(2, (len(symbols) + 1) // 2)
    common = [(begin, end) for begin, end in _shared(symbols, need) if end - begin >= _HOUR * 1_000_000]
    days = (max(s.last for s in symbols) - min(s.first for s in symbols)) / (_DAY * 1_000_000)
    # an exchange that closes every night is not down: only what is rarer than once in four days is an outage
    if not common or len(common) > days / 4:
        return
    lengths = [(end - begin) / 60_000_000 for begin, end in common]
    at = int(np.argmax(lengths))
    severity, _ = CHECKS["outage"]
    named = ", ".join(dict.fromkeys(f"{instant(begin):%Y-%m-%d}" for begin, _ in common))
    detail = (
        f"{need} or more of {len(symbols)} symbols lack {len(common)} stretches ({named}); the longest,"
        f" {lengths[at]:.0f} min, begins {instant(common[at][0]):%Y-%m-%d %H:%M}"
    )
    yield Finding("", timeframe, "outage", len(common), instant(common[0][0]), detail, severity)


def _shared(symbols: Sequence[Quiet], need: int) -> list[tuple[int, int]]:
    """Stretches in which at least `need` symbols are quiet at once, by time."""
    edges = np.concatenate([s.stretches.ravel() for s in symbols])
    steps = np.concatenate([np.tile([1, -1], len(s.stretches)) for s in symbols])
    order = np.lexsort((-steps, edges))
    quiet = np.cumsum(steps[order]) >= need
    at = edges[order]
    starts = np.flatnonzero(quiet & ~np.append(False, quiet[:-1])[: len(quiet)])
    return [(int(at[i]), int(at[i + int(np.argmin(quiet[i:]))])) for i in starts]


def _survivors(timeframe: str, symbols: Sequence[Quiet]) -> Iterable[Finding]:
    if len(symbols) < _FEWEST or timeframe_seconds(timeframe) < _DAY:
        return
    last = max(s.last for s in symbols)
    first = min(s.first for s in symbols)
    month = 30 * _DAY * 1_000_000
    gone = sum(last - s.last > month for s in symbols)
    if last - first < _YEARS or gone * 50 > len(symbols):
        return
    severity, _ = CHECKS["survivorship"]
    ended = f"of {len(symbols)} symbols {gone} ended before {instant(last - month):%Y-%m-%d}"
    detail = f"{ended}: results look better than they were"
    yield Finding("", timeframe, "survivorship", len(symbols) - gone, instant(last), detail, severity)
