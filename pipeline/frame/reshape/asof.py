"""Joining by the nearest key before (or after): ``merge_asof``; and in the order of the keys: ``merge_ordered``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.reshape.merging import merge
from pipeline.frame.time.moment import Timedelta
from pipeline.frame.values.values import Array, Values

__all__ = ["merge_asof", "merge_ordered"]


def merge_asof(  # noqa: PLR0917 - pandas' signature
    left: Any, right: Any, on: Any = None, left_on: Any = None, right_on: Any = None, left_index: bool = False,
    right_index: bool = False, by: Any = None, left_by: Any = None, right_by: Any = None,
    suffixes: tuple[str, str] = ("_x", "_y"), tolerance: Any = None, allow_exact_matches: bool = True,
    direction: str = "backward",
) -> Any:  # fmt: skip
    """Each row of `left` with the last row of `right` whose key is not after its own (or the next, or the nearest)."""
    mine = left._index._values if left_index else left._data[on if on is not None else left_on]
    theirs = right._index._values if right_index else right._data[on if on is not None else right_on]
    for side, keys in (("left", mine), ("right", theirs)):
        array = _ticks(keys)
        if not bool(np.all(array[:-1] <= array[1:])):
            raise ValueError(f"{side} keys must be sorted")
    left_groups, right_groups = _groups(left, by or left_by), _groups(right, by or right_by)
    places = np.full(len(left), -1, dtype=np.intp)
    keys, others = _ticks(mine), _ticks(theirs)
    for group, rows in left_groups.items():
        there = right_groups.get(group)
        if there is not None:
            found = _nearest(keys[rows], others[there], direction, allow_exact_matches)
            places[rows] = np.where(found >= 0, there[np.maximum(found, 0)], -1)
    if tolerance is not None:
        reach = (
            Timedelta(tolerance).to_timedelta64().astype("m8[us]").astype(np.int64) if mine.kind == "M" else tolerance
        )
        far = (
            np.abs(keys - others[np.maximum(places, 0)]) > reach if len(others) else np.ones(len(keys), dtype=np.bool_)
        )
        places[far] = -1
    same = {*([on] if on is not None else []), *_listed(by)}
    data: dict[Any, Values] = {}
    for label, values in left._data.items():
        clash = label in right._data and label not in same
        data[f"{label}{suffixes[0]}" if clash else label] = values
    for label, values in right._data.items():
        if label in same:
            continue
        data[f"{label}{suffixes[1]}" if label in left._data else label] = values.take_or_missing(places)
    index = left._index if left_index else Index(range(len(left)))
    return Columnar._frame_type._of(data, index)


def _ticks(values: Values) -> Array:
    array = values.array
    return array.astype(np.int64) if array.dtype.kind in "Mm" else array


def _nearest(keys: Array, others: Array, direction: str, exact: bool) -> Array:
    before = np.searchsorted(others, keys, side="right" if exact else "left") - 1
    after = np.searchsorted(others, keys, side="left" if exact else "right")
    after = np.where(after >= len(others), -1, after)
    if direction == "backward":
        return before
    if direction == "forward":
        return after
    if direction != "nearest":
        raise unsupported("merge_asof", f"direction={direction!r}")
    behind = np.where(before >= 0, keys - others[np.maximum(before, 0)], np.inf)
    ahead = np.where(after >= 0, others[np.maximum(after, 0)] - keys, np.inf)
    return np.where(behind <= ahead, before, after)


def _groups(frame: Any, by: Any) -> dict[Any, Array]:
    if by is None:
        return {None: np.arange(len(frame))}
    return dict(frame.groupby(_listed(by)).indices)


def _listed(by: Any) -> list[Any]:
    return [] if by is None else list(by) if isinstance(by, list | tuple) else [by]


def merge_ordered(
    left: Any, right: Any, on: Any = None, fill_method: Any = None, how: str = "outer", **options: Any
) -> Any:
    """The rows of both in the order of the keys, missing ones carried forward when asked (`ffill`)."""
    refuse("merge_ordered", {k: v for k, v in options.items() if k != "suffixes"})
    made = merge(left, right, how=how, on=on, suffixes=options.get("suffixes", ("_x", "_y")))
    keys = on if on is not None else [label for label in left._data if label in right._data]
    if fill_method != "ffill":
        return made.sort_values(keys, ignore_index=True)
    return _carried(left, right, _listed(keys), how, options.get("suffixes", ("_x", "_y")))


def _carried(left: Any, right: Any, keys: list[Any], how: str, suffixes: tuple[str, str]) -> Any:
    """The rows of both in the order of the keys; where one side has none, its row before. Its own holes stay."""
    sides = [
        frame[keys].assign(**{name: np.arange(len(frame))})
        for frame, name in ((left, "left row"), (right, "right row"))
    ]
    made = merge(sides[0], sides[1], how=how, on=keys).sort_values(keys, ignore_index=True)
    data = {key: made._data[key] for key in keys}
    for frame, other, name, suffix in ((left, right, "left row", suffixes[0]), (right, left, "right row", suffixes[1])):
        rows = np.nan_to_num(made[name].ffill()._values.floats, nan=-1.0).astype(np.intp)
        for label, values in frame._data.items():
            if label not in keys:
                data[f"{label}{suffix}" if label in other._data else label] = values.take_or_missing(rows)
    return type(left)._of(data, made.index)
