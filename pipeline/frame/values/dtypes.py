"""The types of columns that numpy has no name for: masked numbers, text, zones, categories, periods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from pipeline.frame.time.moment import NA, Timestamp, zone_name
from pipeline.frame.time.pace import Pace
from pipeline.frame.time.period import PeriodDtype
from pipeline.frame.values.mask import MASKED, Mask
from pipeline.frame.values.values import Values

__all__ = [
    "BooleanDtype", "CategoricalDtype", "DatetimeTZDtype", "ExtensionDtype", "Float32Dtype", "Float64Dtype",
    "Int16Dtype", "Int32Dtype", "Int64Dtype", "Int8Dtype", "StringDtype", "UInt16Dtype", "UInt32Dtype", "UInt64Dtype",
    "UInt8Dtype", "dtype_of",
]  # fmt: skip


class ExtensionDtype:
    """A type that numpy has no name for. Equal to its name."""

    name: ClassVar[str]
    kind: ClassVar[str] = "O"

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __eq__(self, other: object) -> bool:
        return other == self.name if isinstance(other, str) else type(other) is type(self) and str(other) == str(self)

    def __hash__(self) -> int:
        return hash(str(self))


class _MaskedDtype(ExtensionDtype):
    """A type of numbers or conditions of which some may be missing."""

    na_value = NA

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        return np.dtype(MASKED[self.name])

    @property
    def type(self) -> Any:
        return self.numpy_dtype.type

    @property
    def itemsize(self) -> int:
        return self.numpy_dtype.itemsize


class BooleanDtype(_MaskedDtype):
    name, kind = "boolean", "b"


class Int8Dtype(_MaskedDtype):
    name, kind = "Int8", "i"


class Int16Dtype(_MaskedDtype):
    name, kind = "Int16", "i"


class Int32Dtype(_MaskedDtype):
    name, kind = "Int32", "i"


class Int64Dtype(_MaskedDtype):
    name, kind = "Int64", "i"


class UInt8Dtype(_MaskedDtype):
    name, kind = "UInt8", "u"


class UInt16Dtype(_MaskedDtype):
    name, kind = "UInt16", "u"


class UInt32Dtype(_MaskedDtype):
    name, kind = "UInt32", "u"


class UInt64Dtype(_MaskedDtype):
    name, kind = "UInt64", "u"


class Float32Dtype(_MaskedDtype):
    name, kind = "Float32", "f"


class Float64Dtype(_MaskedDtype):
    name, kind = "Float64", "f"


_BY_NAME: dict[str, _MaskedDtype] = {kind.name: kind() for kind in _MaskedDtype.__subclasses__()}


class StringDtype(ExtensionDtype):
    """Text, as a type to ask for; a column of text is of objects."""

    name = "string"

    def __init__(self, storage: Any = None, na_value: Any = NA) -> None:
        self.storage, self.na_value = storage or "python", na_value


class DatetimeTZDtype(ExtensionDtype):
    """Times in a zone."""

    kind = "M"
    unit = "us"
    type = Timestamp

    def __init__(self, unit: Any = "us", tz: Any = None) -> None:
        text = str(unit)
        if tz is None and text.startswith("datetime64["):
            tz = text.partition(",")[2].strip(" ]")
        if not tz:
            raise TypeError("A 'tz' is required.")
        self.tz = zone_name(tz)

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"datetime64[{self.unit}, {self.tz}]"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str) and other.startswith("datetime64["):
            return other.endswith(f", {self.tz}]")
        return isinstance(other, DatetimeTZDtype) and self.tz == other.tz

    __hash__ = ExtensionDtype.__hash__


class CategoricalDtype(ExtensionDtype):
    """The kinds that a column may hold."""

    name = "category"

    # set by index.py, which builds on columns
    _index_of: ClassVar[Callable[[Any], Any]]

    def __init__(self, categories: Any = None, ordered: bool = False) -> None:
        self.categories = None if categories is None else type(self)._index_of(categories)
        self.ordered = ordered

    def __repr__(self) -> str:
        return "category"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CategoricalDtype) and self.categories is not None and other.categories is not None:
            mine, theirs = list(self.categories), list(other.categories)
            same = mine == theirs if self.ordered else set(mine) == set(theirs)
            return same and self.ordered == other.ordered
        return isinstance(other, CategoricalDtype) or other == "category"

    def __hash__(self) -> int:
        return hash("category")


def dtype_of(values: Values) -> Any:
    """The type of a column, as authors ask for it."""
    if values.kinds is not None:
        return CategoricalDtype(list(values.kinds.items), values.kinds.ordered)
    if isinstance(values.sense, Mask):
        return _BY_NAME[values.sense.name]
    if isinstance(values.sense, Pace):
        return PeriodDtype(values.sense)
    return DatetimeTZDtype(tz=values.zone) if values.zone is not None else values.array.dtype
