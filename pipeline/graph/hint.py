"""Suggestions for the faults of one file, at a bounded price, and the change of text where one is certain."""

from __future__ import annotations

from collections.abc import Collection
from difflib import SequenceMatcher

from pipeline.errors import Edit, did_you_mean
from pipeline.graph.markup import Scalar

__all__ = ["Hints"]

BUDGET = 100_000
"""Names that may be compared for one file; comparing 10,000 wrong wires with 10,000 nodes takes minutes."""
_CERTAIN = 0.75
_AHEAD = 0.1
"""How alike two words must be, and how much less alike the next best, for a change without asking."""


class Hints:
    """`did_you_mean` until the budget of a file is spent, then what there is to say `otherwise`."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._left = budget

    def __call__(self, word: str, known: Collection[str], *, otherwise: str = "") -> str:
        """A hint that names the closest known word, or lists a few, or says `otherwise`."""
        self._left -= 1 + len(known)
        return did_you_mean(word, known, otherwise=otherwise) if self._left >= 0 else otherwise

    def repair(self, at: Scalar, known: Collection[str], *, word: str | None = None) -> tuple[Edit, ...]:
        """The edit that puts the one known word that is meant for `word`, the text of `at` or a part of it.

        None when two words are about as close, when the scalar is quoted, or when the budget is spent.
        """
        word = at.text if word is None else word
        self._left -= 1 + len(known)
        if self._left < 0 or at.quoted or not known or len(word) > 64:
            return ()
        ranked = sorted(((_likeness(word, name), name) for name in set(known)), reverse=True)
        best, second = ranked[0], ranked[1] if len(ranked) > 1 else (0.0, "")
        if best[0] < _CERTAIN or best[0] - second[0] < _AHEAD:
            return ()
        return (Edit(at.place, at.text, at.text.replace(word, best[1], 1)),)


def _likeness(word: str, name: str) -> float:
    return SequenceMatcher(None, word.casefold(), name.casefold()).ratio()
