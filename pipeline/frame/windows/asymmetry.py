"""Skewness and excess kurtosis of moving windows, made by doubling as `doubling` makes means and deviations.

Two neighbouring windows are put together with their counts, means and sums of second, third and fourth powers of the
distances from their means (Pébay, Formulas for Robust, One-Pass Parallel Computation of Covariances, 2008): nothing is
taken out again, so a window knows nothing of what came before it, however large that was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.windows.doubling import walked

__all__ = ["lopsided"]

_Floats = npt.NDArray[np.float64]


def lopsided(x: _Floats, length: int, needed: int, name: str) -> _Floats:
    """`skew` or `kurt`, without bias, of the last `length` rows at each row; NaN where under `needed` are there."""
    if needed >= min(length, len(x)) and length > 1 and not np.isnan(x).any():
        out = np.full(len(x), np.nan)
        if len(x) >= length:
            start = (x, *(np.zeros(len(x)) for _ in range(3 if name == "skew" else 4)))
            out[length - 1 :] = walked(start, length, _whole, lambda part: _read(part, length, name))
        return out
    padded = np.concatenate([np.full(length - 1, np.nan), x])
    gone = np.isnan(padded)
    there = (~gone).astype(np.float64)
    start = (there, np.where(gone, 0.0, padded), *(np.zeros(len(padded)) for _ in range(3)))
    result = walked(start, length, _together, _skewness if name == "skew" else _kurtosis)
    count = np.concatenate([[0.0], np.cumsum(there)])
    return np.where(count[length:] - count[:-length] >= needed, result, np.nan)


def _whole(left: tuple[Any, ...], right: tuple[Any, ...], n: int, m: int) -> tuple[Any, ...]:
    """As `_together`, of windows without holes; a mean is told as its distance from the first value of its window."""
    first, mean, second, third = left[:4]
    both = n + m
    apart = right[0] - first
    apart += right[1]
    apart -= mean
    square = apart * apart
    new_second = square * (n * m / both)
    new_second += second
    new_second += right[2]
    cross = right[2] * n
    cross -= second * m if m != 1 else second
    if n != m:
        cross += square * (n * m * (n - m) / (3.0 * both))
    cross *= apart
    cross *= 3.0 / both
    cross += third
    cross += right[3]
    far = apart * (m / both)
    far += mean
    if len(left) == 4:
        return first, far, new_second, cross
    fourth = right[2] * (n * n)
    fourth += second * (m * m)
    fourth *= 6.0 / both**2
    fourth += square * (n * m * (n * n - n * m + m * m) / both**3)
    fourth *= square
    skewed = right[3] * n
    skewed -= third * m
    skewed *= apart
    skewed *= 4.0 / both
    fourth += skewed
    fourth += left[4]
    fourth += right[4]
    return first, far, new_second, cross, fourth


def _read(part: tuple[Any, ...], length: int, name: str) -> _Floats:
    """Skewness or kurtosis from the sums of powers of `length` rows; a flat window has none."""
    if length < (3 if name == "skew" else 4):
        return np.full(len(part[0]), np.nan)
    return (_skewness if name == "skew" else _kurtosis)((float(length), *part[1:4], part[-1]))


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
    raw = n * np.sqrt(n - 1) / (n - 2) * (third / (second * np.sqrt(second)))
    return np.where(n < 3, np.nan, np.where(second == 0, np.nan, raw))


def _kurtosis(part: tuple[Any, ...]) -> _Floats:
    n, _, second, _, fourth = part
    raw = n * (n + 1) * (n - 1) * fourth / ((n - 2) * (n - 3) * second**2) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
    return np.where(n < 4, np.nan, np.where(second == 0, np.nan, raw))
