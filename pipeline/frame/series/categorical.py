"""Values of a few kinds: `Categorical`, and ``series.cat``. A column keeps the values themselves, not their codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.frame.index.index import Index, as_index
from pipeline.frame.library.gaps import missing_name
from pipeline.frame.values.dtypes import CategoricalDtype
from pipeline.frame.values.faces import objects
from pipeline.frame.values.kinds import Kinds
from pipeline.frame.values.values import Array, Values

__all__ = ["Categorical", "CategoricalAccessor"]


class Categorical:
    """Values of a few kinds, with a number for each; what is none of the kinds is missing."""

    def __init__(self, values: Any, categories: Any = None, ordered: bool = False, dtype: Any = None) -> None:
        if isinstance(values, Values) and values.kinds is not None and categories is None and dtype is None:
            self._values = values
            return
        known = categories if categories is not None else getattr(dtype, "categories", None)
        ordered = ordered or bool(getattr(dtype, "ordered", False))
        self._values = as_index(values)._values.cast(CategoricalDtype(known, ordered))

    @property
    def kinds(self) -> Kinds:
        """The categories as a column keeps them."""
        assert self._values.kinds is not None
        return self._values.kinds

    @property
    def categories(self) -> Index:
        return as_index(list(self.kinds.items))

    @property
    def codes(self) -> Array:
        """The place of each value among the categories; -1 where missing."""
        return self.kinds.codes(self._values.array).astype(_width(len(self.kinds.items)))

    @property
    def ordered(self) -> bool:
        return self.kinds.ordered

    @property
    def dtype(self) -> CategoricalDtype:
        return CategoricalDtype(self.categories, self.ordered)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.plain_items())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        made = self._values.array if dtype is None else self._values.array.astype(dtype)
        return made.copy() if copy else made

    def __repr__(self) -> str:
        return f"{list(self)!r}\nCategories ({len(self.categories)}): {list(self.categories)!r}"


class CategoricalAccessor:
    """The categories of a column, and the place of each row's value among them."""

    def __init__(self, series: Any) -> None:
        if series._values.kinds is None:
            raise AttributeError("Can only use .cat accessor with a 'category' dtype")
        self._series = series
        self._kinds: Kinds = series._values.kinds

    def _with(self, items: Any, *, ordered: bool | None = None) -> Any:
        """The same column with other categories; values that are none of them go missing."""
        dtype = CategoricalDtype(list(items), self._kinds.ordered if ordered is None else ordered)
        return self._series._each(lambda values: Values(values.array).cast(dtype))

    @property
    def categories(self) -> Index:
        """The values that there may be, in order."""
        return as_index(list(self._kinds.items))

    @property
    def codes(self) -> Any:
        """The place of each value among the categories; -1 where missing."""
        codes = self._kinds.codes(self._series._values.array).astype(_width(len(self._kinds.items)))
        return self._series._of(Values(codes), self._series.index)

    @property
    def ordered(self) -> bool:
        return self._kinds.ordered

    def as_ordered(self) -> Any:
        """The same categories, one above the other."""
        return self._with(self._kinds.items, ordered=True)

    def as_unordered(self) -> Any:
        """The same categories, none above the other."""
        return self._with(self._kinds.items, ordered=False)

    def set_categories(self, new_categories: Any, ordered: bool | None = None) -> Any:
        """Other categories; values that are none of them go missing."""
        return self._with(new_categories, ordered=ordered)

    def reorder_categories(self, new_categories: Any, ordered: bool | None = None) -> Any:
        """The same categories in another order. Raises ValueError when they are not the same."""
        if set(new_categories) != set(self._kinds.items):
            raise ValueError("items in new_categories are not the same as in old categories")
        return self._with(new_categories, ordered=ordered)

    def add_categories(self, new_categories: Any) -> Any:
        """More categories, after those that are there."""
        more = [new_categories] if isinstance(new_categories, str) else list(new_categories)
        return self._with([*self._kinds.items, *more])

    def remove_categories(self, removals: Any) -> Any:
        """Fewer categories; their values go missing."""
        gone = {removals} if isinstance(removals, str) else set(removals)
        return self._with([item for item in self._kinds.items if item not in gone])

    def remove_unused_categories(self) -> Any:
        """Only the categories that come up."""
        seen = set(self._series._values.plain_items())
        return self._with([item for item in self._kinds.items if item in seen])

    def rename_categories(self, new_categories: Any) -> Any:
        """Other names for the categories, and for the values: a list in their order, a dict or a function."""
        old = self._kinds.items
        if callable(new_categories):
            names = {item: new_categories(item) for item in old}
        elif isinstance(new_categories, dict):
            names = {item: new_categories.get(item, item) for item in old}
        else:
            names = dict(zip(old, new_categories, strict=True))
        renamed = [names.get(item, np.nan) for item in self._series._values.plain_items()]
        kinds = Kinds(tuple(names.values()), self._kinds.ordered)
        return self._series._each(lambda _: Values(objects(renamed), kinds=kinds))

    def __getattr__(self, name: str) -> Any:
        raise missing_name("Series.cat", name, "cat", type(self))


def _width(categories: int) -> type[np.integer[Any]]:
    """The type in which pandas counts so many categories."""
    return np.int8 if categories < 128 else np.int16 if categories < 32_768 else np.int32
