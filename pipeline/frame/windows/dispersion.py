"""What varies around exponential means: variances, deviations, covariances and correlations, as pandas has them.

The weighted products of distances from the means so far are a recursion as the means are (West, Updating Mean and
Variance Estimates, 1979): nothing is subtracted that could cancel, a flat beginning varies by exactly 0.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.values.values import Values
from pipeline.frame.windows.ewm import Decay, after, last_seen, shares, times_shares, whole_from
from pipeline.frame.windows.recursion import Recursion, scan, scan_aged

__all__ = ["weighted_pair", "weighted_spread"]

_Floats = npt.NDArray[np.float64]


def weighted_spread(values: Values, decay: Decay, *, bias: bool = False, root: bool = False) -> Values:
    """The weighted variance of the rows so far; its root, the deviation, when `root`."""
    made = weighted_pair(values, values, decay, correlation=False, bias=bias).array
    return Values(np.sqrt(made) if root else made)


def weighted_pair(left: Values, right: Values, decay: Decay, *, correlation: bool, bias: bool = False) -> Values:
    """The weighted covariance, or correlation, of the rows so far in which both are there."""
    x = left.finite_floats
    y = x if right is left else right.finite_floats
    gone = np.isnan(x) if y is x else np.isnan(x) | np.isnan(y)
    start = whole_from(gone)
    if start is not None:
        some = x[start:]
        made = _steady(some, some if y is x else y[start:], decay, correlation=correlation, bias=bias)
        return Values(after(made, start, decay.needed))
    seen = np.flatnonzero(~gone)
    out = np.full(len(x), np.nan)
    if len(seen) < max(decay.needed, 1):
        return Values(out)
    first, last = int(seen[0]), int(seen[-1]) + 1
    there = slice(first, last) if last - first == len(seen) else seen
    some = x[there]
    other = some if y is x else y[there]
    if isinstance(there, slice) or decay.ignore_na:
        out[there] = _steady(some, other, decay, correlation=correlation, bias=bias)
    elif decay.adjust:
        out[first:last] = _holed(x[first:last], y[first:last], gone[first:last], decay, (correlation, bias))
    else:
        out[there] = _aged(some, other, seen, decay, correlation=correlation, bias=bias)
    if len(seen) < len(x) - first:
        out[first:] = last_seen(out[first:], gone[first:])
    out[: seen[max(decay.needed, 1) - 1]] = np.nan
    return Values(out)


class _Apart:
    """How far the rows of a column lie from the weighted mean of those before them, piece by piece."""

    def __init__(self, x: _Floats, decay: Decay, known: _Floats) -> None:
        self._x = x
        self._known = known
        self._recursion = Recursion(1.0 - decay.alpha, len(x))
        self._last = 0.0

    def of(self, part: slice) -> _Floats:
        """The rows of the next piece."""
        apart: _Floats = self._x[part] - self._x[0]
        mean = apart.copy()
        self._recursion.run(mean)
        times_shares(mean, self._known, part.start)
        apart[0] -= self._last
        apart[1:] -= mean[:-1]
        self._last = float(mean[-1])
        return apart


def _steady(x: _Floats, y: _Floats, decay: Decay, *, correlation: bool, bias: bool) -> _Floats:
    """The statistic of rows that are all there: weights fall by the same share from row to row."""
    keep, rows = 1.0 - decay.alpha, len(x)
    if keep == 0.0:
        return np.full(rows, np.nan) if correlation or not bias else np.zeros(rows)
    if not rows:
        return np.empty(0)
    known = shares(decay.alpha, rows, adjust=decay.adjust)
    alone = y is x and not correlation
    first = _Apart(x, decay, known)
    second = first if alone else _Apart(y, decay, known)
    fresh, closing = _factors(decay.alpha, rows, decay.adjust, bias)
    sums = [Recursion(keep, rows) for _ in range(3 if correlation else 1)]
    out = np.empty(rows)
    for part in sums[0].pieces(rows):
        one = first.of(part)
        other = one if alone else second.of(part)
        products = [np.multiply(one, other, out=out[part])]
        if correlation:
            products += [one * one, other * other]
        for recursion, product in zip(sums, products, strict=True):
            times_shares(product, fresh, part.start)
            recursion.run(product)
        if correlation:
            _correlated(*products)
        else:
            times_shares(products[0], closing, part.start)
    return out


@lru_cache(maxsize=64)
def _factors(alpha: float, rows: int, adjust: bool, bias: bool) -> tuple[_Floats, _Floats]:
    """What a product is multiplied by before it is summed, and its sum after that; the last one goes on for ever."""
    keep = 1.0 - alpha
    # what is left of the first row's weight, squared: no more than a last digit of the sum of all squares
    some = len(shares(alpha, rows, adjust=True))
    fallen = keep ** (2.0 * np.arange(some))
    if adjust:
        known = shares(alpha, rows, adjust=True)
        fresh, closing = 1.0 - known, known
        squares = (1.0 - fallen * keep * keep) / (1.0 - keep * keep) * np.square(known)
    else:
        fresh, closing = np.array([1.0]), np.full(some, alpha * keep)
        squares = fallen + alpha**2 * (1.0 - fallen) / (1.0 - keep * keep)
    squares[0] = 1.0
    if some > 1:
        squares[-1] = alpha**2 / (1.0 - keep * keep)
    if not bias:
        closing = np.divide(closing, 1.0 - squares, out=np.full(some, np.nan), where=squares < 1.0)
    return fresh, closing


def _correlated(product: _Floats, square: _Floats, other: _Floats) -> None:
    """Put the correlation in the place of the products; a flat side has none."""
    square *= other
    np.sqrt(square, out=square)
    flat = square <= 0.0
    square[flat] = np.nan
    product /= square


def _holed(x: _Floats, y: _Floats, gone: npt.NDArray[np.bool_], decay: Decay, wanted: tuple[bool, bool]) -> _Floats:
    """The statistic where a missing row weighs nothing, and ages the others as any row does."""
    correlation, bias = wanted
    keep = 1.0 - decay.alpha
    there = (~gone).astype(np.float64)
    weights = scan(there, keep)
    apart_x = _from_before(x, gone, weights, keep)
    apart_y = apart_x if y is x else _from_before(y, gone, weights, keep)
    fresh = np.divide(weights - 1.0, weights, out=np.zeros(len(x)), where=~gone)
    if correlation:
        sums = [scan(fresh * one * other, keep) for one, other in _pairs(apart_x, apart_y)]
        _correlated(*sums)
        return sums[0]
    made = np.divide(scan(fresh * apart_x * apart_y, keep), weights, out=np.full(len(x), np.nan), where=~gone)
    if not bias:
        own = np.divide(scan(there, keep * keep), weights * weights, out=np.ones(len(x)), where=~gone)
        own[0] = 1.0
        made = np.divide(made, 1.0 - own, out=np.full(len(x), np.nan), where=own < 1.0)
    return np.asarray(made)


def _pairs(x: _Floats, y: _Floats) -> tuple[tuple[_Floats, _Floats], ...]:
    return (x, y), (x, x), (y, y)


def _from_before(x: _Floats, gone: npt.NDArray[np.bool_], weights: _Floats, keep: float) -> _Floats:
    """How far each row lies from the mean of those before it; a missing one by nothing."""
    apart = np.where(gone, 0.0, x - x[0])
    mean = np.divide(scan(apart, keep), weights, out=np.zeros(len(x)), where=~gone)
    apart[1:] -= last_seen(mean, gone)[:-1]
    apart[gone] = 0.0
    return apart


def _aged(x: _Floats, y: _Floats, seen: npt.NDArray[Any], decay: Decay, *, correlation: bool, bias: bool) -> _Floats:
    """The statistic of rows with gaps between them, in which weights fall too."""
    keep = 1.0 - decay.alpha
    gaps = np.diff(seen, prepend=seen[0]).astype(np.float64)
    aged = keep**gaps
    aged[0] = 0.0
    # what the rows before weigh, what this one does, and both
    old = aged * np.concatenate([[1.0], scan_aged(np.ones(len(seen)), aged)[:-1]]) if decay.adjust else aged
    fresh = np.where(np.arange(len(seen)) == 0, 1.0, 1.0 if decay.adjust else decay.alpha)
    share, stay = fresh / (old + fresh), old / (old + fresh)
    before_x, now_x = _means(x, share, stay)
    before_y, now_y = _means(y, share, stay)
    if correlation:
        product = _spread(before_x, now_x, before_y, now_y, share, stay)
        square_x = _spread(before_x, now_x, before_x, now_x, share, stay)
        square_y = _spread(before_y, now_y, before_y, now_y, share, stay)
        spread = np.sqrt(square_x * square_y)
        made = np.divide(product, spread, out=np.full(len(seen), np.nan), where=spread > 0.0)
    else:
        made = _spread(before_x, now_x, before_y, now_y, share, stay)
        if not bias:
            squares = scan_aged(share * share, stay * stay)
            made = np.divide(made, 1.0 - squares, out=np.full(len(seen), np.nan), where=squares < 1.0)
    return np.asarray(made)


def _means(x: _Floats, share: _Floats, stay: _Floats) -> tuple[_Floats, _Floats]:
    """How far the mean before each row, and the row itself, lie from the mean with it."""
    apart = x - x[0]
    mean = scan_aged(apart * share, stay)
    return np.concatenate([[0.0], mean[:-1]]) - mean, apart - mean


def _spread(  # noqa: PLR0917 - two columns and two weights
    before_x: _Floats, now_x: _Floats, before_y: _Floats, now_y: _Floats, share: _Floats, stay: _Floats
) -> _Floats:
    """The weighted mean of products around means that move."""
    return scan_aged(stay * before_x * before_y + share * now_x * now_y, stay)
