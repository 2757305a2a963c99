"""Several frames to one: below each other, beside each other, by row labels, by keys."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.dataframe.twin import keyed
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.values.values import Values, concatenated

__all__ = ["concat", "join_on_index"]


def concat(
    objs: Any, *, axis: Any = 0, join: str = "outer", ignore_index: bool = False, keys: Any = None, names: Any = None,
    verify_integrity: bool = False, **options: Any,
) -> Any:  # fmt: skip
    """Series and frames below each other (axis 0) or beside each other (axis 1), aligned by the other labels."""
    refuse("concat", {k: v for k, v in options.items() if k not in {"copy", "sort"}})
    if isinstance(objs, dict):
        keys, objs = list(objs), list(objs.values())
    objs = list(objs)
    named = list(keys) if keys is not None else None
    if named is not None:
        named = [key for key, part in zip(named, objs, strict=True) if part is not None]
    parts = [part for part in objs if part is not None]
    if not parts:
        raise ValueError("No objects to concatenate" if not objs else "All objects passed were None")
    for part in parts:
        if not isinstance(part, Columnar):
            raise TypeError(
                f"cannot concatenate object of type '{type(part)}'; only Series and DataFrame objs are valid"
            )
    if axis in {1, "columns"}:
        return _beside(parts, join, named, ignore_index)
    result = _below(parts, join, ignore_index)
    if named is not None and not ignore_index:
        result.index = _below_keys(named, parts, names)
    if verify_integrity and not result.index.is_unique:
        raise ValueError(f"Indexes have overlapping values: {result.index.tolist()}")
    return result


def _below_keys(keys: list[Any], parts: list[Any], names: Any) -> Index:
    """The labels of all parts, each below the key of its part."""
    labels = [(*as_tuple(key), *as_tuple(label)) for key, part in zip(keys, parts, strict=True) for label in part.index]
    outer = [None] * len(as_tuple(keys[0])) if names is None else [names] if isinstance(names, str) else list(names)
    levels = len(labels[0]) if labels else 2
    known = {tuple(part.index.names) for part in parts}
    inner = list(known.pop()) if len(known) == 1 else [None] * levels
    given = (outer + inner[max(len(outer) - len(as_tuple(keys[0])), 0) :])[:levels]
    return Index._multi_type.from_tuples(labels, given)  # type: ignore[no-any-return]


def as_tuple(label: Any) -> tuple[Any, ...]:
    """A label as its levels."""
    return label if isinstance(label, tuple) else (label,)


def _is_series(part: Any) -> bool:
    return isinstance(part, Columnar._series_type)


def _below(parts: list[Any], join: str, ignore_index: bool) -> Any:
    first = parts[0].index
    index = Index(range(sum(map(len, parts)))) if ignore_index else first.append([part.index for part in parts[1:]])
    if all(map(_is_series, parts)):
        names = {part.name for part in parts}
        values = concatenated([part._values for part in parts])
        return Columnar._series_type._of(values, index, names.pop() if len(names) == 1 else None)
    frames = [part.to_frame() if _is_series(part) else part for part in parts]
    labels = list(dict.fromkeys(label for frame in frames for label in frame._data))
    if join == "inner":
        labels = [label for label in labels if all(label in frame._data for frame in frames)]
    data: dict[Hashable, Values] = {}
    for label in labels:
        columns = [f._data[label] if label in f._data else Values.repeat(np.nan, len(f)) for f in frames]
        data[label] = _stacked(columns, [label in frame._data for frame in frames])
    return Columnar._frame_type._of(data, index)


def _stacked(columns: list[Values], known: list[bool]) -> Values:
    if all(known):
        return concatenated(columns)
    # holes take the type of what is there
    whole = concatenated([column for column, there in zip(columns, known, strict=True) if there])
    rows, start = [], 0
    for column, there in zip(columns, known, strict=True):
        rows.append(np.arange(start, start + len(column)) if there else np.full(len(column), -1))
        start += len(column) if there else 0
    return whole.take_or_missing(np.concatenate(rows).astype(np.intp))


def _beside(parts: list[Any], join: str, names: list[Any] | None, ignore_index: bool) -> Any:
    index = parts[0].index
    for part in parts[1:]:
        if not (part.index is index or part.index.equals(index)):
            # labels come as they come, times in order
            ordered = index._values.kind == "M" or None
            index = index.union(part.index, ordered or False) if join == "outer" else index.intersection(part.index)
    names_made: list[Any] = []
    columns_made: list[Values] = []
    number = 0
    for place, part in enumerate(parts):
        same = part.index is index or part.index.equals(index)
        moved = part if same else part.reindex(index)
        if _is_series(part):
            label = names[place] if names is not None else part.name
            if label is None or ignore_index:
                label, number = number, number + 1
            columns = {label: moved._values.freeze()}
        else:
            outer = () if names is None else as_tuple(names[place])
            columns = {(*outer, *as_tuple(c)) if outer else c: v.freeze() for c, v in moved._data.items()}
        names_made += columns
        columns_made += columns.values()
    result = Columnar._frame_type._of(dict(zip(keyed(names_made), columns_made, strict=True)), index)
    if ignore_index:
        result.columns = range(len(columns_made))
    return result


def join_on_index(left: Any, right: Any, *, how: str = "left", suffixes: tuple[str, str] = ("", "")) -> Any:
    """The columns of both, by row labels: those of the left, of the right, of both (`inner`) or of either (`outer`)."""
    if isinstance(right, list):
        for part in right:
            left = join_on_index(left, part, how=how, suffixes=suffixes)
        return left
    other = right.to_frame() if _is_series(right) else right
    if how not in {"left", "right", "inner", "outer"}:
        raise unsupported("join", f"how={how!r}")
    if how == "right":
        flipped = align(other.index, left.index, "pairs")
        index, mine, theirs = flipped.labels, flipped.right, flipped.left
    else:
        index, mine, theirs = align(left.index, other.index, "pairs" if how == "left" else how)
    clash = [label for label in other._data if label in left._data]
    if clash and not any(suffixes):
        raise ValueError(f"columns overlap but no suffix specified: {clash}")
    data = {f"{c}{suffixes[0]}" if c in clash else c: picked(v, mine) for c, v in left._data.items()}
    data |= {f"{c}{suffixes[1]}" if c in clash else c: picked(v, theirs) for c, v in other._data.items()}
    return Columnar._frame_type._of(data, index)
