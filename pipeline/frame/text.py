"""How columns look when printed."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.index import Index
from pipeline.frame.moment import is_missing
from pipeline.frame.values import Values

__all__ = ["table", "written"]

_ROWS = 20


def written(item: Any) -> str:
    """One element as text."""
    if is_missing(item):
        return "NaN"
    if isinstance(item, float | np.floating):
        return f"{item:.6g}"
    return str(item)


def table(index: Index, columns: dict[Any, Values], *, header: bool) -> str:
    """Labels and columns side by side; the middle of a long table is left out."""
    length = len(index)
    shown = list(range(length)) if length <= _ROWS else [*range(_ROWS // 2), *range(length - _ROWS // 2, length)]
    stack = [["", *(str(index[row]) for row in shown)]]
    stack += [[str(label), *(written(values.item(row)) for row in shown)] for label, values in columns.items()]
    if not header:
        stack = [column[1:] for column in stack]
    if length > _ROWS:
        for column in stack:
            column.insert(_ROWS // 2 + header, "...")
    widths = [max(map(len, column), default=0) for column in stack]
    lines = []
    for cells in zip(*stack, strict=True):
        first = cells[0].ljust(widths[0])
        lines.append("  ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))]).rstrip())
    return "\n".join(lines)
