"""What is stored, and the data that it was computed on: the ground on which a plan decides what to reuse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

__all__ = ["Coverage", "Holding", "Piece"]


@dataclass(frozen=True)
class Coverage:
    """The bars below a value.

    `data` digests all of it and is part of the value's key. `digests` has one digest per symbol over all
    bars sources, in the order of `symbols`; it is empty where the sources differ in their symbols, and
    nothing is known of a single one. `ends` says where each source ends: ("1d splits", an ISO instant or
    "" for the last bar that there was).
    """

    data: str
    symbols: tuple[str, ...]
    digests: tuple[str, ...]
    ends: tuple[tuple[str, str], ...]

    @cached_property
    def by_symbol(self) -> dict[str, str]:
        """The digest of each symbol."""
        return dict(zip(self.symbols, self.digests, strict=True)) if self.digests else {}


@dataclass(frozen=True, slots=True)
class Holding:
    """A stored value: its key, the recipe that it was computed by, the data that it was computed on."""

    key: str
    recipe: str
    coverage: Coverage

    def of(self, suffix: str) -> Holding:
        """One of several tables of the value; the value itself for no suffix."""
        return Holding(f"{self.key}.{suffix}", f"{self.recipe}.{suffix}", self.coverage) if suffix else self


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of a stored value that serves a step: some symbols, all rows before the step's end."""

    holding: Holding
    symbols: tuple[str, ...]
