"""The types of pandas that can say of each value that it is missing: `Int64`, `Float64`, `boolean` and their kin.

A column of such a type holds plain numbers (floats, or objects for conditions, where some are missing) and beside them
a `Mask` with the name of the type. Comparisons with a missing value are missing, logic is Kleene's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pipeline.frame.time.moment import NA, is_missing
from pipeline.frame.values.faces import Array, missing_mask, objects

__all__ = ["MASKED", "Mask", "kleene", "mask_for", "settled", "unmasked"]

MASKED: dict[str, str] = {
    "boolean": "bool",
    **{f"{kind}{bits}": f"{kind.lower()}{bits}" for kind in ("Int", "UInt") for bits in (8, 16, 32, 64)},
    "Float32": "float32", "Float64": "float64",
}  # fmt: skip
"""The masked types by name, with the plain type of the values that are there."""


class Mask(NamedTuple):
    """The name of a masked type."""

    name: str

    @property
    def plain(self) -> np.dtype[Any]:
        """The type of the values that are there."""
        return np.dtype(MASKED[self.name])

    def item(self, element: Any) -> Any:
        """An element as authors get it: NA where missing, a whole number as one."""
        return NA if is_missing(element) else self.plain.type(element)

    def items(self, array: Array) -> list[Any]:
        """All elements as Python's own scalars."""
        make = {"b": bool, "f": float}.get(self.plain.kind, int)
        return [NA if is_missing(x) else make(x) for x in array.tolist()]


def mask_for(array: Array) -> Mask:
    """The masked type in which a result comes: 64 bits wide, but for conditions."""
    kind = array.dtype.kind
    if kind == "b" or (kind == "O" and all(isinstance(x, bool | np.bool_) for x in array[~missing_mask(array)])):
        return Mask("boolean")
    return Mask({"i": "Int64", "u": "UInt64"}.get(kind, "Float64"))


def settled(array: Array, mask: Mask) -> Array:
    """Values as a column of the masked type keeps them. Raises TypeError for what does not fit (1.5 in Int64)."""
    plain = mask.plain
    gone = missing_mask(array)
    seen = array[~gone]
    if seen.dtype.kind == "O" and len(seen):
        if any(isinstance(x, str) for x in seen):
            raise TypeError(f"{array.dtype} cannot be converted to {mask.name}")
        seen = np.array(seen.tolist())
    if plain.kind == "b":
        if not np.isin(seen, (0, 1)).all():
            raise TypeError("Need to pass bool-like values")
        return seen.astype(np.bool_) if not gone.any() else _with_gaps(seen.astype(np.bool_), gone)
    if plain.kind in "iu" and seen.dtype.kind == "f" and not (seen == np.floor(seen)).all():
        raise TypeError(f"cannot safely cast non-equivalent {seen.dtype} to {plain}")
    if not gone.any():
        return seen.astype(plain)
    made = np.full(len(array), np.nan)
    made[~gone] = seen
    return made


def unmasked(array: Array, mask: Mask) -> Array:
    """The values for numpy: numbers with NaN where missing; conditions of which some are missing as objects with NA."""
    return objects(mask.items(array)) if array.dtype.kind == "O" else array


def kleene(name: str, left: Array, right: Array) -> Array:
    """`and`, `or` or `xor` of conditions of which some are missing: a missing side decides nothing."""
    lost, other_lost = missing_mask(left), missing_mask(right)
    a = np.where(lost, False, left).astype(np.bool_)
    b = np.where(other_lost, False, right).astype(np.bool_)
    if name == "and":
        result = a & b
        gone = (lost & (b | other_lost)) | (other_lost & (a | lost))
    elif name == "or":
        result = a | b
        gone = (lost & ~b) | (other_lost & ~a)
    else:
        result = a ^ b
        gone = lost | other_lost
    return _with_gaps(result[~gone], gone) if gone.any() else result


def _with_gaps(seen: Array, gone: Array) -> Array:
    made = np.full(len(gone), np.nan, dtype=object)
    made[~gone] = seen
    return made
