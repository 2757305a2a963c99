"""Nouns of the market's tests: an empty market, daily bars, the shared real data."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.market import ImportReport, Market
from pipeline.market.importing import import_frame

Days = Callable[..., pl.DataFrame]
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return Market(tmp_path / "market")


@pytest.fixture(scope="session")
def days() -> Days:
    """Daily bars of one symbol: `days("A", "2020-01-01", 5)`; closes count up from `close`."""

    def build(
        symbol: str = "A", start: str = "2020-01-01", bars: int = 5, *, close: float = 100.0, **more
    ) -> pl.DataFrame:
        first = dt.datetime.fromisoformat(start)
        closes = close + np.arange(bars, dtype=float)
        ts = [first + dt.timedelta(days=i) for i in range(bars)]
        frame = pl.DataFrame(
            {
                "symbol": [symbol] * bars,
                "ts": pl.Series(ts).cast(pl.Datetime("us", "UTC")),
                "open": closes - 0.5,
                "high": closes + 1.0,
                "low": closes - 1.0,
                "close": closes,
                "volume": np.full(bars, 1000.0),
            }
        )
        return frame.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in more.items())

    return build


@pytest.fixture
def put(market: Market) -> Callable[..., ImportReport]:
    """Import a frame of daily bars into `market`."""

    def build(frame: pl.DataFrame, timeframe: str = "1d") -> ImportReport:
        return import_frame(market, frame, timeframe, source="test")

    return build


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real market data; tests that need it skip where it is absent."""
    root = Path(os.environ.get("TRADEGRAPH_SHARED", CHECKOUT.parent / "shared")) / "market"
    if not root.is_dir():
        pytest.skip(f"no real market data at {root} (set TRADEGRAPH_SHARED)")
    return root


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT
