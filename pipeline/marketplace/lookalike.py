"""Names that look like others: what a hurried reader takes for something else."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["resembling"]

_SAME = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "2": "z", "_": None, "-": None})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_SHORT = 5
"""Below this length, names one letter apart are too common to be worth a word."""


def resembling(name: str, others: Iterable[str]) -> list[str]:
    """Those of the others that `name` is easily taken for: alike to the eye, one slip of the finger apart, a plural."""
    return sorted(other for other in set(others) if other != name and _alike(name, other))


def _alike(one: str, other: str) -> bool:
    first, second = _seen(one), _seen(other)
    return first == second or (min(len(one), len(other)) >= _SHORT and _one_slip(first, second))


def _seen(name: str) -> str:
    """A name as the eye sees it."""
    text = name.lower()
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter)
    return text.translate(_SAME)


def _one_slip(one: str, other: str) -> bool:
    """One letter more, less, other, or two neighbours swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, others_rest = one[at:], other[at:]
    if len(one) == len(other):
        swapped = rest[1:2] + rest[:1] + rest[2:]
        return rest[1:] == others_rest[1:] or swapped == others_rest
    return rest[1:] == others_rest if len(one) > len(other) else rest == others_rest[1:]
