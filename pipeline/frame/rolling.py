"""Moving windows over one column, by polars: exact, whatever came before the window; a flat one varies by 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.frame.values import Values

__all__ = ["Window", "applied", "paired_window", "rolled"]

_CELLS = 4_000_000


class Window:
    """How far a window reaches: `length` rows, `needed` of them present, seen from its end or from its centre."""

    __slots__ = ("center", "length", "needed")

    def __init__(self, length: int, needed: int, *, center: bool = False) -> None:
        self.length = length
        self.needed = needed
        self.center = center

    @property
    def ahead(self) -> int:
        """Rows that a centred window looks ahead."""
        return (self.length - 1) // 2 if self.center else 0


def rolled(values: Values, window: Window, name: str, **options: Any) -> Values:
    """The statistic `name` (mean, sum, std, var, min, max, median, quantile, skew, kurt, count) of each window."""
    if name == "count":
        series, name = values.clean.is_not_null().cast(pl.Float64), "sum"
    else:
        series = values.finite
    if window.ahead:
        series = series.extend_constant(None, window.ahead)
    needed = max(window.needed, 1)
    if name in {"skew", "kurt"}:
        method = "rolling_skew" if name == "skew" else "rolling_kurtosis"
        result = getattr(series, method)(window.length, bias=False, min_samples=needed)
    elif name == "quantile":
        result = series.rolling_quantile(window_size=window.length, min_samples=needed, **options)
    else:
        result = getattr(series, f"rolling_{name}")(window.length, min_samples=needed, **options)
    if name == "sum" and window.needed == 0:
        result = result.fill_null(0.0)
    return Values(result.to_numpy()[window.ahead :])


def applied(values: Values, window: Window, function: Callable[[Any], Any]) -> Values:
    """A function of the author's on each window that has enough values; it gets the window as an array."""
    floats = values.floats
    floats = np.where(np.isinf(floats), np.nan, floats)
    rows = len(floats)
    padded = np.concatenate([floats, np.full(window.ahead, np.nan)]) if window.ahead else floats
    present = np.concatenate([[0], np.cumsum(~np.isnan(padded))])
    ends = np.arange(window.ahead + 1, len(padded) + 1)
    starts = np.maximum(ends - window.length, 0)
    ends = np.minimum(ends, rows)
    enough = present[ends] - present[starts] >= max(window.needed, 1 if window.needed else 0)
    result = np.full(rows, np.nan)
    for row in np.flatnonzero(enough):
        result[row] = function(floats[starts[row] : ends[row]])
    return Values(result)


def paired_window(left: Values, right: Values, window: Window, *, correlation: bool, ddof: int = 1) -> Values:
    """Covariance (or Pearson's correlation) of two columns in each window, each window centred on its own means."""
    x, y = left.floats, right.floats
    if not len(x):
        return Values(x)
    both = np.isfinite(x) & np.isfinite(y)
    blank = np.full(window.length - 1, np.nan)
    tail = np.full(window.ahead, np.nan)
    x = np.concatenate([blank, np.where(both, x, np.nan), tail])
    y = np.concatenate([blank, np.where(both, y, np.nan), tail])
    xs = sliding_window_view(x, window.length)[window.ahead :]
    ys = sliding_window_view(y, window.length)[window.ahead :]
    result = np.empty(len(xs))
    step = max(1, _CELLS // window.length)
    with np.errstate(all="ignore"):
        for start in range(0, len(xs), step):
            rows = slice(start, start + step)
            result[rows] = _pair(xs[rows], ys[rows], max(window.needed, 1), correlation, ddof)
    return Values(result)


def _pair(x: Any, y: Any, needed: int, correlation: bool, ddof: int) -> Any:
    gone = np.isnan(x)
    n = x.shape[1] - np.count_nonzero(gone, axis=1)
    if gone.any():
        dx = np.where(gone, 0.0, x - (np.nansum(x, axis=1) / n)[:, None])
        dy = np.where(gone, 0.0, y - (np.nansum(y, axis=1) / n)[:, None])
    else:
        dx, dy = x - x.mean(axis=1)[:, None], y - y.mean(axis=1)[:, None]
    cross = np.einsum("ij,ij->i", dx, dy)
    if correlation:
        spread = np.sqrt(np.einsum("ij,ij->i", dx, dx) * np.einsum("ij,ij->i", dy, dy))
        result = np.where(spread > 0, cross / spread, np.nan)
    else:
        result = np.where(n > ddof, cross / (n - ddof), np.nan)
    return np.where(n >= needed, result, np.nan)
