"""Categories as labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.index.index import Index
from pipeline.frame.series.categorical import Categorical
from pipeline.frame.values.values import Array

__all__ = ["CategoricalIndex"]


class CategoricalIndex(Index):
    """Labels of a few kinds, in the order of the kinds."""

    def __new__(
        cls,
        data: Any = (),
        categories: Any = None,
        ordered: bool = False,
        dtype: Any = None,
        name: Any = None,
        **_: Any,
    ) -> Any:
        made = Categorical(data, categories, ordered, dtype)
        return Index._of(made._values, name if name is not None else getattr(data, "name", None))

    @property
    def categories(self) -> Index:
        assert self._values.kinds is not None
        made: Index = Index(list(self._values.kinds.items))
        return made

    @property
    def ordered(self) -> bool:
        return self._values.kinds is not None and self._values.kinds.ordered

    @property
    def codes(self) -> Array:
        """The place of each label among the categories; -1 where missing."""
        assert self._values.kinds is not None
        codes = self._values.kinds.codes(self._values.array)
        return codes.astype(np.int8 if len(self._values.kinds.items) < 128 else np.int16)

    def __repr__(self) -> str:
        return (
            f"CategoricalIndex({self.tolist()!r}, categories={self.categories.tolist()!r}, ordered={self.ordered}, "
            f"dtype='category')"
        )


Index._category_type = CategoricalIndex
