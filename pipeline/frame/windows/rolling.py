"""Moving windows over one column: exact, whatever came before the window; a flat one varies by 0.

Sums, means, extremes and deviations come from `doubling`, higher moments likewise; medians and quantiles from polars;
means and deviations of short windows over scattered holes too, where polars is faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.values.values import Array, Values
from pipeline.frame.windows.asymmetry import lopsided
from pipeline.frame.windows.comovement import together
from pipeline.frame.windows.doubling import DOUBLED, doubled
from pipeline.frame.windows.growing import GROWING, growing

__all__ = ["Window", "applied", "paired_window", "rolled"]


class Window:
    """How far a window reaches: `length` rows, `needed` of them present, seen from its end or from its centre.

    `late` is by how many rows a window ends before the row that it belongs to; `step` keeps every so many rows;
    `forward` windows begin with their row.
    """

    __slots__ = ("center", "forward", "late", "length", "needed", "step")

    def __init__(
        self, length: int, needed: int, *, center: bool = False, late: int = 0, step: int = 1, forward: bool = False
    ) -> None:
        self.length = length
        self.needed = needed
        self.center = center
        self.late = late
        self.step = step
        self.forward = forward

    @property
    def ahead(self) -> int:
        """Rows that a centred window looks ahead."""
        return (self.length - 1) // 2 if self.center else 0

    def bounds(self, rows: int) -> tuple[Array, Array]:
        """Where the window of each row begins and ends."""
        if self.forward:
            return np.arange(rows), np.minimum(np.arange(rows) + self.length, rows)
        ends = np.arange(1, rows + 1) + self.ahead - self.late
        starts = np.clip(ends - self.length, 0, rows)
        return starts, np.maximum(np.clip(ends, 0, rows), starts)

    @property
    def least(self) -> int:
        """How many values make a result; at least one."""
        return max(self.needed, 1)


def rolled(values: Values, window: Window, name: str, **options: Any) -> Values:
    """The statistic `name` (mean, sum, std, var, min, max, median, quantile, skew, kurt, count) of each window."""
    if window.forward:
        back = Window(window.length, window.needed)
        turned = rolled(Values(values.finite_floats[::-1].copy()), back, name, **options)
        return Values(turned.array[::-1].copy())
    floats = values.finite_floats
    if window.length >= len(floats) and not window.center and not window.late and name in GROWING:
        return Values(growing(floats, window.needed, name, **options))
    if window.ahead:
        floats = np.concatenate([floats, np.full(window.ahead, np.nan)])
    result = _moments(floats, window, name, options) if name in DOUBLED else _ordered(floats, window, name, options)
    result = result[window.ahead :]
    if window.late and len(result):
        empty = 0.0 if window.needed == 0 and name in {"sum", "count"} else np.nan
        result = np.concatenate([np.full(window.late, empty), result])[: len(values)]
    return Values(result)


def _moments(floats: Array, window: Window, name: str, options: dict[str, Any]) -> Array:
    length, needed = window.length, window.needed
    if name == "count":
        counted = doubled(floats, length, 0, "count")
        # it is rows that are needed here, not values
        counted[: max(min(needed, length) - 1, 0)] = np.nan
        return counted
    if needed < length and name in {"mean", "std", "var"} and _scattered(floats):
        series = pl.Series(floats, nan_to_null=True)
        return getattr(series, f"rolling_{name}")(length, min_samples=window.least, **options).to_numpy()  # type: ignore[no-any-return]
    return doubled(floats, length, needed, name, **options)


def _scattered(floats: Array) -> bool:
    """True when values are missing elsewhere than before the first one."""
    gone = np.isnan(floats)
    return bool(gone[int(np.argmin(gone)) :].any()) if len(gone) > 1 and not gone.all() else False


def _ordered(floats: Array, window: Window, name: str, options: dict[str, Any]) -> Array:
    if name in {"skew", "kurt"}:
        return lopsided(floats, window.length, window.least, name)
    series = pl.Series(floats, nan_to_null=True)
    if name == "quantile":
        return series.rolling_quantile(window_size=window.length, min_samples=window.least, **options).to_numpy()
    return series.rolling_median(window.length, min_samples=window.least, **options).to_numpy()


def applied(
    values: Values, bounds: tuple[Array, Array], needed: int, function: Callable[[Array, slice], Any]
) -> Values:
    """A function on each window that has `needed` values; it gets the window as an array, and its rows."""
    floats = values.finite_floats
    starts, ends = bounds
    present = np.concatenate([[0], np.cumsum(~np.isnan(floats))])
    enough = present[ends] - present[starts] >= needed
    result = np.full(len(starts), np.nan)
    for row in np.flatnonzero(enough).tolist():
        rows = slice(int(starts[row]), int(ends[row]))
        result[row] = function(floats[rows], rows)
    return Values(result)


def paired_window(left: Values, right: Values, window: Any, *, correlation: bool, ddof: int = 1) -> Values:
    """Covariance (or Pearson's correlation) of two columns in each window, each window centred on its own means."""
    x, y = left.floats, right.floats
    if not len(x):
        return Values(x)
    both = np.isfinite(x) & np.isfinite(y)
    if not isinstance(window, Window) or window.forward:
        x, y = np.where(both, x, np.nan), np.where(both, y, np.nan)

        def one(_: Array, rows: slice) -> Any:
            return _pair(x[None, rows], y[None, rows], window.least, correlation, ddof)[0]

        with np.errstate(all="ignore"):
            return applied(Values(x), window.bounds(len(x)), window.least, one)
    rows, ahead = len(x), window.ahead - window.late
    x = _reached(np.where(both, x, np.nan), window.length, ahead)
    y = _reached(np.where(both, y, np.nan), window.length, ahead)
    return Values(together(x, y, window.length, window.least, correlation=correlation, ddof=ddof)[:rows])


def _reached(x: Array, length: int, ahead: int) -> Array:
    """A column with room before and after it, so that each row has a whole window."""
    blank, tail = np.full(length - 1 + max(-ahead, 0), np.nan), np.full(max(ahead, 0), np.nan)
    return np.concatenate([blank, x, tail])[max(ahead, 0) :]


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
