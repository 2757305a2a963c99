"""Skewness and excess kurtosis of moving windows, made by doubling as `doubling` makes means and deviations.

Two neighbouring windows are put together with their counts, means and sums of second, third and fourth powers of the
distances from their means (Pébay, Formulas for Robust, One-Pass Parallel Computation of Covariances, 2008): nothing is
taken out again, so a window knows nothing of what came before it, however large that was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.doubling import walked

__all__ = ["lopsided"]

_Floats = npt.NDArray[np.float64]


def lopsided(x: _Floats, length: int, needed: int, name: str) -> _Floats:
    """`skew` or `kurt`, without bias, of the last `length` rows at each row; NaN where under `needed` are there."""
    padded = np.concatenate([np.full(length - 1, np.nan), x])
    gone = np.isnan(padded)
    there = (~gone).astype(np.float64)
    start = (there, np.where(gone, 0.0, padded), *(np.zeros(len(padded)) for _ in range(3)))
    result = walked(start, length, _together, _skewness if name == "skew" else _kurtosis)
    count = np.concatenate([[0.0], np.cumsum(there)])
    return np.where(count[length:] - count[:-length] >= needed, result, np.nan)


def _together(left: tuple[Any, ...], right: tuple[Any, ...], _: int, __: int) -> tuple[Any, ...]:
    n, mean, second, third, fourth = left
    m, other, second_there, third_there, fourth_there = right
    both = np.maximum(n + m, 1.0)
    apart = (other - mean) * ((n > 0) & (m > 0))
    share, step = m / both, apart / both
    weight = apart * step * n * m
    return (
        n + m,
        np.where(n > 0, mean + apart * share, other),
        second + second_there + weight,
        third + third_there + weight * step * (n - m) + 3.0 * step * (n * second_there - m * second),
        fourth
        + fourth_there
        + weight * step * step * (n * n - n * m + m * m)
        + 6.0 * step * step * (n * n * second_there + m * m * second)
        + 4.0 * step * (n * third_there - m * third),
    )


def _skewness(part: tuple[Any, ...]) -> _Floats:
    n, _, second, third, _ = part
    raw = n * np.sqrt(n - 1) / (n - 2) * (third / second**1.5)
    return np.where(n < 3, np.nan, np.where(second == 0, np.nan, raw))


def _kurtosis(part: tuple[Any, ...]) -> _Floats:
    n, _, second, _, fourth = part
    raw = n * (n + 1) * (n - 1) * fourth / ((n - 2) * (n - 3) * second**2) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
    return np.where(n < 4, np.nan, np.where(second == 0, np.nan, raw))
