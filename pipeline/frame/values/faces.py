"""The two faces of a column: numpy arrays with NaN, polars Series with null, and the way from one to the other.

Arrays are bool, integer, float, microsecond times, or objects (text and mixtures, nan where missing).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.frame.time.moment import MissingType, NaT, Timedelta, Timestamp, is_missing

__all__ = [
    "Array",
    "UTC",
    "absent_mark",
    "accepted_series",
    "array_of",
    "as_scalar",
    "as_series",
    "fitting",
    "marked",
    "missing_mask",
    "narrowed",
    "objects",
    "plain_scalar",
    "takes",
]

Array: TypeAlias = npt.NDArray[Any]
UTC = "UTC"


def missing_mask(array: Array) -> npt.NDArray[np.bool_]:
    """True where an element is missing."""
    kind = array.dtype.kind
    if kind in "fc":
        return np.isnan(array)
    if kind in "Mm":
        return np.isnat(array)
    if kind == "O":
        return _missing_objects(array)
    return np.zeros(array.shape, dtype=np.bool_)


def _missing_objects(array: Array) -> npt.NDArray[np.bool_]:
    try:
        # what differs from itself is NaN, NaT or NA; None is looked for by identity, a dtype equals it
        strange = np.asarray(array != array, dtype=np.bool_)  # noqa: PLR0124 - element-wise
        return strange | np.array([x is None for x in array], dtype=np.bool_)
    except (TypeError, ValueError):
        return np.fromiter((is_missing(x) for x in array), dtype=np.bool_, count=len(array))


def as_scalar(element: Any, zone: str | None = None) -> Any:
    """An element of an array as authors expect it: Timestamps and Timedeltas for times, numpy scalars else."""
    if isinstance(element, np.datetime64):
        if np.isnat(element):
            return NaT
        return Timestamp(element).tz_localize(UTC).tz_convert(zone) if zone else Timestamp(element)
    if isinstance(element, np.timedelta64):
        return NaT if np.isnat(element) else Timedelta(element)
    return element


def plain_scalar(scalar: Any) -> Any:
    """A scalar as numpy stores it."""
    if isinstance(scalar, Timestamp):
        return scalar.to_datetime64()
    if isinstance(scalar, dt.datetime):
        return Timestamp(scalar).to_datetime64()
    if isinstance(scalar, dt.timedelta):
        return np.timedelta64(scalar, "us")
    return scalar


def fitting(array: Array, new: Any) -> Array:
    """`array`, or a copy of a wider type that can also hold `new` (a scalar or an array)."""
    dtype = array.dtype
    if not isinstance(new, np.ndarray):
        if takes(dtype, new):
            return array
        new = np.array([np.nan if is_missing(new) else new], dtype=object if isinstance(new, str) else None)
    kind = new.dtype.kind
    if kind == dtype.kind == "O" or dtype.kind == "O" or kind == dtype.kind == "b":
        return array
    if dtype.kind in "Mm" and (kind == dtype.kind or (kind in "fO" and missing_mask(new).all())):
        return array
    if dtype.kind in "iuf" and kind in "iuf":
        if dtype.kind in "iu" and kind == "f" and np.isfinite(new).all() and (new == np.floor(new)).all():
            return array
        wide = np.result_type(dtype, new.dtype)
        return array if wide == dtype else array.astype(wide)
    if len(array) == 0 or (dtype.kind == "f" and np.isnan(array).all()):
        # an all-missing column takes the type of what is put into it
        made = np.full(len(array), np.nan, dtype=object) if kind in "bO" else array.astype(new.dtype)
        if kind in "Mm":
            made[:] = absent_mark(new.dtype)
        return made
    return objects([as_scalar(x) for x in array]) if dtype.kind in "Mm" else array.astype(object)


def takes(dtype: np.dtype[Any], scalar: Any) -> bool:
    """True when a column of `dtype` can hold the scalar as it is."""
    kind = dtype.kind
    if kind == "O":
        return True
    if is_missing(scalar):
        return kind in "fMm"
    if isinstance(scalar, bool | np.bool_):
        return kind == "b"
    if isinstance(scalar, int | np.integer):
        return kind in "iuf"
    if isinstance(scalar, float | np.floating):
        return kind == "f" or (kind in "iu" and float(scalar).is_integer())
    return (kind == "M" and isinstance(scalar, np.datetime64)) or (kind == "m" and isinstance(scalar, np.timedelta64))


def absent_mark(dtype: np.dtype[Any]) -> Any:
    if dtype.kind in "Mm":
        return np.array("NaT", dtype=dtype)[()]
    return np.nan


def marked(new: Array, lost: Array, target: Array) -> Array:
    if target.dtype.kind == "O":
        return new.astype(object)
    fresh = np.full(len(new), absent_mark(target.dtype), dtype=target.dtype)
    fresh[~lost] = new[~lost]
    return fresh


def objects(items: list[Any]) -> Array:
    return np.fromiter(items, dtype=object, count=len(items))


def narrowed(data: Array) -> Array:
    """Objects that are all booleans, or all numbers, as such; None becomes nan."""
    kinds = set(map(type, data))
    if kinds and all(issubclass(k, bool | np.bool_) for k in kinds):
        return data.astype(np.bool_)
    if kinds and all(issubclass(k, int | float | np.integer | np.floating) and not issubclass(k, bool) for k in kinds):
        whole = all(issubclass(k, int | np.integer) for k in kinds)
        return data.astype(np.int64 if whole else np.float64)
    if type(None) in kinds or MissingType in kinds:
        return objects([np.nan if is_missing(x) else x for x in data])
    return data


def accepted_series(series: pl.Series) -> pl.Series:
    """A polars Series in one of the types that Values hold."""
    dtype = series.dtype
    if isinstance(dtype, pl.Datetime) and dtype.time_unit != "us":
        return series.dt.cast_time_unit("us")
    if isinstance(dtype, pl.Duration) and dtype.time_unit != "us":
        return series.dt.cast_time_unit("us")
    if dtype == pl.Date:
        return series.cast(pl.Datetime("us"))
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return series.cast(pl.String)
    if dtype == pl.Null:
        return series.cast(pl.Float64)
    if dtype.is_float():
        return series.fill_nan(None)
    if dtype.is_integer() and series.null_count():
        return series.cast(pl.Float64)
    return series


def array_of(series: pl.Series) -> Array:
    dtype = series.dtype
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        series = series.dt.convert_time_zone(UTC).dt.replace_time_zone(None)
    if (dtype == pl.Boolean and series.null_count()) or dtype in (pl.String, pl.Object) or dtype.is_nested():
        return objects([np.nan if x is None else x for x in series.to_list()])
    return series.to_numpy()


def as_series(array: Array, zone: str | None) -> pl.Series:
    kind = array.dtype.kind
    if kind == "O":
        listed = np.where(missing_mask(array), None, array).tolist()  # type: ignore[call-overload]
        try:
            return pl.Series(listed, strict=True)
        except (TypeError, pl.exceptions.PolarsError):
            return pl.Series(listed, dtype=pl.Object)
    series = pl.Series(array, nan_to_null=kind == "f")
    if kind == "M" and zone:
        series = series.dt.replace_time_zone(UTC).dt.convert_time_zone(zone)
    return series
