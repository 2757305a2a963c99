"""Bringing two indexes together: the same object or equal labels need nothing, others are joined."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.frame.gaps import unsupported
from pipeline.frame.index import Index, Positions
from pipeline.frame.values import Values

__all__ = ["Alignment", "align", "picked"]


class Alignment(NamedTuple):
    """A joint index, and where each side's rows go (None: as they stand; -1: missing there)."""

    labels: Index
    left: Positions | None
    right: Positions | None


def align(left: Index, right: Index, how: str = "outer") -> Alignment:
    """Join two indexes: `outer` (all labels, sorted), `inner`, or `left`."""
    if left is right or left.equals(right):
        return Alignment(left, None, None)
    if not (left.is_unique and right.is_unique):
        raise unsupported("alignment", "indexes that differ and repeat labels")
    if how == "left":
        return Alignment(left, None, right.get_indexer(left))
    joint = left.union(right) if how == "outer" else left.intersection(right)
    return Alignment(joint, _where(left, joint), _where(right, joint))


def _where(part: Index, joint: Index) -> Positions | None:
    return None if part.equals(joint) else part.get_indexer(joint)


def picked(values: Values, positions: Positions | None) -> Values:
    """The values at `positions` of an alignment."""
    return values if positions is None else values.take_or_missing(positions)
