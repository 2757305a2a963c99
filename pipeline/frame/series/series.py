"""A Series: one named column on an index."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import polars as pl

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Change, Columnar
from pipeline.frame.columns.elementwise import Elementwise
from pipeline.frame.columns.indexing import SeriesIndexer, fitted
from pipeline.frame.columns.labelled import Labelled
from pipeline.frame.columns.missing import Missing
from pipeline.frame.columns.numpy_interop import NumpyInterop
from pipeline.frame.columns.operators import Operators
from pipeline.frame.columns.reduction import Reductions, reduced
from pipeline.frame.columns.relabel import Relabel
from pipeline.frame.columns.selection import Selected, by_label, by_position, is_mask, mask_of, positions_in
from pipeline.frame.columns.summary import SeriesSummary
from pipeline.frame.columns.table_file import Written
from pipeline.frame.columns.temporary import references_when_set
from pipeline.frame.columns.text import series_text
from pipeline.frame.dataframe.twin import label_of
from pipeline.frame.groups.grouped import Grouped
from pipeline.frame.index.index import Index, as_index
from pipeline.frame.index.period_index import PeriodAccessor, PeriodRows
from pipeline.frame.library.gaps import missing_name, note_spelling, refuse, unsupported
from pipeline.frame.reshape.binning import factorize
from pipeline.frame.reshape.turning import Unstacking
from pipeline.frame.series.accessor import DatetimeAccessor
from pipeline.frame.series.categorical import CategoricalAccessor
from pipeline.frame.series.pair import SeriesPair
from pipeline.frame.series.ranking import Ranking
from pipeline.frame.series.shape import SeriesShape
from pipeline.frame.series.string import StringAccessor
from pipeline.frame.time.moment import is_missing
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.rows import TimeRows
from pipeline.frame.values.dtypes import dtype_of
from pipeline.frame.values.values import Array, Values
from pipeline.frame.windows.windows import Windows

__all__ = ["Series"]

Mine = TypeVar("Mine", bound="Series")


class Series(
    SeriesSummary,
    SeriesPair,
    Operators,
    Elementwise,
    Missing,
    Reductions,
    Windows,
    Grouped,
    Unstacking,
    Relabel,
    TimeRows,
    PeriodRows,
    Written,
    Ranking,
    SeriesShape,
    Labelled,
    NumpyInterop,
    Columnar,
):
    """One column with labels. Its values are never shared for writing: a change makes a column of its own."""

    ndim = 1
    _values: Values
    _parent: Any
    name: Any

    def __init__(
        self, data: Any = None, index: Any = None, dtype: Any = None, name: Any = None, **options: Any
    ) -> None:
        refuse("Series", {k: v for k, v in options.items() if k not in {"copy", "fastpath"}})
        labels = None if index is None else as_index(index)
        if isinstance(data, Series):
            name = name if name is not None else data.name
            data = data if labels is None or labels.equals(data.index) else data.reindex(labels)
            labels = data.index if labels is None else labels
            values = data._values.freeze()
        elif isinstance(data, dict):
            made = Series(list(data.values()), index=[label_of(key) for key in data])
            values = made._values if labels is None else made.reindex(labels)._values
            labels = made.index if labels is None else labels
        elif data is None:
            values = Values(
                np.full(0 if labels is None else len(labels), np.nan, dtype=object if not labels_len(labels) else None)
            )
        elif isinstance(data, Index):
            values = data._values
        elif (
            isinstance(data, str) or not hasattr(data, "__iter__") or (isinstance(data, np.ndarray) and data.ndim == 0)
        ):
            values = Values.repeat(data.item() if isinstance(data, np.ndarray) else data, labels_len(labels, 1))
        else:
            values = Values.of(
                data if isinstance(data, np.ndarray | pl.Series) or hasattr(data, "_values") else list(data)
            )
        if labels is not None and len(labels) != len(values):
            raise ValueError(f"Length of values ({len(values)}) does not match length of index ({len(labels)})")
        self._values = values if dtype is None else values.cast(dtype)
        self._index = Index(range(len(values))) if labels is None else labels
        self.name = name
        self._parent = None

    @classmethod
    def _of(cls: type[Mine], values: Values, index: Index, name: Any = None) -> Mine:
        made = cls.__new__(cls)
        made._values = values
        made._index = index
        made.name = name
        made._parent = None
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._of, (self._values.freeze(), self._index, self.name)

    # -- the protocol of columns ---------------------------------------------------------------------------

    def _each(self: Mine, change: Change) -> Mine:
        return type(self)._of(change(self._values), self._index, self.name)

    _each_numeric = _each

    def _rows(self: Mine, positions: Any) -> Mine:
        return type(self)._of(self._values.take(positions), self._index[positions], self.name)

    def _become(self, other: Any) -> None:
        self._values, self._index = other._values.freeze(), other._index

    def _merged(self, spare: Any, kept: Any) -> Any:
        lost = ~kept._values.array
        return self._each(lambda values: values.assigned(lost, spare._values.take(lost)) if lost.any() else values)

    def _paired(self, other: Any, change: Callable[[Values, Any], Values], *, how: str = "outer") -> Any:
        if isinstance(other, dict) and how == "fill":
            other = Series(other)
        if isinstance(other, Series):
            if how == "same" and not self._index.equals(other._index):
                raise ValueError("Can only compare identically-labeled Series objects")
            joint = align(self._index, other._index, "left" if how in {"left", "fill"} else "outer")
            left, right = picked(self._values, joint.left), picked(other._values, joint.right)
            keep = how in {"left", "fill"} or same_name(self.name, other.name)
            return type(self)._of(change(left, right), joint.labels, self.name if keep else None)
        if isinstance(other, Columnar):
            return NotImplemented
        if isinstance(other, np.ndarray | list | tuple | Index) and not (
            isinstance(other, np.ndarray) and other.ndim == 0
        ):
            values = other._values if isinstance(other, Index) else Values.of(other)
            if len(values) != len(self):
                raise ValueError(f"Lengths must match: {len(self)} rows and {len(values)} values")
            return self._each(lambda mine: change(mine, values))
        return self._each(lambda mine: change(mine, other))

    def _reduce(self, name: str, axis: Any, skipna: bool, options: dict[str, Any]) -> Any:
        options.pop("numeric_only", None)
        if axis not in {None, 0, "index"}:
            raise ValueError(f"No axis named {axis} for object type Series")
        return reduced(self._values, name, skipna, options)

    def _as_array(self) -> Array:
        return self._values.exposed

    # -- engine side ---------------------------------------------------------------------------------------

    def to_polars(self) -> pl.Series:
        """The column for the engine: null where missing, never NaN."""
        return self._values.series.alias("" if self.name is None else str(self.name))

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def index(self) -> Index:
        return self._index

    @index.setter
    def index(self, labels: Any) -> None:
        self._set_index(labels)

    @property
    def dtype(self) -> Any:
        return dtype_of(self._values)

    dtypes = dtype

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    @property
    def size(self) -> int:
        return len(self)

    @property
    def array(self) -> Array:
        return self._values.array

    @property
    def T(self: Mine) -> Mine:  # noqa: N802 - pandas' name
        return self

    @property
    def axes(self) -> list[Index]:
        return [self._index]

    @property
    def hasnans(self) -> bool:
        return bool(self.isna().any())

    @property
    def is_unique(self) -> bool:
        return not bool(self.duplicated().any())

    @property
    def is_monotonic_increasing(self) -> bool:
        return self._index._of(self._values).is_monotonic_increasing and not self.hasnans

    @property
    def is_monotonic_decreasing(self) -> bool:
        return self._index._of(self._values).is_monotonic_decreasing and not self.hasnans

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __contains__(self, label: object) -> bool:
        return label in self._index

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __repr__(self) -> str:
        return series_text(self._values, self._index, self.name, self.dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        place = self._index._find(name) if isinstance(name, str) and self._index._values.kind == "O" else None
        if place is not None:
            return self._values.item(place)
        if name in {"cat", "dt", "str"}:
            # these properties raise where the values are of another kind; what they say, not that they are missing
            return getattr(type(self), name).fget(self)
        raise missing_name("Series", name, "series", type(self))

    # -- rows ----------------------------------------------------------------------------------------------

    @property
    def loc(self) -> SeriesIndexer:
        return SeriesIndexer(self, labels=True)

    @property
    def iloc(self) -> SeriesIndexer:
        return SeriesIndexer(self, labels=False)

    at = loc
    iat = iloc

    def _selected(self, key: Any, *, to_write: bool = False) -> Selected:
        """The rows that ``series[key]`` means."""
        if is_mask(key):
            return np.flatnonzero(mask_of(key, self._index))
        if isinstance(key, slice):
            edges = [edge for edge in (key.start, key.stop) if edge is not None]
            numbers = all(isinstance(edge, int | np.integer) for edge in edges)
            return key if numbers else by_label(key, self._index)
        if isinstance(key, int | np.integer) and self._index._values.kind not in "iuf":
            if not to_write:
                note_spelling("series[position]", "series.iloc[position]")
                return by_position(key, self._index)
            # pandas 3 reads a whole number as a label when it writes: a new row. So do we, and say so
            note_spelling("series[position] = value", "series.iloc[position] = value")
        if isinstance(key, tuple) and self._index.nlevels < 2:
            raise unsupported("Series[...]", "a tuple")
        return by_label(key, self._index)

    def __getitem__(self, key: Any) -> Any:
        if self._index.nlevels > 1 and not is_mask(key) and not isinstance(key, slice):
            return self.loc[key]
        rows = self._selected(key(self) if callable(key) else key)
        return self._values.item(rows) if isinstance(rows, int) else self._rows(rows)

    def __setitem__(self, key: Any, value: Any) -> None:
        chained = self._parent is not None and sys.getrefcount(self) <= references_when_set()
        try:
            rows = self._selected(key(self) if callable(key) else key, to_write=True)
        except KeyError:
            self.loc[key] = value
        else:
            self._write(rows, value)
        if chained:
            self._write_back(self, "[...] = value")

    def _write(self, rows: Selected, value: Any) -> None:
        new = fitted(value, rows, self._index)
        if isinstance(rows, int):
            self._values = self._values.put(rows, new, self)
        else:
            self._values = self._values.assigned(positions_in(rows, len(self)), new)

    # -- more of one column --------------------------------------------------------------------------------

    @property
    def dt(self) -> DatetimeAccessor | PeriodAccessor:
        return PeriodAccessor(self) if isinstance(self._values.sense, Pace) else DatetimeAccessor(self)

    @property
    def str(self) -> StringAccessor:
        return StringAccessor(self)

    @property
    def cat(self) -> CategoricalAccessor:
        return CategoricalAccessor(self)

    def explode(self, ignore_index: bool = False) -> Any:
        """A row for each item of the lists."""
        frame = self.to_frame("value").explode("value", ignore_index)
        return frame["value"].rename(self.name)

    def factorize(self, **options: Any) -> Any:
        """Each value as a number, and the values by number."""
        return factorize(self, **options)

    def between(self, left: Any, right: Any, inclusive: Any = "both") -> Any:
        """True from `left` to `right`, the ends included or not."""
        if isinstance(inclusive, bool):
            note_spelling(f"between(inclusive={inclusive})", f"inclusive={'both' if inclusive else 'neither'!r}")
            inclusive = "both" if inclusive else "neither"
        if inclusive not in {"both", "neither", "left", "right"}:
            raise ValueError("Inclusive has to be either string of 'both','left', 'right', or 'neither'.")
        above = self >= left if inclusive in {"both", "left"} else self > left
        below = self <= right if inclusive in {"both", "right"} else self < right
        return above & below

    def map(self, arg: Any, na_action: Any = None) -> Any:
        """Each value through a function, a dict or a Series; what a dict does not know is missing."""
        if not len(self):
            return self.copy()
        items = self._values.plain_items()
        if isinstance(arg, Series):
            arg = arg.to_dict()
        if isinstance(arg, dict):
            known = arg

            def arg(item: Any) -> Any:
                return known.get(item, np.nan)

        done = [item if na_action == "ignore" and is_missing(item) else arg(item) for item in items]
        return self._each(lambda _: Values.of(done))

    def apply(self, func: Any, args: Any = (), **kwargs: Any) -> Any:
        """Each value through a function of the author's; numpy's element-wise functions at once."""
        kwargs.pop("convert_dtype", None)
        if isinstance(func, str):
            return getattr(self, func)(*args, **kwargs)
        if isinstance(func, np.ufunc):
            return func(self, *args, **kwargs)
        if not len(self):
            return self.copy()
        done = [func(item, *args, **kwargs) for item in self._values.plain_items()]
        if isinstance(done[0], Series):
            return self._frame_type([one.to_dict() for one in done], index=self._index)
        return self._each(lambda _: Values.of(done))

    def aggregate(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A reduction by name or function; several give a Series."""
        if isinstance(func, list | dict):
            ways = func if isinstance(func, dict) else {getattr(f, "__name__", f): f for f in func}
            return Series({label: self.aggregate(how) for label, how in ways.items()}, name=self.name)
        return getattr(self, func)(*args, **kwargs) if isinstance(func, str) else func(self, *args, **kwargs)

    agg = aggregate


def same_name(left: Any, right: Any) -> bool:
    """True when two names are equal, or both missing."""
    return left is right or (type(left) is type(right) and bool(left == right))


def labels_len(labels: Index | None, otherwise: int = 0) -> int:
    """How many labels there are; `otherwise` without an index."""
    return otherwise if labels is None else len(labels)


Columnar._series_type = Series
Index._series_type = Series
