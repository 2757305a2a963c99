"""The labels of rows and columns: `Index`, `RangeIndex` for 0, 1, 2, …, `DatetimeIndex` for times."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.frame import clock
from pipeline.frame.faces import objects
from pipeline.frame.frequency import Frequency
from pipeline.frame.gaps import missing_name, refuse, unsupported
from pipeline.frame.moment import Timestamp, is_missing
from pipeline.frame.pandas_names import INDEX
from pipeline.frame.values import Array, Values, concatenated, missing_mask, plain_scalar

__all__ = ["DatetimeIndex", "Index", "Positions", "RangeIndex", "as_index", "label_index"]

Positions = npt.NDArray[np.intp]


class Index:
    """Immutable labels. Two series whose indexes are equal are aligned row by row."""

    _values: Values
    name: Any
    _lookup: dict[Any, int] | None
    _sorted: bool | None
    freq: Any = None
    nlevels = 1

    def __new__(cls, data: Any = (), dtype: Any = None, name: Any = None, tz: Any = None, **other: Any) -> Any:
        refuse(cls.__name__, {k: v for k, v in other.items() if k not in {"copy", "freq"}})
        if isinstance(data, range):
            return RangeIndex(data.start, data.stop, data.step, name=name)
        if hasattr(data, "_values"):
            name = name if name is not None else getattr(data, "name", None)
            data = data._values
        values = Values.of(list(data) if not isinstance(data, np.ndarray | pl.Series | Values) else data, dtype)
        if cls is DatetimeIndex and values.kind == "O":
            values = clock.parsed(values, None, coerce=False)
        if tz is not None:
            values = clock.placed(values, tz)
        return Index._of(values, name)

    @staticmethod
    def _of(values: Values, name: Any = None) -> Index:
        made: Index = object.__new__(DatetimeIndex if values.kind == "M" else Index)
        made._values = values.freeze()
        made.name = name
        made._lookup = None
        made._sorted = None
        return made

    # -- as a sequence -------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        array = self.array
        return iter(self._values.items() if array.dtype.kind in "Mm" else array.tolist())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int | np.integer):
            return self._values.item(int(key))
        return Index._of(self._values.take(key if isinstance(key, slice) else np.asarray(key)), self.name)

    def __contains__(self, label: object) -> bool:
        try:
            return self._find(label) is not None
        except (TypeError, ValueError):
            return False

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        array = self.array if dtype is None else self.array.astype(dtype)
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
        raise missing_name(type(self).__name__, name, INDEX, type(self))

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def array(self) -> Array:
        return self._values.array

    @property
    def values(self) -> Array:
        return self.array

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    @property
    def size(self) -> int:
        return len(self)

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    @property
    def empty(self) -> bool:
        return len(self) == 0

    @property
    def names(self) -> list[Any]:
        return [self.name]

    @property
    def is_monotonic_increasing(self) -> bool:
        if self._sorted is None:
            keys = self._keys
            if keys.dtype.kind == "O":
                try:
                    self._sorted = all(map(operator.le, keys[:-1], keys[1:]))
                except TypeError:
                    self._sorted = False
            else:
                self._sorted = bool((keys[:-1] <= keys[1:]).all())
        return self._sorted

    @property
    def is_monotonic_decreasing(self) -> bool:
        return bool(np.all(self._keys[:-1] >= self._keys[1:]))

    @property
    def is_unique(self) -> bool:
        keys = self._keys
        if keys.dtype.kind != "O" and self.is_monotonic_increasing:
            return not bool((keys[:-1] == keys[1:]).any())
        return len(self._table) == len(self)

    @property
    def has_duplicates(self) -> bool:
        return not self.is_unique

    def equals(self, other: Any) -> bool:
        """True when the labels are the same, in the same order."""
        if other is self:
            return True
        if not isinstance(other, Index) or len(self) != len(other):
            return False
        left, right = self._keys, other._keys
        if left.dtype.kind == "O" and right.dtype.kind == "O":
            return left is right or left.tolist() == right.tolist()
        return (self._values.kind == "M") == (other._values.kind == "M") and bool(np.array_equal(left, right))

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

    # -- finding labels ------------------------------------------------------------------------------------

    @property
    def _keys(self) -> Array:
        array = self.array
        return array.view(np.int64) if array.dtype.kind in "Mm" else array

    @property
    def _table(self) -> dict[Any, int]:
        if self._lookup is None:
            labels = self._keys.tolist()
            # the first of equal labels wins
            self._lookup = dict(zip(reversed(labels), range(len(labels) - 1, -1, -1), strict=True))
        return self._lookup

    def _key(self, label: Any) -> Any:
        if self._values.kind not in "Mm":
            return label
        if isinstance(label, str | dt.date):
            label = Timestamp(label) if self._values.kind == "M" else label
        if isinstance(label, Timestamp) and self._values.zone and label.tzinfo is None:
            label = label.tz_localize(self._values.zone)
        return int(np.asarray(plain_scalar(label)).astype(f"{self._values.kind}8[us]").astype(np.int64))

    def _find(self, label: Any) -> int | None:
        """The first position of a label."""
        return self._table.get(self._key(label))

    def get_loc(self, label: Any) -> Any:
        """The position of a label; a mask when it stands there more than once. Raises KeyError."""
        found = self._find(label)
        if found is None:
            raise KeyError(label)
        if not self.is_unique:
            mask = self._keys == self._key(label)
            return mask if mask.sum() > 1 else found
        return found

    def get_indexer(self, target: Any) -> Positions:
        """The position of each label of `target`, -1 where it is not here."""
        wanted = as_index(target)
        if not self.is_unique:
            raise ValueError("cannot reindex on an axis with duplicate labels")
        mine, theirs = self._keys, wanted._keys
        if mine.dtype.kind in "iuf" and theirs.dtype.kind in "iuf" and self.is_monotonic_increasing and len(mine):
            at = np.minimum(np.searchsorted(mine, theirs), len(mine) - 1)
            return np.where(mine[at] == theirs, at, -1).astype(np.intp)
        table = self._table
        return np.fromiter((table.get(label, -1) for label in theirs.tolist()), dtype=np.intp, count=len(wanted))

    def slice_of(self, start: Any, stop: Any) -> slice:
        """The rows from label `start` to label `stop`, both included."""
        return slice(
            None if start is None else self._edge(start, "left"), None if stop is None else self._edge(stop, "right")
        )

    def _edge(self, label: Any, side: str) -> int:
        keys = self._keys
        if self._values.kind == "M" and isinstance(label, str):
            first, last = _text_span(label)
            key = self._key(first if side == "left" else last)
        else:
            key = self._key(label)
        if keys.dtype.kind != "O" and self.is_monotonic_increasing:
            return int(np.searchsorted(keys, key, side=side))  # type: ignore[call-overload]
        found = self._find(label)
        if found is None:
            raise KeyError(label)
        return found + (side == "right")

    # -- sets of labels ------------------------------------------------------------------------------------

    def isin(self, labels: Any) -> npt.NDArray[np.bool_]:
        wanted = {self._key(label) for label in labels}
        return np.fromiter((key in wanted for key in self._keys.tolist()), dtype=np.bool_, count=len(self))

    def duplicated(self, keep: Any = "first") -> npt.NDArray[np.bool_]:
        """True where a label has been seen before (`keep` 'first'), or comes again ('last')."""
        keys = self._keys if keep != "last" else self._keys[::-1]
        codes = pl.Series(keys if keys.dtype.kind != "O" else keys.tolist(), strict=False)
        mask = (
            (~codes.is_first_distinct()).to_numpy() if keep in {"first", "last"} else codes.is_duplicated().to_numpy()
        )
        return mask[::-1] if keep == "last" else mask

    def unique(self) -> Index:
        return Index._of(self._values.take(~self.duplicated()), self.name)

    def drop_duplicates(self, *, keep: Any = "first") -> Index:
        return Index._of(self._values.take(~self.duplicated(keep)), self.name)

    def union(self, other: Any, sort: Any = None) -> Index:
        """The labels of both, sorted where they can be."""
        second = as_index(other)
        if self.equals(second):
            return self
        both = Index._of(concatenated([self._values, second._values]), self.name if self.name == second.name else None)
        both = both.unique()
        return both.sort_values() if sort is not False else both

    def intersection(self, other: Any, sort: Any = False) -> Index:
        second = as_index(other)
        kept = self[second.isin_of(self)]
        return kept.sort_values() if sort else kept  # type: ignore[no-any-return]

    def isin_of(self, other: Index) -> npt.NDArray[np.bool_]:
        """Which labels of `other` are also here."""
        mine = set(self._keys.tolist())
        return np.fromiter((key in mine for key in other._keys.tolist()), dtype=np.bool_, count=len(other))

    def difference(self, other: Any, sort: Any = None) -> Index:
        kept = self[~as_index(other).isin_of(self)]
        return kept if sort is False else kept.sort_values()  # type: ignore[no-any-return]

    def append(self, other: Any) -> Index:
        parts = other if isinstance(other, list | tuple) else [other]
        return Index._of(concatenated([self._values, *(as_index(part)._values for part in parts)]), self.name)

    def sort_values(self, *, ascending: bool = True, **other: Any) -> Index:
        """The labels in order; as they are when they cannot be compared."""
        refuse("Index.sort_values", other)
        try:
            order = np.argsort(self._keys, kind="stable")
        except TypeError:
            return self
        return Index._of(self._values.take(order if ascending else order[::-1]), self.name)

    # -- numbers -------------------------------------------------------------------------------------------

    def min(self, **_: Any) -> Any:
        return self._values.item(int(np.argmin(self._keys))) if len(self) else np.nan

    def max(self, **_: Any) -> Any:
        return self._values.item(int(np.argmax(self._keys))) if len(self) else np.nan

    def isna(self) -> npt.NDArray[np.bool_]:
        return missing_mask(self.array)

    isnull = isna

    def notna(self) -> npt.NDArray[np.bool_]:
        return ~self.isna()

    def map(self, mapper: Any, **_: Any) -> Index:
        look = mapper if callable(mapper) else mapper.get
        return Index([look(label) for label in self], name=self.name)

    def shift(self, periods: int = 1, freq: Any = None) -> Index:
        """Every label moved by `periods` steps of `freq`."""
        step = Frequency.of(freq if freq is not None else self.freq).step
        return Index._of(Values(self.array + periods * step, zone=self._values.zone), self.name)

    def searchsorted(self, value: Any, side: Any = "left", **_: Any) -> Any:
        return np.searchsorted(self._keys, self._key(value), side=side)

    def _binary(self, other: Any, op: Callable[[Any, Any], Any]) -> Any:
        right = other.array if isinstance(other, Index) else plain_scalar(other)
        if isinstance(right, str) and self._values.kind == "M":
            right = Timestamp(right).to_datetime64()
        result = op(self.array, right)
        return result if result.dtype == np.bool_ else Index._of(Values.of(result), self.name)

    def __eq__(self, other: object) -> Any:
        return self._binary(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._binary(other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return self._binary(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._binary(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._binary(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._binary(other, operator.ge)

    def __add__(self, other: Any) -> Any:
        return self._binary(other, operator.add)

    def __sub__(self, other: Any) -> Any:
        return self._binary(other, operator.sub)

    def __mul__(self, other: Any) -> Any:
        return self._binary(other, operator.mul)

    def __hash__(self) -> int:
        raise TypeError(f"unhashable type: {type(self).__name__!r}")


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
        return RangeIndex(self._range, name=name)  # type: ignore[no-any-return]

    def _find(self, label: Any) -> int | None:
        if isinstance(label, float) and label.is_integer():
            label = int(label)
        if not isinstance(label, int | np.integer) or label not in self._range:
            return None
        return self._range.index(int(label))


class DatetimeIndex(Index):
    """Times as labels, to the microsecond, with or without a time zone."""

    @property
    def tz(self) -> str | None:
        return self._values.zone

    @property
    def date(self) -> Array:
        return clock.field(self._values, "date").array

    @property
    def time(self) -> Array:
        return clock.field(self._values, "time").array

    def __getattr__(self, name: str) -> Any:
        if name in clock.FIELDS:
            return Index._of(clock.field(self._values, name), self.name)
        return super().__getattr__(name)

    def tz_localize(self, tz: Any, **other: Any) -> Index:
        refuse("DatetimeIndex.tz_localize", other)
        return Index._of(clock.placed(self._values, tz), self.name)

    def tz_convert(self, tz: Any) -> Index:
        return Index._of(clock.moved(self._values, tz), self.name)

    def strftime(self, date_format: str) -> Index:
        return Index._of(clock.formatted(self._values, date_format), self.name)

    def normalize(self) -> Index:
        return Index._of(clock.rounded(self._values, "1d", "floor"), self.name)

    def floor(self, freq: str) -> Index:
        return Index._of(clock.rounded(self._values, Frequency.of(freq).every, "floor"), self.name)

    def round(self, freq: str) -> Index:
        return Index._of(clock.rounded(self._values, Frequency.of(freq).every, "round"), self.name)

    def ceil(self, freq: str) -> Index:
        return Index._of(clock.rounded(self._values, Frequency.of(freq).every, "ceil"), self.name)

    def to_pydatetime(self) -> Array:
        return objects([Timestamp.to_pydatetime(stamp) for stamp in self])


def as_index(data: Any) -> Index:
    """`data` as an index."""
    return data if isinstance(data, Index) else Index(data)  # type: ignore[no-any-return]


def label_index(labels: list[Hashable], name: Any = None) -> Index:
    """An index of column labels: text and whatever else names a column."""
    if labels and all(isinstance(label, int) and not isinstance(label, bool) for label in labels):
        return Index._of(Values(np.array(labels)), name)
    return Index._of(Values(objects(labels)), name)


def _text_span(text: str) -> tuple[Timestamp, Timestamp]:
    """The first and last microsecond that a date such as '2023', '2023-05' or '2023-05-17' speaks of."""
    first: Timestamp = Timestamp(text)
    if is_missing(first):
        raise unsupported("loc", "a missing time as the edge of a slice")
    tick = dt.timedelta(microseconds=1)
    plain = first.to_pydatetime()
    parts = len(text.strip().split("-"))
    if ":" in text:
        span = dt.timedelta(minutes=1) if text.count(":") == 1 else dt.timedelta(seconds=1)
        return first, Timestamp(plain + span - tick)
    if parts == 1 and len(text.strip()) == 4:
        return first, Timestamp(plain.replace(year=plain.year + 1) - tick)
    if parts == 2:
        following = plain.replace(year=plain.year + plain.month // 12, month=plain.month % 12 + 1)
        return first, Timestamp(following - tick)
    return first, Timestamp(plain + dt.timedelta(days=1) - tick)
