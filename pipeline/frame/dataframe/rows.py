"""The rows of a frame, one at a time or by a function of the author's; and the order of rows."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import note_spelling, refuse
from pipeline.frame.series.ranking import sorted_by
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.faces import objects
from pipeline.frame.values.ordering import sorting_order
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["FrameRows"]


class FrameRows(Columnar):
    """Reading, sorting, filtering and grouping rows."""

    _data: Any
    columns: Any
    _column: Callable[..., Any]

    def _row(self, place: int) -> Any:
        """One row as a Series on the column labels."""
        items = [values.item(place) for values in self._data.values()]
        return self._series_type._of(Values(_common(items)), self.columns, self._index[place])

    def iterrows(self) -> Iterator[tuple[Any, Any]]:
        """Label and row, one by one."""
        columns, make = self.columns, self._series_type._of
        matrix: Array = self._as_array()  # type: ignore[attr-defined]
        for place, label in enumerate(self._index):
            yield label, make(Values(matrix[place], zone=None), columns, label)

    def itertuples(self, index: bool = True, name: str | None = "Pandas") -> Iterator[Any]:
        """Rows as named tuples, the label first."""
        lists = [v.plain_items() for v in self._data.values()]
        fields = [str(key) for key in self._data]
        if index:
            lists.insert(0, list(self._index))
            fields.insert(0, "Index")
        if name is None:
            return zip(*lists, strict=True)
        row: Any = namedtuple(name, fields, rename=True)  # type: ignore[misc] # the fields are known when it runs
        return map(row._make, zip(*lists, strict=True))

    def apply(self, func: Any, axis: Any = 0, raw: bool = False, args: Any = (), **kwargs: Any) -> Any:
        """A function of each column (axis 0) or each row (axis 1) as a Series, or as an array when `raw`."""
        refuse("DataFrame.apply", {"result_type": kwargs.pop("result_type", None)})
        if isinstance(func, str):
            return getattr(self, func)(*args, **kwargs)
        if isinstance(func, np.ufunc):
            return func(self, *args, **kwargs)
        call = _raw(func) if raw else func
        if axis in {1, "columns"}:
            done = [call(row, *args, **kwargs) for _, row in self.iterrows()]
            if done and isinstance(done[0], Columnar):
                return self._frame_type([one.to_dict() for one in done], index=self._index)
            return self._series_type._of(Values.of(done) if done else Values(np.empty(0)), self._index)
        columns = {key: call(self._column(key), *args, **kwargs) for key in self._data}
        if any(isinstance(one, Columnar) for one in columns.values()):
            return self._frame_type(columns)
        return self._series_type(columns)

    def map(self, func: Callable[[Any], Any], na_action: Any = None) -> Any:
        """Each value of each column through a function."""
        if na_action not in {None, "ignore"}:
            raise ValueError(f"na_action must be 'ignore' or None. Got {na_action!r}")

        def change(values: Values) -> Values:
            items = values.plain_items()
            kept = na_action == "ignore"
            return Values.of([x if kept and is_missing(x) else func(x) for x in items]) if items else values

        return self._each(change)

    def applymap(self, func: Callable[[Any], Any], na_action: Any = None) -> Any:
        """As `map`, in the spelling of pandas 1."""
        note_spelling("applymap", "map")
        return self.map(func, na_action)

    def aggregate(self, func: Any, axis: Any = 0, **kwargs: Any) -> Any:
        """A reduction by name or function; a dict names one for each column."""
        if isinstance(func, str):
            return getattr(self, func)(axis=axis, **kwargs)
        if isinstance(func, dict):
            done = {label: self[label].aggregate(how) for label, how in func.items()}  # type: ignore[index]
            several = [one for one in done.values() if isinstance(one, Columnar)]
            if not several:
                return self._series_type(done)
            order = dict.fromkeys(label for one in several for label in one.index)
            return self._frame_type(done).reindex(list(order))
        if isinstance(func, list):
            return self._frame_type({key: self._column(key).aggregate(func) for key in self._data})
        return self.apply(func, axis=axis, **kwargs)

    agg = aggregate

    def dropna(
        self, *, axis: Any = 0, how: str | None = None, thresh: int | None = None, subset: Any = None,
        inplace: bool = False, ignore_index: bool = False,
    ) -> Any:  # fmt: skip
        """Without the rows (axis 1: columns) that lack one value, or `all`, or have fewer than `thresh`."""
        if how is not None and thresh is not None:
            raise TypeError("You cannot set both the how and thresh arguments at the same time.")
        how = how or "any"
        if how not in {"any", "all"}:
            raise ValueError(f"invalid how option: {how}")
        if axis in {1, "columns"}:
            return self._settled(self._without_columns(how, thresh, subset), inplace, "dropna")
        looked = self._data if subset is None else {c: self._data[c] for c in _listed(subset)}
        present = np.zeros(len(self), dtype=np.intp)
        for values in looked.values():
            present += ~missing_mask(values.array)
        needed = thresh if thresh is not None else len(looked) if how == "any" else min(1, len(looked))
        result = self._rows(np.flatnonzero(present >= needed))
        if ignore_index:
            result._index = Index(range(len(result)))
        return self._settled(result, inplace, "dropna")

    def _without_columns(self, how: str, thresh: int | None, subset: Any) -> Any:
        rows = self if subset is None else self.loc[_listed(subset)]  # type: ignore[attr-defined]
        there = {c: ~missing_mask(v.array) for c, v in rows._data.items()}
        if thresh is not None:
            kept = {c for c, m in there.items() if m.sum() >= thresh}
        else:
            kept = {c for c, m in there.items() if (m.all() if how == "any" else m.any() or not len(m))}
        return self._frame_type._of({c: v for c, v in self._data.items() if c in kept}, self._index)

    def sort_values(
        self, by: Any, *, axis: Any = 0, ascending: Any = True, inplace: bool = False, na_position: str = "last",
        ignore_index: bool = False, key: Any = None, **options: Any,
    ) -> Any:  # fmt: skip
        """Rows by one or several columns (or what `key` makes of each), equal ones as they stood."""
        refuse("sort_values", {"axis": axis, **{k: v for k, v in options.items() if k != "kind"}})
        labels = _listed(by)
        up = [bool(a) for a in ascending] if isinstance(ascending, list | tuple) else [bool(ascending)] * len(labels)
        keys = [self._data[c] if c in self._data or c != self._index.name else self._index._values for c in labels]
        if key is not None:
            keys = [sorted_by(key, values, self._index, label) for values, label in zip(keys, labels, strict=True)]
        result = self._rows(sorting_order(keys, up, na_position))
        if ignore_index:
            result._index = Index(range(len(result)))
        return self._settled(result, inplace, "sort_values")

    def nlargest(self, n: int, columns: Any) -> Any:
        """The `n` rows that are highest in `columns`."""
        return self.sort_values(columns, ascending=False).head(n)

    def nsmallest(self, n: int, columns: Any) -> Any:
        """The `n` rows that are lowest in `columns`."""
        return self.sort_values(columns).head(n)

    def duplicated(self, subset: Any = None, keep: Any = "first") -> Any:
        """True where a row (of the columns `subset`) has been seen before."""
        labels = list(self._data) if subset is None else _listed(subset)
        keys = pl.DataFrame({str(i): self._data[c].series for i, c in enumerate(labels)})
        rows = keys.select(pl.struct(pl.all())).to_series()
        if keep == "last":
            mask = ~rows.is_last_distinct()
        else:
            mask = ~rows.is_first_distinct() if keep == "first" else rows.is_duplicated()
        return self._series_type._of(Values.of(mask), self._index)

    def drop_duplicates(
        self, subset: Any = None, *, keep: Any = "first", inplace: bool = False, ignore_index: bool = False
    ) -> Any:
        """Without the rows that have been seen before."""
        result = self._rows(np.flatnonzero(~self.duplicated(subset, keep)._values.array))
        if ignore_index:
            result._index = Index(range(len(result)))
        return self._settled(result, inplace, "drop_duplicates")

    def idxmax(self, axis: Any = 0, **options: Any) -> Any:
        """The label of the highest value of each column, or of each row."""
        return self._extreme("idxmax", np.nanargmax, axis, options)

    def idxmin(self, axis: Any = 0, **options: Any) -> Any:
        """The label of the lowest value of each column, or of each row."""
        return self._extreme("idxmin", np.nanargmin, axis, options)

    def _extreme(self, name: str, function: Any, axis: Any, options: dict[str, Any]) -> Any:
        refuse(name, {k: v for k, v in options.items() if k != "skipna"})
        if axis in {1, "columns"}:
            places = function(np.array([values.floats for values in self._data.values()]), axis=0)
            return self._series_type._of(self.columns._values.take(places), self._index)
        return self._series_type({key: getattr(self._column(key), name)() for key in self._data})


def _listed(labels: Any) -> list[Any]:
    return list(labels) if isinstance(labels, list | tuple | np.ndarray | Index) else [labels]


def _raw(func: Any) -> Any:
    return lambda row, *args, **kwargs: func(row._values.array, *args, **kwargs)


def _common(items: list[Any]) -> Array:
    """The items of a row as one array: numbers as such, anything mixed as objects."""
    kinds = {type(item) for item in items}
    if all(issubclass(kind, int | float | np.number) and not issubclass(kind, bool) for kind in kinds):
        return np.array(items)
    if kinds <= {bool, np.bool_}:
        return np.array(items, dtype=np.bool_)
    return objects(items)
