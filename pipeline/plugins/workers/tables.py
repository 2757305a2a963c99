"""Tables between worker and host: columns of plain bytes and JSON, which nobody who made them up can turn into more.

Formats that compress, refer or nest by themselves are not read here: a few bytes of theirs may become gigabytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import NodeError
from pipeline.plugins.printable import cleaned

__all__ = ["pack_table", "unpack_table"]

_PLAIN: dict[str, Any] = {
    str(dtype): dtype
    for dtype in (
        pl.Float64(), pl.Float32(), pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(),
        pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.UInt64(), pl.Boolean(), pl.Date(), pl.Time(),
    )
}  # fmt: skip
_TEXT, _NOTHING = str(pl.String()), str(pl.Null())


def pack_table(table: pl.DataFrame) -> tuple[list[list[Any]], list[bytes]]:
    """The head of a table (name, dtype, rows and lengths of two pieces for each column), and the pieces.

    Raises NodeError TG502 for a column of a type that no table of a node has.
    """
    head, pieces = [], []
    for series in table:
        shape = _shape(series.dtype)
        if shape is None:
            what = f"column {series.name!r} of its table is {series.dtype}, expected numbers, texts, times or lists"
            raise NodeError(what, code="TG502")
        bare = series.to_physical()
        known = b"" if not series.null_count() else series.is_not_null().cast(pl.UInt8).to_numpy().tobytes()
        if _fixed(shape):
            dense = bare.fill_null(False if bare.dtype == pl.Boolean else 0)
            data = (dense.cast(pl.UInt8) if dense.dtype == pl.Boolean else dense).to_numpy().tobytes()
        else:
            data = json.dumps(bare.to_list()).encode()
        head.append([series.name, shape, len(series), len(data), len(known)])
        pieces += [data, known]
    return head, pieces


def unpack_table(head: Sequence[Sequence[Any]], data: memoryview) -> pl.DataFrame:
    """The table of a head and the bytes of its pieces. Raises whatever a malformed one leads to."""
    columns, at = [], 0
    for name, shape, rows, size, known in head:
        piece, flags = data[at : at + size], data[at + size : at + size + known]
        at += size + known
        columns.append(_series(str(name), shape, rows, piece, flags))
    return pl.DataFrame(columns)


def _series(name: str, shape: Any, rows: int, data: memoryview, flags: memoryview) -> pl.Series:
    dtype = _dtype(shape)
    bare = pl.Series(name, [], dtype=dtype).to_physical().dtype
    if not _fixed(shape):
        series = pl.Series(name, cleaned(json.loads(bytes(data))), dtype=bare)
        if len(series) != rows:
            raise ValueError(f"{len(series)} values of {name!r} for {rows} rows")
        return series.cast(dtype)
    width = np.uint8 if bare == pl.Boolean else pl.Series([], dtype=bare).to_numpy().dtype
    series = pl.Series(name, np.frombuffer(data, width, rows).copy()).cast(bare)
    if len(flags):
        known = pl.Series(np.frombuffer(flags, np.uint8, rows) != 0)
        series = pl.select(pl.when(known).then(series)).to_series().rename(name)
    return series.cast(dtype)


def _fixed(shape: Any) -> bool:
    return isinstance(shape, dict) or (isinstance(shape, str) and shape in _PLAIN)


def _shape(dtype: pl.DataType) -> Any:
    """A dtype as JSON can hold it; None for one that is not for tables."""
    if isinstance(dtype, pl.Datetime):
        return {"datetime": [dtype.time_unit, dtype.time_zone]}
    if isinstance(dtype, pl.Duration):
        return {"duration": dtype.time_unit}
    if isinstance(dtype, pl.List):
        inner = _shape(dtype.inner) if isinstance(dtype.inner, pl.DataType) else None
        return None if inner is None else [inner]
    return str(dtype) if str(dtype) in (*_PLAIN, _TEXT, _NOTHING) else None


def _dtype(shape: Any) -> Any:
    if isinstance(shape, list):
        return pl.List(_dtype(shape[0]))
    if isinstance(shape, dict):
        ((what, said),) = shape.items()
        return pl.Datetime(*said) if what == "datetime" else pl.Duration(said)
    return {**_PLAIN, _TEXT: pl.String(), _NOTHING: pl.Null()}[shape]
