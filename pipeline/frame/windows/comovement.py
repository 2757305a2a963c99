"""Covariance and correlation of moving windows, made by doubling as `doubling` makes deviations: exact, few passes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.windows.doubling import walked

__all__ = ["together"]

_Floats = npt.NDArray[np.float64]


def together(x: _Floats, y: _Floats, length: int, needed: int, *, correlation: bool, ddof: int = 1) -> _Floats:
    """The statistic of each run of `length` rows of two columns that are missing in the same rows."""
    gone = np.isnan(x)
    if needed >= length > 1 and not gone[length - 1 :].any():
        return _without_holes(x, y, length, correlation=correlation, ddof=ddof)
    there = (~gone).astype(np.float64)
    start = (there, np.where(gone, 0.0, x), np.where(gone, 0.0, y), *(np.zeros(len(x)) for _ in range(3)))
    parts = walked(start, length, _joined, lambda part: _read(part, correlation, ddof))
    count = np.concatenate([[0.0], np.cumsum(there)])
    return np.where(count[length:] - count[:-length] >= needed, parts, np.nan)


def _without_holes(x: _Floats, y: _Floats, length: int, *, correlation: bool, ddof: int) -> _Floats:
    """As `together`; the rows before the first whole window are blank, so theirs come out as missing."""
    start = (x, y, *(np.zeros(len(x)) for _ in range(3 if correlation else 1)))
    count = float(length)

    def read(part: tuple[Any, ...]) -> _Floats:
        means, product, squares = part[:2], part[2], part[3:] or (None, None)
        return _read((count, *means, *squares, product), correlation, ddof)

    return walked(start, length, _beside, read)


def _beside(left: tuple[Any, ...], right: tuple[Any, ...], n: int, m: int) -> tuple[Any, ...]:
    """As `_joined`, of windows without holes: means, products around them, and squares when they are asked for."""
    share, weight = m / (n + m), n * m / (n + m)
    apart_x, apart_y = right[0] - left[0], right[1] - left[1]
    mean_x, mean_y = apart_x * share, apart_y * share
    mean_x += left[0]
    mean_y += left[1]
    pairs = [(apart_x, apart_y), (apart_x, apart_x), (apart_y, apart_y)][: len(left) - 2]
    sums = []
    for place, (one, other) in enumerate(pairs, 2):
        product = one * other
        product *= weight
        product += left[place]
        product += right[place]
        sums.append(product)
    return mean_x, mean_y, *sums


def _joined(left: tuple[Any, ...], right: tuple[Any, ...], _: int, __: int) -> tuple[Any, ...]:
    """Counts, means, squares and products around the means, of two neighbouring windows as one."""
    n, m = left[0], right[0]
    both = n + m
    share = m / np.maximum(both, 1.0)
    apart_x, apart_y = right[1] - left[1], right[2] - left[2]
    weight = n * share
    # an empty side has no mean that could lie apart
    return (
        both,
        np.where(n > 0, left[1] + apart_x * share, right[1]),
        np.where(n > 0, left[2] + apart_y * share, right[2]),
        left[3] + right[3] + apart_x * apart_x * weight,
        left[4] + right[4] + apart_y * apart_y * weight,
        left[5] + right[5] + apart_x * apart_y * weight,
    )


def _read(part: tuple[Any, ...], correlation: bool, ddof: int) -> _Floats:
    n, _, __, square_x, square_y, product = part
    if not correlation:
        return np.where(n > ddof, product / (n - ddof), np.nan)
    spread = np.sqrt(square_x * square_y)
    return np.where(spread > 0, product / spread, np.nan)
