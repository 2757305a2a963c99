"""``frame.resample('4h')``: rows in periods of time, one result for each period, empty ones included."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.groups.columns import FrameGroups, SeriesGroups
from pipeline.frame.groups.grouping import Keyed
from pipeline.frame.groups.groups import REDUCED, WITHIN
from pipeline.frame.groups.result import combined
from pipeline.frame.groups.time_bins import Bins
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import missing_name, refuse
from pipeline.frame.values.values import Values

__all__ = ["Resampler", "keyed_by_time"]

_COUNTS = {"sum": 0, "count": 0, "size": 0, "nunique": 0, "prod": 1}


def keyed_by_time(bins: Bins, name: Any) -> Keyed:
    """The rows of each period that has any."""
    numbers = bins.numbers
    if len(numbers) and numbers[0] >= 0 and bool((numbers[1:] >= numbers[:-1]).all()):
        order = np.arange(len(numbers))
    else:
        order = np.argsort(numbers, kind="stable")
        order = order[numbers[order] >= 0]
        numbers = numbers[order]
    first = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
    starts = np.flatnonzero(first)
    labels = Index._of(bins.labels.take(numbers[starts]), name)
    return Keyed(order, starts, labels, name, len(bins.numbers))


class Resampler:
    """Rows in periods of time."""

    def __init__(
        self, columns: Any, bins: Bins, name: Any, *, key: Any = None, chosen: bool = False, keys: Keyed | None = None
    ) -> None:
        self._columns = columns
        self._bins = bins
        self._name = name
        self._labels = Index._of(bins.labels, name)
        self._key = key
        self._chosen = chosen
        self._keys = keys

    def _keyed(self) -> Keyed:
        """The rows of each period, found once for all columns."""
        if self._keys is None:
            self._keys = keyed_by_time(self._bins, self._name)
        return self._keys

    def _groups(self) -> Any:
        keys = self._keyed()
        if hasattr(self._columns, "columns"):
            return FrameGroups(self._columns.drop(columns=[self._key], errors="ignore"), keys)
        return SeriesGroups(self._columns, keys)

    def __getitem__(self, key: Any) -> Resampler:
        return Resampler(self._columns[key], self._bins, self._name, chosen=True, keys=self._keyed())

    def __getattr__(self, name: str) -> Any:
        if name in REDUCED:
            return lambda *args, **options: self._all(getattr(self._groups(), name)(*args, **options), name)
        if name.startswith("_"):
            raise AttributeError(name)
        if name in WITHIN and self._chosen:
            return getattr(self._groups(), name)
        columns = self.__dict__.get("_columns")
        if columns is not None and hasattr(columns, "_data") and name in columns._data:
            return self[name]
        raise missing_name(type(self).__name__, name, "group", type(self))

    def _all(self, result: Any, name: Any) -> Any:
        """A result for each period that has rows, with the empty periods between them."""
        if len(result) == len(self._labels):
            return result
        empty = _COUNTS.get(name)
        if empty is None or not isinstance(name, str):
            return result.reindex(self._labels)
        return result.reindex(self._labels, fill_value=empty)

    def size(self) -> Any:
        """How many rows each period has."""
        return self._all(self._groups().size(), "size")

    def quantile(self, q: float = 0.5, **options: Any) -> Any:
        """The value of each period that a share `q` lies below."""
        return self._all(self._groups().quantile(q, **options), "quantile")

    def ohlc(self) -> Any:
        """First, highest, lowest and last value of each period."""
        if not hasattr(self._columns, "columns"):
            return self._all(self._groups().ohlc(), "ohlc")
        data = {}
        for label in self._groups()._columns._data:
            for name, values in self[label].ohlc()._data.items():
                data[(label, name)] = values
        return Columnar._frame_type._of(data, self._labels)

    def aggregate(self, func: Any = None, *args: Any, **named: Any) -> Any:
        """A reduction by name or function, several, or some for each column."""
        if isinstance(func, str):
            return getattr(self, func)(*args, **named)
        if func is None:
            columns = {new: self[column].aggregate(how) for new, (column, how) in named.items()}
            return Columnar._frame_type._of({c: s._values for c, s in columns.items()}, self._labels)
        if isinstance(func, dict) and hasattr(self._columns, "columns"):
            return self._by_column(func)
        if isinstance(func, list | tuple):
            if hasattr(self._columns, "columns"):
                return self._by_column({label: list(func) for label in self._groups()._columns._data})
            names = [one if isinstance(one, str) else getattr(one, "__name__", str(one)) for one in func]
            parts = {name: self.aggregate(one) for name, one in zip(names, func, strict=True)}
            return Columnar._frame_type._of({c: s._values for c, s in parts.items()}, self._labels)
        if callable(func):
            return self.apply(func, *args, **named)
        return self._all(self._groups().aggregate(func), "agg")

    agg = aggregate

    def _by_column(self, ways: dict[Any, Any]) -> Any:
        several = any(isinstance(how, list | tuple) for how in ways.values())
        data: dict[Any, Values] = {}
        for label, how in ways.items():
            made = self[label].aggregate(how)
            if hasattr(made, "columns"):
                data.update({(label, name): values for name, values in made._data.items()})
            else:
                data[(label, how) if several else label] = made._values
        return Columnar._frame_type._of(data, self._labels)

    def apply(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A function of the author's on each period, empty ones too."""
        if isinstance(func, str):
            return getattr(self, func)(*args, **kwargs)
        if isinstance(func, dict):
            return self.aggregate(func)
        known = {np.mean: "mean", np.sum: "sum", np.max: "max", np.min: "min", np.std: "std", sum: "sum"}
        if getattr(func, "__hash__", None) and func in known:
            return getattr(self, known[func])()
        groups = self._groups()
        places = dict(
            zip(self._bins.numbers[groups._keys.order[groups._keys.starts]], groups._keys.parts(), strict=True)
        )
        parts = [places.get(number, np.empty(0, dtype=np.intp)) for number in range(len(self._labels))]
        results = [func(groups._rows_of(part), *args, **kwargs) for part in parts]
        keys = Keyed(groups._keys.order, groups._keys.starts, self._labels, self._name, groups._keys.rows)
        return combined(groups._columns, keys, parts, results, group_keys=True, as_index=True)

    def transform(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A reduction spread over the rows of its period."""
        return self._groups().transform(func, *args, **kwargs)

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(self, …)``."""
        return func(self, *args, **kwargs)

    def __iter__(self) -> Any:
        return iter(self._groups())

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def groups(self) -> Any:
        return self._groups().groups

    @property
    def indices(self) -> Any:
        return self._groups().indices

    # -- to a faster pace ----------------------------------------------------------------------------------

    def asfreq(self, fill_value: Any = None) -> Any:
        """The rows that stand just on a label, missing elsewhere."""
        return self._columns.reindex(self._labels, fill_value=fill_value)

    def ffill(self, limit: int | None = None) -> Any:
        """At each label the last row before it."""
        if self._chosen:
            # pandas means something else by resample(…)["x"].ffill(): each period for itself, in its own rows
            return self._groups().ffill(**({} if limit is None else {"limit": limit}))
        refuse("resample.ffill", {"limit": limit})
        return self._columns.reindex(self._labels, method="ffill")

    def bfill(self, limit: int | None = None) -> Any:
        """At each label the next row after it."""
        if self._chosen:
            return self._groups().bfill(**({} if limit is None else {"limit": limit}))
        refuse("resample.bfill", {"limit": limit})
        return self._columns.reindex(self._labels, method="bfill")

    def nearest(self) -> Any:
        """At each label the row nearest to it."""
        return self._columns.reindex(self._labels, method="nearest")

    def interpolate(self, method: str = "linear", **options: Any) -> Any:
        """Straight lines between the rows that stand on labels."""
        return self.asfreq().interpolate(method, **options)
