"""An invented universe: any number of symbols whose bars look like a market's, for demos and benchmarks.

Log prices follow a random walk whose drift and volatility switch between a calm, a rising and a
falling regime; volatility also clusters. The generator is PCG64 by name, seeded per symbol, and prices
are rounded to cents, so the same seed gives the same universe everywhere. Nothing about it
predicts anything.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from pipeline.errors import UsageError
from pipeline.market.importing import import_frame
from pipeline.market.part import EPOCH, TS, Floats, Int64s, micros
from pipeline.market.report import ImportReport
from pipeline.market.store import Market
from pipeline.model.bars import timeframe_seconds

__all__ = ["SOURCE", "store_synthetic", "synthesise"]

SOURCE = "synthetic"
_DAY = 86_400
_DRIFT = np.array([0.0002, 0.0009, -0.0014])
_VOLATILITY = np.array([0.009, 0.013, 0.026])
_STAY = 0.992
_CLUSTER = 0.9


def synthesise(n_symbols: int, timeframe: str, start: dt.datetime, bars: int, seed: int) -> pl.DataFrame:
    """Bars of SYN0001, SYN0002, … : symbol, ts, open, high, low, close, volume, dividend, split.

    `bars` bars a symbol from `start` on, which is moved to the next Monday from a weekend. 1d bars skip
    weekends, every other timeframe runs round the clock. Some symbols split two for one, some pay a
    quarterly dividend (both on 1d alone). A symbol's bars depend on its number and the seed only,
    not on how many symbols there are. Raises UsageError TG001 unless both counts are at least 1.
    """
    if n_symbols < 1 or bars < 1:
        raise UsageError(f"a universe of {n_symbols} symbols and {bars} bars is empty", hint="Ask for at least one.")
    ts = _times(timeframe, start, bars)
    frames = [_symbol(number, ts, timeframe, seed) for number in range(1, n_symbols + 1)]
    return pl.concat(frames)


def store_synthetic(
    market: Market, *, n_symbols: int, timeframe: str, start: dt.datetime, bars: int, seed: int = 1
) -> ImportReport:
    """Synthesise a universe and store it by the road of every import, marked as synthetic."""
    frame = synthesise(n_symbols, timeframe, start, bars, seed)
    return import_frame(market, frame, timeframe, source=SOURCE, synthetic=True)


def _times(timeframe: str, start: dt.datetime, bars: int) -> Int64s:
    seconds = timeframe_seconds(timeframe)
    first = micros(start)
    if timeframe != "1d":
        return first + np.arange(bars, dtype=np.int64) * (seconds * 1_000_000)
    day = (EPOCH + dt.timedelta(microseconds=first)).date()
    days = np.busday_offset(np.datetime64(day, "D"), np.arange(bars), roll="forward")
    return days.astype("datetime64[us]").astype(np.int64)


def _symbol(number: int, ts: Int64s, timeframe: str, seed: int) -> pl.DataFrame:
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))
    bars, seconds = len(ts), timeframe_seconds(timeframe)
    scale = np.sqrt(min(seconds, 30 * _DAY) / _DAY)
    regime = _regimes(rng, bars)
    volatility = _VOLATILITY[regime] * scale * _clusters(rng, bars)
    step = _DRIFT[regime] * scale * scale + volatility * rng.standard_normal(bars)
    # a step is bounded so that no price reaches zero, and grows without exp: it rounds alike everywhere
    step = np.clip(step, -0.2, 0.25)
    base = 20.0 + 180.0 * rng.random()
    close = base * np.cumprod(1.0 + step)
    gap = np.clip(0.3 * volatility * rng.standard_normal(bars), -0.1, 0.1)
    open_ = np.append(base, close[:-1]) * (1.0 + gap)
    wick = np.abs(rng.standard_normal((2, bars))) * volatility * 0.5
    dividend, split = np.zeros(bars), np.ones(bars)
    if timeframe == "1d":
        split, close, open_ = _splits(rng, close, open_)
        if rng.random() < 0.6:
            dividend[62::63] = np.round(close[62::63] * 0.005, 2)
    open_, close = np.maximum(np.round(open_, 2), 0.01), np.maximum(np.round(close, 2), 0.01)
    top, bottom = np.maximum(open_, close), np.minimum(open_, close)
    high = np.round(top * (1.0 + wick[0]), 2)
    low = np.maximum(np.round(bottom * (1.0 - np.minimum(wick[1], 0.5)), 2), 0.01)
    activity = 1.0 + 40.0 * np.abs(step) / scale + 0.5 * rng.random(bars)
    volume = np.round(activity * (2.0e5 + 2.0e6 * rng.random()) * seconds / _DAY)
    return pl.DataFrame(
        {
            "symbol": pl.Series([f"SYN{number:04d}"]).new_from_index(0, bars),
            "ts": pl.Series(ts).cast(TS),
            "open": open_,
            "high": np.maximum(high, top),
            "low": np.minimum(low, bottom),
            "close": close,
            "volume": volume,
            "dividend": dividend,
            "split": split,
        }
    )


def _regimes(rng: np.random.Generator, bars: int) -> Int64s:
    """0 calm, 1 rising, 2 falling; each bar stays in its regime with probability 0.992."""
    switch = rng.random(bars) > _STAY
    draws = rng.choice(3, size=bars, p=[0.5, 0.35, 0.15])
    last = np.maximum.accumulate(np.where(switch, np.arange(bars), 0))
    return draws[last].astype(np.int64)


def _clusters(rng: np.random.Generator, bars: int) -> Floats:
    """A positive factor around 1 that wanders slowly: the mean of recent shocks, longest remembered first."""
    shocks = np.abs(rng.standard_normal(bars + 64))
    weights = (1.0 - _CLUSTER) * np.cumprod(np.full(64, _CLUSTER))[::-1]
    mean = np.zeros(bars)
    for lag, weight in enumerate(weights):
        mean += weight * shocks[lag : lag + bars]
    return 0.3 + 0.95 * mean


def _splits(rng: np.random.Generator, close: Floats, open_: Floats) -> tuple[Floats, Floats, Floats]:
    """Two for one whenever a price has come above 400, which a tenth of the symbols never does."""
    splits = rng.random() < 0.9
    coefficient = np.ones(len(close))
    factor = 1.0
    for index in np.flatnonzero(close > 400.0) if splits else ():
        if index and close[index - 1] * factor > 400.0:
            coefficient[index] = 2.0
            factor = factor / 2.0
    divisor = np.cumprod(coefficient)
    return coefficient, close / divisor, open_ / divisor
