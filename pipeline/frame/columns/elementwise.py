"""Changes of each value, and of each value by its neighbours: shift, differences, running totals, bounds, choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.columns.missing import carried
from pipeline.frame.library.gaps import note_spelling, refuse, unsupported
from pipeline.frame.time.moment import as_moment, as_span, is_missing
from pipeline.frame.values.faces import objects
from pipeline.frame.values.replacement import replaced
from pipeline.frame.values.values import Array, Values, fitting, missing_mask, plain_scalar

__all__ = ["Elementwise", "shifted"]

_LISTED = (Columnar, np.ndarray, list, tuple, dict)


class Elementwise(Columnar):
    """Operations that keep the labels and need one column at a time."""

    def shift(self, periods: int = 1, freq: Any = None, axis: Any = 0, fill_value: Any = None, **options: Any) -> Any:
        """Values moved down by `periods` rows (up, when negative); what enters is missing or `fill_value`."""
        refuse("shift", {"axis": axis, **options})
        if freq is not None:
            moved = self._each(lambda values: values)
            moved._index = self._index.shift(periods, freq)
            return moved
        return self._each(lambda values: shifted(values, int(periods), fill_value))

    def diff(self, periods: Any = 1, axis: Any = 0) -> Any:
        """The change over `periods` rows."""
        refuse("diff", {"axis": axis})
        if isinstance(periods, float) and not periods.is_integer():
            raise ValueError("periods must be an integer")

        def change(values: Values) -> Values:
            array = values.array
            if array.dtype.kind == "b":
                # a condition changes where it differs from the row before
                pairs = zip(array, shifted(values, int(periods), None).items(), strict=True)
                return Values(objects([y if is_missing(y) else x != y for x, y in pairs]))
            if array.dtype.kind in "iu":
                array = array.astype(np.float64)
            before = shifted(Values(array), int(periods), None).array
            with np.errstate(all="ignore"):
                apart = array - before
                return values.like(apart) if values.sense is not None and apart.dtype.kind != "m" else Values(apart)

        return self._each(change)

    def pct_change(self, periods: int = 1, fill_method: Any = None, **options: Any) -> Any:
        """The relative change over `periods` rows."""
        refuse("pct_change", {"axis": options.pop("axis", None), **options})

        def change(values: Values) -> Values:
            base = carried(values, backward=False) if fill_method in {"ffill", "pad"} else values
            floats = base.floats
            with np.errstate(all="ignore"):
                return Values(floats / shifted(Values(floats), int(periods), None).array - 1)

        return self._each_numeric(change)

    def cumsum(self, axis: Any = None, skipna: bool = True, **options: Any) -> Any:
        """Running sum; missing rows stay missing and count nothing."""
        return self._running(np.add, 0, skipna, {"axis": axis, **options})

    def cumprod(self, axis: Any = None, skipna: bool = True, **options: Any) -> Any:
        """Running product."""
        return self._running(np.multiply, 1, skipna, {"axis": axis, **options})

    def cummax(self, axis: Any = None, skipna: bool = True, **options: Any) -> Any:
        """Highest so far."""
        return self._running(np.maximum, -np.inf, skipna, {"axis": axis, **options})

    def cummin(self, axis: Any = None, skipna: bool = True, **options: Any) -> Any:
        """Lowest so far."""
        return self._running(np.minimum, np.inf, skipna, {"axis": axis, **options})

    def _running(self, function: np.ufunc, neutral: float, skipna: bool, options: dict[str, Any]) -> Any:
        refuse(f"running {function.__name__}", options)

        def change(values: Values) -> Values:
            array = values.floats if values.kind == "O" else values.array
            if array.dtype.kind == "b" and function in (np.add, np.multiply):
                array = array.astype(np.int64)
            gone = missing_mask(array)
            if not skipna or not gone.any():
                return values.like(function.accumulate(array))
            if array.dtype.kind in "Mm":
                return values.like(_running_times(function, array, gone))
            if array.dtype.kind != "f":
                raise unsupported(f"running {function.__name__}", "missing values of this type")
            total = function.accumulate(np.where(gone, neutral, array))
            return values.like(np.where(gone, np.nan, total))

        return self._each(change)

    def clip(self, lower: Any = None, upper: Any = None, *, inplace: bool = False, **options: Any) -> Any:
        """Values kept between `lower` and `upper`; missing stays missing, a missing bound binds nothing."""
        axis = options.pop("axis", None)
        refuse("clip", options)
        how = "left" if axis in {None, 0, "index"} else "columns"
        lower, upper = (bound if _binds(bound) else None for bound in (lower, upper))
        listed = isinstance(upper, _LISTED)
        if not (listed or isinstance(lower, _LISTED)) and lower is not None and upper is not None and lower > upper:
            lower, upper = upper, lower
        result: Any = self if lower is None else self._paired(lower, _clipper(np.fmax), how=how)
        if listed and lower is not None:
            # many upper bounds bind what was above them before the lower ones raised anything
            lowered = self._paired(upper, _clipper(np.fmin), how=how)
            result = result._paired(lowered, _as_wide, how="left")._merged(lowered, lowered >= self)
        elif upper is not None:
            result = result._paired(upper, _clipper(np.fmin), how=how)
        return self._settled(result._each(lambda values: values), inplace, "clip")

    def isin(self, values: Any) -> Any:
        """True where the value is one of `values`."""
        if isinstance(values, str):
            raise TypeError("only list-like objects are allowed to be passed to isin(), you passed a `str`")
        if isinstance(values, dict):
            raise unsupported("isin", "a dict")
        wanted = Values.of(list(values))
        wants_missing = bool(missing_mask(wanted.array).any())

        def change(column: Values) -> Values:
            array = column.array
            if "O" in {array.dtype.kind, wanted.kind}:
                pool = set(wanted.items())
                found = np.fromiter((x in pool for x in array), dtype=np.bool_, count=len(array))
            else:
                found = np.isin(array, wanted.array)
            return Values(found | missing_mask(array) if wants_missing else found)

        return self._each(change)

    def astype(self, dtype: Any, *, errors: str = "raise", **options: Any) -> Any:
        """The values as another type."""
        refuse("astype", {"errors": errors != "raise", **{k: v for k, v in options.items() if k != "copy"}})
        return self._each(lambda values: values.cast(dtype))

    def where(self, cond: Any, other: Any = np.nan, *, inplace: bool = False, **options: Any) -> Any:
        """The value where `cond` is true, else `other`."""
        refuse("where", options)
        return self._settled(self._chosen(cond, other, keep=True), inplace, "where")

    def mask(self, cond: Any, other: Any = np.nan, *, inplace: bool = False, **options: Any) -> Any:
        """`other` where `cond` is true, else the value."""
        refuse("mask", options)
        return self._settled(self._chosen(cond, other, keep=False), inplace, "mask")

    def _chosen(self, cond: Any, other: Any, *, keep: bool) -> Any:
        condition = cond(self) if callable(cond) else cond
        fallback = other(self) if callable(other) else other

        def holds(values: Values, flags: Any) -> Values:
            array = flags.array if isinstance(flags, Values) else np.full(len(values), bool(flags))
            if array.dtype.kind == "O":
                array = np.where(missing_mask(array), not keep, array).astype(np.bool_)
            if array.dtype.kind != "b":
                raise TypeError("Boolean array expected for the condition, not " + str(array.dtype))
            return Values(array if keep else ~array)

        kept = self._paired(condition, holds, how="left")
        if not isinstance(fallback, Columnar | np.ndarray | list):
            return self._paired(kept, lambda values, flags: _assigned_unless(values, flags, fallback), how="left")
        spare = self._paired(fallback, lambda values, instead: _as_values(instead, len(values)), how="left")

        return self._merged(spare, kept)

    def replace(self, to_replace: Any = None, value: Any = None, *, inplace: bool = False, **options: Any) -> Any:
        """Some values by others: scalars, lists, or a dict of old and new."""
        method, regex = options.pop("method", None), options.pop("regex", False)
        refuse("replace", options)
        if regex is not False and regex is not True and to_replace is None:
            to_replace, regex = regex, True
        if method is not None:
            note_spelling(f"replace(method={method!r})", "mask() and ffill()")
            backward = method in {"bfill", "backfill"}
            lost = self._each(lambda values: replaced(values, to_replace, np.nan))
            result = lost._each(lambda values: carried(values, backward=backward))
        else:
            result = self._replaced(to_replace, value, regex=bool(regex))
        return self._settled(result, inplace, "replace")

    def _replaced(self, old: Any, new: Any, *, regex: bool) -> Any:
        return self._each(lambda values: replaced(values, old, new, regex=regex))


def shifted(values: Values, periods: int, fill_value: Any) -> Values:
    """Values moved by `periods` rows; whole numbers become floats and conditions objects, unless filled."""
    if periods == 0 or len(values) == 0:
        return values.cast(object) if values.kind == "b" and periods and fill_value is None else values
    array = fitting(values.array, np.nan if fill_value is None else fill_value)
    result = np.empty_like(array)
    blank: Any = np.array("NaT", dtype=array.dtype)[()] if array.dtype.kind in "Mm" and fill_value is None else np.nan
    blank = blank if fill_value is None else fill_value
    rows = min(abs(periods), len(array))
    if periods > 0:
        result[:rows] = blank
        result[rows:] = array[: len(array) - rows]
    else:
        result[len(array) - rows :] = blank
        result[: len(array) - rows] = array[rows:]
    return values.like(result)


def _clipper(function: np.ufunc) -> Callable[[Values, Any], Values]:
    plain = np.minimum if function is np.fmin else np.maximum

    def change(values: Values, bound: Any) -> Values:
        limit = bound.array if isinstance(bound, Values) else plain_scalar(_as_time(bound, values.kind))
        array = values.array
        if array.dtype.kind == "f" and isinstance(limit, int | float | np.integer | np.floating):
            # a missing value stays missing by itself
            return Values(plain(array, array.dtype.type(limit)))
        bound_to = np.where(missing_mask(array), array, function(array, limit))
        if array.dtype.kind in "iub" and (bound_to == array).all():
            return values
        if array.dtype.kind in "iu" and bound_to.dtype.kind == "f" and _fits(limit, array.dtype):
            return Values(bound_to.astype(array.dtype))
        return values.like(bound_to)

    return change


def _binds(bound: Any) -> bool:
    return bound is not None and (isinstance(bound, _LISTED) or not is_missing(bound))


def _as_wide(values: Values, other: Values) -> Values:
    return values.cast(np.float64) if values.kind in "iu" and other.kind == "f" else values


def _fits(bounds: Any, dtype: np.dtype[Any]) -> bool:
    """True when every bound, also one that binds nothing, is a whole number: then whole numbers stay whole."""
    bounds = np.asarray(bounds)
    with np.errstate(invalid="ignore"):
        return bool((bounds.astype(dtype) == bounds).all())


def _as_time(bound: Any, kind: str) -> Any:
    return (as_moment(bound) if kind == "M" else as_span(bound)) if kind in "Mm" and isinstance(bound, str) else bound


def _running_times(function: np.ufunc, array: Array, gone: Array) -> Array:
    """Running sums and extremes of times, over the missing ones."""
    result = np.array(array)
    result[~gone] = function.accumulate(array[~gone])
    return result


def _as_values(instead: Any, length: int) -> Values:
    return instead if isinstance(instead, Values) else Values.repeat(instead, length)


def _assigned_unless(values: Values, flags: Any, instead: Any) -> Values:
    lost = ~flags.array
    return values.assigned(lost, instead) if lost.any() else values
