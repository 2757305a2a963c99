"""Two columns in windows together: with another Series, column by column, or every column with every other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.dataframe.twin import keyed, label_of
from pipeline.frame.index.index import Index, Names
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values, concatenated

__all__ = ["paired"]

Compute = Callable[[Values, Values], Values]
"""The statistic of two columns of equal length, row by row."""


def paired(columns: Any, other: Any, pairwise: Any, compute: Compute) -> Any:
    """The statistic of `columns` and `other` (themselves, when None), by the rules of pandas."""
    alone = other is None
    if alone:
        other = columns
        pairwise = True if pairwise is None else pairwise
    frames = [hasattr(side, "columns") for side in (columns, other)]
    if not isinstance(other, Columnar):
        raise ValueError("other must be a DataFrame or Series")  # noqa: TRY004 - what pandas raises
    if not any(frames):
        return _series(columns, other, compute)
    if frames[0] and not frames[1]:
        return _with_series(_numbers(columns), other, compute)
    if frames[1] and not frames[0]:
        return _with_series(_numbers(other), columns, compute)
    left = _numbers(columns)
    right = left if alone else _numbers(other)
    return _all_pairs(left, right, compute) if pairwise else _by_name(left, right, compute)


def _numbers(frame: Any) -> Any:
    return frame._each_numeric(lambda values: values)


def _series(left: Any, right: Any, compute: Compute) -> Any:
    both = align(left.index, right.index)
    made = compute(picked(left._values, both.left), picked(right._values, both.right))
    return left._of(made, both.labels, left.name if left.name == right.name else None)


def _with_series(frame: Any, series: Any, compute: Compute) -> Any:
    both = align(frame.index, series.index)
    partner = picked(series._values, both.right)
    return frame._of({c: compute(picked(v, both.left), partner) for c, v in frame._data.items()}, both.labels)


def _by_name(left: Any, right: Any, compute: Compute) -> Any:
    """Each column with the one of the same name; a name that one side lacks is missing."""
    both = align(left.index, right.index)
    same = list(left._data) == list(right._data)
    for frame, name in ((left, "arg1"), (right, "arg2")):
        if not same and not frame.columns.is_unique:
            raise ValueError(f"'{name}' columns are not unique")
    labels = list(left._data) if same else list(left.columns.union(right.columns))
    blank = Values.repeat(float("nan"), len(both.labels))
    data = {}
    for label in labels:
        there = label in left._data and label in right._data
        data[label] = (
            compute(picked(left._data[label], both.left), picked(right._data[label], both.right)) if there else blank
        )
    return left._of(data, both.labels)


def _all_pairs(left: Any, right: Any, compute: Compute) -> Any:
    """Every column with every column; the label of a row is that of the window and of a column of `right`."""
    both = align(left.index, right.index)
    names = [label_of(key) for key in right._data]
    tuples = [(*(label if isinstance(label, tuple) else (label,)), name) for label in both.labels for name in names]
    index = Index._of(Values(objects(tuples)), Names([*both.labels.names, right.columns.name]))
    rows, width = len(both.labels), len(names)
    order = [row + rows * place for row in range(rows) for place in range(width)]
    data = {}
    for key, values in zip(keyed(left._data), left._data.values(), strict=True):
        mine = picked(values, both.left)
        parts = [compute(mine, picked(partner, both.right)) for partner in right._data.values()]
        data[key] = concatenated(parts).take(order) if parts and order else Values(values.floats[:0])  # type: ignore[arg-type]
    return left._of(data, index)
