"""Keys of labels with several levels: ``loc["a"]``, ``loc["a", 1]``, ``loc["a":"b"]``, ``loc[IndexSlice[:, 1], :]``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.index.index import Index
from pipeline.frame.values.values import Array

__all__ = ["IndexSlice", "levels_fixed", "rows_of_levels"]


class _Slices:
    """What stands in its brackets, as a key."""

    def __getitem__(self, key: Any) -> Any:
        return key


IndexSlice = _Slices()


def rows_of_levels(key: Any, index: Index) -> int | Array | None:
    """The rows of a key that speaks of some levels; None for a key that does not (masks, whole labels in a list).

    Raises KeyError where a label stands nowhere.
    """
    if isinstance(key, slice):
        return np.flatnonzero(_between(index.array, key)) if key != slice(None) else None
    if isinstance(key, list) and key and not any(isinstance(one, tuple | bool | np.bool_) for one in key):
        return _listed(key, index)
    if isinstance(key, tuple):
        specs = key
    elif _single(key):
        specs = (key,)
    else:
        return None
    if len(specs) > index.nlevels:
        raise KeyError(key)
    kept = np.ones(len(index), dtype=np.bool_)
    for level, spec in enumerate(specs):
        kept &= _matches(index.get_level_values(level), spec)
        if not kept.any() and not isinstance(spec, slice):
            raise KeyError(key)
    rows = np.flatnonzero(kept)
    whole = len(specs) == index.nlevels and all(map(_single, specs))
    return int(rows[0]) if whole and len(rows) == 1 else rows


def levels_fixed(key: Any, index: Index, *, among_slices: bool) -> list[int]:
    """The levels that a key fixes to one label, and that a result therefore lacks; all of them are never lacking."""
    specs = key if isinstance(key, tuple) else (key,)
    if isinstance(key, slice | list | np.ndarray) or not (among_slices or all(map(_single, specs))):
        return []
    fixed = [level for level, spec in enumerate(specs) if _single(spec)]
    return fixed if len(fixed) < index.nlevels else []


def _single(spec: Any) -> bool:
    return np.isscalar(spec) or (not hasattr(spec, "__iter__") and not isinstance(spec, slice))


def _matches(labels: Index, spec: Any) -> Array:
    if isinstance(spec, slice):
        return _between(labels.array, spec) if spec != slice(None) else np.ones(len(labels), dtype=np.bool_)
    wanted = {spec} if _single(spec) else set(spec)
    return np.fromiter((label in wanted for label in labels), dtype=np.bool_, count=len(labels))


def _between(labels: Array, span: slice) -> Array:
    """True from one label to the other, both included; a short label stands for all that begin with it."""
    kept = np.ones(len(labels), dtype=np.bool_)
    for edge, above in ((span.start, True), (span.stop, False)):
        if edge is None:
            continue
        for place, label in enumerate(labels.tolist()):
            if isinstance(label, tuple):
                given = edge if isinstance(edge, tuple) else (edge,)
                label, other = label[: len(given)], given
            else:
                other = edge
            kept[place] &= label >= other if above else label <= other
    return kept


def _listed(key: list[Any], index: Index) -> Array:
    labels = index.get_level_values(0)
    found = [np.flatnonzero(_matches(labels, one)) for one in key]
    lost = [one for one, rows in zip(key, found, strict=True) if not len(rows)]
    if lost:
        raise KeyError(f"{lost} not in index")
    return np.concatenate(found)
