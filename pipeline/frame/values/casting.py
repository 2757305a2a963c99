"""A column as another type: plain types of numpy, masked ones, text, categories, times in a zone, periods."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.time import clock
from pipeline.frame.time.moment import is_missing
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.period import PeriodDtype, as_period
from pipeline.frame.values.dtypes import CategoricalDtype, DatetimeTZDtype, StringDtype
from pipeline.frame.values.faces import objects
from pipeline.frame.values.kinds import Kinds
from pipeline.frame.values.mask import MASKED, Mask, settled
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["cast"]

_TEXT = frozenset({"str", "string", "string[python]", "string[pyarrow]", "U"})


def cast(values: Values, dtype: Any) -> Values:
    """`values` as another type, named as pandas names types. Raises ValueError for NaN to integer."""
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None)
    if name == "category":
        kinds = dtype if isinstance(dtype, CategoricalDtype) else CategoricalDtype()
        return _categorical(values, kinds.categories, ordered=bool(kinds.ordered))
    if dtype is str or name in _TEXT or isinstance(dtype, StringDtype):
        return _texts(values)
    if name in MASKED:
        return _masked(values, Mask(name))
    if isinstance(dtype, PeriodDtype) or (isinstance(name, str) and name.startswith("period[")):
        return _periods(values, PeriodDtype(name).pace)
    if isinstance(dtype, DatetimeTZDtype) or (isinstance(name, str) and name.startswith("datetime64[") and "," in name):
        return _zoned(values, DatetimeTZDtype(name).tz)
    if isinstance(name, str) and name.startswith("interval"):
        return values
    return _plain(values, np.dtype(dtype))


def _texts(values: Values) -> Values:
    gone = missing_mask(values.array)
    return Values(objects([np.nan if lost else str(x) for x, lost in zip(values.items(), gone, strict=True)]))


def _masked(values: Values, mask: Mask) -> Values:
    array = values.array
    if array.dtype.kind in "Mm":
        raise TypeError(f"{array.dtype} cannot be converted to {mask.name}")
    if array.dtype.kind == "O" and mask.plain.kind != "b":
        seen = array[~missing_mask(array)]
        if any(isinstance(x, str) for x in seen):
            array = np.array([np.nan if is_missing(x) else float(x) for x in array])
    return Values(settled(array, mask), sense=mask)


def _periods(values: Values, pace: Pace) -> Values:
    if values.kind == "M":
        wall = clock.placed(values, None) if values.zone else values
        return Values(pace.begun(wall.array), sense=pace)
    starts = [as_period(x, pace) for x in values.items()]
    return Values(np.array(["NaT" if is_missing(x) else x._start for x in starts], dtype="M8[us]"), sense=pace)


def _zoned(values: Values, zone: str | None) -> Values:
    if values.zone is not None:
        return clock.moved(values, zone)
    if values.kind == "M":
        raise TypeError(
            "Cannot use .astype to convert from timezone-naive dtype to timezone-aware dtype. "
            "Use obj.tz_localize instead"
        )
    times = clock.parsed(values, None, coerce=False)
    return times if times.zone else clock.placed(times, zone)


def _plain(values: Values, target: np.dtype[Any]) -> Values:
    array, sense = values.array, values.sense
    if isinstance(sense, Pace):
        if target.kind in "iu":
            return Values(sense.numbers(array).astype(target))
        array = array if target.kind != "O" else objects(values.items())
    if isinstance(sense, Mask) and target.kind in "iub" and missing_mask(array).any():
        raise ValueError(f"cannot convert NA to {'bool' if target.kind == 'b' else 'integer'}")
    if target.kind == "O":
        items = objects(sense.items(array)) if isinstance(sense, Mask) else array
        return Values(items.astype(object) if items.dtype.kind not in "Mm" else objects(values.items()))
    gaps = target.kind in "iu" and array.dtype.kind in "fO"
    if gaps and (missing_mask(array).any() or (array.dtype.kind == "f" and not np.isfinite(array).all())):
        raise ValueError("cannot convert missing values (NA) or infinity to integer")
    if target.kind == "f" and array.dtype.kind == "O":
        return Values(values.floats.astype(target))
    if target.kind == "M":
        if array.dtype.kind == "O":
            return clock.parsed(values, None, coerce=False)
        return Values(_ticks(array, "M8[us]"), zone=None)
    if target.kind == "m":
        return clock.spans(values.items()) if array.dtype.kind == "O" else Values(_ticks(array, "m8[us]"))
    if array.dtype.kind in "Mm":
        if target.kind not in "iu":
            raise TypeError(
                f"Cannot cast {'DatetimeArray' if array.dtype.kind == 'M' else 'TimedeltaArray'} to dtype {target}"
            )
        # pandas counts nanoseconds in its integers
        return Values(array.astype(f"{array.dtype.kind}8[ns]").astype(target))
    same = target == array.dtype and sense is None and values.kinds is None
    return values if same else Values(array.astype(target))


def _ticks(array: Any, unit: str) -> Any:
    """Times as they are; whole numbers as nanoseconds."""
    return array.astype(unit) if array.dtype.kind in "Mm" else array.astype(f"{unit[:3]}ns]").astype(unit)


def _categorical(values: Values, categories: Any, *, ordered: bool) -> Values:
    """The values with categories: those given (others go missing), else those that are there, in order."""
    if categories is None and values.kinds is not None:
        return values
    items = values.plain_items()
    if categories is None:
        seen = dict.fromkeys(item for item in items if not is_missing(item))
        try:
            known = sorted(seen)
        except TypeError:
            known = list(seen)
        return Values(values.array, zone=values.zone, kinds=Kinds(tuple(known), ordered))
    kinds = Kinds(tuple(categories), ordered)
    array = values.array if values.kind == "O" else objects(items)
    gone = kinds.codes(array) < 0
    return Values(np.where(gone, np.nan, array) if gone.any() else array, zone=values.zone, kinds=kinds)


Values._cast = staticmethod(cast)
