"""``pandas.api.types``: what kind of data something holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar

__all__ = [
    "is_bool_dtype",
    "is_datetime64_any_dtype",
    "is_dict_like",
    "is_float",
    "is_float_dtype",
    "is_integer",
    "is_integer_dtype",
    "is_list_like",
    "is_number",
    "is_numeric_dtype",
    "is_object_dtype",
    "is_scalar",
    "is_string_dtype",
]


def _kind(data: Any) -> str:
    found: Any = getattr(data, "dtype", data)
    try:
        return str(np.dtype(found).kind)
    except TypeError:
        return "O"


def is_numeric_dtype(arr_or_dtype: Any) -> bool:
    """True for numbers and conditions."""
    return _kind(arr_or_dtype) in "biuf"


def is_float_dtype(arr_or_dtype: Any) -> bool:
    """True for floating point numbers."""
    return _kind(arr_or_dtype) == "f"


def is_integer_dtype(arr_or_dtype: Any) -> bool:
    """True for whole numbers."""
    return _kind(arr_or_dtype) in "iu"


def is_bool_dtype(arr_or_dtype: Any) -> bool:
    """True for conditions."""
    return _kind(arr_or_dtype) == "b"


def is_datetime64_any_dtype(arr_or_dtype: Any) -> bool:
    """True for times, with or without a zone."""
    return _kind(arr_or_dtype) == "M"


def is_object_dtype(arr_or_dtype: Any) -> bool:
    """True for text and mixtures."""
    return _kind(arr_or_dtype) == "O"


def is_string_dtype(arr_or_dtype: Any) -> bool:
    """True for text."""
    if isinstance(arr_or_dtype, Columnar):
        return all(isinstance(item, str) for item in arr_or_dtype._values.items())  # type: ignore[attr-defined]
    return _kind(arr_or_dtype) in "OU"


def is_number(obj: Any) -> bool:
    """True for a scalar number."""
    return isinstance(obj, int | float | complex | np.number)


def is_integer(obj: Any) -> bool:
    """True for a whole scalar."""
    return isinstance(obj, int | np.integer) and not isinstance(obj, bool)


def is_float(obj: Any) -> bool:
    """True for a floating point scalar."""
    return isinstance(obj, float | np.floating)


def is_scalar(obj: Any) -> bool:
    """True for what is no container."""
    return np.isscalar(obj) or obj is None or not hasattr(obj, "__len__")


def is_list_like(obj: Any) -> bool:
    """True for containers other than text."""
    return hasattr(obj, "__iter__") and not isinstance(obj, str | bytes)


def is_dict_like(obj: Any) -> bool:
    """True for what maps keys to values."""
    return all(hasattr(obj, name) for name in ("__getitem__", "keys", "__contains__"))
