"""Values: one column with two faces, without labels. Everything above it only moves Values around.

The numpy face marks missing as NaN (NaT, or nan among objects), the polars face as null; each is made when
first asked for and kept. Faces are frozen. Writing one element thaws a private buffer that its owner alone may
fill, so a loop of element writes costs one copy, and nobody who saw the column before sees the writes.
"""

from __future__ import annotations

import datetime as dt
import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.frame.faces import (
    UTC,
    Array,
    absent_mark,
    accepted_series,
    array_of,
    as_scalar,
    as_series,
    fitting,
    marked,
    missing_mask,
    narrowed,
    objects,
    plain_scalar,
    takes,
)
from pipeline.frame.kinds import Kinds
from pipeline.frame.moment import MissingType, is_missing

_PLAIN = {
    "boolean": "bool",
    **{f"{kind}{bits}": f"{kind.lower()}{bits}" for kind in ("Int", "UInt", "Float") for bits in (8, 16, 32, 64)},
}
"""Types with a mask of pandas', by the plain ones that stand for them here."""

__all__ = ["Array", "Values", "as_array", "as_scalar", "concatenated", "fitting", "missing_mask", "plain_scalar"]


class Values:
    """The values of one column. Immutable but for `put` by the owner of a thawed buffer."""

    __slots__ = ("_array", "_holders", "_owner", "_series", "kinds", "zone")

    def __init__(
        self, array: Array | None = None, *, series: pl.Series | None = None, zone: str | None = None,
        kinds: Kinds | None = None,
    ) -> None:  # fmt: skip
        self._array = array
        self._series = series
        self._owner: weakref.ref[object] | None = None
        self._holders: list[weakref.ref[object]] = []
        self.zone = zone
        self.kinds = kinds
        if array is not None and array.flags.writeable:
            array.flags.writeable = False

    @classmethod
    def of(cls, data: Any, dtype: Any = None) -> Values:
        """Values of a list, an array, a polars Series or other Values; an array of the caller's is copied."""
        if isinstance(data, Values):
            made = data
        elif isinstance(getattr(data, "kinds", None), Kinds):
            made = cls(np.asarray(data), kinds=data.kinds)
        elif isinstance(data, pl.Series):
            made = cls(series=accepted_series(data), zone=getattr(data.dtype, "time_zone", None))
        else:
            made = _gathered(data)
        return made.cast(dtype) if dtype is not None else made

    @classmethod
    def repeat(cls, scalar: Any, length: int) -> Values:
        """`length` times the same scalar."""
        one = _gathered([scalar])
        return cls(np.full(length, one.array[0], dtype=one.array.dtype), zone=one.zone)

    def __reduce__(self) -> tuple[Any, ...]:
        return _pickled, (np.array(self._array if self._array is not None else self.array), self.zone, self.kinds)

    def __len__(self) -> int:
        face = self._array if self._array is not None else self._series
        return len(face)  # type: ignore[arg-type]

    @property
    def array(self) -> Array:
        """The numpy face, read-only."""
        if self._array is None:
            assert self._series is not None
            self._array = array_of(self._series)
            self._array.flags.writeable = False
        elif self._owner is not None:
            self.freeze()
        return self._array

    @property
    def series(self) -> pl.Series:
        """The polars face: null where missing, never NaN."""
        if self._series is None:
            self._series = as_series(self.array, self.zone)
        return self._series

    @property
    def floats(self) -> npt.NDArray[np.float64]:
        """The values as float64; NaN where missing. Raises TypeError for text and times."""
        array = self.array
        if array.dtype == np.float64:
            return array
        if array.dtype.kind in "biuf":
            return array.astype(np.float64)
        if array.dtype.kind == "O":
            return np.array([np.nan if is_missing(x) else x for x in array], dtype=np.float64)
        raise TypeError(f"numbers are needed, these are {array.dtype}")

    @property
    def clean(self) -> pl.Series:
        """The polars face as Float64."""
        series = self.series
        if series.dtype == pl.Float64:
            return series
        return pl.Series(self.floats, nan_to_null=True)

    @property
    def finite_floats(self) -> npt.NDArray[np.float64]:
        """The values as float64 without infinities, which are missing in windows."""
        floats = self.floats
        # a finite sum says that there is none, in one pass
        with np.errstate(all="ignore"):
            total = np.add.reduce(floats)
        if np.isfinite(total) or not (endless := np.isinf(floats)).any():
            return floats
        return np.where(endless, np.nan, floats)

    @property
    def kind(self) -> str:
        """Numpy's letter for the type: b, i, u, f, M, m, or O for text and mixed objects."""
        if self._array is not None:
            return self._array.dtype.kind
        return self.array.dtype.kind

    def like(self, array: Array) -> Values:
        """Other values of the same meaning: keeps the time zone."""
        return Values(array, zone=self.zone if array.dtype.kind == "M" else None)

    def item(self, position: int) -> Any:
        """One element as a scalar. Does not freeze a thawed buffer."""
        array = self._array if self._array is not None else self.array
        return as_scalar(array[position], self.zone)

    def items(self) -> list[Any]:
        """All elements as scalars."""
        array = self.array
        if array.dtype.kind in "Mm":
            return [as_scalar(x, self.zone) for x in array]
        return list(array)

    def plain_items(self) -> list[Any]:
        """All elements as Python's own scalars; times as Timestamps and Timedeltas."""
        return self.items() if self.kind in "Mm" else self.array.tolist()

    def take(self, positions: Array | slice) -> Values:
        """The elements at `positions`: an index array, a boolean array or a slice."""
        return self._kept(self.array[positions])

    def _kept(self, array: Array) -> Values:
        """Some of these values: zone and categories are theirs too."""
        return Values(array, zone=self.zone if array.dtype.kind == "M" else None, kinds=self.kinds)

    def take_or_missing(self, positions: npt.NDArray[np.intp]) -> Values:
        """The elements at `positions`; missing where a position is -1."""
        absent = positions < 0
        if not absent.any():
            return self.take(positions)
        if len(self) == 0:
            blank = np.full(len(positions), np.nan, dtype=object if self.kind == "O" else np.float64)
            return self._kept(blank.astype(self.array.dtype) if self.kind in "Mm" else blank)
        array = self.array[positions]
        array = fitting(array, np.nan)
        array[absent] = absent_mark(array.dtype)
        return self._kept(array)

    def cast(self, dtype: Any) -> Values:
        """The values as another type, named as pandas names types. Raises ValueError for NaN to integer."""
        array = self.array
        if dtype == "category":
            return self._categorical(getattr(dtype, "categories", None), ordered=bool(getattr(dtype, "ordered", False)))
        if dtype is str or (
            isinstance(dtype, str) and dtype in {"str", "string", "string[python]", "string[pyarrow]", "U"}
        ):
            gone = missing_mask(array)
            text = [np.nan if lost else str(x) for x, lost in zip(self.items(), gone, strict=True)]
            return Values(objects(text))
        if dtype == "object" or dtype is object:
            return Values(array if array.dtype.kind == "O" else objects(self.items()))
        if isinstance(dtype, str):
            if dtype in _PLAIN and missing_mask(array).any():
                # a mask of pandas' holds what is missing; here floats do, or objects
                return self if dtype == "boolean" else Values(self.floats)
            dtype = _PLAIN.get(dtype, dtype)
        target = np.dtype(dtype)
        if target.kind in "iu" and array.dtype.kind in "fO" and missing_mask(array).any():
            raise ValueError("cannot convert missing values (NA) or infinity to integer")
        if target.kind in "iu" and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError("cannot convert missing values (NA) or infinity to integer")
        if target.kind == "f" and array.dtype.kind == "O":
            return Values(self.floats.astype(target))
        if target.kind == "M":
            return Values(array.astype("M8[us]"))
        if array.dtype.kind in "Mm" and target.kind == "i":
            # pandas counts nanoseconds in its integers
            return Values(array.astype(f"{array.dtype.kind}8[ns]").astype(target))
        return self if target == array.dtype else Values(array.astype(target))

    def _categorical(self, categories: Any, *, ordered: bool) -> Values:
        """These values with categories: those given (others go missing), else those that are there, in order."""
        if categories is None and self.kinds is not None:
            return self
        items = self.array.tolist() if self.kind not in "Mm" else self.items()
        if categories is None:
            seen = dict.fromkeys(item for item in items if not is_missing(item))
            try:
                known = sorted(seen)
            except TypeError:
                known = list(seen)
            return Values(self.array, zone=self.zone, kinds=Kinds(tuple(known), ordered))
        kinds = Kinds(tuple(categories), ordered)
        array = self.array if self.kind == "O" else objects(items)
        gone = kinds.codes(array) < 0
        return Values(np.where(gone, np.nan, array) if gone.any() else array, zone=self.zone, kinds=kinds)

    def freeze(self) -> Values:
        """End the owner's right to write in place."""
        if self._owner is not None:
            assert self._array is not None
            self._owner = None
            self._holders = []
            self._array.flags.writeable = False
        return self

    def lend(self, holder: object) -> None:
        """Remember that `holder` sees these values; a later write in place must not reach it."""
        if self._owner is not None:
            self._holders.append(weakref.ref(holder))

    def put(self, position: int, scalar: Any, owner: object) -> Values:
        """These values with one element changed, for `owner`: in place when it alone can see them."""
        scalar = plain_scalar(scalar)
        self._admit([scalar])
        mine = self._owner is not None and self._owner() is owner
        if mine:
            self._holders = [ref for ref in self._holders if ref() is not None]
        if mine and not self._holders and self._array is not None and takes(self._array.dtype, scalar):
            self._array[position] = absent_mark(self._array.dtype) if is_missing(scalar) else scalar
            return self
        array = self._array if self._array is not None else self.array
        fresh = fitting(array, scalar)
        fresh = fresh.copy() if fresh is array else fresh
        fresh.flags.writeable = True
        fresh[position] = absent_mark(fresh.dtype) if is_missing(scalar) else scalar
        thawed = Values(fresh, zone=self.zone, kinds=self.kinds)
        fresh.flags.writeable = True
        thawed._owner = weakref.ref(owner)
        return thawed

    def _admit(self, items: list[Any]) -> None:
        """Raise TypeError for a value that is none of the categories."""
        if self.kinds is not None:
            for item in items:
                if not is_missing(item) and item not in self.kinds.items:
                    raise TypeError(f"Cannot setitem on a Categorical with a new category ({item})")

    def assigned(self, where: Array, new: Any) -> Values:
        """These values with the elements at `where` replaced by a scalar, or by an array of as many elements."""
        if isinstance(new, Values):
            zone, new = new.zone, new.array
        else:
            zone, new = self.zone, plain_scalar(new)
        array = self.array
        if not isinstance(new, np.ndarray) and not (where.any() if where.dtype == np.bool_ else len(where)):
            return self.freeze()
        if self.kinds is not None:
            self._admit(new.tolist() if isinstance(new, np.ndarray) else [new])
        fresh = fitting(array, new)
        fresh = fresh.copy() if fresh is array else fresh
        if isinstance(new, np.ndarray):
            lost = missing_mask(new)
            fresh[where] = new if not lost.any() or new.dtype.kind == fresh.dtype.kind else marked(new, lost, fresh)
        else:
            fresh[where] = absent_mark(fresh.dtype) if is_missing(new) else new
        return Values(fresh, zone=zone or self.zone, kinds=self.kinds)


