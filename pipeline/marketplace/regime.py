"""Made-up bars of four moods of a market: a trend, a range, a crash, and bars with gaps between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from pipeline.frame import DataFrame

__all__ = ["REGIMES", "regime_bars"]

_Moves = Callable[[np.random.Generator, npt.NDArray[np.int64]], npt.NDArray[np.float64]]


def _trend(rng: np.random.Generator, clock: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return 0.0012 + 0.004 * rng.standard_normal(len(clock))


def _range(rng: np.random.Generator, clock: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return 0.004 * np.cos(clock / 9.0) + 0.001 * rng.standard_normal(len(clock))


def _crash(rng: np.random.Generator, clock: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Calm, then a fall of two thirds within thirty bars, then a wild and slow recovery."""
    middle = len(clock) // 2
    falling = (clock >= middle) & (clock < middle + 30)
    noise = np.where(clock < middle, 0.004, 0.02) * rng.standard_normal(len(clock))
    return np.where(falling, -0.036, np.where(clock >= middle + 30, 0.0015, 0.0004)) + noise


def _gaps(rng: np.random.Generator, clock: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return 0.005 * rng.standard_normal(len(clock)) + np.where(clock % 40 == 39, 0.07 * np.sign(np.sin(clock)), 0.0)


REGIMES: dict[str, _Moves] = {"trend": _trend, "range": _range, "crash": _crash, "gaps": _gaps}
"""By name: the logarithmic moves of the closes. In `gaps`, bars are missing as well: weekends, and single ones."""


def regime_bars(name: str, rows: int = 600) -> DataFrame:
    """Daily bars of a regime, in the columns that plugins get. Equal arguments give equal bars on every machine."""
    rng = np.random.default_rng(41)
    clock = np.arange(rows)
    close = np.round(100.0 * np.exp(np.cumsum(REGIMES[name](rng, clock))), 6)
    opened = np.concatenate((close[:1], close[:-1]))
    if name == "gaps":  # what a gap is: it opens elsewhere than it closed
        opened = np.where(clock % 40 == 39, close * 0.999, opened)
    reach = 1.0 + 0.004 * np.abs(rng.standard_normal((2, rows)))
    days = clock + (2 * (clock // 5) + (clock // 17) if name == "gaps" else 0)
    return DataFrame(
        {
            "timestamp": np.datetime64("2021-01-04", "us") + days.astype("timedelta64[D]"),
            "open": opened,
            "high": np.maximum(opened, close) * reach[0],
            "low": np.minimum(opened, close) / reach[1],
            "close": close,
            "volume": np.floor(rng.lognormal(9.0, 0.5, rows)),
        }
    )
