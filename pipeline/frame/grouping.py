"""Rows in groups of equal keys: aggregated to a row for each group, or changed within each group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from pipeline.frame.columnar import Columnar
from pipeline.frame.faces import objects
from pipeline.frame.gaps import missing_name, unsupported
from pipeline.frame.group_kernel import numbered, reduced_by_group, within_groups
from pipeline.frame.index import Index, Positions
from pipeline.frame.ranking import sorting_order
from pipeline.frame.reduction import reduced
from pipeline.frame.values import Values, concatenated, missing_mask

__all__ = ["FrameGroups", "Keyed", "SeriesGroups", "keyed"]


class Keyed(NamedTuple):
    """Row numbers in group order, where each group starts, and the key of each group; missing keys have no group."""

    order: Positions
    starts: Positions
    labels: Index
    name: Any

    def parts(self) -> Iterator[Positions]:
        """The row numbers of each group, in the order of the rows."""
        return iter(np.split(self.order, self.starts[1:])) if len(self.starts) else iter(())


def keyed(keys: list[tuple[Any, Values]], *, sort: bool = True) -> Keyed:
    """Group rows by one key. Raises a gap for several."""
    if len(keys) != 1:
        raise unsupported("groupby", "several keys")
    name, key = keys[0]
    order = sorting_order([key], [True])
    order = order[~missing_mask(key.array)[order]]
    ordered = key.take(order)
    labels = Index._of(ordered)
    first = ~labels.duplicated()
    starts = np.flatnonzero(first)
    made = Keyed(order, starts, Index._of(ordered.take(starts), name), name)
    if sort or len(starts) < 2:
        return made
    parts = list(made.parts())
    by_first = np.argsort([part[0] for part in parts], kind="stable")
    mixed = np.concatenate([parts[i] for i in by_first])
    sizes = np.array([len(parts[i]) for i in by_first])
    return Keyed(mixed, np.concatenate([[0], np.cumsum(sizes)[:-1]]), made.labels[by_first], name)


_REDUCED = ("sum", "mean", "median", "min", "max", "std", "var", "count", "prod", "nunique", "any", "all")


class _Groups:
    def __init__(self, columns: Any, keys: Keyed, *, as_index: bool = True) -> None:
        self._columns = columns
        self._keys = keys
        self._as_index = as_index

    def _per_group(self, values: Values, name: str, options: dict[str, Any]) -> Values:
        """One value for each group."""
        if name in {"first", "last"}:
            return concatenated_items([_edge(values.take(part), name) for part in self._keys.parts()])
        if name in {"std", "var"}:
            options = {"ddof": 1, **options}
        fast = reduced_by_group(values.take(self._keys.order), self._keys.starts, name, options)
        if fast is not None:
            return fast
        done = [reduced(values.take(part), name, True, dict(options)) for part in self._keys.parts()]
        return Values.of(done) if done else values

    def _aggregated(self, name: str, options: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _within(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """A change within each group, in the order of the rows."""
        if not kwargs and len(args) <= (name in {"shift", "diff"}):
            fast = self._fast_within(name, *args)
            if fast is not None:
                return fast
        done = [getattr(self._columns._rows(part), name)(*args, **kwargs) for part in self._keys.parts()]
        return self._restored(done)

    def _restored(self, parts: list[Any]) -> Any:
        raise NotImplementedError

    def _fast_within(self, name: str, *args: Any) -> Any:  # noqa: ARG002 - a frame has no fast way
        return None

    @property
    def _places(self) -> Positions:
        """Where each row stands in the order of the groups; -1 for rows without a group."""
        places = np.full(len(self._columns), -1, dtype=np.intp)
        places[self._keys.order] = np.arange(len(self._keys.order))
        return places

    def __getattr__(self, name: str) -> Any:
        if name in _REDUCED or name in {"first", "last"}:
            return lambda **options: self._aggregated(name, {k: v for k, v in options.items() if k != "numeric_only"})
        if name in {"cumsum", "cumprod", "cummax", "cummin", "shift", "diff", "pct_change", "ffill", "bfill", "rank"}:
            return lambda *args, **kwargs: self._within(name, *args, **kwargs)
        if name.startswith("_"):
            raise AttributeError(name)
        raise missing_name(type(self).__name__, name, "group", type(self))

    def __len__(self) -> int:
        return len(self._keys.starts)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for label, part in zip(self._keys.labels, self._keys.parts(), strict=True):
            yield label, self._columns._rows(part)

    @property
    def ngroups(self) -> int:
        return len(self)

    @property
    def groups(self) -> dict[Any, Index]:
        return {
            label: self._columns.index[part] for label, part in zip(self._keys.labels, self._keys.parts(), strict=True)
        }

    def get_group(self, name: Any) -> Any:
        """The rows of one group. Raises KeyError."""
        place = self._keys.labels._find(name)
        if place is None:
            raise KeyError(name)
        return self._columns._rows(list(self._keys.parts())[place])

    def size(self) -> Any:
        """How many rows each group has."""
        sizes = np.diff(np.append(self._keys.starts, len(self._keys.order))).astype(np.int64)
        return Columnar._series_type._of(Values(sizes), self._keys.labels)

    def cumcount(self, *, ascending: bool = True) -> Any:
        """Each row's number within its group."""
        length, starts = len(self._keys.order), self._keys.starts
        group = numbered(starts, length)
        if ascending:
            counted = np.arange(length) - starts[group] if length else group
        else:
            counted = np.append(starts[1:], length)[group] - 1 - np.arange(length) if length else group
        numbers = np.zeros(len(self._columns), dtype=np.int64)
        numbers[self._keys.order] = counted
        return Columnar._series_type._of(Values(numbers), self._columns.index)

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A reduction spread over the rows of its group, or a change within each group."""
        done = []
        for part in self._keys.parts():
            rows = self._columns._rows(part)
            result = getattr(rows, func)(*args, **kwargs) if isinstance(func, str) else func(rows, *args, **kwargs)
            if not isinstance(result, Columnar) or len(result) != len(part):
                result = rows._each(lambda values, one=result: Values.repeat(one, len(values)))
            done.append(result)
        return self._restored(done)

    def apply(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A function of the author's on each group that gives one value."""
        done = [func(self._columns._rows(part), *args, **kwargs) for part in self._keys.parts()]
        if any(isinstance(one, Columnar) for one in done):
            raise unsupported("groupby.apply", "a function that gives more than one value for a group")
        return Columnar._series_type._of(Values.of(done), self._keys.labels, getattr(self._columns, "name", None))


