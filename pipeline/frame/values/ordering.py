"""The order of rows by one column or by several, stable: as numbers that sort like the values, in numpy.

Text is numbered by a dictionary and sorted once for each different text; whole numbers that lie close together are
sorted by their digits. polars sorts as fast alone, but its threads wait for each other where cores are shared.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["SortKey", "close_numbers", "order_of", "sort_key", "sorting_order"]

_SMALL = 4096
"""Fewer rows than these are sorted by numpy's stable sort at once."""


class SortKey(NamedTuple):
    """Numbers that sort and equal each other as the values of a column do, and where it is missing (None: nowhere)."""

    numbers: Array
    gone: npt.NDArray[np.bool_] | None


def sort_key(column: Values, *, mixed: bool = False) -> SortKey:
    """The key of a column. Raises TypeError for objects that have no order, unless `mixed` ones may come as groups."""
    array = column.array
    if column.kinds is not None:
        codes = column.kinds.codes(array)
        return _checked(codes, codes < 0)
    if array.dtype.kind == "O":
        return _objects(array, mixed)
    if array.dtype.kind in "Mm":
        return _checked(array.view(np.int64), np.isnat(array))
    if array.dtype.kind == "b":
        return SortKey(array.view(np.uint8), None)
    if array.dtype.kind == "f":
        return _checked(array, missing_mask(array))
    narrow = close_numbers(array)
    return SortKey(array if narrow is None else narrow, None)


def _checked(numbers: Array, gone: npt.NDArray[np.bool_]) -> SortKey:
    return SortKey(numbers, gone if gone.any() else None)


def _objects(array: Array, mixed: bool) -> SortKey:
    places: defaultdict[Any, int] = defaultdict(count().__next__)
    codes = np.fromiter(map(places.__getitem__, array.tolist()), dtype=np.intp, count=len(array))
    known = [item for item in places if type(item) is str or not is_missing(item)]
    order = np.full(len(places), len(known), dtype=np.uint16 if len(known) < 2**16 else np.int64)
    order[[places[item] for item in _in_order(known, mixed)]] = np.arange(len(known))
    numbers = order[codes]
    return SortKey(numbers, numbers == len(known) if len(known) < len(places) else None)


def _in_order(items: list[Any], mixed: bool) -> list[Any]:
    try:
        return sorted(items)
    except TypeError:
        if not mixed:
            raise
    # pandas puts numbers before text, and leaves what it cannot compare as it comes
    numbers = [item for item in items if isinstance(item, int | float | np.number)]
    text = [item for item in items if isinstance(item, str)]
    return sorted(numbers) + sorted(text) if len(numbers) + len(text) == len(items) else items


def sorting_order(columns: list[Values], ascending: list[bool], na_position: str = "last") -> Array:
    """The row numbers in the order of several columns, stable. Raises TypeError for objects that have no order."""
    return order_of([sort_key(column) for column in columns], ascending, na_position)


def order_of(keys: list[SortKey], ascending: list[bool] | None = None, na_position: str = "last") -> Array:
    """The row numbers in the order of several keys, stable."""
    order: Array | None = None
    # by the last key first: each sort keeps what the one before made of equal rows
    for key, up in zip(reversed(keys), reversed(ascending or [True] * len(keys)), strict=True):
        numbers = key.numbers if order is None else key.numbers[order]
        gone = key.gone if key.gone is None or order is None else key.gone[order]
        found = _stable(numbers if up else _turned(numbers))
        if gone is not None:
            lost = gone[found]
            ends = (found[lost], found[~lost])
            found = np.concatenate(ends if na_position == "first" else ends[::-1])
        order = found if order is None else order[found]
    assert order is not None
    return order


def _turned(numbers: Array) -> Array:
    """Numbers that sort the other way round."""
    return -numbers if numbers.dtype.kind == "f" else ~numbers


def _stable(numbers: Array) -> Array:
    """The positions in ascending order, NaN last, equal ones as they stand."""
    rows = len(numbers)
    if (places := close_numbers(numbers)) is not None:
        return np.argsort(places, kind="stable")
    if rows < _SMALL or bool((numbers[1:] >= numbers[:-1]).all()):
        return np.argsort(numbers, kind="stable")
    # numpy's quick sort is several times as fast as its stable one; equal numbers are put right afterwards
    order = np.argsort(numbers)
    found = numbers[order]
    same = found[1:] == found[:-1]
    if numbers.dtype.kind == "f":
        same |= np.isnan(found[:-1])
    if not same.any():
        return order
    run = np.cumsum(np.concatenate([[False], ~same]), dtype=np.int64)
    made: Array = np.sort(run * rows + order) - run * rows
    return made


def close_numbers(numbers: Array) -> Array | None:
    """Whole numbers that lie close together, from 0 on and in 8 or 16 bits, which numpy sorts by digits; else None."""
    if numbers.dtype.kind not in "iu" or not len(numbers):
        return None
    if numbers.dtype == np.uint8:
        return numbers
    low, high = int(numbers.min()), int(numbers.max())
    if high - low >= 2**16:
        return None
    near: Array = numbers - numbers.dtype.type(low)
    return near.astype(np.uint8 if high - low < 2**8 else np.uint16)
