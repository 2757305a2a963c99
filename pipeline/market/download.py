"""Bars fetched through libraries that users have: yfinance for Yahoo, ccxt for exchanges of coins. Both are extras.

What they give takes the road of every import. The libraries are imported when they are first needed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import MarketError, did_you_mean
from pipeline.market.formats.table import frame_of
from pipeline.market.part import TS, micros

__all__ = ["YAHOO", "fetch", "from_exchange", "from_yahoo"]

YAHOO = "yahoo"
_PAGE = 500


def fetch(
    vendor: str, symbols: Sequence[str], timeframe: str, *, start: dt.datetime, end: dt.datetime | None = None
) -> pl.DataFrame:
    """Finished bars of `symbols` with start <= ts < end: symbol, ts, open … volume, for Yahoo dividend and split too.

    `vendor` is `yahoo` or the id of an exchange in ccxt. Raises MarketError TG310 when its library is missing
    or it does not answer with bars.
    """
    until = min(end or dt.datetime.max.replace(tzinfo=dt.UTC), dt.datetime.now(dt.UTC))
    if vendor == YAHOO:
        library = _library("yfinance")
        one: Callable[[str], pl.DataFrame] = lambda symbol: from_yahoo(library, symbol, timeframe, start, until)  # noqa: E731
    else:
        library = _library("ccxt")
        if vendor not in library.exchanges:
            raise _failed(vendor, "is no exchange that ccxt knows", did_you_mean(vendor, [YAHOO, *library.exchanges]))
        exchange = getattr(library, vendor)({"enableRateLimit": True})
        one = lambda symbol: from_exchange(exchange, symbol, timeframe, start, until)  # noqa: E731
    frames = []
    for symbol in symbols:
        try:
            frame = one(symbol)
        except MarketError:
            raise
        except Exception as error:  # whatever a vendor's library raises
            raise _failed(vendor, f"{symbol}: {type(error).__name__}: {error}", "Check symbol and network.") from error
        if not len(frame):
            raise _failed(vendor, f"it has no {timeframe} bars of {symbol} in this range", "Widen --from and --to.")
        frames.append(frame.with_columns(symbol=pl.lit(symbol)))
    return pl.concat(frames)


def from_exchange(exchange: Any, symbol: str, timeframe: str, start: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    """Candles of an exchange of ccxt, page by page."""
    step = int(exchange.parse_timeframe(timeframe)) * 1_000
    since, stop = micros(start) // 1_000, micros(until) // 1_000
    rows: list[list[float]] = []
    while since + step <= stop:
        page = [row for row in exchange.fetch_ohlcv(symbol, timeframe, since=since, limit=_PAGE) if row[0] >= since]
        rows += [row for row in page if row[0] + step <= stop]
        # a page without bars is a quiet stretch, not the end
        since = page[-1][0] + step if page else since + _PAGE * step
    names = ("ts", "open", "high", "low", "close", "volume")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")
    return frame.with_columns((pl.col("ts").cast(pl.Int64) * 1_000).cast(TS))


def from_yahoo(library: Any, symbol: str, timeframe: str, start: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    """Bars of Yahoo as they were traded: what it restated for splits is undone."""
    table = library.Ticker(symbol).history(
        start=start, end=until, interval=timeframe, auto_adjust=False, actions=True, raise_errors=True
    )
    frame = frame_of(table)
    moment = frame.columns[0]
    split = frame["Stock Splits"].cast(pl.Float64).to_numpy()
    split = np.where(split > 0.0, split, 1.0)
    # of bar i all splits after it
    later = np.append(np.cumprod(split[::-1])[::-1][1:], 1.0)
    names = ("open", "high", "low", "close")
    return pl.DataFrame(
        [
            frame[moment].alias("ts"),
            *(pl.Series(name, frame[name.title()].cast(pl.Float64).to_numpy() * later) for name in names),
            pl.Series("volume", frame["Volume"].cast(pl.Float64).to_numpy() / later),
            pl.Series("dividend", frame["Dividends"].cast(pl.Float64).to_numpy() * later),
            pl.Series("split", split),
        ]
    )


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        hint = f"pip install 'tradegraph[{name}]'"
        raise MarketError(f"{name} is not installed", code="TG310", hint=hint) from error


def _failed(vendor: str, fact: str, hint: str) -> MarketError:
    return MarketError(f"{vendor}: {fact}", code="TG310", hint=hint)
