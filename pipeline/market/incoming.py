"""Bars on their way into the market, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pipeline.market.action import Actions
from pipeline.market.part import Floats, Rows

__all__ = ["Counts", "Incoming"]


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """Bars of one symbol on their way in. `actions` None says that the source tells nothing about them.

    `adjusted` are the vendor's adjusted closes, for comparison alone.
    """

    rows: Rows
    actions: Actions | None = None
    source: str = ""
    adjusted: Floats | None = None


class Counts(NamedTuple):
    """What became of the rows of one symbol."""

    new: int = 0
    replaced: int = 0
    unchanged: int = 0
