"""Which rows a key means: by position or by label, one row, a slice, a list or a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.index.level_key import rows_of_levels
from pipeline.frame.library.gaps import unsupported
from pipeline.frame.values.values import Array, missing_mask

__all__ = ["Selected", "by_label", "by_position", "count_of", "is_mask", "mask_of", "positions_in"]

Selected = int | slice | Array
"""One row, a slice of rows, or an array of row numbers."""


def is_mask(key: Any) -> bool:
    """True for something that says of each row whether it is meant."""
    if isinstance(key, Columnar):
        values = getattr(key, "_values", None)
        if values is None:
            return False
        return bool(values.kind == "b" or (values.kind == "O" and (values.sense is not None or _flags(values.array))))
    if isinstance(key, np.ndarray):
        return bool(key.dtype == np.bool_)
    return isinstance(key, list) and bool(key) and all(isinstance(flag, bool | np.bool_) for flag in key)


def mask_of(key: Any, index: Index) -> Array:
    """A mask as an array of flags; a Series is aligned by its labels, what it does not say is False."""
    if isinstance(key, Columnar):
        values = key._values  # type: ignore[attr-defined]
        if not (key.index is index or key.index.equals(index)):
            positions = key.index.get_indexer(index)
            if (positions < 0).any():
                raise IndexError("Unalignable boolean Series provided as indexer")
            values = values.take(positions)
        array = values.array
        known: Array = (
            np.where(missing_mask(array), False, array).astype(np.bool_) if array.dtype.kind == "O" else array
        )
        return known
    flags = np.asarray(key, dtype=np.bool_)
    if len(flags) != len(index):
        raise IndexError(f"Boolean index has wrong length: {len(flags)} instead of {len(index)}")
    return flags


def by_position(key: Any, index: Index) -> Selected:
    """The rows of ``iloc[key]``. Raises IndexError outside the rows."""
    length = len(index)
    if isinstance(key, int | np.integer) and not isinstance(key, bool):
        place = int(key)
        if not -length <= place < length:
            raise IndexError("single positional indexer is out-of-bounds")
        return place + length if place < 0 else place
    if isinstance(key, slice):
        return key
    if is_mask(key):
        return np.flatnonzero(mask_of(key, index))
    places = np.asarray(key)
    if places.size == 0:
        return np.empty(0, dtype=np.intp)
    if places.dtype.kind not in "iu":
        raise TypeError(f"Cannot index by location index with a non-integer key: {key!r}")
    if (places >= length).any() or (places < -length).any():
        raise IndexError("positional indexers are out-of-bounds")
    return np.where(places < 0, places + length, places)


def by_label(key: Any, index: Index) -> Selected:
    """The rows of ``loc[key]``. Raises KeyError for a label that is not there."""
    if index.nlevels > 1 and not is_mask(key):
        rows_here = rows_of_levels(key, index)
        if rows_here is not None:
            return rows_here
    if isinstance(key, slice):
        if key.step not in {None, 1}:
            raise unsupported("loc", "a slice with a step")
        return index.slice_of(key.start, key.stop)
    if is_mask(key):
        return np.flatnonzero(mask_of(key, index))
    if isinstance(key, list | np.ndarray | Index | range | Columnar):
        wanted = key.array if isinstance(key, Index) else np.asarray(key) if isinstance(key, Columnar) else key
        labels = list(wanted)
        if not index.is_unique:
            found = [np.atleast_1d(_all_of(label, index)) for label in labels]
            return np.concatenate(found) if found else np.empty(0, dtype=np.intp)
        positions = index.get_indexer(Index(labels)) if labels else np.empty(0, dtype=np.intp)
        if (positions < 0).any():
            lost = [label for label, place in zip(labels, positions, strict=True) if place < 0]
            raise KeyError(f"{lost} not in index")
        return positions
    if isinstance(key, str) and index._values.kind == "M" and len(key.strip()) <= 10 and key not in index:
        # a day, month or year means all of it
        part = index.slice_of(key, key)
        if part.start == part.stop:
            raise KeyError(key)
        return part
    place = index._find(key)
    if place is None:
        raise KeyError(key)
    rows: Selected = place if index.is_unique else _all_of(key, index)
    return rows


def _all_of(label: Any, index: Index) -> Any:
    place = index.get_loc(label)
    return np.flatnonzero(place) if isinstance(place, np.ndarray) else place


def count_of(rows: Selected, length: int) -> int:
    """How many rows are selected of `length`."""
    if isinstance(rows, int):
        return 1
    return len(range(*rows.indices(length))) if isinstance(rows, slice) else len(rows)


def positions_in(rows: Selected, length: int) -> Array:
    """The selected rows as row numbers."""
    if isinstance(rows, int):
        return np.array([rows])
    return np.arange(length)[rows] if isinstance(rows, slice) else rows


def _flags(array: Array) -> bool:
    present = array[~missing_mask(array)]
    return len(present) > 0 and all(isinstance(flag, bool | np.bool_) for flag in present)
