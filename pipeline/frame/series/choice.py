"""Values chosen by conditions or by their labels, and two Series told apart."""

from __future__ import annotations

import re
from typing import Any

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.library.gaps import refuse
from pipeline.frame.values.values import Values

__all__ = ["SeriesChoice"]


class SeriesChoice(Columnar):
    """What pandas offers to choose and compare values with, beside masks."""

    _values: Values

    def case_when(self, caselist: Any) -> Any:
        """The replacement of the first condition that is true at each row, else the value."""
        if not isinstance(caselist, list):
            raise TypeError(f"The caselist argument should be a list; instead got {type(caselist)}")
        if not caselist:
            raise ValueError("provide at least one boolean condition, with a corresponding replacement.")
        result: Any = self
        for place, case in reversed(list(enumerate(caselist))):
            if not isinstance(case, tuple):
                raise TypeError(f"Argument {place} must be a tuple; instead got {type(case)}.")
            if len(case) != 2:
                raise ValueError(
                    f"Argument {place} must have length 2; a condition and replacement; instead got length {len(case)}."
                )
            condition, replacement = (part(self) if callable(part) else part for part in case)
            result = result.mask(condition, replacement)
        return result

    def compare(self, other: Any, keep_shape: bool = False, keep_equal: bool = False, **options: Any) -> Any:
        """The values that differ, of both side by side; all rows when `keep_shape`, all values when `keep_equal`."""
        names = options.pop("result_names", ("self", "other"))
        refuse("compare", {k: v for k, v in options.items() if (k, v) != ("align_axis", 1)})
        mine: Any = self
        if not mine.index.equals(other.index):
            raise ValueError("Can only compare identically-labeled Series objects")
        apart = ~((mine == other) | (mine.isna() & other.isna()))
        if not keep_equal:
            mine, other = mine.where(apart), other.where(apart)
        made = self._frame_type._of({names[0]: mine._values, names[1]: other._values}, self._index)
        return made if keep_shape else made[apart]

    def divmod(self, other: Any) -> tuple[Any, Any]:
        """How often `other` goes into each value, and what is left."""
        mine: Any = self
        return mine // other, mine % other

    def rdivmod(self, other: Any) -> tuple[Any, Any]:
        """How often each value goes into `other`, and what is left."""
        mine: Any = self
        return other // mine, other % mine

    def filter(self, items: Any = None, like: str | None = None, regex: str | None = None, axis: Any = None) -> Any:
        """The rows with these labels, or whose label holds `like`, or matches `regex`."""
        refuse("filter", {"axis": None if axis in {0, "index"} else axis})
        if sum(given is not None for given in (items, like, regex)) != 1:
            raise TypeError("Must pass either `items`, `like`, or `regex`")
        if items is not None:
            return self.reindex([label for label in items if label in self._index])  # type: ignore[attr-defined]
        if like is not None:
            return self[[like in str(label) for label in self._index]]  # type: ignore[index]
        return self[[re.search(regex or "", str(label)) is not None for label in self._index]]  # type: ignore[index]

    def transpose(self, *_: Any) -> Any:
        """The Series itself."""
        return self

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return int(self._values.array.nbytes)
