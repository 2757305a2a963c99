"""The labels of rows and columns: `Index`, `RangeIndex` for 0, 1, 2, …, `DatetimeIndex` for times."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from pipeline.frame.dataframe.twin import label_of
from pipeline.frame.index.interval import Interval
from pipeline.frame.index.label_list import LabelList
from pipeline.frame.index.label_operator import LabelOperators
from pipeline.frame.index.lookup import Positions
from pipeline.frame.index.time_labels import TimeLabels
from pipeline.frame.library.gaps import missing_name, refuse
from pipeline.frame.series.string import LabelAccessor
from pipeline.frame.time import clock
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import NaT
from pipeline.frame.values.dtypes import CategoricalDtype, dtype_of
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = [
    "DatetimeIndex",
    "Index",
    "Names",
    "Positions",
    "RangeIndex",
    "TimedeltaIndex",
    "as_index",
    "label_index",
]


class Names(tuple[Any, ...]):
    """The names of the levels of a `MultiIndex`."""

    __slots__ = ()


class Index(LabelOperators, LabelList):
    """Immutable labels. Two series whose indexes are equal are aligned row by row."""

    name: Any
    freq: Any = None
    # set by series.py and multi_index.py, which build on this module
    _series_type: ClassVar[Any]
    _multi_type: ClassVar[Any]
    _period_type: ClassVar[Any]
    _interval_type: ClassVar[Any]
    _category_type: ClassVar[Any]
    nlevels = 1

    def __new__(cls, data: Any = (), dtype: Any = None, name: Any = None, tz: Any = None, **other: Any) -> Any:
        refuse(cls.__name__, {k: v for k, v in other.items() if k not in {"copy", "freq"}})
        if isinstance(data, range):
            return RangeIndex(data.start, data.stop, data.step, name=name)
        if hasattr(data, "_values"):
            name = name if name is not None else getattr(data, "name", None)
            data = data._values
        values = Values.of(data if hasattr(data, "__array__") or isinstance(data, Values) else list(data), dtype)
        if cls is DatetimeIndex and values.kind == "O":
            values = clock.parsed(values, None, coerce=False)
        elif cls is TimedeltaIndex and values.kind != "m":
            values = clock.spans(values.items())
        elif cls is DatetimeIndex and values.kind in "iuf":
            values = Values(values.array.astype("M8[ns]").astype("M8[us]"))
        if tz is not None:
            values = clock.placed(values, tz)
        return Index._of(values, name)

    @staticmethod
    def _of(values: Values, name: Any = None) -> Index:
        made: Index = object.__new__(_kind_of(values, name))
        made._values = values.freeze()
        made.name = name
        made._lookup = None
        made._sorted = None
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Index._of, (self._values, self.name)

    def _made(self, values: Values, name: Any) -> Any:
        return Index._of(values, name)

    def _peer(self, data: Any) -> Any:
        return as_index(data)

    # -- as a sequence -------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        array = self.array
        return iter(self._values.items() if array.dtype.kind in "Mm" else self._values.plain_items())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int | np.integer):
            return self._values.item(int(key))
        return Index._of(self._values.take(key if isinstance(key, slice) else np.asarray(key)), self.name)

    def __contains__(self, label: object) -> bool:
        try:
            return self._find(label) is not None
        except (KeyError, TypeError, ValueError):
            return False

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self._values.exposed if dtype is None else self._values.exposed.astype(dtype)
        return array.copy() if copy else array

    def __bool__(self) -> bool:
        raise ValueError(
            "The truth value of an Index is ambiguous. Use a.empty, a.bool(), a.item(), a.any() or a.all()."
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.tolist()!r}, dtype='{self.dtype}')"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise missing_name(type(self).__name__, name, "index", type(self))

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def values(self) -> Array:
        return self._values.exposed

    @property
    def dtype(self) -> Any:
        return dtype_of(self._values)

    @property
    def size(self) -> int:
        return len(self)

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    @property
    def names(self) -> list[Any]:
        return [self.name]

    @names.setter
    def names(self, names: Any) -> None:
        (self.name,) = names

    def _level_values(self, level: Any) -> Values:  # noqa: ARG002 - a plain index has one
        return self._values

    def get_level_values(self, level: Any) -> Index:
        """The labels: a plain index has one level."""
        if level not in {0, -1, self.name}:
            raise KeyError(f"Requested level ({level}) does not match index name ({self.name})")
        return self

    def tolist(self) -> list[Any]:
        return list(self)

    to_list = tolist

    def to_numpy(self, dtype: Any = None, *, copy: bool = False, **other: Any) -> Array:
        refuse("Index.to_numpy", other)
        return self.__array__(dtype, copy)

    def copy(self, name: Any = None, **_: Any) -> Index:
        return self.rename(self.name if name is None else name)

    def rename(self, name: Any, **_: Any) -> Index:
        return Index._of(self._values, name)

    set_names = rename

    def astype(self, dtype: Any, **_: Any) -> Index:
        return Index._of(self._values.cast(dtype), self.name)

    # -- numbers -------------------------------------------------------------------------------------------

    def min(self, **_: Any) -> Any:
        return self._extreme(np.argmin)

    def max(self, **_: Any) -> Any:
        return self._extreme(np.argmax)

    def _extreme(self, place: Any) -> Any:
        """The lowest or highest label that is there; missing when none is."""
        seen = np.flatnonzero(~missing_mask(self.array))
        if not len(seen):
            return NaT if self._values.kind in "Mm" else np.nan
        return self._values.item(int(seen[place(self._keys[seen])]))

    def to_series(self, index: Any = None, name: Any = None) -> Any:
        """The labels as values, on themselves."""
        labels = self if index is None else as_index(index)
        return self._series_type._of(self._values, labels, self.name if name is None else name)

    def isna(self) -> npt.NDArray[np.bool_]:
        return missing_mask(self.array)

    isnull = isna

    def notna(self) -> npt.NDArray[np.bool_]:
        return ~self.isna()

    notnull = notna

    def map(self, mapper: Any, **_: Any) -> Index:
        look = mapper if callable(mapper) else mapper.get
        made: Index = Index([look(label) for label in self], name=self.name)
        return made

    def shift(self, periods: int = 1, freq: Any = None) -> Index:
        """Every label moved by `periods` steps of `freq`."""
        step = Frequency.of(freq if freq is not None else self.freq).step
        return Index._of(Values(self.array + periods * step, zone=self._values.zone), self.name)

    def searchsorted(self, value: Any, side: Any = "left", **_: Any) -> Any:
        return np.searchsorted(self._keys, self._key(value), side=side)

    def __hash__(self) -> int:  # type: ignore[override]
        raise TypeError(f"unhashable type: {type(self).__name__!r}")

    # last, for it hides the type of that name
    @property
    def str(self) -> LabelAccessor:
        return LabelAccessor(self)


class RangeIndex(Index):
    """Labels start, start + step, …; the index of a frame that was given none."""

    _range: range

    def __new__(cls, start: Any = 0, stop: Any = None, step: int = 1, name: Any = None, **other: Any) -> Any:
        refuse("RangeIndex", other)
        made: RangeIndex = object.__new__(cls)
        made._range = (
            start if isinstance(start, range) else range(start, stop, step) if stop is not None else range(start)
        )
        made.name = name
        made._lookup = None
        made._sorted = made._range.step > 0
        return made

    def __getattr__(self, name: str) -> Any:
        if name == "_values":
            made = Values(np.arange(self._range.start, self._range.stop, self._range.step, dtype=np.int64))
            self.__dict__["_values"] = made
            return made
        return super().__getattr__(name)

    def __reduce__(self) -> tuple[Any, ...]:
        return RangeIndex, (self._range.start, self._range.stop, self._range.step, self.name)

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return RangeIndex(self._range[key], name=self.name)
        if isinstance(key, int | np.integer):
            return self._range[int(key)]
        return super().__getitem__(key)

    def __repr__(self) -> str:
        return f"RangeIndex(start={self.start}, stop={self.stop}, step={self.step})"

    @property
    def start(self) -> int:
        return self._range.start

    @property
    def stop(self) -> int:
        return self._range.stop

    @property
    def step(self) -> int:
        return self._range.step

    @property
    def is_unique(self) -> bool:
        return True

    def equals(self, other: Any) -> bool:
        return self._range == other._range if isinstance(other, RangeIndex) else super().equals(other)

    def rename(self, name: Any, **_: Any) -> Index:
        made: Index = RangeIndex(self._range, name=name)
        return made

    def _find(self, label: Any) -> int | None:
        if isinstance(label, float) and label.is_integer():
            label = int(label)
        if not isinstance(label, int | np.integer) or label not in self._range:
            return None
        return self._range.index(int(label))


class DatetimeIndex(TimeLabels, Index):
    """Times as labels, to the microsecond, with or without a time zone."""

    def __getattr__(self, name: str) -> Any:
        if name in clock.FLAGS:
            return clock.field(self._values, name).array
        if name in clock.FIELDS:
            return Index._of(clock.field(self._values, name), self.name)
        return super().__getattr__(name)

    def __repr__(self) -> str:
        whole = all(stamp == stamp.normalize() and stamp.tz is None for stamp in self)
        texts = [f"{stamp:%Y-%m-%d}" if whole else str(stamp) for stamp in self]
        return f"DatetimeIndex({texts!r}, dtype='{self.dtype}', freq=None)"


class TimedeltaIndex(Index):
    """Spans of time as labels."""

    def __repr__(self) -> str:
        return f"TimedeltaIndex({[str(span) for span in self]!r}, dtype='timedelta64[us]', freq=None)"

    @property
    def days(self) -> Index:
        return Index._of(Values.of(self._values.series.dt.total_days()), self.name)

    def total_seconds(self) -> Index:
        """The length of each span in seconds."""
        return Index._of(Values(self.array.astype("m8[us]") / clock.SECOND), self.name)


def _kind_of(values: Values, name: Any = None) -> type[Index]:
    kind = values.kind
    if values.kinds is not None:
        return Index._category_type  # type: ignore[no-any-return]
    if kind == "M":
        return Index._period_type if values.sense is not None else DatetimeIndex
    if kind == "m":
        return TimedeltaIndex
    if kind == "O" and (isinstance(values.array[0], tuple) if len(values) else isinstance(name, Names)):
        made: type[Index] = Index._multi_type
        return made
    if kind == "O" and len(values) and isinstance(values.array[0], Interval):
        return Index._interval_type  # type: ignore[no-any-return]
    return Index


def as_index(data: Any) -> Index:
    """`data` as an index."""
    made: Index = data if isinstance(data, Index) else Index(data)
    return made


def label_index(keys: list[Hashable], name: Any = None) -> Index:
    """An index of the names of columns, by their keys."""
    labels = [label_of(key) for key in keys]
    if labels and all(isinstance(label, int) and not isinstance(label, bool) for label in labels):
        return Index._of(Values(np.array(labels)), name)
    return Index._of(Values(objects(labels)), name)


CategoricalDtype._index_of = staticmethod(as_index)
