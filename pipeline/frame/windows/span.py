"""Windows that reach back a span of time: ``rolling('2h')``; and what windows of any kind can be asked one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.frame.values.statistics import deviation, kurtosis, mean, quantile, skewness, variance
from pipeline.frame.values.values import Array, Values
from pipeline.frame.windows.doubling import DOUBLED
from pipeline.frame.windows.rolling import Window, applied, rolled

__all__ = ["Span", "ranked", "single", "spanned"]

_CLOSED: dict[str, Any] = {"neither": "none"}
"""What polars calls it."""
_BY_TIME = {"mean", "sum", "min", "max", "std", "var", "median"}
_SINGLE: dict[str, Callable[..., Any]] = {
    "mean": mean,
    "sum": np.nansum,
    "min": np.nanmin,
    "max": np.nanmax,
    "std": deviation,
    "var": variance,
    "median": quantile,
    "quantile": lambda x, quantile=0.5, interpolation="linear": _quantile(x, quantile, interpolation),
    "skew": skewness,
    "kurt": kurtosis,
    "sem": lambda x, ddof=1: deviation(x, ddof=ddof) / np.sqrt(np.count_nonzero(~np.isnan(x))),
    "first": lambda x: x[~np.isnan(x)][0],
    "last": lambda x: x[~np.isnan(x)][-1],
    "nunique": lambda x: float(len(np.unique(x[~np.isnan(x)]))),
}


def _quantile(x: Array, q: float, interpolation: str) -> Any:
    return quantile(x, 0, q, interpolation)


_ROUGH = 1e-12
"""The share of a usual value that the rounding of a running sum may reach."""


class Span:
    """How far back in time a window reaches from each row; times must not go back."""

    center = False
    late = 0

    def __init__(
        self, ticks: Array, reach: int, needed: int, closed: str, *, center: bool = False, step: int = 1
    ) -> None:
        self.ticks = ticks
        self.reach = reach
        self.needed = needed
        self.closed = closed
        self.center = center
        self.step = step

    @property
    def least(self) -> int:
        """How many values make a result; at least one."""
        return max(self.needed, 1)

    def as_rows(self) -> Window | None:
        """The window of a fixed number of rows that this one is where rows come at a steady pace; else None."""
        ticks = self.ticks
        if len(ticks) < 2 or (step := int(ticks[1] - ticks[0])) <= 0 or not bool((np.diff(ticks) == step).all()):
            return None
        reached = self.reach // step + (1 if self.closed in {"left", "both"} else 0 if self.reach % step == 0 else 1)
        late = int(self.closed in {"left", "neither"})
        length = reached - late
        return Window(length, min(self.needed, length), late=late) if length > 0 and self.needed <= length else None

    def bounds(self, rows: int) -> tuple[Array, Array]:  # noqa: ARG002 - a row for each time
        """Where the window of each row begins and ends."""
        ticks, reach = self.ticks, self.reach
        if self.center:
            half = reach / 2
            starts = np.searchsorted(ticks, ticks - half, side="left" if self.closed in {"left", "both"} else "right")
            ends = np.searchsorted(ticks, ticks + half, side="right" if self.closed in {"right", "both"} else "left")
            return starts, ends
        starts = np.searchsorted(ticks, ticks - reach, side="left" if self.closed in {"left", "both"} else "right")
        own = np.arange(1, len(ticks) + 1)
        ends = own if self.closed in {"right", "both"} else np.searchsorted(ticks, ticks, side="left")
        return starts, np.maximum(ends, starts)


def _totals(floats: Array, span: Span, name: str) -> Array | None:
    """Sums or means of windows, from a running sum of all rows in extended precision; None where that is too rough."""
    starts, ends = span.bounds(len(floats))
    gone = np.isnan(floats)
    whole = not gone.any()
    present = np.where(gone, 0.0, floats) if not whole else floats
    anchor = present[int(np.argmin(gone))]
    # the running sum is of what lies apart from a first value, so that it stays small
    apart = present - anchor if whole else np.where(gone, 0.0, present - anchor)
    running = np.zeros(len(floats) + 1, dtype=np.longdouble)
    np.cumsum(apart, dtype=np.longdouble, out=running[1:])
    some = np.abs(present[:: len(present) // 512 + 1])
    usual = float(np.median(some[some > 0])) if some.any() else 0.0
    if float(np.abs(running).max()) * np.finfo(np.longdouble).eps > _ROUGH * usual:
        # a value so large that its rounding would outlive its window
        return None
    total = (running[ends] - running[starts]).astype(np.float64)
    count = ends - starts
    if not whole:
        counts = np.zeros(len(floats) + 1, dtype=np.int64)
        np.cumsum(~gone, out=counts[1:])
        count = counts[ends] - counts[starts]
    with np.errstate(all="ignore"):
        made = total / count + anchor if name == "mean" else total + anchor * count
    needed = span.needed if name == "sum" else span.least
    made[count < needed] = np.nan
    return np.asarray(made)


def spanned(values: Values, span: Any, name: str, options: dict[str, Any]) -> Values:
    """The statistic `name` of each window of a span of time, or of windows by their bounds."""
    floats = values.finite_floats
    if name == "count":
        starts, ends = span.bounds(len(floats))
        total = np.concatenate([[0.0], np.cumsum(~np.isnan(floats))])
        counted = total[ends] - total[starts]
        return Values(np.where(ends - starts >= span.needed, counted, np.nan))
    in_time = isinstance(span, Span) and not span.center and len(floats) > 0
    if in_time and name in DOUBLED and (window := span.as_rows()) is not None:
        return rolled(values, window, name, **options)
    if in_time and name in {"mean", "sum"} and bool((np.diff(span.ticks) >= 0).all()):
        totals = _totals(floats, span, name)
        if totals is not None:
            return Values(totals)
    if name in _BY_TIME and in_time and bool((np.diff(span.ticks) > 0).all()):
        table = pl.DataFrame({"at": span.ticks.view("M8[us]"), "x": pl.Series(floats, nan_to_null=True)})
        window = getattr(pl.col("x"), f"rolling_{name}_by")
        made = table.select(
            window(
                "at",
                window_size=f"{span.reach}us",
                min_samples=span.least,
                closed=_CLOSED.get(span.closed, span.closed),
                **options,
            )
        ).to_series()
        result = made.to_numpy()
        if name == "sum" and span.needed == 0:
            result = np.nan_to_num(result, nan=0.0)
        return Values(np.asarray(result, dtype=np.float64))
    return single(values, span, name, options)


def single(values: Values, window: Any, name: str, options: dict[str, Any]) -> Values:
    """The statistic `name`, window by window."""
    function = _SINGLE[name]
    with np.errstate(all="ignore"):
        return applied(values, window.bounds(len(values)), window.least, lambda x, _: function(x, **options))


def ranked(values: Values, window: Any, method: str, ascending: bool, pct: bool) -> Values:
    """The rank of each value within its window."""
    if isinstance(window, Window) and not (window.center or window.late or window.forward) and method in _PLACES:
        return Values(_ranked_all(values.finite_floats, window, method, ascending, pct))

    def rank(x: Array, _: slice) -> float:
        own = x[-1]
        if np.isnan(own):
            return float("nan")
        seen = x[~np.isnan(x)]
        less = np.count_nonzero(seen < own if ascending else seen > own)
        same = np.count_nonzero(seen == own)
        place = less + {"average": (same + 1) / 2, "min": 1, "max": same}[method]  # type: ignore[operator]
        return float(place / len(seen)) if pct else float(place)

    return applied(values, window.bounds(len(values)), window.least, rank)


def _ranked_all(x: Array, window: Window, method: str, ascending: bool, pct: bool) -> Array:
    """The rank of each row among the rows of its window, all windows side by side, a piece at a time."""
    padded = np.concatenate([np.full(window.length - 1, np.nan), x])
    seen = sliding_window_view(padded, window.length)
    out = np.empty(len(x))
    step = max(1, _CELLS // window.length)
    for start in range(0, len(x), step):
        piece = seen[start : start + step]
        own = x[start : start + step, None]
        less = np.count_nonzero(piece < own if ascending else piece > own, axis=1)
        same = np.count_nonzero(piece == own, axis=1)
        count = np.count_nonzero(~np.isnan(piece), axis=1)
        place = less + _PLACES[method](same)
        with np.errstate(all="ignore"):
            out[start : start + step] = np.where(count >= window.least, place / count if pct else place, np.nan)
    out[np.isnan(x)] = np.nan
    return out


_CELLS = 1_000_000
_PLACES: dict[str, Callable[[Array], Any]] = {
    "average": lambda same: (same + 1) / 2, "min": lambda same: np.minimum(same, 1), "max": lambda same: same,
}  # fmt: skip
