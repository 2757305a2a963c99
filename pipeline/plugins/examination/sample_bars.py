"""Made-up bars on which plugins are tried: lively, with all that real bars have and random walks lack.

Trends that turn, calm and wild stretches, jumps of several percent, a flat stretch, bars without volume and bars
that open where they close. Equal arguments give equal bars on every machine.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from pipeline.frame import DataFrame

__all__ = ["sample_bars"]


def sample_bars(rows: int, *, step: Literal["h", "D"] = "h", seed: int = 11) -> DataFrame:
    """`rows` bars in the columns that plugins get; `step` is their distance, an hour or a day."""
    rng = np.random.default_rng(seed)
    clock = np.arange(rows)
    calm = 0.006 * np.exp(0.6 * np.sin(clock / 29.0))
    moves = 0.002 * np.sin(clock / 23.0) + calm * rng.standard_t(4, rows)
    moves[::61] += np.where(np.arange(len(moves[::61])) % 2 == 0, 0.06, -0.055)
    flat = (clock % 173 >= 150) & (clock % 173 < 156)
    moves[flat] = 0.0
    close = np.round(100.0 * np.exp(np.cumsum(np.clip(moves, -0.15, 0.15))), 6)
    opened = np.concatenate((close[:1], close[:-1])) * (1.0 + np.where(flat, 0.0, 0.001 * rng.standard_normal(rows)))
    opened[clock % 37 == 5] = close[clock % 37 == 5]
    reach = np.abs(rng.standard_normal((2, rows))) * calm * ~flat
    high, low = np.maximum(opened, close) * (1.0 + reach[0]), np.minimum(opened, close) * (1.0 - reach[1])
    volume = np.floor(rng.lognormal(9.0, 0.8, rows) * (1.0 + 40.0 * np.abs(moves)))
    volume[clock % 97 == 40] = 0.0
    stamps = np.datetime64("2023-01-13T09:00", "us") + clock.astype(f"timedelta64[{step}]")
    return DataFrame({"timestamp": stamps, "open": opened, "high": high, "low": low, "close": close, "volume": volume})
