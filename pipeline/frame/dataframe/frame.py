"""A DataFrame: named columns on one index."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import polars as pl

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Change, Columnar
from pipeline.frame.columns.elementwise import Elementwise
from pipeline.frame.columns.indexing import FrameIndexer, fitted
from pipeline.frame.columns.labelled import Labelled
from pipeline.frame.columns.missing import Missing
from pipeline.frame.columns.numpy_interop import NumpyInterop
from pipeline.frame.columns.operators import Operators
from pipeline.frame.columns.reduction import Reductions
from pipeline.frame.columns.relabel import FrameRelabel
from pipeline.frame.columns.selection import Selected, is_mask, mask_of, positions_in
from pipeline.frame.columns.summary import FrameSummary
from pipeline.frame.columns.table_file import Written
from pipeline.frame.columns.text import frame_text
from pipeline.frame.dataframe.construction import columns_of
from pipeline.frame.dataframe.formula import Formulas
from pipeline.frame.dataframe.names import FrameNames
from pipeline.frame.dataframe.product import FrameProduct
from pipeline.frame.dataframe.reduction import FrameReduction
from pipeline.frame.dataframe.rows import FrameRows
from pipeline.frame.dataframe.shape import FrameShape
from pipeline.frame.dataframe.twin import Twin, keys_of, label_of
from pipeline.frame.groups.grouped import Grouped
from pipeline.frame.index.index import Index, as_index
from pipeline.frame.index.period_index import PeriodRows
from pipeline.frame.library.gaps import missing_name, refuse
from pipeline.frame.reshape.pivoting import FramePivot
from pipeline.frame.reshape.turning import FrameReshape
from pipeline.frame.series.series import Series
from pipeline.frame.time.rows import TimeRows
from pipeline.frame.values.values import Array, Values
from pipeline.frame.windows.windows import Windows

__all__ = ["DataFrame"]

Mine = TypeVar("Mine", bound="DataFrame")


class DataFrame(
    FrameNames,
    FrameProduct,
    FrameSummary,
    FrameReduction,
    FramePivot,
    FrameReshape,
    FrameRelabel,
    Formulas,
    TimeRows,
    PeriodRows,
    Written,
    FrameShape,
    FrameRows,
    Operators,
    Elementwise,
    Missing,
    Reductions,
    Windows,
    Grouped,
    Labelled,
    NumpyInterop,
    Columnar,
):
    """Columns of equal length with row labels. Setting a column rebinds its name: copies share their columns."""

    ndim = 2

    def __init__(self, data: Any = None, index: Any = None, columns: Any = None, dtype: Any = None, **o: Any) -> None:
        refuse("DataFrame", {k: v for k, v in o.items() if k != "copy"})
        made, rows = columns_of(data, index, columns)
        if dtype is not None:
            made = {label: values.cast(dtype) for label, values in made.items()}
        self._adopt(made, rows)

    @classmethod
    def _of(cls: type[Mine], data: dict[Hashable, Values], index: Index) -> Mine:
        made = cls.__new__(cls)
        made._adopt(data, index)
        return made

    def _adopt(self, data: dict[Hashable, Values], index: Index) -> None:
        object.__setattr__(self, "_data", data)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_labels", None)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._of, ({label: values.freeze() for label, values in self._data.items()}, self._index)

    # -- engine side ---------------------------------------------------------------------------------------

    @classmethod
    def from_columns(cls: type[Mine], columns: Mapping[str, pl.Series], index: Index | None = None) -> Mine:
        """A frame on the engine's columns, without copying them; rows are numbered from 0 when `index` is None.

        Whatever is done to the frame, the columns stay as they are.
        """
        data: dict[Hashable, Values] = {name: Values.of(series) for name, series in columns.items()}
        rows = len(next(iter(data.values()))) if data else 0
        if any(len(values) != rows for values in data.values()):
            raise ValueError("columns differ in length")
        return cls._of(data, Index(range(rows)) if index is None else index)

    @classmethod
    def from_dict(cls: type[Mine], data: Any, orient: str = "columns", columns: Any = None) -> Mine:
        """A frame of a dict of columns (`index`: of rows)."""
        if orient == "index":
            return cls(list(data.values()), index=list(data), columns=columns)
        refuse("from_dict", {"orient": None if orient == "columns" else orient, "columns": columns})
        return cls(data)

    def to_columns(self) -> dict[str, pl.Series]:
        """The columns for the engine: null where missing, never NaN. Raises ValueError for two of one name."""
        twins = [str(key) for key in self._data if isinstance(key, Twin)]
        if twins:
            raise ValueError(f"several columns are named {twins[0]!r}")
        return {str(label): values.series.alias(str(label)) for label, values in self._data.items()}

    # -- the protocol of columns ---------------------------------------------------------------------------

    def _each(self: Mine, change: Change) -> Mine:
        return self._of({c: change(v) for c, v in self._data.items()}, self._index)._named_as(self)  # type: ignore[no-any-return]

    def _each_numeric(self: Mine, change: Change) -> Mine:
        return self._of({c: change(v) for c, v in self._data.items() if v.kind in "biuf"}, self._index)

    def _rows(self: Mine, positions: Any) -> Mine:
        return self._of({c: v.take(positions) for c, v in self._data.items()}, self._index[positions])

    def _become(self, other: Any) -> None:
        self._adopt({label: values.freeze() for label, values in other._data.items()}, other._index)

    def _merged(self, spare: Any, kept: Any) -> Any:
        data = {}
        for label, values in self._data.items():
            lost = ~kept._data[label].array
            data[label] = values.assigned(lost, spare._data[label].take(lost)) if lost.any() else values
        return self._of(data, self._index)

    def _paired(self, other: Any, change: Callable[[Values, Any], Values], *, how: str = "outer") -> Any:
        if isinstance(other, DataFrame):
            return self._paired_frame(other, change, how)
        if isinstance(other, Series) and how in {"rows", "left"}:
            joint = align(self._index, other.index, "left" if how == "left" else "outer")
            partner = picked(other._values, joint.right)
            data = {c: change(picked(v, joint.left), partner) for c, v in self._data.items()}
            return self._of(data, joint.labels)
        if isinstance(other, dict) or (isinstance(other, Series) and how == "fill"):
            known = dict(other.items())
            return self._of({c: change(v, known[c]) if c in known else v for c, v in self._data.items()}, self._index)
        if isinstance(other, Series):
            known = dict(other.items())
            labels = [*self._data, *(label for label in known if label not in self._data)]
            blank = Values.repeat(np.nan, len(self))
            return self._of({c: change(self._data.get(c, blank), known.get(c, np.nan)) for c in labels}, self._index)
        if isinstance(other, np.ndarray) and other.ndim == 2:
            if other.shape != self.shape:
                raise ValueError(f"Unable to coerce to DataFrame, shape must be {self.shape}: given {other.shape}")
            parts = [Values.of(other[:, i]) for i in range(other.shape[1])]
            return self._of({c: change(v, p) for (c, v), p in zip(self._data.items(), parts, strict=True)}, self._index)
        if isinstance(other, list | tuple) or (isinstance(other, np.ndarray) and other.ndim == 1):
            if len(other) != len(self._data):
                raise ValueError(f"Unable to coerce to Series, length must be {len(self._data)}: given {len(other)}")
            return self._of({c: change(v, p) for (c, v), p in zip(self._data.items(), other, strict=True)}, self._index)
        return self._each(lambda mine: change(mine, other))

    def _paired_frame(self, other: DataFrame, change: Callable[[Values, Any], Values], how: str) -> Any:
        mine = how in {"left", "fill"}
        if how == "same" and not (self._index.equals(other._index) and list(self._data) == list(other._data)):
            raise ValueError("Can only compare identically-labeled DataFrame objects")
        joint = align(self._index, other._index, "left" if mine else "outer")
        labels = (
            list(self._data)
            if mine or list(self._data) == list(other._data)
            else list(self.columns.union(other.columns))
        )
        blank = Values.repeat(np.nan, len(joint.labels))
        data = {}
        for label in labels:
            left = picked(self._data[label], joint.left) if label in self._data else blank
            right = picked(other._data[label], joint.right) if label in other._data else blank
            data[label] = change(left, right)
        return self._of(data, joint.labels)

    # -- what it is ----------------------------------------------------------------------------------------

    @property
    def index(self) -> Index:
        return self._index

    @index.setter
    def index(self, labels: Any) -> None:
        self._set_index(labels)

    @property
    def axes(self) -> list[Index]:
        return [self._index, self.columns]

    @property
    def shape(self) -> tuple[int, int]:
        return (len(self._index), len(self._data))

    @property
    def size(self) -> int:
        return len(self._index) * len(self._data)

    @property
    def empty(self) -> bool:
        return self.size == 0

    @property
    def dtypes(self) -> Series:
        kinds = np.empty(len(self._data), dtype=object)
        kinds[:] = [self._column(key).dtype for key in self._data]
        return Series._of(Values(kinds), self.columns)

    def __repr__(self) -> str:
        return frame_text(self._data, self._index)

    def to_string(self, **options: Any) -> str:
        """The frame as text."""
        refuse("to_string", options)
        return frame_text(self._data, self._index)

    def __iter__(self) -> Iterator[Any]:
        return iter([label_of(key) for key in self._data])

    def __contains__(self, label: object) -> bool:
        return label in self._data

    def _as_array(self) -> Array:
        kinds = {values.kind for values in self._data.values()}
        if not kinds:
            return np.empty((len(self), 0))
        if len(kinds) == 1 or kinds <= set("iuf"):
            matrix = np.column_stack([values.exposed for values in self._data.values()])
        else:
            matrix = np.empty(self.shape, dtype=object)
            for place, values in enumerate(self._data.values()):
                matrix[:, place] = values.items()
        matrix.flags.writeable = False
        return matrix

    # -- columns -------------------------------------------------------------------------------------------

    def _column(self, label: Hashable) -> Series:
        values = self._data[label]
        series = Series._of(values, self._index, label_of(label))
        values.lend(series)
        series._parent = (weakref.ref(self), label)
        return series

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._by_name(key) if key in self._data else self._below(key)
        if callable(key):
            return self[key(self)]
        if isinstance(key, DataFrame):
            return self.where(key)
        if is_mask(key):
            return self._rows(np.flatnonzero(mask_of(key, self._index)))
        if isinstance(key, slice):
            return self._rows(Series._of(Values(np.zeros(len(self))), self._index)._selected(key))
        if isinstance(key, list | np.ndarray | Index | Series):
            lost = [label for label in key if label not in self._data]
            if lost:
                raise KeyError(f"{lost} not in index")
            return self._of_keys([one for label in key for one in keys_of(label, self._data)])
        if key in self._data:
            return self._by_name(key)
        return self._below(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, DataFrame):
            self._become(self.mask(key, value))
        elif is_mask(key):
            self.loc[key] = value
        elif isinstance(key, slice):
            rows = Series._of(Values(np.zeros(len(self))), self._index)._selected(key)
            self.iloc[rows] = value
        elif isinstance(key, list | Index):
            parts = value._data.values() if isinstance(value, DataFrame) else _across(value, len(key))
            for label, part in zip(key, parts, strict=True):
                self[label] = part
        else:
            self._bind(key, self._as_column(value))

    def _as_column(self, value: Any) -> Values:
        if isinstance(value, DataFrame):
            if len(value._data) != 1:
                raise ValueError("Columns must be same length as key")
            value = value[next(iter(value._data))]
        if not self._data and not len(self._index) and isinstance(value, Series | list | np.ndarray | Index):
            # the first column of an empty frame brings the rows
            object.__setattr__(self, "_index", value.index if isinstance(value, Series) else Index(range(len(value))))
        if isinstance(value, Series):
            return picked(value._values, align(self._index, value.index, "left").right).freeze()
        if isinstance(value, Values):
            return value
        if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == 1:
            value = value[:, 0]
        if isinstance(value, str | dict) or not hasattr(value, "__len__") or getattr(value, "ndim", 1) == 0:
            return Values.repeat(value, len(self._index))
        values = Values.of(value if hasattr(value, "__array__") else as_index(value)._values)
        if len(values) != len(self._index):
            raise ValueError(f"Length of values ({len(values)}) does not match length of index ({len(self._index)})")
        return values

    def _bind(self, label: Hashable, values: Values) -> None:
        if label not in self._data:
            object.__setattr__(self, "_labels", None)
        for key in keys_of(label, self._data) or [label]:
            self._data[key] = values

    def __delitem__(self, label: Hashable) -> None:
        for key in keys_of(label, self._data) or [label]:
            del self._data[key]
        object.__setattr__(self, "_labels", None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._data:
            return self._by_name(name)
        raise missing_name("DataFrame", name, "frame", type(self))

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name in self._data and not hasattr(type(self), name):
            self[name] = value
        else:
            object.__setattr__(self, name, value)

    # -- rows ----------------------------------------------------------------------------------------------

    @property
    def loc(self) -> FrameIndexer:
        return FrameIndexer(self, labels=True)

    @property
    def iloc(self) -> FrameIndexer:
        return FrameIndexer(self, labels=False)

    at = loc
    iat = iloc

    def _write(self, label: Hashable, rows: Selected, value: Any) -> None:
        """Write `value` into some rows of a column; a new column is missing elsewhere."""
        if label not in self._data and isinstance(rows, slice) and rows == slice(None):
            self._bind(label, self._as_column(value))
            return
        new = fitted(value, rows, self._index)
        if label not in self._data:
            self._bind(label, Values(np.full(len(self), np.nan)))
        if isinstance(rows, int):
            self._data[label] = self._data[label].put(rows, new, self)
        else:
            self._data[label] = self._data[label].assigned(positions_in(rows, len(self)), new)

    def _grow(self, label: Any) -> None:
        """One more row, all missing."""
        rows = np.append(np.arange(len(self), dtype=np.intp), -1)
        data = {c: v.take_or_missing(rows) for c, v in self._data.items()}
        self._adopt(data, self._index.append(Index([label])))


def _across(value: Any, width: int) -> list[Any]:
    """What goes to each of several columns."""
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return [value[:, i] for i in range(value.shape[1])]
    return list(value) if isinstance(value, list | tuple) and len(value) == width else [value] * width


Columnar._frame_type = DataFrame
