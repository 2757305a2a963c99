"""One number from many: sums, means, extremes and spreads, of a column or along the rows of a matrix.

Every function takes floats (NaN is missing) and an axis. With `skipna` missing counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.library.gaps import unsupported
from pipeline.frame.values.values import Array

__all__ = ["REDUCTIONS", "Reduction", "correlation", "covariance", "kurtosis", "quantile", "skewness"]

Reduction = Callable[..., Any]


def _count(x: Array, axis: int) -> Array:
    return np.asarray((~np.isnan(x)).sum(axis=axis))


def total(x: Array, axis: int = 0, min_count: int = 0) -> Any:
    """The sum; 0 of nothing, unless `min_count` values are wanted."""
    result = np.nansum(x, axis=axis)
    return np.where(_count(x, axis) >= min_count, result, np.nan)[()] if min_count else result


def product(x: Array, axis: int = 0, min_count: int = 0) -> Any:
    """The product; 1 of nothing."""
    result = np.nanprod(x, axis=axis)
    return np.where(_count(x, axis) >= min_count, result, np.nan)[()] if min_count else result


def mean(x: Array, axis: int = 0) -> Any:
    """The arithmetic mean."""
    return np.nansum(x, axis=axis) / _count(x, axis)


def variance(x: Array, axis: int = 0, ddof: int = 1) -> Any:
    """The mean square deviation, by n - ddof; in two passes, so large means cost no digits."""
    n = _count(x, axis)
    centre = np.expand_dims(np.asarray(mean(x, axis)), axis)
    square = np.sum(np.where(np.isnan(x), 0.0, x - centre) ** 2, axis=axis)
    return np.where(n > ddof, square / np.where(n > ddof, n - ddof, 1), np.nan)[()]


def deviation(x: Array, axis: int = 0, ddof: int = 1) -> Any:
    """The standard deviation."""
    return np.sqrt(variance(x, axis, ddof))


def error(x: Array, axis: int = 0, ddof: int = 1) -> Any:
    """The standard error of the mean."""
    return deviation(x, axis, ddof) / np.sqrt(_count(x, axis))


def lowest(x: Array, axis: int = 0) -> Any:
    """The minimum; NaN of nothing."""
    return np.fmin.reduce(x, axis=axis, initial=np.nan)


def highest(x: Array, axis: int = 0) -> Any:
    """The maximum; NaN of nothing."""
    return np.fmax.reduce(x, axis=axis, initial=np.nan)


def quantile(x: Array, axis: int = 0, q: float = 0.5, interpolation: str = "linear") -> Any:
    """The value that a share `q` lies below."""
    if x.ndim == 1:
        seen = x[~np.isnan(x)]
        return np.quantile(seen, q, method=interpolation) if len(seen) else np.float64(np.nan)  # type: ignore[call-overload]
    if not x.size:
        return np.full(x.shape[1 - axis], np.nan)
    return np.apply_along_axis(quantile, axis, x, 0, q, interpolation)


def skewness(x: Array, axis: int = 0) -> Any:
    """Skewness without bias; NaN below 3 values and when all are equal."""
    n = _count(x, axis).astype(np.float64)
    deviations = x - np.expand_dims(np.asarray(mean(x, axis)), axis)
    second, third = np.nansum(deviations**2, axis=axis), np.nansum(deviations**3, axis=axis)
    raw = (n * np.sqrt(n - 1) / (n - 2)) * (third / second**1.5)
    return np.where(n < 3, np.nan, np.where(second == 0, np.nan, raw))[()]


def kurtosis(x: Array, axis: int = 0) -> Any:
    """Excess kurtosis without bias; NaN below 4 values and when all are equal."""
    n = _count(x, axis).astype(np.float64)
    deviations = x - np.expand_dims(np.asarray(mean(x, axis)), axis)
    second, fourth = np.nansum(deviations**2, axis=axis), np.nansum(deviations**4, axis=axis)
    raw = n * (n + 1) * (n - 1) * fourth / ((n - 2) * (n - 3) * second**2) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
    return np.where(n < 4, np.nan, np.where(second == 0, np.nan, raw))[()]


def correlation(x: Array, y: Array, method: Any = "pearson", needed: int = 1) -> float:
    """The correlation of the rows where both are there (`needed` of them): Pearson's, of ranks, or a function's."""
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) < max(needed, 1) or (len(x) < 2 and not callable(method)):
        return float("nan")
    if callable(method):
        return float(method(x, y))
    if method == "spearman":
        x, y = pl.Series(x).rank("average").to_numpy(), pl.Series(y).rank("average").to_numpy()
    elif method != "pearson":
        raise unsupported("corr", f"method={method!r}")
    x, y = x - x.mean(), y - y.mean()
    spread = np.sqrt((x * x).sum() * (y * y).sum())
    return float((x * y).sum() / spread) if spread else float("nan")


def covariance(x: Array, y: Array, ddof: int = 1, needed: int = 1) -> float:
    """The covariance of the rows where both are there (`needed` of them), by n - ddof."""
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) <= ddof or len(x) < needed:
        return float("nan")
    return float(((x - x.mean()) * (y - y.mean())).sum() / (len(x) - ddof))


REDUCTIONS: dict[str, Reduction] = {
    "sum": total,
    "prod": product,
    "mean": mean,
    "median": quantile,
    "min": lowest,
    "max": highest,
    "var": variance,
    "std": deviation,
    "sem": error,
    "skew": skewness,
    "kurt": kurtosis,
    "quantile": quantile,
}
