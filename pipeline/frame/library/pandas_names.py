"""The public names of pandas (3.1, and the ones that versions 1 and 2 had), so that a gap is told from a slip.

A name listed in pandas_names.txt that the adapter lacks is a gap of the adapter; any other is the author's own mistake.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["pandas_names"]


@cache
def pandas_names() -> dict[str, frozenset[str]]:
    """The names by what has them: module, frame, series, index, window, group, dt, str. Read once, when first asked."""
    sections: dict[str, frozenset[str]] = {}
    for block in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("\n\n"):
        title, *names = block.split()
        sections[title.strip("[]")] = frozenset(names)
    return sections
