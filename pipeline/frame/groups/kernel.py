"""All groups at once: a value for each group, or for each row within its group, without a call for every group.

Rows come in group order; `starts` says where each group begins. None means that the slow way has to do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.index.lookup import Positions
from pipeline.frame.values.values import Array, Values

__all__ = ["numbered", "reduced_by_group", "within_groups"]

_EXTREMES: dict[str, np.ufunc] = {"min": np.fmin, "max": np.fmax}
_RUNNING: dict[str, tuple[np.ufunc, float]] = {
    "cumsum": (np.add, 0.0),
    "cumprod": (np.multiply, 1.0),
    "cummax": (np.maximum, -np.inf),
    "cummin": (np.minimum, np.inf),
}
"""How a running total or extreme goes on, and what a missing value counts in it."""
_LONG = 256
"""Groups of as many rows go one by one; shorter ones all together, row by row."""


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
    sizes = np.diff(np.append(starts, len(array)))
    gone = np.isnan(array) if array.dtype.kind == "f" else None
    whole = gone is None or not gone.any()
    count = sizes if whole else sizes - np.add.reduceat(gone, starts, dtype=np.int64)  # type: ignore[arg-type]
    if name == "count":
        return Values(count)
    if not whole:
        array = np.where(gone, 0.0, array)  # type: ignore[arg-type]
    narrow = ordered.array.dtype if ordered.kind == "f" else np.dtype(np.float64)
    total: Array = np.add.reduceat(array, starts, dtype=np.float64 if ordered.kind == "f" else None)
    if name == "sum":
        return Values(total.astype(narrow, copy=False) if ordered.kind == "f" else total)
    if name not in {"mean", "std", "var"}:
        return None
    with np.errstate(all="ignore"):
        mean = total / count
        if name == "mean":
            return Values(mean.astype(narrow, copy=False))
        around = array - np.repeat(mean, sizes)
        if not whole:
            around[gone] = 0.0
        freedom = count - options.get("ddof", 1)
        variance = np.where(freedom > 0, np.add.reduceat(around**2, starts) / freedom, np.nan)
    return Values((np.sqrt(variance) if name == "std" else variance).astype(narrow, copy=False))


def within_groups(ordered: Values, starts: Positions, name: str, periods: Any = None) -> Values | None:
    """Running totals and extremes, shifts and differences, each group for itself."""
    if ordered.kind not in "iuf" or not len(starts):
        return None
    if name in _RUNNING:
        return Values(_run(ordered.array, starts, *_RUNNING[name]))
    if name not in {"shift", "diff"} or int(1 if periods is None else periods) < 1:
        return None
    back = int(1 if periods is None else periods)
    floats = ordered.array if ordered.kind == "f" else ordered.floats
    moved = np.full(len(floats), np.nan, dtype=floats.dtype)
    moved[back:] = floats[:-back]
    # the first rows of a group have none before them
    early = starts[:, None] + np.arange(min(back, len(floats)))
    ends = np.append(starts[1:], len(floats))[:, None]
    moved[early[early < ends]] = np.nan
    return Values(moved if name == "shift" else floats - moved)


def _run(array: Array, starts: Positions, step: np.ufunc, neutral: float) -> Array:
    """Totals or extremes up to each row of its group; missing stays missing and counts nothing."""
    gone = np.isnan(array) if array.dtype.kind == "f" else None
    if gone is not None and gone.any():
        out = np.where(gone, neutral, array)
    else:
        gone = None
        out = np.array(array, dtype={"f": np.float64, "i": np.int64, "u": np.uint64}[array.dtype.kind])
    sizes = np.diff(np.append(starts, len(array)))
    long = sizes > _LONG
    for start, size in zip(starts[long].tolist(), sizes[long].tolist(), strict=True):
        step.accumulate(out[start : start + size], out=out[start : start + size])
    rows, left = starts[~long], sizes[~long]
    for place in range(1, int(left.max(initial=0))):
        more = left > place
        rows, left = rows[more], left[more]
        out[rows + place] = step(out[rows + place - 1], out[rows + place])
    if gone is not None:
        out[gone] = np.nan
    if out.dtype == array.dtype:
        return out
    back = out.astype(array.dtype)
    return back if array.dtype.kind == "f" or bool((back == out).all()) else out
