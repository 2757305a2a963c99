"""The groups of a Series and of a DataFrame."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.groups.groups import REDUCED, Groups
from pipeline.frame.groups.kernel import numbered, within_groups
from pipeline.frame.index.index import Names, Positions
from pipeline.frame.library.gaps import unsupported
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values, concatenated

__all__ = ["FrameGroups", "SeriesGroups"]

_KNOWN = {np.mean: "mean", np.sum: "sum", np.std: "std", np.max: "max", np.min: "min", np.median: "median",
          np.var: "var", np.prod: "prod", sum: "sum", max: "max", min: "min"}  # fmt: skip


class SeriesGroups(Groups):
    """The groups of a Series."""

    def _aggregated(self, name: str, options: dict[str, Any]) -> Any:
        values = self._per_group(self._columns._values, name, options)
        return self._made(Columnar._series_type._of(values, self._keys.labels, self._columns.name))

    def _restored(self, parts: list[Any]) -> Any:
        values = concatenated([part._values for part in parts]) if parts else self._columns._values.take(slice(0, 0))
        return self._spread_back(values)

    def _spread_back(self, whole: Values) -> Any:
        """A column of values in the order of the groups."""
        if self._keys.settled:
            placed = whole
        elif len(whole) == len(self._columns) and whole.kinds is None and whole.sense is None:
            # every row has a group: each value goes to its row in one pass
            rows = np.empty(len(whole), dtype=whole.array.dtype)
            rows[self._keys.order] = whole.array
            placed = whole.like(rows)
        else:
            placed = whole.take_or_missing(self._places)
        return Columnar._series_type._of(placed, self._columns.index, self._columns.name)

    def _within(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) <= (name in {"shift", "diff"}):
            ordered = self._keys.ordered(self._columns._values)
            made = within_groups(ordered, self._keys.starts, name, *args)
            if made is not None:
                return self._spread_back(made)
        made = super()._within(name, *args, **kwargs)
        fill, without = kwargs.get("fill_value"), self._places < 0
        if name == "shift" and fill is not None and without.any():
            # rows without a group are filled too
            made = made._each(lambda values: values.assigned(without, fill).cast(self._columns.dtype))
        return made

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A reduction spread over the rows of its group, or a change within each group."""
        name = _KNOWN.get(func, func) if not isinstance(func, str) and _hashable(func) else func
        if isinstance(name, str) and name in REDUCED and not args and not kwargs:
            for_groups = self._per_group(self._columns._values, name, {})
            return self._spread_back(for_groups.take(numbered(self._keys.starts, len(self._keys.order))))
        return super().transform(func, *args, **kwargs)

    def aggregate(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
        """A reduction by name or function, several as a frame."""
        if self._empty is not None:
            if not isinstance(func, str):
                raise unsupported("groupby", "observed=False, and a category has no rows")
            return getattr(self, func)(*args, **kwargs)
        if func is None:
            func = dict(kwargs)
            args, kwargs = (), {}
        if isinstance(func, list | tuple | dict):
            ways = func.items() if isinstance(func, dict) else [_way(one) for one in func]
            made = Columnar._frame_type._of({name: self._one(how)._values for name, how in ways}, self._keys.labels)
            return self._made(made)
        return self._made(self._one(func, *args, **kwargs))

    agg = aggregate

    def _one(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        plain = SeriesGroups(self._columns, self._keys)
        name = _KNOWN.get(func, func) if _hashable(func) else func
        if isinstance(name, str):
            return getattr(plain, name)(*args, **kwargs)
        done = [name(self._columns._rows(part), *args, **kwargs) for part in self._keys.parts()]
        return Columnar._series_type._of(Values.of(done), self._keys.labels, self._columns.name)

    def describe(self, **options: Any) -> Any:
        """Count, mean, deviation, extremes and quartiles of each group."""
        return self.apply(lambda rows: rows.describe(**options)).unstack()

    def value_counts(self, **options: Any) -> Any:
        """How often each value comes in each group."""
        return self.apply(lambda rows: rows.value_counts(**options))

    def unique(self) -> Any:
        """The different values of each group, as arrays."""
        done = [self._columns._rows(part).unique() for part in self._keys.parts()]
        return Columnar._series_type._of(Values(objects(done)), self._keys.labels, self._columns.name)

    def nlargest(self, n: int = 5) -> Any:
        """The `n` highest values of each group."""
        return self.apply(lambda rows: rows.nlargest(n))

    def nsmallest(self, n: int = 5) -> Any:
        """The `n` lowest values of each group."""
        return self.apply(lambda rows: rows.nsmallest(n))

    def ohlc(self) -> Any:
        """First, highest, lowest and last value of each group."""
        ways = {"open": "first", "high": "max", "low": "min", "close": "last"}
        data = {name: self._per_group(self._columns._values, how, {}) for name, how in ways.items()}
        return Columnar._frame_type._of(data, self._keys.labels)


class FrameGroups(Groups):
    """The groups of a DataFrame; a key column is no part of the results."""

    def __getitem__(self, key: Any) -> Any:
        part = self._columns[key]
        kind = FrameGroups if isinstance(key, list | tuple) else SeriesGroups
        made = kind(part, self._keys, as_index=self._as_index, group_keys=self._group_keys)
        made._empty = self._empty
        return made

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._columns._data:
            return self[name]
        return super().__getattr__(name)

    def _key_names(self) -> list[Any]:
        return list(self._keys.name) if isinstance(self._keys.name, Names) else [self._keys.name]

    def _others(self) -> Any:
        return self._columns.drop(columns=self._key_names(), errors="ignore")

    def _rows_of(self, part: Positions) -> Any:
        return self._others()._rows(part)

    def _column(self, label: Any) -> SeriesGroups:
        return SeriesGroups(self._columns[label], self._keys)

    def _aggregated(self, name: str, options: dict[str, Any]) -> Any:
        any_kind = name in {"first", "last", "count", "nunique", "min", "max", "any", "all"}
        data = {
            label: self._per_group(values, name, options)
            for label, values in self._others()._data.items()
            if any_kind or values.kind in "biuf"
        }
        return self._made(Columnar._frame_type._of(data, self._keys.labels))

    def _within(self, name: str, *args: Any, **kwargs: Any) -> Any:
        others = self._others()
        data = {c: self._column(c)._within(name, *args, **kwargs)._values for c in others._data}
        return Columnar._frame_type._of(data, self._columns.index)

    def _restored(self, parts: list[Any]) -> Any:
        labels = list(parts[0]._data) if parts else []
        data = {c: concatenated([part._data[c] for part in parts]).take_or_missing(self._places) for c in labels}
        return Columnar._frame_type._of(data, self._columns.index)

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A reduction spread over the rows of its group, or a change within each group, column by column."""
        data = {c: self._column(c).transform(func, *args, **kwargs)._values for c in self._others()._data}
        return Columnar._frame_type._of(data, self._columns.index)

    def aggregate(self, func: Any = None, *args: Any, **named: Any) -> Any:
        """A reduction by name, several, or some for each column: a dict, or ``new=('column', 'mean')``."""
        if self._empty is not None and not isinstance(func, str):
            raise unsupported("groupby", "observed=False, and a category has no rows")
        if func is None:
            data = {new: self[column]._one(how)._values for new, (column, how) in named.items()}
            return self._made(Columnar._frame_type._of(data, self._keys.labels))
        if isinstance(func, str):
            return getattr(self, func)(*args, **named)
        wanted = func if isinstance(func, dict) else dict.fromkeys(self._others()._data, func)
        data: dict[Any, Values] = {}  # type: ignore[no-redef]
        several = any(isinstance(how, list | tuple) for how in wanted.values())
        for label, how in wanted.items():
            ways = [_way(one) for one in how] if isinstance(how, list | tuple) else [_way(how)]
            for name, one in ways:
                data[(label, name) if several else label] = self._column(label)._one(one, *args, **named)._values  # type: ignore[index]
        return self._made(Columnar._frame_type._of(data, self._keys.labels))

    agg = aggregate

    def value_counts(self, **options: Any) -> Any:
        """How often each combination of values comes in each group."""
        raise unsupported("DataFrameGroupBy.value_counts", f"{options!r}", hint="Use groupby([...]).size().")

    def describe(self, **options: Any) -> Any:
        """Count, mean, deviation, extremes and quartiles of each column in each group."""
        parts: dict[Any, Values] = {}
        for label, values in self._others()._data.items():
            if values.kind in "biuf":
                for name, column in self._column(label).describe(**options).items():
                    parts[(label, name)] = column._values
        return Columnar._frame_type._of(parts, self._keys.labels)

    def corr(self, **options: Any) -> Any:
        """The correlations of the columns within each group."""
        return self.apply(lambda rows: rows.corr(**options))


def _way(how: Any) -> tuple[Any, Any]:
    """A reduction with the name of its column."""
    if isinstance(how, tuple) and len(how) == 2:
        return how
    return (how if isinstance(how, str) else getattr(how, "__name__", str(how))), how


def _hashable(func: Any) -> bool:
    return getattr(type(func), "__hash__", None) is not None
