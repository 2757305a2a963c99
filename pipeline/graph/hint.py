"""Suggestions for the faults of one file, at a bounded price."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.errors import did_you_mean

__all__ = ["Hints"]

BUDGET = 100_000
"""Names that may be compared for one file; comparing 10,000 wrong wires with 10,000 nodes takes minutes."""


class Hints:
    """`did_you_mean` until the budget of a file is spent, then what there is to say `otherwise`."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._left = budget

    def __call__(self, word: str, known: Collection[str], *, otherwise: str = "") -> str:
        """A hint that names the closest known word, or lists a few, or says `otherwise`."""
        self._left -= 1 + len(known)
        return did_you_mean(word, known, otherwise=otherwise) if self._left >= 0 else otherwise
