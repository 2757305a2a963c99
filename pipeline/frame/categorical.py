"""Values of a few kinds: `Categorical`, and ``series.cat``. A column keeps the values themselves, not their codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.frame.binning import factorize
from pipeline.frame.faces import objects
from pipeline.frame.gaps import missing_name
from pipeline.frame.index import Index, as_index
from pipeline.frame.moment import is_missing
from pipeline.frame.values import Array, Values

__all__ = ["Categorical", "CategoricalAccessor", "CategoricalDtype"]


class CategoricalDtype:
    """The kinds that a column may hold."""

    name = "category"
    kind = "O"

    def __init__(self, categories: Any = None, ordered: bool = False) -> None:
        self.categories = None if categories is None else as_index(categories)
        self.ordered = ordered

    def __repr__(self) -> str:
        return "category"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CategoricalDtype) or other == "category"

    def __hash__(self) -> int:
        return hash("category")


class Categorical:
    """Values of a few kinds, with a number for each; what is none of the kinds is missing."""

    def __init__(self, values: Any, categories: Any = None, ordered: bool = False, dtype: Any = None) -> None:
        if categories is None and getattr(dtype, "categories", None) is not None:
            categories = dtype.categories
        codes, kinds = factorize(as_index(values), sort=True)
        self.categories: Index = kinds if categories is None else as_index(categories)
        self.codes: Array = codes if categories is None else self.categories.get_indexer(as_index(values))
        self.ordered = ordered

    @property
    def dtype(self) -> CategoricalDtype:
        return CategoricalDtype(self.categories, self.ordered)

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Any]:
        known = list(self.categories)
        return (np.nan if code < 0 else known[code] for code in self.codes)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        made = objects(list(self))
        return made if dtype is None else made.astype(dtype)

    def __repr__(self) -> str:
        return f"{list(self)!r}\nCategories ({len(self.categories)}): {list(self.categories)!r}"


class CategoricalAccessor:
    """The kinds of a column, and the number of each row's kind."""

    def __init__(self, series: Any) -> None:
        self._series = series

    @property
    def categories(self) -> Index:
        """The different values, in order."""
        seen = [item for item in self._series.unique().tolist() if not is_missing(item)]
        return as_index(seen).sort_values()  # type: ignore[no-any-return]

    @property
    def codes(self) -> Any:
        """The place of each value among the categories; -1 where missing."""
        codes, _ = factorize(self._series, sort=True)
        return self._series._of(
            Values(codes.astype(np.int8 if len(self.categories) < 128 else np.int64)), self._series.index
        )

    @property
    def ordered(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        raise missing_name("Series.cat", name, "cat", type(self))
