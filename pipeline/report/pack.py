"""Columns as short text: whole numbers, their differences byte by byte, deflated, base64.

A column becomes whole numbers first. Values with few decimals (prices, counts) are exact: value times a power
of ten. All others keep 18 binary digits after the first, a relative error of at most 2e-6: their single-precision
form, rounded, in an order in which neighbours have close numbers. A missing value repeats the number before it and is
told by a mask. `web/src/unpack.js` reads it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Packed", "pack_columns", "pack_json"]

Packed: TypeAlias = "dict[str, Any]"
"""What the script is given: `rows`, `columns` (name, form, decimals, gaps of each) and `data`."""

_LEVEL = 6
_DECIMALS = 8
_SHIFT = 5
"""Binary digits of single precision that are rounded away."""
_MOST = 2**31 - 2


def pack_columns(columns: Mapping[str, NDArray[np.float64]]) -> Packed:
    """Columns of one length; NaN and infinite values are missing."""
    rows = len(next(iter(columns.values()))) if columns else 0
    told, parts = [], []
    for name, values in columns.items():
        known = np.isfinite(values)
        decimals = _decimals_of(values[known])
        numbers = _exact(values, decimals, known) if decimals is not None else _rounded(values, known)
        gaps = not known.all()
        if gaps:
            numbers = _carried(numbers, known)
            parts.append(np.packbits(known, bitorder="little").tobytes())
        # byte planes: the high bytes of differences are nearly all alike
        differences = np.diff(numbers, prepend=np.int32(0)).astype("<i4")
        parts.append(differences.view(np.uint8).reshape(-1, 4).T.tobytes())
        told.append({"name": name, "decimals": decimals, "gaps": gaps})
    return {"rows": rows, "columns": told, "data": _deflated(b"".join(parts))}


def pack_json(value: Any) -> str:
    """Anything that JSON can say."""
    return _deflated(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())


def _deflated(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, _LEVEL)).decode("ascii")


def _decimals_of(known: NDArray[np.float64]) -> int | None:
    """The fewest decimals with which all values are exact and fit; None where there are none such."""
    if not len(known):
        return 0
    largest = float(np.abs(known).max())
    for decimals in range(_DECIMALS + 1):
        scale = 10.0**decimals
        if largest * scale > _MOST:
            return None
        if np.array_equal(np.rint(known[:64] * scale) / scale, known[:64]) and np.array_equal(
            np.rint(known * scale) / scale, known
        ):
            return decimals
    return None


def _exact(values: NDArray[np.float64], decimals: int, known: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.rint(np.where(known, values, 0.0) * 10.0**decimals).astype(np.int32)


def _rounded(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.int32]:
    with np.errstate(over="ignore"):  # beyond single precision: infinite, hence missing below
        single = np.where(known, values, 0.0).astype(np.float32)
    known &= np.isfinite(single)
    bits = np.where(known, single, np.float32(0.0)).view(np.int32).astype(np.int64)
    size = ((bits & 0x7FFFFFFF) + (1 << (_SHIFT - 1))) >> _SHIFT
    return np.where(bits < 0, -size, size).astype(np.int32)


def _carried(numbers: NDArray[np.int32], known: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The number before where a value is missing, 0 before the first."""
    latest = np.maximum.accumulate(np.where(known, np.arange(1, len(known) + 1), 0))
    return np.concatenate((np.zeros(1, np.int32), numbers))[latest]
