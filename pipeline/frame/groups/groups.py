"""Rows in groups of equal keys: what Series and DataFrame groups have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.columns.reduction import reduced
from pipeline.frame.groups.grouping import Keyed
from pipeline.frame.groups.kernel import numbered, reduced_by_group
from pipeline.frame.groups.result import below, combined
from pipeline.frame.index.index import Index, Positions
from pipeline.frame.library.gaps import missing_name, refuse, unsupported
from pipeline.frame.reshape.joining import concat
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["Groups", "REDUCED", "WITHIN"]

REDUCED = (
    "sum", "mean", "median", "min", "max", "std", "var", "sem", "count", "prod", "nunique", "any", "all", "skew",
    "kurt", "first", "last", "idxmax", "idxmin",
)  # fmt: skip
WITHIN = ("cumsum", "cumprod", "cummax", "cummin", "shift", "diff", "pct_change", "ffill", "bfill", "rank", "fillna")
_PASSED_ON = {"numeric_only", "engine", "engine_kwargs", "observed"}


class Groups:
    """The groups of a Series or DataFrame; reductions give a row for each, changes keep the rows."""

    def __init__(self, columns: Any, keys: Keyed, *, as_index: bool = True, group_keys: bool = True) -> None:
        self._columns = columns
        self._keys = keys
        self._as_index = as_index
        self._group_keys = group_keys

    _empty: Index | None = None
    """The labels of all groups, when categories without rows make groups too."""

    # -- for the two kinds ---------------------------------------------------------------------------------

    def _aggregated(self, name: str, options: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _restored(self, parts: list[Any]) -> Any:
        raise NotImplementedError

    def _rows_of(self, part: Positions) -> Any:
        """The rows of a group as a function of the author's gets them."""
        return self._columns._rows(part)

    def _made(self, result: Any, ways: list[Any]) -> Any:
        """A result with a row for each group: the labels as index, or as columns when asked.

        `ways` are the reductions that its columns come from: they decide what a group without rows has.
        """
        if self._empty is not None:
            labels, rows = self._empty, self._keys.labels.get_indexer(self._empty)
            if hasattr(result, "columns"):
                columns = zip(result._data.items(), ways, strict=True)
                result = result._of({key: _completed(values, rows, way) for (key, values), way in columns}, labels)
            else:
                result = result._of(_completed(result._values, rows, ways[0]), labels, result.name)
        return result if self._as_index else result.reset_index()

    # -- one row for each group ----------------------------------------------------------------------------

    def _per_group(self, values: Values, name: str, options: dict[str, Any]) -> Values:
        """One value for each group."""
        if name in {"first", "last"}:
            return _edges(self._keys.ordered(values), self._keys.starts, name)
        if name in {"idxmax", "idxmin"}:
            return self._extremes(values, name)
        if name in {"std", "var", "sem"}:
            options = {"ddof": 1, **options}
        fast = reduced_by_group(self._keys.ordered(values), self._keys.starts, name, options)
        if fast is not None:
            return fast
        done = [reduced(values.take(part), name, True, dict(options)) for part in self._keys.parts()]
        return Values.of(done) if done else values.take(slice(0, 0))

    def _extremes(self, values: Values, name: str) -> Values:
        labels = self._columns.index
        column = Columnar._series_type._of(values, labels)
        return Values.of([getattr(column._rows(part), name)() for part in self._keys.parts()])

    def __getattr__(self, name: str) -> Any:
        if name in REDUCED:
            return lambda *args, **options: self._reduced_by_name(name, args, options)
        if name in WITHIN:
            return lambda *args, **kwargs: self._within(name, *args, **kwargs)
        if name.startswith("_"):
            raise AttributeError(name)
        raise missing_name(type(self).__name__, name, "group", type(self))

    def _reduced_by_name(self, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        given = {k: v for k, v in options.items() if k not in _PASSED_ON}
        if args and name in {"std", "var", "sem"}:
            given["ddof"] = args[0]
        minimum = given.pop("min_count", 0)
        result = self._aggregated(name, given)
        if minimum > 0 and name in {"sum", "prod", "min", "max", "first", "last"}:
            result = result.where(self._aggregated("count", {}) >= minimum)
        return result

    def quantile(self, q: Any = 0.5, interpolation: str = "linear", **options: Any) -> Any:
        """The value of each group that a share `q` lies below."""
        refuse("groupby.quantile", {k: v for k, v in options.items() if k not in _PASSED_ON})
        if not isinstance(q, list | tuple | np.ndarray):
            return self._aggregated("quantile", {"q": q, "interpolation": interpolation})
        if self._empty is not None:
            raise unsupported("groupby.quantile", "a list, observed=False, and a category has no rows")
        parts = [self.quantile(one, interpolation) for one in q]
        rows = np.arange(len(q) * len(self)).reshape(len(q), len(self)).T.ravel()
        stacked = concat(parts)._rows(rows)
        stacked._index = Index(list(q) * len(self))
        return below(stacked, list(self._keys.labels), [len(q)] * len(self), self._keys.name)

    def size(self) -> Any:
        """How many rows each group has."""
        sizes = np.diff(np.append(self._keys.starts, len(self._keys.order))).astype(np.int64)
        made = Columnar._series_type._of(Values(sizes), self._keys.labels, getattr(self._columns, "name", None))
        return self._made(made if self._as_index else made.rename("size"), ["size"])

    # -- as many rows as before ----------------------------------------------------------------------------

    def _within(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """A change within each group, in the order of the rows."""
        return self._restored(
            [getattr(self._columns._rows(part), name)(*args, **kwargs) for part in self._keys.parts()]
        )

    @property
    def _places(self) -> Positions:
        """Where each row stands in the order of the groups; -1 for rows without a group."""
        places = np.full(len(self._columns), -1, dtype=np.intp)
        places[self._keys.order] = np.arange(len(self._keys.order))
        return places

    def cumcount(self, *, ascending: bool = True) -> Any:
        """Each row's number within its group."""
        length, starts = len(self._keys.order), self._keys.starts
        group = numbered(starts, length)
        if ascending:
            counted = np.arange(length) - starts[group] if length else group
        else:
            counted = np.append(starts[1:], length)[group] - 1 - np.arange(length) if length else group
        return self._numbers(counted)

    def ngroup(self, *, ascending: bool = True) -> Any:
        """The number of the group that each row is in."""
        group = numbered(self._keys.starts, len(self._keys.order))
        return self._numbers(group if ascending else len(self) - 1 - group)

    def _numbers(self, counted: Any) -> Any:
        whole = len(self._keys.order) == len(self._columns)
        numbers = np.zeros(len(self._columns), dtype=np.int64) if whole else np.full(len(self._columns), np.nan)
        numbers[self._keys.order] = counted
        return Columnar._series_type._of(Values(numbers), self._columns.index)

    def head(self, n: int = 5) -> Any:
        """The first `n` rows of each group, in the order of the rows."""
        return self._columns[self.cumcount()._values.array < n]

    def tail(self, n: int = 5) -> Any:
        """The last `n` rows of each group, in the order of the rows."""
        return self._columns[self.cumcount(ascending=False)._values.array < n]

    def nth(self, n: Any, **options: Any) -> Any:
        """The row with number `n` of each group (the rows, of a list), in the order of the rows."""
        refuse("groupby.nth", options)
        wanted = list(n) if isinstance(n, list | tuple | set | range | np.ndarray) else [n]
        counted, left = self.cumcount()._values.array, self.cumcount(ascending=False)._values.array
        ahead, back = [one for one in wanted if one >= 0], [-one - 1 for one in wanted if one < 0]
        return self._columns[np.isin(counted, ahead) | np.isin(left, back)]

    # -- functions of the author's -------------------------------------------------------------------------

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A reduction spread over the rows of its group, or a change within each group."""
        kwargs = {k: v for k, v in kwargs.items() if k not in _PASSED_ON}
        done: list[Any] = []
        if not len(self) and not isinstance(func, str):
            return self._columns._rows(slice(0, 0))
        for part in self._keys.parts():
            rows = self._rows_of(part)
            result = getattr(rows, func)(*args, **kwargs) if isinstance(func, str) else func(rows, *args, **kwargs)
            if not isinstance(result, Columnar) or len(result) != len(part):
                result = _spread_over(rows, result)
            done.append(result)
        return self._restored(done)

    def filter(self, func: Any, dropna: bool = True, *args: Any, **kwargs: Any) -> Any:
        """The rows of the groups for which a function says True."""
        refuse("groupby.filter", {"dropna": not dropna})
        kept = np.zeros(len(self._columns), dtype=np.bool_)
        for part in self._keys.parts():
            kept[part] = bool(func(self._columns._rows(part), *args, **kwargs))
        return self._columns._rows(np.flatnonzero(kept))

    def apply(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A function of the author's on each group: numbers, Series and frames are put together."""
        kwargs.pop("include_groups", None)
        if isinstance(func, str):
            return getattr(self, func)(*args, **kwargs)
        if self._empty is not None:
            raise unsupported("groupby.apply", "observed=False, and a category has no rows")
        parts = list(self._keys.parts())
        results = [func(_named(self._rows_of(part), label), *args, **kwargs) for part, label in self._labelled(parts)]
        return combined(self._columns, self._keys, parts, results, group_keys=self._group_keys, as_index=self._as_index)

    def _labelled(self, parts: list[Positions]) -> Iterator[tuple[Positions, Any]]:
        return zip(parts, self._keys.labels, strict=True)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(self, …)``."""
        return func(self, *args, **kwargs)

    def rolling(self, window: Any, *args: Any, **options: Any) -> Any:
        """Windows within each group; the labels of the groups come before those of the rows."""
        return _WindowsByGroup(self, "rolling", (window, *args), options)

    def expanding(self, *args: Any, **options: Any) -> Any:
        """Windows from the first row of each group on."""
        return _WindowsByGroup(self, "expanding", args, options)

    def ewm(self, *args: Any, **options: Any) -> Any:
        """Exponential weights within each group."""
        return _WindowsByGroup(self, "ewm", args, options)

    def resample(self, rule: Any, *args: Any, **options: Any) -> Any:
        """Each group resampled for itself; the labels of the groups come before the times."""
        return _WindowsByGroup(self, "resample", (rule, *args), options)

    # -- the groups themselves -----------------------------------------------------------------------------

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

    @property
    def indices(self) -> dict[Any, Positions]:
        return dict(zip(self._keys.labels, self._keys.parts(), strict=True))

    def get_group(self, name: Any) -> Any:
        """The rows of one group. Raises KeyError."""
        place = self._keys.labels._find(name)
        if place is None and isinstance(name, tuple) and len(name) == 1:
            place = self._keys.labels._find(name[0])
        if place is None:
            raise KeyError(name)
        return self._columns._rows(list(self._keys.parts())[place])


class _WindowsByGroup:
    """``groups.rolling(3).mean()``: the statistic of each group's own windows, below each other."""

    def __init__(
        self, groups: Groups, way: str, args: tuple[Any, ...], options: dict[str, Any], key: Any = None
    ) -> None:
        self._groups, self._way, self._args, self._options, self._key = groups, way, args, options, key

    def __getitem__(self, key: Any) -> _WindowsByGroup:
        return _WindowsByGroup(self._groups, self._way, self._args, self._options, key)

    def __iter__(self) -> Iterator[Any]:
        for part in self._groups._keys.parts():
            yield from self._opened(part)

    def _opened(self, part: Positions) -> Any:
        """The windows of one group."""
        rows = self._groups._rows_of(part)
        return getattr(rows if self._key is None else rows[self._key], self._way)(*self._args, **self._options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def statistic(*args: Any, **kwargs: Any) -> Any:
            parts = list(self._groups._keys.parts())
            results = [getattr(self._opened(part), name)(*args, **kwargs) for part in parts]
            groups = self._groups
            return combined(groups._columns, groups._keys, parts, results, group_keys=True, as_index=True, wide=False)

        return statistic


def _completed(values: Values, rows: Positions, way: Any) -> Values:
    """A column with a row for each group that there could be; what has none is what a reduction makes of nothing."""
    name = getattr(way, "__name__", way)
    fill = {"sum": 0, "count": 0, "size": 0, "nunique": 0, "prod": 1, "any": False, "all": True}.get(name)
    gone = rows < 0
    if fill is None or not gone.any() or not len(values):
        if fill is not None and not len(values):
            counted = name in {"count", "size", "nunique"}
            kept = None if counted or values.kind not in "iufb" else values.array.dtype
            return Values(np.full(len(rows), fill, dtype=kept))
        return values.take_or_missing(rows)
    return values.take(np.maximum(rows, 0)).assigned(gone, fill)


def _spread_over(rows: Any, result: Any) -> Any:
    """A result for a whole group at each of its rows."""
    if isinstance(result, Columnar) and hasattr(rows, "columns"):
        known = dict(result.items())  # type: ignore[attr-defined]
        data = {label: Values.repeat(known[label], len(rows)) for label in rows._data if label in known}
        return type(rows)._of(data, rows.index)
    return rows._each(lambda values: Values.repeat(result, len(values)))


def _named(rows: Any, label: Any) -> Any:
    if not hasattr(rows, "columns"):
        return rows
    object.__setattr__(rows, "name", label)
    return rows


def _edges(ordered: Values, starts: Positions, name: str) -> Values:
    """The first or last value of each group that is there; missing where none is."""
    if not len(starts):
        return ordered.take(slice(0, 0))
    gone = missing_mask(ordered.array)
    edges = starts if name == "first" else np.append(starts[1:], len(ordered)) - 1
    if not gone[edges].any():
        return ordered.take(edges)
    rows = np.arange(len(ordered), dtype=np.intp)
    if name == "first":
        places = np.minimum.reduceat(np.where(gone, len(rows), rows), starts)
        return ordered.take_or_missing(np.where(places == len(rows), -1, places))
    return ordered.take_or_missing(np.maximum.reduceat(np.where(gone, -1, rows), starts))
