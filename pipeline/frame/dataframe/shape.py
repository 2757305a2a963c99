"""A frame in other shapes: columns renamed, dropped, moved to the index and back, joined, turned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.dataframe.twin import keyed, label_of
from pipeline.frame.index.index import Index, as_index, label_index
from pipeline.frame.library.gaps import note_spelling, refuse, unsupported
from pipeline.frame.reshape.joining import concat, join_on_index
from pipeline.frame.reshape.merging import merge
from pipeline.frame.series.shape import kept_after_drop, reindexer, same_values
from pipeline.frame.values.replacement import by_column, replaced
from pipeline.frame.values.statistics import correlation
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["FrameShape"]


class FrameShape(Columnar):
    """Changes of labels and columns."""

    _data: Any
    columns: Any

    def _like(self, data: Any, index: Any = None) -> Any:
        return self._frame_type._of(data, self._index if index is None else index)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Label and column, one by one."""
        return ((label_of(key), self._column(key)) for key in list(self._data))  # type: ignore[attr-defined]

    def iteritems(self) -> Iterator[tuple[Any, Any]]:
        """As `items`, in the spelling of pandas 1."""
        note_spelling("iteritems", "items")
        return self.items()

    def keys(self) -> Index:
        return self.columns  # type: ignore[no-any-return]

    def get(self, key: Any, default: Any = None) -> Any:
        """A column, or `default`."""
        try:
            return self[key]  # type: ignore[index]
        except (KeyError, ValueError, IndexError):
            return default

    def pop(self, item: Any) -> Any:
        """A column, which leaves the frame."""
        series = self[item]  # type: ignore[index]
        series._values.freeze()
        series._parent = None
        del self[item]  # type: ignore[attr-defined]
        return series

    def insert(self, loc: int, column: Any, value: Any, allow_duplicates: Any = False) -> None:
        """A new column at place `loc`."""
        if column in self._data and not allow_duplicates:
            raise ValueError(f"cannot insert {column}, already exists")
        made = self._as_column(value)  # type: ignore[attr-defined]
        labels, parts = [label_of(key) for key in self._data], list(self._data.values())
        labels.insert(loc, column)
        parts.insert(loc, made)
        self._become(self._like(dict(zip(keyed(labels), parts, strict=True))))

    def assign(self, **columns: Any) -> Any:
        """A copy with more columns; a function gets the frame so far."""
        result = self._each(lambda values: values.freeze())
        for label, value in columns.items():
            result[label] = value(result) if callable(value) else value  # type: ignore[index]
        return result

    def astype(self, dtype: Any, *, errors: str = "raise", **options: Any) -> Any:
        """The columns as other types; a dict names one for each."""
        refuse("astype", {"errors": errors != "raise", **{k: v for k, v in options.items() if k != "copy"}})
        if not isinstance(dtype, dict):
            return self._each(lambda values: values.cast(dtype))
        lost = [label for label in dtype if label not in self._data]
        if lost:
            raise KeyError(f"{lost} not found in columns")
        return self._like({c: v.cast(dtype[c]) if c in dtype else v for c, v in self._data.items()})

    def round(self, decimals: Any = 0, **options: Any) -> Any:
        """Rounded; a dict names the digits of each column."""
        refuse("round", options)
        digits = decimals if isinstance(decimals, dict) else dict.fromkeys(self._data, decimals)

        def one(label: Any, values: Values) -> Values:
            return Values(np.round(values.array, digits[label])) if label in digits and values.kind in "iuf" else values

        return self._like({c: one(c, v) for c, v in self._data.items()})

    def rename(
        self, mapper: Any = None, *, columns: Any = None, index: Any = None, axis: Any = None, inplace: bool = False,
        errors: str = "ignore", **options: Any,
    ) -> Any:  # fmt: skip
        """Other labels by a dict or a function."""
        refuse("rename", {k: v for k, v in options.items() if k != "copy"})
        if mapper is not None:
            columns, index = (mapper, index) if axis in {1, "columns"} else (columns, mapper)
        data, labels = dict(self._data), self._index
        if columns is not None:
            look = columns if callable(columns) else lambda label: columns.get(label, label)
            if errors == "raise" and not callable(columns) and any(label not in data for label in columns):
                raise KeyError(f"{[label for label in columns if label not in data]} not found in axis")
            data = dict(zip(keyed(look(label_of(key)) for key in data), data.values(), strict=True))
        if index is not None:
            labels = labels.map(index if callable(index) else lambda label: index.get(label, label))
        return self._settled(self._like(data, labels), inplace, "rename")

    def add_prefix(self, prefix: str) -> Any:
        return self.rename(columns=lambda label: f"{prefix}{label}")

    def add_suffix(self, suffix: str) -> Any:
        return self.rename(columns=lambda label: f"{label}{suffix}")

    def drop(
        self, labels: Any = None, axis: Any = 0, index: Any = None, columns: Any = None, *, inplace: bool = False,
        errors: str = "raise", **options: Any,
    ) -> Any:  # fmt: skip
        """Without these rows or columns."""
        refuse("drop", options)
        if labels is not None:
            columns, index = (labels, index) if axis in {1, "columns"} else (columns, labels)
        result: Any = self
        if columns is not None:
            gone = list(columns) if isinstance(columns, list | tuple | Index | np.ndarray | set) else [columns]
            lost = [label for label in gone if label not in self._data]
            if lost and errors == "raise":
                raise KeyError(f"{lost} not found in axis")
            result = self._like({c: v for c, v in self._data.items() if label_of(c) not in gone})
        if index is not None:
            result = result._rows(kept_after_drop(self._index, index, errors))
        return self._settled(result if result is not self else self._like(dict(self._data)), inplace, "drop")

    def reindex(
        self, labels: Any = None, *, index: Any = None, columns: Any = None, axis: Any = 0, method: Any = None,
        fill_value: Any = None, **options: Any,
    ) -> Any:  # fmt: skip
        """The rows and columns of these labels, missing (or filled) where there are none."""
        refuse("reindex", {k: v for k, v in options.items() if k != "copy"})
        if labels is not None:
            columns, index = (labels, index) if axis in {1, "columns"} else (columns, labels)
        data, rows = dict(self._data), self._index
        if index is not None:
            rows = as_index(index)
            change = reindexer(self._index, rows, method, fill_value)
            data = {label: change(values) for label, values in data.items()}
        if columns is not None:
            blank = Values.repeat(np.nan if fill_value is None else fill_value, len(rows))
            data = {label: data.get(label, blank) for label in columns}
        return self._like(data, rows)

    def filter(self, items: Any = None, like: str | None = None, regex: str | None = None, axis: Any = None) -> Any:
        """The columns of these names, or whose name holds `like`, or matches `regex`."""
        refuse("filter", {"axis": None if axis in {1, "columns"} else axis})
        if items is not None:
            chosen = [label for label in items if label in self._data]
        elif like is not None:
            chosen = [label for label in self._data if like in str(label)]
        else:
            chosen = [label for label in self._data if re.search(regex or "", str(label))]
        return self._like({label: self._data[label] for label in chosen})

    def _replaced(self, old: Any, new: Any, *, regex: bool) -> Any:
        ways = by_column(old, new, list(self._data))
        if ways is None:
            return self._each(lambda values: replaced(values, old, new, regex=regex))
        return self._like({c: replaced(v, *ways[c], regex=regex) if c in ways else v for c, v in self._data.items()})

    def select_dtypes(self, include: Any = None, exclude: Any = None) -> Any:
        """The columns of these types."""
        wanted, unwanted = _kinds(include) or "biufMmOc", _kinds(exclude)
        letters = {c: "c" if v.kinds is not None else v.kind for c, v in self._data.items()}
        return self._like(
            {c: self._data[c] for c, letter in letters.items() if letter in wanted and letter not in unwanted}
        )

    def join(
        self, other: Any, on: Any = None, how: str = "left", lsuffix: str = "", rsuffix: str = "", **o: Any
    ) -> Any:
        """The columns of another frame (or named Series) beside these, by row labels."""
        refuse("join", {"on": on, **o})
        return join_on_index(self, other, how=how, suffixes=(lsuffix, rsuffix))

    def merge(self, right: Any, how: str = "inner", on: Any = None, **options: Any) -> Any:
        """The rows of two frames that agree in some columns."""
        return merge(self, right, how=how, on=on, **options)

    def append(self, other: Any, ignore_index: bool = False, **options: Any) -> Any:
        """Rows below these, as pandas 1 spelled it."""
        refuse("append", options)
        note_spelling("DataFrame.append", "pd.concat")
        rows = self._frame_type([other]) if isinstance(other, dict) else other
        if hasattr(rows, "to_frame"):
            rows = self._frame_type([rows])
        return concat([self, *(rows if isinstance(rows, list) else [rows])], ignore_index=ignore_index)

    def select(self, crit: Any, axis: Any = 0) -> Any:
        """The rows or columns whose label a function says True to, as pandas 0 spelled it."""
        note_spelling("select", "loc[...]")
        if axis in {1, "columns"}:
            return self._like({c: v for c, v in self._data.items() if crit(c)})
        return self._rows(np.array([bool(crit(label)) for label in self._index], dtype=np.bool_))

    def transform(self, func: Any, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """A function of each column that keeps the rows."""
        if isinstance(func, dict):
            return self._frame_type({c: self[c].transform(how) for c, how in func.items()})  # type: ignore[index]
        made = (
            getattr(self, func)(*args, **kwargs)
            if isinstance(func, str)
            else self.apply(func, axis, False, args, **kwargs)  # type: ignore[attr-defined]
        )
        if len(made) != len(self):
            raise ValueError("Function did not transform")
        return made

    def to_records(self, index: bool = True, **options: Any) -> Any:
        """Rows as a numpy record array."""
        refuse("to_records", options)
        columns = {str(c): v.array for c, v in self._data.items()}
        if index:
            columns = {str(self._index.name or "index"): self._index.array, **columns}
        return np.rec.fromarrays(list(columns.values()), names=list(columns))  # type: ignore[call-overload]

    def isetitem(self, loc: int, value: Any) -> None:
        """Other values for the column at place `loc`."""
        self[list(self._data)[loc]] = value  # type: ignore[index]

    def squeeze(self, axis: Any = None) -> Any:
        """A single column as a Series, a single row as one too, a single value as a scalar."""
        if axis is None and self.shape == (1, 1):  # type: ignore[attr-defined]
            return next(iter(self._data.values())).item(0)
        if len(self._data) == 1 and axis not in {0, "index"}:
            return self._column(next(iter(self._data)))  # type: ignore[attr-defined]
        return self._row(0) if len(self) == 1 and axis not in {1, "columns"} else self  # type: ignore[attr-defined]

    def combine_first(self, other: Any) -> Any:
        """These values, and those of `other` where these are missing; all labels of both."""
        mine, theirs = dict(self.items()), dict(other.items())
        both = {label: series.combine_first(theirs[label]) for label, series in mine.items() if label in theirs}
        return self._frame_type({**mine, **{c: s for c, s in theirs.items() if c not in mine}, **both})

    def update(self, other: Any) -> None:
        """Take over what `other` has, in place."""
        moved = align(self._index, other.index, "left").right
        for label, values in other._data.items():
            if label in self._data:
                theirs = picked(values, moved)
                seen = ~missing_mask(theirs.array)
                self._data[label] = self._data[label].assigned(seen, theirs.take(seen))

    # numbers alone count, whatever numeric_only says: pandas 1 left the other columns out
    def quantile(
        self, q: Any = 0.5, axis: Any = 0, numeric_only: bool = True, interpolation: str = "linear"  # noqa: ARG002
    ) -> Any:  # fmt: skip
        """The value that a share `q` of each column lies below; several shares give a row for each."""
        if isinstance(q, list | tuple | np.ndarray):
            rows = [self.quantile(float(one), axis, interpolation=interpolation) for one in q]
            return self._frame_type(rows)
        given = {"q": q, "interpolation": interpolation}
        return self._reduce("quantile", axis, True, given).rename(q)  # type: ignore[attr-defined]

    def corr(
        self, method: str = "pearson", min_periods: int = 1, numeric_only: bool = True  # noqa: ARG002
    ) -> Any:  # fmt: skip
        """The correlation of each pair of columns: Pearson's, or that of ranks (`spearman`)."""
        numbers = {c: v.floats for c, v in self._data.items() if v.kind in "biuf"}
        data = {
            c: Values(np.array([correlation(x, y, method, min_periods) for y in numbers.values()]))
            for c, x in numbers.items()
        }
        return self._frame_type._of(data, label_index(list(numbers)))

    def transpose(self) -> Any:
        """Rows as columns."""
        matrix = np.array(self._as_array())  # type: ignore[attr-defined]
        return self._frame_type(matrix.T, index=self.columns, columns=list(self._index))

    @property
    def T(self) -> Any:  # noqa: N802 - pandas' name
        return self.transpose()

    def to_dict(self, orient: str = "dict") -> Any:
        """Columns as dicts (`dict`), `list` or `series`; rows as `records` or by label (`index`)."""
        lists = {label_of(c): v.plain_items() for c, v in self._data.items()}
        if orient == "list":
            return lists
        if orient == "series":
            return dict(self.items())
        if orient == "dict":
            labels = list(self._index)
            return {label: dict(zip(labels, column, strict=True)) for label, column in lists.items()}
        records = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        if orient == "records":
            return records
        if orient == "index":
            return dict(zip(self._index, records, strict=True))
        raise unsupported("to_dict", f"orient={orient!r}")

    def equals(self, other: Any) -> bool:
        """True when labels and values are the same, missing in the same places."""
        if not isinstance(other, FrameShape) or not self._index.equals(other._index):
            return False
        return list(self._data) == list(other._data) and all(
            same_values(left, right) for left, right in zip(self._data.values(), other._data.values(), strict=True)
        )

    def _sorted_columns(self, ascending: bool) -> Any:
        return self._like({c: self._data[c] for c in sorted(self._data, reverse=not ascending)})


def _kinds(types: Any) -> str:
    """The letters of numpy for the names of types."""
    names = types if isinstance(types, list | tuple) else [] if types is None else [types]
    known = {
        "number": "iuf",
        np.number: "iuf",
        "float": "f",
        "int": "iu",
        "bool": "b",
        "object": "O",
        "datetime": "M",
        "category": "c",
    }
    return "".join(known[name] if name in known else np.dtype(name).kind for name in names)
