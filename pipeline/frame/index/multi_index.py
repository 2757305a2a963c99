"""Labels of several levels: a `MultiIndex` is an index of tuples that knows the names of its levels."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from pipeline.frame.index.index import Index, Names, as_index
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.values.faces import narrowed, objects
from pipeline.frame.values.values import Array, Values

__all__ = ["MultiIndex", "level_number"]


class MultiIndex(Index):
    """Tuples as labels, one element for each level."""

    def __new__(cls, levels: Any = None, codes: Any = None, names: Any = None, **other: Any) -> Any:
        refuse("MultiIndex", {k: v for k, v in other.items() if k not in {"copy", "verify_integrity", "sortorder"}})
        if levels is None or codes is None:
            raise TypeError("Must pass both levels and codes")
        columns = [
            [np.nan if code < 0 else list(level)[code] for code in marks]
            for level, marks in zip(levels, codes, strict=True)
        ]
        return cls.from_arrays(columns, names=names)

    @classmethod
    def from_tuples(cls, tuples: Iterable[Any], names: Any = None, **_: Any) -> Any:
        """An index of the tuples as they are."""
        items = [tuple(item) for item in tuples]
        return Index._of(Values(objects(items)), _names(names, len(items[0]) if items else 0))

    @classmethod
    def from_arrays(cls, arrays: Any, names: Any = None, **_: Any) -> Any:
        """An index with one level for each array."""
        indexes = [as_index(part) for part in arrays]
        if names is None:
            found = [getattr(part, "name", None) for part in arrays]
            names = found if any(name is not None for name in found) else None
        if indexes and not len(indexes[0]):
            return Index._of(Values(objects([])), Names(names or [None] * len(indexes)))
        return cls.from_tuples(zip(*indexes, strict=True), names)

    @classmethod
    def from_product(cls, iterables: Any, names: Any = None, **_: Any) -> Any:
        """An index of all combinations."""
        parts = [list(part) for part in iterables]
        if not all(parts):
            return cls.from_arrays([[] for _ in parts], names)
        return cls.from_tuples(itertools.product(*parts), names)

    @classmethod
    def from_frame(cls, df: Any, names: Any = None, **_: Any) -> Any:
        """An index with one level for each column."""
        return cls.from_arrays([df[label] for label in df.columns], names if names is not None else list(df.columns))

    def __contains__(self, label: object) -> bool:
        """True for a label, or the beginning of one."""
        if super().__contains__(label):
            return True
        start = label if isinstance(label, tuple) else (label,)
        return len(start) < self.nlevels and any(known[: len(start)] == start for known in self.array)

    @property
    def nlevels(self) -> int:  # type: ignore[override]
        return len(self.array[0]) if len(self) else len(self.name)

    @property
    def names(self) -> list[Any]:
        return list(self.name) if isinstance(self.name, Names) else [None] * self.nlevels

    @names.setter
    def names(self, names: Any) -> None:
        self.name = _names(names, self.nlevels)

    def _level_values(self, level: Any) -> Values:
        place = level_number(self, level)
        items = [label[place] for label in self.array]
        return Values.of(Values(narrowed(objects(items))) if _numbers(items) else items)

    def get_level_values(self, level: Any) -> Index:
        """The labels of one level, row by row."""
        place = level_number(self, level)
        return Index._of(self._level_values(place), self.names[place])

    @property
    def levels(self) -> list[Index]:
        """The different labels of each level, in order."""
        return [self.get_level_values(i).unique().sort_values() for i in range(self.nlevels)]

    @property
    def codes(self) -> list[Array]:
        """For each level the place of each row's label in `levels`."""
        return [level.get_indexer(self.get_level_values(i)) for i, level in enumerate(self.levels)]

    def droplevel(self, level: Any = 0) -> Index:
        """Without some levels; with one left, a plain index."""
        gone = {level_number(self, one) for one in (level if isinstance(level, list | tuple) else [level])}
        kept = [i for i in range(self.nlevels) if i not in gone]
        if not kept:
            raise ValueError(f"Cannot remove {len(gone)} levels from an index with {self.nlevels} levels")
        if len(kept) == 1:
            return self.get_level_values(kept[0])
        tuples = [tuple(label[i] for i in kept) for label in self.array]
        return Index._of(Values(objects(tuples)), _names([self.names[i] for i in kept], len(kept)))

    def reorder_levels(self, order: Any) -> Index:
        """The levels in another order."""
        places = [level_number(self, one) for one in order]
        tuples = [tuple(label[i] for i in places) for label in self.array]
        return Index._of(Values(objects(tuples)), _names([self.names[i] for i in places], len(places)))

    def swaplevel(self, i: Any = -2, j: Any = -1) -> Index:
        """Two levels exchanged."""
        order = list(range(self.nlevels))
        first, second = level_number(self, i), level_number(self, j)
        order[first], order[second] = order[second], order[first]
        return self.reorder_levels(order)

    def to_flat_index(self) -> Index:
        """The tuples as they are; here that is the index itself."""
        return self

    def to_frame(self, index: bool = True, name: Any = None, **_: Any) -> Any:
        """The levels as columns."""
        labels = name if name is not None else [n if n is not None else i for i, n in enumerate(self.names)]
        data = {label: self._level_values(i) for i, label in enumerate(labels)}
        return self._series_type._frame_type._of(data, self if index else Index(range(len(self))))

    def __repr__(self) -> str:
        rows = ",\n            ".join(repr(label) for label in self.tolist())
        return f"MultiIndex([{rows}],\n           names={self.names})"


def level_number(index: Index, level: Any) -> int:
    """The place of a level given by name or number. Raises KeyError or IndexError."""
    names = index.names
    if level in names and not isinstance(level, bool):
        return names.index(level)
    if isinstance(level, int | np.integer):
        if not -len(names) <= level < len(names):
            raise IndexError(f"Too many levels: Index has only {len(names)} level, not {level + 1}")
        return int(level) % len(names)
    raise KeyError(f"Level {level} not found")


def _names(names: Any, levels: int) -> Names | None:
    if names is None:
        return None
    if isinstance(names, str) or (levels and len(names) != levels):
        raise unsupported("MultiIndex", f"names={names!r} for {levels} levels")
    return Names(names) if any(name is not None for name in names) else None


def _numbers(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(x, int | float | np.number) and not isinstance(x, bool) for x in items)


Index._multi_type = MultiIndex