def _pickled(array: Array, zone: str | None, kinds: Kinds | None) -> Values:
    return Values(array, zone=zone, kinds=kinds)


def as_array(data: Any) -> Array:
    """`data` as a one-dimensional array in one of the types that Values hold."""
    return Values.of(data).array


def concatenated(parts: Iterable[Values]) -> Values:
    """The parts one after another, in a type that holds them all."""
    given = list(parts)
    listed = [part for part in given if len(part)]
    if not listed:
        return given[0] if given else Values(np.empty(0))
    kinds = {part.kind for part in listed}
    zone = next((part.zone for part in listed if part.zone), None)
    categories = {part.kinds for part in listed}
    if len(kinds) == 1 or kinds <= set("iuf"):
        same = listed[0].kinds if len(categories) == 1 else None
        return Values(np.concatenate([part.array for part in listed]), zone=zone, kinds=same)
    whole: list[Any] = [x for part in listed for x in part.plain_items()]
    return _gathered(whole)


def _gathered(data: Any) -> Values:
    """Values of arrays and Python containers; times to microseconds, text and mixtures to objects."""
    zone = None
    if not isinstance(data, np.ndarray):
        listed = list(data)
        kinds = set(map(type, listed))
        if any(issubclass(kind, dt.datetime) for kind in kinds):
            tz = next((x.tzinfo for x in listed if isinstance(x, dt.datetime) and x.tzinfo), None)
            if all(isinstance(x, dt.datetime) or is_missing(x) for x in listed):
                zone = (getattr(tz, "key", None) or UTC) if tz else None
                stamps = ["NaT" if is_missing(x) else plain_scalar(x) for x in listed]
                return Values(np.array(stamps, dtype="M8[us]"), zone=zone)
        if any(issubclass(kind, dt.timedelta) for kind in kinds) and all(
            isinstance(x, dt.timedelta) or is_missing(x) for x in listed
        ):
            return Values(np.array(["NaT" if is_missing(x) else plain_scalar(x) for x in listed], dtype="m8[us]"))
        flags = {kind for kind in kinds if issubclass(kind, bool | np.bool_)}
        numeric = flags == kinds or not (flags or any(issubclass(kind, str) for kind in kinds))
        if numeric and kinds & {type(None), MissingType}:
            listed = [np.nan if is_missing(x) else x for x in listed]
        try:
            data = np.array(listed) if numeric and listed else objects(listed) if listed else np.empty(0, dtype=object)
        except ValueError:
            data = objects(listed)
        if data.ndim != 1:
            data = objects(listed)
    elif data.ndim != 1:
        raise ValueError(f"Data must be 1-dimensional, got ndarray of shape {data.shape} instead")
    elif data.flags.writeable:
        data = data.copy()
    kind = data.dtype.kind
    if kind in "SU":
        data = data.astype(object)
    elif kind in "Mm" and data.dtype != np.dtype(f"{kind}8[us]"):
        data = data.astype(f"{kind}8[us]")
    elif kind == "O":
        data = narrowed(data)
    elif data.dtype == np.float16:
        data = data.astype(np.float32)
    return Values(np.ascontiguousarray(data), zone=zone)
