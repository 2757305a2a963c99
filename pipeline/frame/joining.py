"""Several frames to one: below each other, beside each other, by row labels, by keys."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.alignment import align, picked
from pipeline.frame.columnar import Columnar
from pipeline.frame.gaps import refuse, unsupported
from pipeline.frame.index import Index
from pipeline.frame.values import Values, concatenated

__all__ = ["concat", "join_on_index", "merge"]


def concat(
    objs: Any, *, axis: Any = 0, join: str = "outer", ignore_index: bool = False, keys: Any = None, **options: Any
) -> Any:
    """Series and frames below each other (axis 0) or beside each other (axis 1), aligned by the other labels."""
    refuse("concat", {k: v for k, v in options.items() if k not in {"copy", "sort"}})
    if isinstance(objs, dict):
        keys, objs = list(objs), list(objs.values())
    named = list(keys) if keys is not None else None
    parts = [part for part in objs if part is not None]
    if not parts:
        raise ValueError("No objects to concatenate")
    for part in parts:
        if not isinstance(part, Columnar):
            raise TypeError(
                f"cannot concatenate object of type '{type(part)}'; only Series and DataFrame objs are valid"
            )
    if axis in {1, "columns"}:
        return _beside(parts, join, named, ignore_index)
    if named is not None:
        raise unsupported("concat", "keys with axis=0")
    return _below(parts, join, ignore_index)


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
    data: dict[Hashable, Values] = {}
    number = 0
    for place, part in enumerate(parts):
        same = part.index is index or part.index.equals(index)
        moved = part if same else part.reindex(index)
        if _is_series(part):
            label = names[place] if names is not None else part.name
            if label is None or ignore_index:
                label, number = number, number + 1
            columns = {label: moved._values.freeze()}
        elif names is not None:
            raise unsupported("concat", "keys with frames")
        else:
            columns = {c: v.freeze() for c, v in moved._data.items()}
        for label, values in columns.items():
            if label in data:
                raise unsupported("concat", f"two columns named {label!r}", hint="Give keys=[...] or rename one.")
            data[label] = values
    result = Columnar._frame_type._of(data, index)
    if ignore_index:
        result.columns = range(len(data))
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


def merge(  # noqa: PLR0917 - pandas' signature
    left: Any, right: Any, how: str = "inner", on: Any = None, left_on: Any = None, right_on: Any = None,
    left_index: bool = False, right_index: bool = False, suffixes: tuple[str, str] = ("_x", "_y"), **options: Any,
) -> Any:  # fmt: skip
    """The rows of two frames that agree in the key columns; `left`, `right`, `inner` or `outer`."""
    refuse("merge", {k: v for k, v in options.items() if k not in {"copy", "sort"}})
    if left_index and right_index:
        return join_on_index(left, right, how=how, suffixes=suffixes)
    if left_index or right_index or left_on != right_on:
        raise unsupported("merge", "keys that differ on the two sides")
    keys = on if on is not None else left_on
    if keys is None:
        keys = [label for label in left._data if label in right._data]
    labels = keys if isinstance(keys, list) else [keys]
    if how not in {"inner", "left", "right", "outer"}:
        raise unsupported("merge", f"how={how!r}")
    mine = _keyed(left, labels, "left row")
    theirs = _keyed(right, labels, "right row")
    wanted = [str(i) for i in range(len(labels))]
    order: Any = {"inner": "left_right", "left": "left_right", "right": "right_left", "outer": "none"}[how]
    way: Any = "full" if how == "outer" else how
    joint = mine.join(theirs, on=wanted, how=way, coalesce=True, maintain_order=order)
    if how == "outer":
        joint = joint.sort(wanted, maintain_order=True)
    rows = {side: joint[f"{side} row"].fill_null(-1).to_numpy().astype(np.intp) for side in ("left", "right")}
    data: dict[Hashable, Values] = {c: Values.of(joint[str(i)]) for i, c in enumerate(labels)}
    ordered: dict[Hashable, Values] = {}
    for label, values in left._data.items():
        if label in data:
            ordered[label] = data[label]
        else:
            name = f"{label}{suffixes[0]}" if label in right._data else label
            ordered[name] = values.take_or_missing(rows["left"])
    for label, values in right._data.items():
        if label not in data:
            name = f"{label}{suffixes[1]}" if label in left._data else label
            ordered[name] = values.take_or_missing(rows["right"])
    return Columnar._frame_type._of(ordered, Index(range(len(joint))))


def _keyed(frame: Any, labels: list[Any], row: str) -> pl.DataFrame:
    keys = pl.DataFrame({str(i): frame._data[label].series for i, label in enumerate(labels)})
    return keys.with_columns(pl.Series(row, np.arange(len(frame)), dtype=pl.Int64))
