"""Replacing some values by others."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.gaps import unsupported
from pipeline.frame.moment import is_missing
from pipeline.frame.values import Array, Values, missing_mask

__all__ = ["replaced"]


def replaced(values: Values, old: Any, new: Any) -> Values:
    """`values` with each value of `old` (scalar, list, or dict of old and new) exchanged."""
    if isinstance(old, dict):
        if any(isinstance(item, dict) for item in old.values()):
            raise unsupported("replace", "a dict for each column")
        pairs = list(old.items())
    elif isinstance(old, list | tuple | np.ndarray):
        pairs = list(zip(old, new, strict=True)) if isinstance(new, list | tuple) else [(item, new) for item in old]
    else:
        pairs = [(old, new)]
    # every match is looked for in the original, so {1: 2, 2: 1} swaps
    original = values.array
    result = values
    for item, instead in pairs:
        found = _matches(original, item)
        if found.any():
            result = result.assigned(found, instead)
    return result


def _matches(array: Array, item: Any) -> Array:
    if is_missing(item):
        return missing_mask(array)
    if array.dtype.kind == "O":
        return np.fromiter((type(x) is type(item) and x == item for x in array), dtype=np.bool_, count=len(array))
    if isinstance(item, str) or (isinstance(item, bool) != (array.dtype.kind == "b")):
        return np.zeros(len(array), dtype=np.bool_)
    return np.asarray(array == item)
