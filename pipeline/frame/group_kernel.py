"""All groups at once: a value for each group, or for each row within its group, without a call for every group.

Rows come in group order; `starts` says where each group begins. None means that the slow way has to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.lookup import Positions
from pipeline.frame.values import Array, Values

__all__ = ["numbered", "reduced_by_group", "within_groups"]

_EXTREMES: dict[str, np.ufunc] = {"min": np.fmin, "max": np.fmax}
_WITHIN: dict[str, Callable[..., pl.Expr]] = {
    "cumsum": pl.Expr.cum_sum,
    "cumprod": pl.Expr.cum_prod,
    "cummax": pl.Expr.cum_max,
    "cummin": pl.Expr.cum_min,
    "shift": pl.Expr.shift,
    "diff": pl.Expr.diff,
}


def numbered(starts: Positions, length: int) -> Positions:
    """The number of the group that each row is in."""
    return np.repeat(np.arange(len(starts)), np.diff(np.append(starts, length)))


def reduced_by_group(ordered: Values, starts: Positions, name: str, options: dict[str, Any]) -> Values | None:
    """Sum, mean, min, max, count, std or var of each group."""
    array = ordered.array
    if array.dtype.kind not in "iuf" or not len(starts) or set(options) - {"ddof"}:
        return None
    if name in _EXTREMES:
        return Values(_EXTREMES[name].reduceat(array, starts))
    present = ~np.isnan(array)
    count = np.add.reduceat(present.astype(np.int64), starts)
    if name == "count":
        return Values(count)
    total: Array = np.add.reduceat(np.where(present, array, array.dtype.type(0)), starts)
    if name == "sum":
        return Values(total)
    if name not in {"mean", "std", "var"}:
        return None
    with np.errstate(all="ignore"):
        mean = total / count
        if name == "mean":
            return Values(mean)
        around = np.where(present, array - mean[numbered(starts, len(array))], 0.0)
        freedom = count - options.get("ddof", 1)
        variance = np.where(freedom > 0, np.add.reduceat(around**2, starts) / freedom, np.nan)
    return Values(np.sqrt(variance) if name == "std" else variance)


def within_groups(ordered: Values, starts: Positions, name: str, periods: Any = None) -> Values | None:
    """Running totals and extremes, shifts and differences, each group for itself."""
    if name not in _WITHIN or ordered.kind not in "iuf" or not len(starts):
        return None
    rows = pl.DataFrame({"group": numbered(starts, len(ordered)), "value": ordered.series})
    change = _WITHIN[name](pl.col("value"), *(() if periods is None else (int(periods),)))
    return Values.of(rows.select(change.over("group")).to_series())
