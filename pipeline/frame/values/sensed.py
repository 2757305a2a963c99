"""Arithmetic and comparison of columns of masked types and of periods, whose plain values mean more than numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.frame.time.moment import is_missing
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.period import Period, as_period
from pipeline.frame.values.mask import Mask, kleene, mask_for, settled
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["sensed", "with_sense"]

_LOGIC = {"and", "or", "xor"}
_COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}
_BOOLEAN = Mask("boolean")


def sensed(left: Any, right: Any) -> bool:
    """True when one side is a column of a masked type, or of periods."""
    return any(isinstance(side, Values) and side.sense is not None for side in (left, right))


def with_sense(name: str, left: Any, right: Any, plain: Callable[[str, Any, Any], Values]) -> Values:
    """The operation `name`, where `plain` is the same on columns without a sense."""
    paced = next((s for s in (left, right) if isinstance(s, Values) and isinstance(s.sense, Pace)), None)
    return _of_periods(name, left, right, plain) if paced is not None else _of_masked(name, left, right, plain)


# -- masked types ------------------------------------------------------------------------------------------


def _of_masked(name: str, left: Any, right: Any, plain: Callable[[str, Any, Any], Values]) -> Values:
    rows = next(len(side) for side in (left, right) if isinstance(side, Values))
    if name in _LOGIC:
        return Values(kleene(name, _flags(left, rows), _flags(right, rows)), sense=_BOOLEAN)
    gone = _missing(left, rows) | _missing(right, rows)
    result = plain(name, _bare(left), _bare(right))
    if name in _COMPARISONS:
        flags = np.where(gone, np.nan, result.array.astype(object)) if gone.any() else result.array
        return Values(settled(flags, _BOOLEAN), sense=_BOOLEAN)
    array = result.array
    if array.dtype.kind not in "biuf":
        return result
    whole = name != "truediv" and all(_whole(side) for side in (left, right))
    mask = Mask("Int64") if whole and array.dtype.kind == "f" else mask_for(array)
    named = {side.sense for side in (left, right) if isinstance(side, Values) and side.sense is not None}
    if len(named) == 1 and named != {_BOOLEAN}:
        own: Any = named.pop()
        mask = own if own.plain.kind == mask.plain.kind else mask
    try:
        return Values(settled(array, mask), sense=mask)
    except TypeError:
        return Values(settled(array, Mask("Float64")), sense=Mask("Float64"))


def _bare(side: Any) -> Any:
    if isinstance(side, Values):
        return Values(side.array)
    return np.nan if is_missing(side) else side


def _missing(side: Any, rows: int) -> Array:
    return missing_mask(side.array) if isinstance(side, Values) else np.full(rows, is_missing(side))


def _flags(side: Any, rows: int) -> Array:
    if not isinstance(side, Values):
        return np.full(rows, np.nan if is_missing(side) else bool(side), dtype=object)
    if side.kind not in "bO":
        raise TypeError("Need to pass bool-like values")
    return side.array


def _whole(side: Any) -> bool:
    if isinstance(side, Values):
        return side.sense.plain.kind in "iub" if isinstance(side.sense, Mask) else side.kind in "iub"
    return isinstance(side, int | np.integer) or is_missing(side)


# -- periods -----------------------------------------------------------------------------------------------


def _of_periods(name: str, left: Any, right: Any, plain: Callable[[str, Any, Any], Values]) -> Values:
    pace = next(side.sense for side in (left, right) if isinstance(side, Values) and isinstance(side.sense, Pace))
    if name in _COMPARISONS:
        return plain(name, _moments(left, pace), _moments(right, pace))
    if name not in {"add", "sub"}:
        raise TypeError(f"unsupported operation {name!r} on periods")
    swapped = not (isinstance(left, Values) and isinstance(left.sense, Pace))
    mine, other = (right, left) if swapped else (left, right)
    if name == "sub" and (isinstance(other, Period) or (isinstance(other, Values) and isinstance(other.sense, Pace))):
        others = other.items() if isinstance(other, Values) else [other] * len(mine)
        apart = [a - b for a, b in zip(mine.items(), others, strict=True)]
        negated = [-x if swapped else x for x in apart]
        return Values(np.fromiter(negated, dtype=object, count=len(negated)))
    steps = other.array if isinstance(other, Values) else getattr(other, "n", other)
    if not np.issubdtype(np.asarray(steps).dtype, np.integer):
        raise TypeError(f"cannot add {type(other).__name__} to periods")
    return Values(pace.moved(mine.array, -np.asarray(steps) if name == "sub" else steps), sense=pace)


def _moments(side: Any, pace: Pace) -> Any:
    if isinstance(side, Values):
        if side.sense is not None and side.sense != pace:
            raise TypeError("Cannot compare periods of different lengths")
        return Values(side.array)
    if is_missing(side):
        return np.datetime64("NaT", "us")
    if isinstance(side, str | Period):
        period = as_period(side, pace)
        if period.pace != pace:
            raise TypeError(f"Cannot compare periods of {pace.freqstr} with {period.freqstr}")
        return period._start
    return side
