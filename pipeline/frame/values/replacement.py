"""Replacing some values by others: scalars, lists, dicts of old and new, patterns of text."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["by_column", "replaced"]


def replaced(values: Values, old: Any, new: Any, *, regex: bool = False) -> Values:
    """`values` with each value of `old` (scalar, list, or dict of old and new) exchanged.

    With `regex` texts of `old` are patterns: what they find within a text is exchanged, or, for a `new` that is no
    text, the whole value.
    """
    if isinstance(old, Mapping) and new is None:
        pairs = list(old.items())
    elif isinstance(old, list | tuple | np.ndarray):
        pairs = list(zip(old, new, strict=True)) if isinstance(new, list | tuple) else [(item, new) for item in old]
    else:
        pairs = [(old, new)]
    # every match is looked for in the original, so {1: 2, 2: 1} swaps
    original = values.array
    result = values
    for item, instead in pairs:
        if isinstance(item, re.Pattern) or (regex and isinstance(item, str)):
            result = _rewritten(result, re.compile(item), instead)
            continue
        found = _matches(original, item)
        if found.any():
            result = result.assigned(found, instead)
    return result


def by_column(old: Any, new: Any, labels: list[Hashable]) -> dict[Hashable, tuple[Any, Any]] | None:
    """What is exchanged in each column, when dicts name columns: ``{"side": {"buy": 1}}``; ``{"side": "buy"}`` and 1.

    None when it is the same for all of them.
    """
    if isinstance(old, Mapping) and new is not None:
        values = new if isinstance(new, Mapping) else dict.fromkeys(old, new)
        return {label: (old[label], values[label]) for label in labels if label in old and label in values}
    if isinstance(old, Mapping) and old and all(isinstance(one, Mapping) for one in old.values()):
        return {label: (old[label], None) for label in labels if label in old}
    if isinstance(new, Mapping):
        return {label: (old, new[label]) for label in labels if label in new}
    return None


def _rewritten(values: Values, pattern: re.Pattern[str], instead: Any) -> Values:
    if values.kind != "O":
        return values

    def one(item: Any) -> Any:
        if not isinstance(item, str):
            return item
        if isinstance(instead, str):
            return pattern.sub(instead, item)
        return instead if pattern.search(item) else item

    return Values(objects([one(item) for item in values.array]))


def _matches(array: Array, item: Any) -> Array:
    if is_missing(item):
        return missing_mask(array)
    if array.dtype.kind == "O":
        return np.fromiter((type(x) is type(item) and x == item for x in array), dtype=np.bool_, count=len(array))
    if isinstance(item, str) or (isinstance(item, bool) != (array.dtype.kind == "b")):
        return np.zeros(len(array), dtype=np.bool_)
    return np.asarray(array == item)
