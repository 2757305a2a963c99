"""Which rows have equal keys: the order of the rows by group, where each group starts, and its label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from pipeline.frame.index.index import Index, Names, Positions
from pipeline.frame.values.faces import objects
from pipeline.frame.values.ordering import SortKey, order_of, sort_key
from pipeline.frame.values.values import Values

__all__ = ["Keyed", "keyed"]


class Keyed(NamedTuple):
    """Row numbers in group order, where each group starts, and the key of each group; missing keys have no group."""

    order: Positions
    starts: Positions
    labels: Index
    name: Any
    rows: int
    """How many there are, those without a group included."""

    @property
    def settled(self) -> bool:
        """True when the rows stand in the order of the groups already."""
        order = self.order
        return self.rows == len(order) and bool((order[1:] > order[:-1]).all())

    def ordered(self, values: Values) -> Values:
        """A column in the order of the groups, without the rows that have none."""
        return values if self.settled else values.take(self.order)

    def parts(self) -> Iterator[Positions]:
        """The row numbers of each group, in the order of the rows."""
        return iter(np.split(self.order, self.starts[1:])) if len(self.starts) else iter(())


def keyed(keys: list[tuple[Any, Values]], *, sort: bool = True, dropna: bool = True) -> Keyed:
    """Group rows by one key, or by several: then the label of a group is a tuple."""
    columns = [key for _, key in keys]
    by = [sort_key(column, mixed=True) for column in columns]
    order = order_of(by)
    if dropna:
        for key in by:
            if key.gone is not None:
                order = order[~key.gone[order]]
    first = np.zeros(len(order), dtype=np.bool_)
    first[:1] = True
    for key in by:
        first[1:] |= _differs(key, order)
    starts = np.flatnonzero(first)
    name: Any = keys[0][0] if len(keys) == 1 else Names(name for name, _ in keys)
    made = Keyed(
        order, starts, _labels([column.take(order[starts]) for column in columns], name), name, len(columns[0])
    )
    if sort or len(starts) < 2:
        return made
    parts = list(made.parts())
    by_first = np.argsort([part[0] for part in parts], kind="stable")
    mixed = np.concatenate([parts[i] for i in by_first])
    sizes = np.array([len(parts[i]) for i in by_first])
    return Keyed(mixed, np.concatenate([[0], np.cumsum(sizes)[:-1]]), made.labels[by_first], name, made.rows)


def _differs(key: SortKey, order: Positions) -> Any:
    """True where a row has another key than the one before; missing ones are alike."""
    found = key.numbers[order]
    unlike = found[1:] != found[:-1]
    if key.gone is None:
        return unlike
    gone = key.gone[order]
    return unlike & ~(gone[1:] & gone[:-1])


def _labels(parts: list[Values], name: Any) -> Index:
    if len(parts) == 1:
        return Index._of(parts[0], name)
    return Index._of(Values(objects(list(zip(*(part.plain_items() for part in parts), strict=True)))), name)
