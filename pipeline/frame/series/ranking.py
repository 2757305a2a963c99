"""The order of a Series: sorted, ranked, extremes and where they are, what is in it and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import refuse
from pipeline.frame.values.faces import narrowed, objects
from pipeline.frame.values.ordering import close_numbers, sorting_order
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["Ranking", "sorted_by"]


class Ranking(Columnar):
    """Order within one column."""

    _values: Values
    name: Any

    def _place(self, function: Any, skipna: bool) -> int | None:
        array = self._values.floats if self._values.kind in "biufO" else self._values.array
        gone = missing_mask(array)
        if len(array) == 0 or gone.all():
            raise ValueError("attempt to get an extreme of an empty or all-missing sequence")
        if gone.any() and not skipna:
            return None
        seen = np.flatnonzero(~gone)
        return int(seen[function(array[seen])])

    def argmax(self, axis: Any = None, skipna: bool = True, **options: Any) -> int:
        """The position of the highest value."""
        refuse("argmax", {"axis": axis, **options})
        place = self._place(np.argmax, skipna)
        return -1 if place is None else place

    def argmin(self, axis: Any = None, skipna: bool = True, **options: Any) -> int:
        """The position of the lowest value."""
        refuse("argmin", {"axis": axis, **options})
        place = self._place(np.argmin, skipna)
        return -1 if place is None else place

    def idxmax(self, axis: Any = 0, skipna: bool = True) -> Any:
        """The label of the highest value."""
        refuse("idxmax", {"axis": axis})
        place = self._place(np.argmax, skipna)
        return np.nan if place is None else self._index[place]

    def idxmin(self, axis: Any = 0, skipna: bool = True) -> Any:
        """The label of the lowest value."""
        refuse("idxmin", {"axis": axis})
        place = self._place(np.argmin, skipna)
        return np.nan if place is None else self._index[place]

    def sort_values(
        self, *, ascending: bool = True, inplace: bool = False, na_position: str = "last", ignore_index: bool = False,
        key: Any = None, **options: Any,
    ) -> Any:  # fmt: skip
        """Rows by value (or what `key` makes of all), equal ones as they stood; missing at the end (or `first`)."""
        refuse("sort_values", {k: v for k, v in options.items() if k not in {"kind", "axis"}})
        values = self._values if key is None else sorted_by(key, self._values, self._index, self.name)
        order = sorting_order([values], [bool(ascending)], na_position)
        result = self._rows(order)
        if ignore_index:
            result._index = Index(range(len(result)))
        return self._settled(result, inplace, "sort_values")

    def argsort(self, axis: Any = 0, **options: Any) -> Any:
        """The positions that would sort the values."""
        refuse("argsort", {"axis": axis, **{k: v for k, v in options.items() if k not in {"kind", "order", "stable"}}})
        return self._series_type._of(
            Values(np.argsort(self._values.array, kind="stable").astype(np.int64)), self._index, self.name
        )

    def nlargest(self, n: int = 5, keep: str = "first") -> Any:
        """The `n` highest values."""
        refuse("nlargest", {} if keep == "first" else {"keep": keep})
        return self.sort_values(ascending=False).head(n)

    def nsmallest(self, n: int = 5, keep: str = "first") -> Any:
        """The `n` lowest values."""
        refuse("nsmallest", {} if keep == "first" else {"keep": keep})
        return self.sort_values().head(n)

    def rank(self, *, method: str = "average", ascending: bool = True, pct: bool = False, **options: Any) -> Any:
        """Ranks from 1; missing has none."""
        options.pop("axis", None)
        last = options.pop("na_option", "keep")
        if last not in {"keep", "top", "bottom"}:
            raise ValueError("na_option must be one of 'keep', 'top', or 'bottom'")
        refuse("rank", options)
        if last != "keep":
            return self._ranked_whole(method, ascending=ascending, pct=pct, first=last == "top")
        names = {"average": "average", "min": "min", "max": "max", "dense": "dense", "first": "ordinal"}
        ranks = self._values.series.rank(names[method], descending=not ascending).cast(pl.Float64)  # type: ignore[arg-type]
        if pct:
            ranks = ranks / (ranks.max() if method == "dense" else ranks.count())
        return self._series_type._of(Values.of(ranks), self._index, self.name)

    def _ranked_whole(self, method: str, *, ascending: bool, pct: bool, first: bool) -> Any:
        """Ranks in which missing values are the lowest (`first`) or highest."""
        gone = missing_mask(self._values.array)
        share = len(gone) if pct else 1.0
        kept = self._rows(~gone).rank(method=method, ascending=ascending)._values.floats
        lost = self._series_type(np.zeros(int(gone.sum()))).rank(method=method)._values.floats
        below, above = (lost, kept) if first else (kept, lost)
        above = above + (below.max(initial=0.0) if method == "dense" else len(below))
        kept, lost = (above, below) if first else (below, above)
        ranks = np.empty(len(gone))
        ranks[~gone], ranks[gone] = kept, lost
        if pct and method == "dense":
            share = ranks.max(initial=1.0)
        return self._series_type._of(Values(ranks / share), self._index, self.name)

    def unique(self) -> Array:
        """The different values in the order they come."""
        values = self._values
        if values.kind == "O":
            return objects(list(dict.fromkeys(values.items())))
        first = values.series.is_first_distinct().to_numpy()
        return values.take(np.asarray(first)).array

    def duplicated(self, keep: Any = "first") -> Any:
        """True where the value has been seen before."""
        labels = Index._of(self._values)
        return self._series_type._of(Values(labels.duplicated(keep)), self._index, self.name)

    def drop_duplicates(self, *, keep: Any = "first", inplace: bool = False, ignore_index: bool = False) -> Any:
        """Without the rows whose value has been seen before."""
        result = self._rows(~Index._of(self._values).duplicated(keep))
        if ignore_index:
            result._index = Index(range(len(result)))
        return self._settled(result, inplace, "drop_duplicates")

    def value_counts(self, normalize: bool = False, sort: bool = True, ascending: bool = False, **options: Any) -> Any:
        """How often each value comes, most frequent first."""
        dropna = options.pop("dropna", True)
        refuse("value_counts", options)
        array = self._values.array
        if self._values.kind in "iuf" and self._values.sense is None and self._values.kinds is None:
            return self._counted(dropna, normalize, sort, ascending)
        seen = self._values.take(~missing_mask(array)).items() if dropna else self._values.items()
        kinds = self._values.kinds
        counts: dict[Any, int] = dict.fromkeys(kinds.items, 0) if kinds else {}
        for item in seen:
            counts[item] = counts.get(item, 0) + 1
        labels = Index._of(Values(narrowed(objects(list(counts))), kinds=kinds), self.name)
        result = self._series_type._of(
            Values(np.array(list(counts.values()), dtype=np.int64)), labels, "proportion" if normalize else "count"
        )
        if sort:
            result = result.sort_values(ascending=ascending)
        return result / max(len(seen), 1) if normalize else result

    def _counted(self, dropna: bool, normalize: bool, sort: bool, ascending: bool) -> Any:
        """`value_counts` of numbers, equal counts in the order in which the numbers first come."""
        array = self._values.array
        kept = array[~missing_mask(array)] if dropna else array
        items, first, counts = _distinct(kept)
        order = np.argsort(first, kind="stable")
        labels = Index._of(Values(items[order]), self.name)
        result = self._series_type._of(
            Values(counts[order].astype(np.int64)), labels, "proportion" if normalize else "count"
        )
        if sort:
            result = result.sort_values(ascending=ascending)
        return result / max(len(kept), 1) if normalize else result

    def mode(self, *, dropna: bool = True) -> Any:
        """The most frequent values, in order."""
        refuse("mode", {"dropna": not dropna})
        counts = self.value_counts()
        top = counts[counts == counts.max()].index.sort_values()
        values = top._values if len(top) else self._values.take(slice(0, 0))
        return self._series_type._of(values, Index(range(len(values))), self.name)


_BEGINNING = 4096


def _distinct(kept: Array) -> tuple[Array, Array, Array]:
    """The different numbers, where each first comes, and how often."""
    places = close_numbers(kept)
    if places is None:
        return np.unique(kept, return_index=True, return_counts=True)
    counts = np.bincount(places)
    there = np.flatnonzero(counts)
    first = np.full(len(counts), -1, dtype=np.intp)
    left, start, size = len(there), 0, _BEGINNING
    while left:
        # most have come up after a few rows
        new = np.flatnonzero(first[places[start : start + size]] < 0)[::-1] + start
        first[places[new]] = new
        left = len(there) - int(np.count_nonzero(first >= 0))
        start, size = start + size, 2 * size
    return (there + int(kept.min())).astype(kept.dtype), first[there], counts[there]


def sorted_by(key: Any, values: Values, index: Index, name: Any) -> Values:
    """What the author's `key` makes of a column, to sort by. Raises ValueError when it has another length."""
    made = key(Columnar._series_type._of(values, index, name))
    found = made._values if hasattr(made, "_values") else Values.of(np.asarray(made))
    if len(found) != len(values):
        raise ValueError("User-provided `key` function must not change the shape of the array.")
    return found
