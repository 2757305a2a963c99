"""Which rows have equal keys: the order of the rows by group, where each group starts, and its label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from pipeline.frame.faces import objects
from pipeline.frame.index import Index, Names, Positions
from pipeline.frame.ranking import sorting_order
from pipeline.frame.values import Values, missing_mask

__all__ = ["Keyed", "keyed"]


class Keyed(NamedTuple):
    """Row numbers in group order, where each group starts, and the key of each group; missing keys have no group."""

    order: Positions
    starts: Positions
    labels: Index
    name: Any

    def parts(self) -> Iterator[Positions]:
        """The row numbers of each group, in the order of the rows."""
        return iter(np.split(self.order, self.starts[1:])) if len(self.starts) else iter(())


def keyed(keys: list[tuple[Any, Values]], *, sort: bool = True, dropna: bool = True) -> Keyed:
    """Group rows by one key, or by several: then the label of a group is a tuple."""
    columns = [key for _, key in keys]
    order = sorting_order(columns, [True] * len(columns))
    if dropna:
        for column in columns:
            order = order[~missing_mask(column.array)[order]]
    ordered = [column.take(order) for column in columns]
    first = np.zeros(len(order), dtype=np.bool_)
    first[:1] = True
    for part in ordered:
        first[1:] |= _differs(part.array)
    starts = np.flatnonzero(first)
    name: Any = keys[0][0] if len(keys) == 1 else Names(name for name, _ in keys)
    made = Keyed(order, starts, _labels([part.take(starts) for part in ordered], name), name)
    if sort or len(starts) < 2:
        return made
    parts = list(made.parts())
    by_first = np.argsort([part[0] for part in parts], kind="stable")
    mixed = np.concatenate([parts[i] for i in by_first])
    sizes = np.array([len(parts[i]) for i in by_first])
    return Keyed(mixed, np.concatenate([[0], np.cumsum(sizes)[:-1]]), made.labels[by_first], name)


def _differs(array: Any) -> Any:
    """True where an element differs from the one before; missing ones are alike."""
    unlike = np.asarray(array[1:] != array[:-1], dtype=np.bool_)
    gone = missing_mask(array)
    return unlike & ~(gone[1:] & gone[:-1])


def _labels(parts: list[Values], name: Any) -> Index:
    if len(parts) == 1:
        return Index._of(parts[0], name)
    return Index._of(Values(objects(list(zip(*(part.plain_items() for part in parts), strict=True)))), name)
