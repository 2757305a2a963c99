"""How columns look when printed: as pandas prints them, but that wide frames are not wrapped."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from pipeline.frame.index.index import Index
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["cells", "frame_text", "series_text"]

_DIGITS = 6
_ROWS = 60
_EDGE = 5
_MIDNIGHT = np.timedelta64(1, "D")


def series_text(values: Values, index: Index, name: Any, dtype: Any) -> str:
    """A Series: labels, values, then its name and type (and its length when the middle is left out)."""
    named = f"Name: {name}, " if name is not None else ""
    if not len(values):
        return f"Series([], {named}dtype: {dtype})"
    rows, cut = _shown(len(values))
    labels, body = _labels(index, rows), cells(values.take(rows))
    if cut:
        labels.insert(_EDGE, "")
        body.insert(_EDGE, _dots(body).center(max(map(len, body))))
    head = [] if index.name is None else [str(index.name)]
    length = f"Length: {len(values)}, " if cut else ""
    lines = _joined([_left(labels), _right(body)], "   ")
    return "\n".join([*head, *lines, f"{named}{length}dtype: {dtype}"])


def frame_text(columns: dict[Hashable, Values], index: Index) -> str:
    """A frame: a header, then a line for each row; its shape when the middle is left out."""
    if not columns or not len(index):
        shown = ", ".join(map(str, index[: 2 * _EDGE]))
        return f"Empty DataFrame\nColumns: [{', '.join(map(str, columns))}]\nIndex: [{shown}]"
    rows, cut = _shown(len(index))
    stack = []
    for label, values in columns.items():
        body = cells(values.take(rows))
        if cut:
            body.insert(_EDGE, _dots(body))
        # numbers keep a place for the sign in their header too
        header = f" {label}" if values.kind in "biuf" else str(label)
        stack.append(_right([header, *([""] if index.name is not None else []), *body]))
    labels = _labels(index, rows)
    if cut:
        labels.insert(_EDGE, _dots(labels))
    stack.insert(0, _left(["", *([str(index.name)] if index.name is not None else []), *labels]))
    lines = _joined(stack, " ")
    return "\n".join([*lines, f"\n[{len(index)} rows x {len(columns)} columns]"] if cut else lines)


def cells(values: Values) -> list[str]:
    """Every element as text; numbers of a column have the same digits, and a place for the sign."""
    array = values.array
    gone = missing_mask(array)
    if values.sense is not None:
        marked = [str(item) for item in values.items()]
        return [f" {text}" if values.kind != "M" else text for text in marked]
    if array.dtype.kind == "f":
        return _floats(array, gone)
    if array.dtype.kind in "Mm":
        return _times(values, gone)
    return [" NaN" if lost else f" {_one(item)}" for item, lost in zip(values.plain_items(), gone, strict=True)]


def _floats(array: Array, gone: Array) -> list[str]:
    seen = array[~gone]
    texts = _trimmed([f"{x: .{_DIGITS}f}" for x in seen])
    size = np.abs(seen[np.isfinite(seen)])
    too_long = max(map(len, texts), default=0) > _DIGITS + 6 and bool((size > 1e6).any())
    if too_long or ((size < 10.0**-_DIGITS) & (size > 0)).any():
        texts = [f"{x: .{_DIGITS}e}" for x in seen]
    if not texts:
        return ["NaN"] * len(array)
    left = iter(texts)
    return [" NaN" if lost else next(left) for lost in gone]


def _trimmed(texts: list[str]) -> list[str]:
    """Without the zeros at the end that all numbers have; one stays."""
    numbers = [text for text in texts if "." in text]
    spare = min((len(text) - len(text.rstrip("0")) for text in numbers), default=0)
    spare = min(spare, _DIGITS - 1)
    return [text[: len(text) - spare] if "." in text and spare else text for text in texts]


def _times(values: Values, gone: Array) -> list[str]:
    array, seen = values.array, values.array[~gone]
    whole = bool((seen.view(np.int64) % _MIDNIGHT.astype("m8[us]").astype(np.int64) == 0).all())
    items = zip(values.items(), gone, strict=True)
    if array.dtype.kind == "m":
        return ["NaT" if lost else f"{item.days} days" if whole else str(item) for item, lost in items]
    if whole and values.zone is None:
        return ["NaT" if lost else f"{item:%Y-%m-%d}" for item, lost in items]
    return ["NaT" if lost else str(item) for item, lost in items]


def _one(item: Any) -> str:
    """An element of a mixed column."""
    if is_missing(item):
        return "NaN"
    return _trimmed([f"{item:.{_DIGITS}f}"])[0] if isinstance(item, float) else str(item)


def _shown(length: int) -> tuple[Array, bool]:
    if length <= _ROWS:
        return np.arange(length), False
    return np.r_[:_EDGE, length - _EDGE : length], True


def _labels(index: Index, rows: Array) -> list[str]:
    texts = cells(index[rows]._values)
    return [text[1:] for text in texts] if all(text.startswith(" ") for text in texts) else texts


def _dots(texts: list[str]) -> str:
    return "..." if max(map(len, texts)) > 3 else ".."


def _left(texts: list[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.ljust(width) for text in texts]


def _right(texts: list[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]


def _joined(columns: list[list[str]], gap: str) -> list[str]:
    return [gap.join(row) for row in zip(*columns, strict=True)]