class SeriesGroups(_Groups):
    """The groups of a Series."""

    def _aggregated(self, name: str, options: dict[str, Any]) -> Any:
        values = self._per_group(self._columns._values, name, options)
        made = Columnar._series_type._of(values, self._keys.labels, self._columns.name)
        return made if self._as_index else made.reset_index()

    def _restored(self, parts: list[Any]) -> Any:
        return self._spread_back(concatenated([part._values for part in parts]))

    def _spread_back(self, whole: Values) -> Any:
        """A column of values in the order of the groups."""
        return Columnar._series_type._of(whole.take_or_missing(self._places), self._columns.index, self._columns.name)

    def _fast_within(self, name: str, *args: Any) -> Any:
        made = within_groups(self._columns._values.take(self._keys.order), self._keys.starts, name, *args)
        return None if made is None else self._spread_back(made)

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A reduction spread over the rows of its group, or a change within each group."""
        if func in _REDUCED and not args and not kwargs:
            for_groups = self._per_group(self._columns._values, func, {})
            return self._spread_back(for_groups.take(numbered(self._keys.starts, len(self._keys.order))))
        return super().transform(func, *args, **kwargs)

    def aggregate(self, func: Any) -> Any:
        """A reduction by name or function, several as a frame."""
        if isinstance(func, list):
            return Columnar._frame_type({getattr(f, "__name__", f): self.aggregate(f) for f in func})
        if isinstance(func, str):
            return getattr(self, func)()
        return self.apply(func).rename(self._columns.name)

    agg = aggregate


class FrameGroups(_Groups):
    """The groups of a DataFrame; a key column is no part of the results."""

    def __getitem__(self, key: Any) -> Any:
        part = self._columns[key]
        return (FrameGroups if isinstance(key, list) else SeriesGroups)(part, self._keys, as_index=self._as_index)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._columns._data:
            return self[name]
        return super().__getattr__(name)

    def _others(self) -> Any:
        return self._columns.drop(columns=[self._keys.name], errors="ignore")

    def _aggregated(self, name: str, options: dict[str, Any]) -> Any:
        numeric = name not in {"first", "last", "count", "nunique", "min", "max"}
        data = {
            label: self._per_group(values, name, options)
            for label, values in self._others()._data.items()
            if not numeric or values.kind in "biuf"
        }
        made = Columnar._frame_type._of(data, self._keys.labels)
        return made if self._as_index else made.reset_index()

    def _within(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return FrameGroups(self._others(), self._keys)._spread(name, *args, **kwargs)

    def _spread(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._restored([getattr(self._columns._rows(p), name)(*args, **kwargs) for p in self._keys.parts()])

    def _restored(self, parts: list[Any]) -> Any:
        labels = list(parts[0]._data) if parts else []
        data = {c: concatenated([part._data[c] for part in parts]).take_or_missing(self._places) for c in labels}
        return Columnar._frame_type._of(data, self._columns.index)

    def aggregate(self, func: Any = None, **named: Any) -> Any:
        """A reduction by name, or one for each column: a dict, or ``new=('column', 'mean')``."""
        if func is None:
            data = {new: self[column].aggregate(how)._values for new, (column, how) in named.items()}
        elif isinstance(func, dict):
            data = {column: self[column].aggregate(how)._values for column, how in func.items()}
        elif isinstance(func, str):
            return getattr(self, func)()
        else:
            raise unsupported("groupby.agg", f"{func!r}")
        made = Columnar._frame_type._of(data, self._keys.labels)
        return made if self._as_index else made.reset_index()

    agg = aggregate


def _edge(values: Values, name: str) -> Values:
    seen = np.flatnonzero(~missing_mask(values.array))
    if not len(seen):
        return Values(objects([np.nan]))
    place = int(seen[0] if name == "first" else seen[-1])
    return values.take(slice(place, place + 1))


def concatenated_items(parts: list[Values]) -> Values:
    """One value from each part, in a type that holds them all."""
    return concatenated(parts)
