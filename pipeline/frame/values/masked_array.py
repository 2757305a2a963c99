"""``pd.array``: values of one type without labels, as a column keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.frame.index.index import Index
from pipeline.frame.series.series import Series
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.dtypes import dtype_of
from pipeline.frame.values.mask import Mask, mask_for, settled
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["ExtensionArray", "array"]


class ExtensionArray:
    """Values of one type. What a Series can do, it can do too, and gives back values without labels."""

    __array_priority__ = 1000

    def __init__(self, values: Values) -> None:
        self._values = values.freeze()

    @property
    def dtype(self) -> Any:
        return dtype_of(self._values)

    @property
    def shape(self) -> tuple[int]:
        return (len(self._values),)

    ndim = 1

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.items())

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int | np.integer):
            return self._values.item(int(key))
        return ExtensionArray(self._values.take(key if isinstance(key, slice) else np.asarray(key)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        made = self._values.exposed if dtype is None else self._values.exposed.astype(dtype)
        return made.copy() if copy else made

    def to_numpy(self, dtype: Any = None, copy: bool = False, na_value: Any = None) -> Array:
        """The values as a numpy array; missing as NA, or as `na_value`."""
        made: Array = self._series.to_numpy(dtype, copy, na_value)
        return made

    def isna(self) -> Array:
        """True where missing."""
        return missing_mask(self._values.array)

    @property
    def _series(self) -> Any:
        return Series._of(self._values, Index(range(len(self))))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._series, name)
        return (lambda *args, **kwargs: _unlabelled(found(*args, **kwargs))) if callable(found) else _unlabelled(found)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>\n{self.tolist()!r}\nLength: {len(self)}, dtype: {self.dtype}"


def _unlabelled(found: Any) -> Any:
    return ExtensionArray(found._values) if isinstance(found, Series) else found


def _operator(name: str) -> Any:
    def operate(self: ExtensionArray, other: Any = None) -> Any:
        if isinstance(other, Series):
            return NotImplemented
        partner = other._series if isinstance(other, ExtensionArray) else other
        operation = getattr(self._series, name)
        return _unlabelled(operation() if name in {"__neg__", "__invert__", "__abs__"} else operation(partner))

    return operate


_BINARY = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "and",
    "or",
    "xor",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
)
for _name in (*_BINARY, "radd", "rsub", "rmul", "rtruediv", "neg", "invert", "abs"):
    setattr(ExtensionArray, f"__{_name}__", _operator(f"__{_name}__"))


def array(data: Any, dtype: Any = None, copy: bool = True) -> Any:  # noqa: ARG001 - never shared for writing
    """Values of one type; without `dtype`, numbers and conditions become masked types, as in pandas."""
    if dtype is not None:
        return ExtensionArray(Values.of(list(data) if not hasattr(data, "__array__") else data).cast(dtype))
    values = Values.of(data if hasattr(data, "_values") or isinstance(data, np.ndarray) else list(data))
    if values.sense is not None or values.kinds is not None or values.kind not in "biufO":
        return ExtensionArray(values)
    found = values.array
    if found.dtype.kind == "O" and not all(isinstance(x, bool | np.bool_) or is_missing(x) for x in found):
        return ExtensionArray(values)
    mask = mask_for(found)
    listed = [] if isinstance(data, np.ndarray) else list(data)
    if found.dtype.kind == "f" and listed and all(is_missing(x) or not isinstance(x, float) for x in listed):
        # whole numbers of which some are missing
        mask = Mask("Int64")
    return ExtensionArray(Values(settled(found, mask), sense=mask))
