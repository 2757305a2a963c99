"""``loc``, ``iloc``, ``at`` and ``iat`` of Series and DataFrame, to read and to write."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.columns.selection import Selected, by_label, by_position, count_of, is_mask, positions_in
from pipeline.frame.columns.temporary import references_when_held
from pipeline.frame.dataframe.twin import keys_of
from pipeline.frame.index.index import Index
from pipeline.frame.index.level_key import levels_fixed, rows_of_levels
from pipeline.frame.library.gaps import unsupported
from pipeline.frame.values.values import Values, concatenated

__all__ = ["FrameIndexer", "SeriesIndexer", "fitted"]

_Find = Callable[[Any, Index], Selected]


class SeriesIndexer:
    """Rows of a Series, by label or by position."""

    def __init__(self, series: Any, *, labels: bool) -> None:
        self._series = series
        self._labels = labels

    def _rows(self, key: Any) -> Selected:
        key = key(self._series) if callable(key) else key
        if isinstance(key, tuple) and not (self._labels and self._series.index.nlevels > 1):
            if len(key) != 1:
                raise IndexError("Too many indexers")
            key = key[0]
        return by_label(key, self._series.index) if self._labels else by_position(key, self._series.index)

    def __getitem__(self, key: Any) -> Any:
        rows = self._rows(key)
        if isinstance(rows, int):
            return self._series._values.item(rows)
        return _lifted(self._series._rows(rows), key, self._series.index, labels=self._labels, among_slices=True)

    def __setitem__(self, key: Any, value: Any) -> None:
        series = self._series
        try:
            rows = self._rows(key)
        except KeyError:
            if not self._labels or isinstance(key, list | slice):
                raise
            grown = concatenated([series._values, Values.of([value])])
            series._become(series._of(grown, series.index.append(Index([key])), series.name))
            return
        chained = series._parent is not None and sys.getrefcount(series) <= references_when_held()
        series._write(rows, value)
        if chained:
            series._write_back(series, ".loc[...] = value")


class FrameIndexer:
    """Rows and columns of a DataFrame, by label or by position."""

    def __init__(self, frame: Any, *, labels: bool) -> None:
        self._frame = frame
        self._labels = labels
        self._find: _Find = by_label if labels else by_position

    def _split(self, key: Any) -> tuple[Any, Any]:
        if self._labels and self._frame.index.nlevels > 1 and _names_rows(key, self._frame.index):
            return key, slice(None)
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if isinstance(key, tuple) and len(key) != 2:
            raise IndexError("Too many indexers")
        return (rows(self._frame) if callable(rows) else rows), columns

    def _columns(self, key: Any) -> Any:
        """The key of one column, or a list of keys."""
        frame = self._frame
        if self._labels and not isinstance(key, slice | list | np.ndarray | Index | Columnar):
            twins = keys_of(key, frame._data) if isinstance(key, Hashable) else []
            return twins if len(twins) > 1 else key
        found = self._find(key, frame.columns)
        keys = list(frame._data)
        if isinstance(found, int):
            return keys[found]
        return [keys[place] for place in positions_in(found, len(keys)).tolist()]

    def __getitem__(self, key: Any) -> Any:
        rows, columns = self._split(key)
        frame = self._frame
        if isinstance(columns, slice) and columns == slice(None):
            place = self._find(rows, frame.index)
            return frame._row(place) if isinstance(place, int) else self._shown(frame._rows(place), rows)
        wanted = self._columns(columns)
        place = self._find(rows, frame.index)
        if isinstance(wanted, list):
            part = frame._of_keys(wanted)
            return part._row(place) if isinstance(place, int) else self._shown(part._rows(place), rows)
        if wanted not in frame._data:
            raise KeyError(wanted)
        if isinstance(place, int):
            return frame._data[wanted].item(place)
        series = frame._column(wanted)
        return series if isinstance(place, slice) and place == slice(None) else self._shown(series._rows(place), rows)

    def _shown(self, found: Any, rows: Any) -> Any:
        return _lifted(found, rows, self._frame.index, labels=self._labels, among_slices=False)

    def __setitem__(self, key: Any, value: Any) -> None:
        rows, columns = self._split(key)
        frame = self._frame
        if isinstance(rows, Columnar) and hasattr(rows, "columns"):
            raise unsupported("loc", "a frame as a mask")
        whole = isinstance(columns, slice) and columns == slice(None)
        wanted = list(frame._data) if whole else self._new_or_known(columns)
        labels = wanted if isinstance(wanted, list) else [wanted]
        try:
            place = self._find(rows, frame.index)
        except KeyError:
            if not self._labels or isinstance(rows, list | slice | np.ndarray) or is_mask(rows):
                raise
            frame._grow(rows)
            place = len(frame) - 1
        several = isinstance(wanted, list)
        for number, label in enumerate(labels):
            part = _part(value, label, number, several=several, width=len(labels), one_row=isinstance(place, int))
            frame._write(label, place, part)

    def _new_or_known(self, key: Any) -> Any:
        if self._labels and isinstance(key, list | tuple | Index) and not is_mask(key):
            return list(key)
        return self._columns(key)


def _names_rows(key: Any, index: Index) -> bool:
    """True for a tuple that is a label, or the beginning of one; else its second part speaks of columns."""
    if (
        not isinstance(key, tuple)
        or len(key) > index.nlevels
        or any(isinstance(one, slice | list | tuple) for one in key)
    ):
        return False
    try:
        return rows_of_levels(key, index) is not None
    except (KeyError, TypeError):
        return False


def _lifted(found: Any, key: Any, index: Index, *, labels: bool, among_slices: bool) -> Any:
    """Rows without the levels that their key fixes."""
    if labels and index.nlevels > 1 and not is_mask(key):
        fixed = levels_fixed(key, index, among_slices=among_slices)
        if fixed:
            found._index = found._index.droplevel(fixed)
    return found


def _part(value: Any, label: Any, number: int, *, several: bool, width: int, one_row: bool) -> Any:
    """What of `value` goes to one of the columns that are written."""
    if not several:
        return value
    if isinstance(value, Columnar) and hasattr(value, "columns"):
        return value[label]  # type: ignore[index]
    if isinstance(value, dict):
        return value[label]
    if isinstance(value, Columnar):
        if one_row:
            found = value.index._find(label)
            return value._values.item(found) if found is not None else np.nan  # type: ignore[attr-defined]
        return value
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return value[:, number]
    if isinstance(value, list | tuple | np.ndarray):
        if len(value) and isinstance(value[0], list | tuple | np.ndarray):
            return [row[number] for row in value]
        if len(value) != width:
            raise ValueError("Must have equal len keys and value when setting with an iterable")
        return value[number]
    return value


def fitted(value: Any, rows: Selected, index: Index) -> Any:
    """`value` as one scalar, or as values for just the rows that are written; a Series goes by its labels."""
    if isinstance(value, Columnar):
        values: Values = value._values  # type: ignore[attr-defined]
        if isinstance(rows, int):
            return values.item(0) if len(values) == 1 else _refuse_sequence()
        positions = positions_in(rows, len(index))
        if value.index is index or value.index.equals(index):
            return values.take(positions)
        return values.take_or_missing(value.index.get_indexer(index[positions]))
    if isinstance(value, Index):
        value = value.array
    if isinstance(value, list | tuple | np.ndarray | range) and not (isinstance(value, np.ndarray) and value.ndim == 0):
        count = count_of(rows, len(index))
        if isinstance(rows, int) and len(value) != 1:
            return _refuse_sequence()
        if len(value) == 1 and count != 1:
            return value[0]
        if len(value) != count:
            raise ValueError(f"cannot set using a list-like indexer with a different length than the value ({count})")
        values = Values.of(value)
        return values.item(0) if isinstance(rows, int) else values
    return value.item() if isinstance(value, np.ndarray) else value


def _refuse_sequence() -> Any:
    raise ValueError("setting an array element with a sequence.")
