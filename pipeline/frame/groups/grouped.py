"""The ways into groups and periods that Series and DataFrame share: ``groupby`` and ``resample``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.groups.columns import FrameGroups, SeriesGroups
from pipeline.frame.groups.grouping import keyed
from pipeline.frame.groups.resampling import Resampler
from pipeline.frame.groups.time_bins import binned
from pipeline.frame.index.index import Index, as_index
from pipeline.frame.index.multi_index import level_number
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.values.values import Values

__all__ = ["Grouped", "Grouper"]


class Grouper:
    """A key of ``groupby``: a column, a level, or periods of time of one of them (else of the index)."""

    def __init__(self, key: Any = None, level: Any = None, freq: Any = None, sort: bool = True, **options: Any) -> None:
        self.key = key
        self.level = level
        self.freq = freq
        self.sort = sort
        self.options = {
            k: v for k, v in options.items() if v is not None and k in {"closed", "label", "origin", "offset"}
        }
        refuse(
            "Grouper", {k: v for k, v in options.items() if k not in {"closed", "label", "origin", "offset", "dropna"}}
        )


class Grouped(Columnar):
    """Rows in groups."""

    def groupby(  # noqa: PLR0917 - pandas' signature
        self, by: Any = None, level: Any = None, as_index: bool = True, sort: bool = True, group_keys: bool = True,
        observed: bool = True, dropna: bool = True, **options: Any,
    ) -> Any:  # fmt: skip
        """The rows in groups of equal keys: columns, levels, functions of the labels, or values row by row."""
        refuse("groupby", options)
        if isinstance(by, Grouper) and by.freq is not None:
            return self._by_time(by.freq, by.key, by.level, by.options)
        if by is None and level is None:
            raise TypeError("You have to supply one of 'by' and 'level'")
        wanted = by if isinstance(by, list) and not self._is_rows(by) else [by]
        if level is not None:
            levels = level if isinstance(level, list | tuple) else [level]
            keys = [self._level(one) for one in levels]
        else:
            keys = [self._key(one) for one in wanted]
        kind: Any = FrameGroups if hasattr(self, "columns") else SeriesGroups
        made = kind(self, keyed(keys, sort=sort, dropna=dropna), as_index=as_index, group_keys=group_keys)
        if not observed and any(_unseen(values) for _, values in keys):
            if len(keys) > 1 or not as_index:
                raise unsupported("groupby", "observed=False of several keys, and a category has no rows")
            made._empty = keys[0][1].kinds
        return made

    def _is_rows(self, by: list[Any]) -> bool:
        """True for a list that is itself the key: as many items as rows, none of them a name."""
        known = getattr(self, "_data", {})
        names = all(_hashable(one) and (one in known or one in self._index.names) for one in by)
        return len(by) == len(self) and not names and not any(isinstance(o, Columnar | Index | Grouper) for o in by)

    def _level(self, level: Any) -> tuple[Any, Values]:
        place = level_number(self._index, level)
        return self._index.names[place], self._index._level_values(place)

    def _key(self, by: Any) -> tuple[Any, Values]:
        if isinstance(by, Grouper):
            if by.freq is None:
                return self._level(by.level) if by.level is not None else self._key(by.key)
            name, times = self._times(by.key, by.level)
            bins = binned(times, by.freq, **by.options)
            return name, bins.labels.take_or_missing(bins.numbers)
        if isinstance(by, Columnar) and not hasattr(by, "columns"):
            values = by._values  # type: ignore[attr-defined]
            return by.name, picked(values, align(self._index, by.index, "left").right)  # type: ignore[attr-defined]
        if isinstance(by, Index | np.ndarray | list):
            if len(by) != len(self):
                raise ValueError("Grouper and axis must be same length")
            return getattr(by, "name", None), as_index(by)._values
        if isinstance(by, dict):
            return None, Values.of([by.get(label, np.nan) for label in self._index])
        if callable(by):
            return None, Values.of([by(label) for label in self._index])
        data = getattr(self, "_data", {})
        if by in data:
            return by, data[by]
        if by in self._index.names:
            return self._level(by)
        raise KeyError(by)

    def _times(self, on: Any, level: Any) -> tuple[Any, Values]:
        if on is not None:
            return on, self._data[on]  # type: ignore[attr-defined]
        if level is not None:
            return self._level(level)
        return self._index.name, self._index._values

    def resample(  # noqa: PLR0917 - pandas' signature
        self, rule: Any, closed: Any = None, label: Any = None, convention: Any = None, on: Any = None,
        level: Any = None, origin: Any = "start_day", offset: Any = None, **options: Any,
    ) -> Resampler:  # fmt: skip
        """The rows in periods of time, by their labels or by the column `on`."""
        refuse("resample", {k: v for k, v in options.items() if k != "group_keys"})
        if convention not in {None, "start"}:
            raise unsupported("resample", f"convention={convention!r}")
        return self._by_time(rule, on, level, {"closed": closed, "label": label, "origin": origin, "offset": offset})

    def _by_time(self, rule: Any, on: Any, level: Any, options: dict[str, Any]) -> Resampler:
        name, times = self._times(on, level)
        return Resampler(self, binned(times, rule, **options), name, key=on)


def _hashable(item: Any) -> bool:
    return getattr(item, "__hash__", None) is not None


def _unseen(values: Values) -> bool:
    """True when a category does not come up."""
    return values.kinds is not None and not set(values.kinds.items) <= set(values.plain_items())
