"""Bringing two indexes together: the same object or equal labels need nothing, others are joined."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pipeline.frame.index.index import Index, Positions
from pipeline.frame.values.values import Values

__all__ = ["Alignment", "align", "picked"]


class Alignment(NamedTuple):
    """A joint index, and where each side's rows go (None: as they stand; -1: missing there)."""

    labels: Index
    left: Positions | None
    right: Positions | None


def align(left: Index, right: Index, how: str = "outer") -> Alignment:
    """Join two indexes: `outer` (all labels, sorted), `inner`, `left`, or `pairs` (left, with all partners).

    Labels that repeat meet all their partners, but for `left`, which keeps its rows. Raises ValueError when a row of
    `left` would have several partners.
    """
    if (left is right or left.equals(right)) and (how != "pairs" or left.is_unique):
        return Alignment(left, None, None)
    if how == "left" or (how == "pairs" and right.is_unique):
        if not right.is_unique:
            raise ValueError("cannot reindex on an axis with duplicate labels")
        return Alignment(left, None, right.get_indexer(left))
    if not (left.is_unique and right.is_unique):
        return _met(left, right, how)
    joint = left.union(right) if how == "outer" else left.intersection(right)
    return Alignment(joint, _where(left, joint), _where(right, joint))


def _met(left: Index, right: Index, how: str) -> Alignment:
    """Every row of a label with every row of the same label on the other side."""
    mine, theirs = _places(left), _places(right)
    if how == "outer":
        labels: Any = left.append(right).unique().sort_values()
        keys = labels._keys.tolist()
    else:
        keys = [key for key in mine if how == "pairs" or key in theirs]
    if how == "pairs":
        pairs = [(place, other) for place, key in enumerate(left._keys.tolist()) for other in theirs.get(key, [-1])]
    else:
        pairs = [(i, j) for key in keys for i in mine.get(key, [-1]) for j in theirs.get(key, [-1])]
    first = np.array([i for i, _ in pairs], dtype=np.intp)
    second = np.array([j for _, j in pairs], dtype=np.intp)
    known = left._values.take_or_missing(first)
    lost = first < 0
    values = known.assigned(lost, right._values.take(second[lost])) if lost.any() else known
    if left._values.kind in "iu" and right._values.kind in "iu":
        values = values.cast(np.int64)
    return Alignment(Index._of(values, left.name if left.name == right.name else None), first, second)


def _places(index: Index) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = {}
    for place, key in enumerate(index._keys.tolist()):
        found.setdefault(key, []).append(place)
    return found


def _where(part: Index, joint: Index) -> Positions | None:
    return None if part.equals(joint) else part.get_indexer(joint)


def picked(values: Values, positions: Positions | None) -> Values:
    """The values at `positions` of an alignment."""
    return values if positions is None else values.take_or_missing(positions)
