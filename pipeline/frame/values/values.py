"""Values: one column with two faces, without labels. Everything above it only moves Values around.

The numpy face marks missing as NaN (NaT, or nan among objects), the polars face as null; each is made when
first asked for and kept. Faces are frozen. Writing one element thaws a private buffer that its owner alone may
fill, so a loop of element writes costs one copy, and nobody who saw the column before sees the writes.
"""

from __future__ import annotations

import datetime as dt
import weakref
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.frame.time.moment import MissingType, is_missing
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.period import Period, as_period
from pipeline.frame.values.faces import (
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
from pipeline.frame.values.kinds import Kinds
from pipeline.frame.values.mask import Mask, mask_for, settled, unmasked

__all__ = ["Array", "Values", "as_array", "as_scalar", "concatenated", "fitting", "missing_mask", "plain_scalar"]


class Values:
    """The values of one column. Immutable but for `put` by the owner of a thawed buffer."""

    __slots__ = ("_array", "_holders", "_owner", "_series", "kinds", "sense", "zone")

    def __init__(
        self, array: Array | None = None, *, series: pl.Series | None = None, zone: str | None = None,
        kinds: Kinds | None = None, sense: Mask | Pace | None = None,
    ) -> None:  # fmt: skip
        self._array = array
        self._series = series
        self._owner: weakref.ref[object] | None = None
        self._holders: list[weakref.ref[object]] = []
        self.zone = zone
        self.kinds = kinds
        self.sense = sense
        """What the plain values mean: a masked type, or the beginnings of periods."""
        if array is not None and array.flags.writeable:
            array.flags.writeable = False

    @classmethod
    def of(cls, data: Any, dtype: Any = None) -> Values:
        """Values of a list, an array, a polars Series or other Values; an array of the caller's is copied."""
        if isinstance(data, Values):
            made = data
        elif isinstance(getattr(data, "_values", None), Values):
            made = data._values.freeze()
        elif isinstance(data, pl.Series):
            made = cls(series=accepted_series(data), zone=getattr(data.dtype, "time_zone", None))
        else:
            made = _gathered(data)
        return made.cast(dtype) if dtype is not None else made

    @classmethod
    def repeat(cls, scalar: Any, length: int) -> Values:
        """`length` times the same scalar."""
        one = _gathered([scalar])
        return cls(np.full(length, one.array[0], dtype=one.array.dtype), zone=one.zone, sense=one.sense)

    def __reduce__(self) -> tuple[Any, ...]:
        array = np.array(self._array if self._array is not None else self.array)
        return _pickled, (array, self.zone, self.kinds, self.sense)

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
            if isinstance(self.sense, Mask) and self.sense.plain.kind in "iu":
                self._series = self._series.cast(pl.Int64)
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
        """Other values of the same meaning: keeps the time zone, the length of periods, and that a type is masked."""
        if isinstance(self.sense, Mask):
            return _masked(array, self.sense)
        times = array.dtype.kind == "M"
        return Values(array, zone=self.zone if times else None, sense=self.sense if times else None)

    def item(self, position: int) -> Any:
        """One element as a scalar. Does not freeze a thawed buffer."""
        array = self._array if self._array is not None else self.array
        return self._scalar(array[position])

    def _scalar(self, element: Any) -> Any:
        if isinstance(self.sense, Pace):
            return Period._of(element, self.sense)
        return as_scalar(element, self.zone) if self.sense is None else self.sense.item(element)

    def items(self) -> list[Any]:
        """All elements as scalars."""
        array = self.array
        return [self._scalar(x) for x in array] if array.dtype.kind in "Mm" or self.sense is not None else list(array)

    def plain_items(self) -> list[Any]:
        """All elements as Python's own scalars; times as Timestamps and Timedeltas, periods as Periods."""
        if isinstance(self.sense, Mask):
            return self.sense.items(self.array)
        return self.items() if self.kind in "Mm" else self.array.tolist()

    @property
    def exposed(self) -> Array:
        """The values as authors get them from numpy: a masked type's missing ones are NA, periods are objects."""
        if self.sense is None:
            return self.array
        shown = objects(self.items()) if isinstance(self.sense, Pace) else unmasked(self.array, self.sense)
        shown.flags.writeable = False
        return shown

    def take(self, positions: Array | slice) -> Values:
        """The elements at `positions`: an index array, a boolean array or a slice."""
        return self._kept(self.array[positions])

    def _kept(self, array: Array) -> Values:
        """Some of these values: zone, categories and the like are theirs too."""
        if isinstance(self.sense, Mask):
            return _masked(array, self.sense)
        zone, sense = (self.zone, self.sense) if array.dtype.kind == "M" else (None, None)
        return Values(array, zone=zone, kinds=self.kinds, sense=sense)

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
        return Values._cast(self, dtype)

    # set by casting.py, which knows the types that numpy has no name for
    _cast: ClassVar[Callable[[Values, Any], Values]]

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
        scalar = self._storable(scalar)
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
        if isinstance(self.sense, Mask):
            return _masked(fresh, self.sense)
        thawed = Values(fresh, zone=self.zone, kinds=self.kinds, sense=self.sense)
        fresh.flags.writeable = True
        thawed._owner = weakref.ref(owner)
        return thawed

    def _storable(self, scalar: Any) -> Any:
        """A scalar as the array holds it. Raises TypeError or ValueError for what a column of periods cannot hold."""
        if isinstance(self.sense, Pace) and not is_missing(scalar):
            period = as_period(scalar, self.sense)
            if period.pace != self.sense:
                raise ValueError(
                    f"Input has different freq={period.freqstr} from PeriodArray(freq={self.sense.freqstr})"
                )
            return period._start
        return plain_scalar(scalar)

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
            zone, new = self.zone, new if isinstance(new, np.ndarray) else self._storable(new)
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
        if isinstance(self.sense, Mask):
            return _masked(fresh, self.sense)
        return Values(fresh, zone=zone or self.zone, kinds=self.kinds, sense=self.sense)


def _masked(array: Array, mask: Mask) -> Values:
    """Values of a masked type; of a wider one when they do not fit."""
    try:
        return Values(settled(array, mask), sense=mask)
    except TypeError:
        wider = mask_for(array)
        return Values(settled(array, wider), sense=wider) if array.dtype.kind in "biuf" else Values(array)


def _pickled(array: Array, zone: str | None, kinds: Kinds | None, sense: Mask | Pace | None) -> Values:
    return Values(array, zone=zone, kinds=kinds, sense=sense)


def _periods(listed: list[Any]) -> Values | None:
    """Values of Periods of one length, some of them missing; None for any other mixture."""
    paces = {item.pace if isinstance(item, Period) else None for item in listed if not is_missing(item)}
    pace = paces.pop() if len(paces) == 1 else None
    if pace is None:
        return None
    starts = ["NaT" if is_missing(item) else item._start for item in listed]
    return Values(np.array(starts, dtype="M8[us]"), sense=pace)


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
        senses = {part.sense for part in listed}
        sense = senses.pop() if len(senses) == 1 else None
        if sense is not None or not any(isinstance(part.sense, Pace) for part in listed):
            joined = np.concatenate([part.array for part in listed])
            return (
                _masked(joined, sense)
                if isinstance(sense, Mask)
                else Values(joined, zone=zone, kinds=same, sense=sense)
            )
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
        periods = _periods(listed) if Period in kinds else None
        if periods is not None:
            return periods
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
        periods = _periods(data.tolist()) if len(data) and isinstance(data[0], Period) else None
        if periods is not None:
            return periods
        data = narrowed(data)
    elif data.dtype == np.float16:
        data = data.astype(np.float32)
    return Values(np.ascontiguousarray(data), zone=zone)
