"""What a DataFrame is made from: dicts, rows, matrices, Series, other frames."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.dataframe.twin import keyed
from pipeline.frame.index.index import Index, as_index
from pipeline.frame.values.values import Values

__all__ = ["columns_of"]

_Made = tuple[dict[Hashable, Values], Index]


def columns_of(data: Any, index: Any, columns: Any) -> _Made:
    """The columns and the row labels of ``DataFrame(data, index, columns)``."""
    names = None if columns is None else list(columns)
    rows = None if index is None else as_index(index)
    if names is not None and len(set(names)) != len(names):
        if isinstance(data, dict | Columnar | pl.DataFrame):
            raise ValueError("cannot reindex on an axis with duplicate labels")
        made, labels = columns_of(data, index, range(len(names)))
        return dict(zip(keyed(names), made.values(), strict=True)), labels
    if isinstance(data, Columnar):
        return _from_labelled(data, rows, names)
    if data is None:
        labels = Index(range(0)) if rows is None else rows
        return {name: Values(np.full(len(labels), np.nan)) for name in names or ()}, labels
    if np.isscalar(data) and rows is not None and names is not None:
        return {name: Values.repeat(data, len(rows)) for name in names}, rows
    if isinstance(data, pl.DataFrame):
        data = data.to_dict(as_series=True)
    if isinstance(data, dict):
        return _from_dict(data, rows, names)
    if isinstance(data, np.ndarray):
        return _from_matrix(data, rows, names)
    return _from_rows(list(data), rows, names)


def _from_labelled(data: Any, rows: Index | None, names: list[Any] | None) -> _Made:
    frame = data.to_frame() if hasattr(data, "to_frame") else data
    if names is not None and frame is not data and data.name is None:
        frame = frame.rename(columns=dict(zip(frame.columns, names, strict=True)))
    elif names is not None:
        frame = frame.reindex(columns=names)
    if rows is not None and not rows.equals(frame.index):
        frame = frame.reindex(rows)
    return {label: values.freeze() for label, values in frame._data.items()}, frame.index


def _from_dict(data: dict[Any, Any], rows: Index | None, names: list[Any] | None) -> _Made:
    if names is not None:
        data = {name: data.get(name) for name in names}
    data = {name: Columnar._series_type(value) if isinstance(value, dict) else value for name, value in data.items()}
    labelled = [value for value in data.values() if isinstance(value, Columnar)]
    if rows is None and labelled:
        rows = labelled[0].index
        for other in labelled[1:]:
            rows = rows if rows is other.index else rows.union(other.index)
    made: dict[Hashable, Values | None] = {}
    scalars: dict[Hashable, Any] = {}
    for name, value in data.items():
        if isinstance(value, Columnar):
            same = value.index is rows or value.index.equals(rows)
            column: Any = value
            made[name] = (column if same else column.reindex(rows))._values.freeze()
        elif isinstance(value, Index):
            made[name] = value._values
        elif value is None or isinstance(value, str) or not hasattr(value, "__len__") or np.ndim(value) == 0:
            made[name] = None
            scalars[name] = np.nan if value is None else value
        else:
            made[name] = Values.of(value if hasattr(value, "__array__") else list(value))
    lengths = {len(values) for values in made.values() if values is not None}
    if len(lengths) > 1:
        raise ValueError("All arrays must be of the same length")
    if rows is None:
        if not lengths and scalars:
            raise ValueError("If using all scalar values, you must pass an index")
        rows = Index(range(lengths.pop() if lengths else 0))
    elif lengths and lengths != {len(rows)}:
        raise ValueError(f"Length of values ({lengths.pop()}) does not match length of index ({len(rows)})")
    length = len(rows)
    return {n: Values.repeat(scalars[n], length) if v is None else v for n, v in made.items()}, rows


def _from_matrix(data: np.ndarray[Any, Any], rows: Index | None, names: list[Any] | None) -> _Made:
    matrix = data.reshape(-1, 1) if data.ndim == 1 else data
    if matrix.ndim != 2:
        raise ValueError(f"Must pass 2-d input. shape={data.shape}")
    names = list(range(matrix.shape[1])) if names is None else names
    if len(names) != matrix.shape[1]:
        raise ValueError(f"Shape of passed values is {matrix.shape}, indices imply ({matrix.shape[0]}, {len(names)})")
    rows = Index(range(len(matrix))) if rows is None else rows
    if len(rows) != len(matrix):
        raise ValueError(f"Shape of passed values is {matrix.shape}, indices imply ({len(rows)}, {len(names)})")
    return {name: Values.of(matrix[:, place].copy()) for place, name in enumerate(names)}, rows


def _from_rows(listed: list[Any], rows: Index | None, names: list[Any] | None) -> _Made:
    if not listed:
        labels = Index(range(0)) if rows is None else rows
        return {name: Values(np.full(len(labels), np.nan, dtype=object)) for name in names or ()}, labels
    first = listed[0]
    if isinstance(first, Columnar):
        labels_of_rows = [row.name for row in listed]
        if rows is None and any(label is not None for label in labels_of_rows):
            rows = Index(labels_of_rows)
        listed = [row.to_dict() for row in listed]
        first = listed[0]
    if isinstance(first, dict):
        seen = names if names is not None else list(dict.fromkeys(key for row in listed for key in row))
        return _from_dict({name: [row.get(name) for row in listed] for name in seen}, rows, None)
    if isinstance(first, list | tuple | np.ndarray):
        fields = names or list(getattr(first, "_fields", None) or range(max(map(len, listed))))
        wide = max(map(len, listed))
        if len(fields) != wide:
            raise ValueError(f"{len(fields)} columns passed, passed data had {wide} columns")
        return _from_dict(
            {f: [row[i] if i < len(row) else None for row in listed] for i, f in enumerate(fields)}, rows, None
        )
    return _from_dict({(names or [0])[0]: listed}, rows, None)
