"""Windows that reach from the first row to each row: running sums and extremes, in one pass.

Sums are kept in extended precision, around the first value, so that they lose no digit of a double.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["GROWING", "growing"]

_Floats = npt.NDArray[np.float64]
GROWING = frozenset({"mean", "sum", "min", "max", "std", "var"})


def growing(x: _Floats, needed: int, name: str, ddof: int = 1) -> _Floats:
    """The statistic `name` of all rows up to each row; NaN where fewer than `needed` of them are there."""
    gone = np.isnan(x)
    if gone.all():
        return np.zeros(len(x)) if name == "sum" and needed == 0 else np.full(len(x), np.nan)
    count = np.cumsum(~gone)
    enough = count >= (needed if name == "sum" else max(needed, 1))
    if name in {"min", "max"}:
        made = (np.fmin if name == "min" else np.fmax).accumulate(x)
    else:
        first = x[int(np.argmin(gone))]
        apart = np.where(gone, 0.0, x - first).astype(np.longdouble)
        made = _summed(apart, count, first, name, ddof)
    return np.where(enough, made, np.nan)


def _summed(apart: Any, count: Any, first: float, name: str, ddof: int) -> _Floats:
    total = np.cumsum(apart)
    with np.errstate(all="ignore"):
        if name == "sum":
            return np.asarray(total + np.longdouble(first) * count, dtype=np.float64)
        if name == "mean":
            return np.asarray(total / count + first, dtype=np.float64)
        spread = np.cumsum(apart * apart) - total * total / count
        made = np.where(count > ddof, np.maximum(spread, 0) / (count - ddof), np.nan).astype(np.float64)
    # a flat beginning varies by exactly 0
    flat = np.maximum.accumulate(np.abs(apart)) == 0
    made = np.where(flat & (count > ddof), 0.0, made)
    return np.sqrt(made) if name == "std" else made
