"""Reductions as methods: ``mean``, ``max``, ``std``, ``any``, …, down the columns or along the rows.

The arguments that numpy passes on (``np.mean(series)`` calls ``series.mean(axis=None, dtype=None, out=None)``) are
taken when they ask for nothing.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.library.gaps import refuse
from pipeline.frame.time.moment import NA, NaT, Timedelta, is_missing
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.period import Period
from pipeline.frame.values.statistics import REDUCTIONS
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["Reductions", "reduced"]


class Reductions(Columnar):
    """What Series and DataFrame sum up to."""

    @abstractmethod
    def _reduce(self, name: str, axis: Any, skipna: bool, options: dict[str, Any]) -> Any:
        """The reduction `name` of each column (axis 0) or each row (axis 1)."""

    def _reduction(self, name: str, axis: Any, skipna: bool, given: dict[str, Any], options: dict[str, Any]) -> Any:
        numeric_only = options.pop("numeric_only", False)
        refuse(name, options)
        return self._reduce(name, axis, skipna, {**given, **({"numeric_only": True} if numeric_only else {})})

    def sum(self, axis: Any = 0, skipna: bool = True, *, min_count: int = 0, **options: Any) -> Any:
        """The sum; 0 of nothing."""
        return self._reduction("sum", axis, skipna, {"min_count": min_count} if min_count else {}, options)

    def prod(self, axis: Any = 0, skipna: bool = True, *, min_count: int = 0, **options: Any) -> Any:
        """The product; 1 of nothing."""
        return self._reduction("prod", axis, skipna, {"min_count": min_count} if min_count else {}, options)

    product = prod

    def mean(self, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """The arithmetic mean."""
        return self._reduction("mean", axis, skipna, {}, options)

    def median(self, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """The middle value."""
        return self._reduction("median", axis, skipna, {}, options)

    def min(self, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """The lowest value."""
        return self._reduction("min", axis, skipna, {}, options)

    def max(self, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """The highest value."""
        return self._reduction("max", axis, skipna, {}, options)

    def std(self, axis: Any = 0, skipna: bool = True, *, ddof: int = 1, **options: Any) -> Any:
        """The standard deviation, by n - ddof."""
        return self._reduction("std", axis, skipna, {"ddof": ddof}, options)

    def var(self, axis: Any = 0, skipna: bool = True, *, ddof: int = 1, **options: Any) -> Any:
        """The variance, by n - ddof."""
        return self._reduction("var", axis, skipna, {"ddof": ddof}, options)

    def sem(self, axis: Any = 0, skipna: bool = True, *, ddof: int = 1, **options: Any) -> Any:
        """The standard error of the mean."""
        return self._reduction("sem", axis, skipna, {"ddof": ddof}, options)

    def skew(self, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """Skewness without bias."""
        return self._reduction("skew", axis, skipna, {}, options)

    def kurt(self, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """Excess kurtosis without bias."""
        return self._reduction("kurt", axis, skipna, {}, options)

    kurtosis = kurt

    def any(self, *, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """True when one value is true."""
        return self._reduction("any", axis, skipna, {}, options)

    def all(self, *, axis: Any = 0, skipna: bool = True, **options: Any) -> Any:
        """True when no value is false."""
        return self._reduction("all", axis, skipna, {}, options)

    def count(self, axis: Any = 0, **options: Any) -> Any:
        """How many values are not missing."""
        return self._reduction("count", axis, True, {}, options)

    def nunique(self, *, dropna: bool = True, axis: Any = 0, **options: Any) -> Any:
        """How many different values."""
        return self._reduction("nunique", axis, dropna, {}, options)


def reduced(values: Values, name: str, skipna: bool, options: dict[str, Any]) -> Any:
    """The reduction `name` of one column, as a scalar of the type that pandas gives."""
    if values.sense is not None:
        return _of_sense(values, name, skipna, options)
    array = values.array
    gone = missing_mask(array)
    if name == "count":
        return int(len(array) - gone.sum())
    if name == "nunique":
        return len(set(values.like(array[~gone]).items())) + (not skipna and bool(gone.any()))
    if name in {"any", "all"}:
        flags = array[~gone] if skipna else array
        return bool(getattr(flags.astype(np.bool_), name)())
    if (
        array.dtype.kind in "iub"
        and name in {"sum", "min", "max", "prod"}
        and (len(array) or name in {"sum", "prod"})
        and "min_count" not in options
    ):
        return getattr(array, name)()
    if values.kinds is not None and name in {"min", "max"}:
        if not values.kinds.ordered:
            raise TypeError(f"Categorical is not ordered for operation {name}")
        places = values.kinds.codes(array[~gone])
        return values.kinds.items[getattr(places, name)()] if len(places) else np.nan
    if array.dtype.kind in "Mm":
        return _of_times(values, gone, name, skipna, options)
    if array.dtype.kind == "O" and name in {"min", "max", "sum"}:
        seen = array[~gone]
        if len(seen) and isinstance(seen[0], str):
            return "".join(seen) if name == "sum" else min(seen) if name == "min" else max(seen)
    floats = values.floats
    if not skipna and np.isnan(floats).any():
        return np.float64(np.nan)
    with np.errstate(all="ignore"):
        return REDUCTIONS[name](floats, axis=0, **options)


def _of_times(values: Values, gone: Any, name: str, skipna: bool, options: dict[str, Any]) -> Any:
    """A reduction of times, as a time; of spans, as a span. Raises TypeError for what makes no sense."""
    kind = values.array.dtype.kind
    if name not in (_OF_MOMENTS if kind == "M" else _OF_SPANS):
        raise TypeError(f"'{'datetime64' if kind == 'M' else 'timedelta64'}' type does not support reduction {name!r}")
    seen = values.array[~gone]
    if name == "sum" and not len(seen) and len(values) >= options.get("min_count", 0):
        return Timedelta(0)
    if not len(seen) or (gone.any() and not skipna) or len(seen) < options.get("min_count", 0):
        return NaT
    if name in {"min", "max"}:
        return values.like(np.array([getattr(seen, name)()])).item(0)
    # from the first one on, so that floats are exact to the microsecond
    first = seen[0] if kind == "M" else np.timedelta64(0, "us")
    apart = (seen - first).astype(np.int64).astype(np.float64)
    ticks = REDUCTIONS[name](apart, axis=0, **{k: v for k, v in options.items() if k != "min_count"})
    if np.isnan(ticks):
        return NaT
    span = np.timedelta64(int(np.floor(ticks)), "us")
    # a deviation of moments is a span
    found = span if kind == "m" or name in {"std", "sem"} else first + span
    return values.like(np.array([found])).item(0)


_OF_MOMENTS = frozenset({"min", "max", "mean", "median", "quantile", "std"})
_OF_SPANS = _OF_MOMENTS | {"sum", "sem"}


def _of_sense(values: Values, name: str, skipna: bool, options: dict[str, Any]) -> Any:
    """A reduction of a masked type, NA where it has none; or of periods, which have extremes."""
    plain = Values(values.array)
    if isinstance(values.sense, Pace):
        if name not in {"count", "nunique", "min", "max"}:
            raise TypeError(f"'period' type does not support reduction {name!r}")
        found = reduced(plain, name, skipna, options)
        return Period._of(found.to_datetime64(), values.sense) if name in {"min", "max"} and found is not NaT else found
    assert values.sense is not None
    found = reduced(plain, name, skipna, options)
    if name in {"count", "nunique"}:
        return found
    if name in {"any", "all"}:
        # what is missing decides nothing; where it could, the answer is missing
        undecided = not skipna and missing_mask(values.array).any() and found == (name == "all")
        return NA if undecided else found
    whole = values.sense.plain.kind in "iub" and name in {"sum", "prod", "min", "max"}
    if is_missing(found):
        return NA
    return (
        (np.bool_ if values.sense.plain.kind == "b" and name in {"min", "max"} else np.int64)(found) if whole else found
    )
