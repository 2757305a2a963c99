"""A frame summed up: each column to a value, or each row."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.columns.reduction import reduced
from pipeline.frame.index.index import label_index
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.statistics import REDUCTIONS
from pipeline.frame.values.values import Values, concatenated

__all__ = ["FrameReduction"]


class FrameReduction(Columnar):
    """Reductions down the columns or along the rows."""

    _data: Any

    def _reduce(self, name: str, axis: Any, skipna: bool, options: dict[str, Any]) -> Any:
        numeric = options.pop("numeric_only", False) or name not in {
            "min",
            "max",
            "any",
            "all",
            "count",
            "nunique",
            "sum",
        }
        chosen = {c: v for c, v in self._data.items() if not numeric or v.kind in "biuf"}
        if axis in {1, "columns"}:
            return self._reduce_rows(name, chosen, skipna, options)
        if axis is None:
            return reduced(concatenated(chosen.values()), name, skipna, options)
        results = [reduced(values, name, skipna, dict(options)) for values in chosen.values()]
        return self._series_type._of(Values.of(results) if results else Values(np.empty(0)), label_index(list(chosen)))

    def _reduce_rows(self, name: str, chosen: dict[Hashable, Values], skipna: bool, options: dict[str, Any]) -> Any:
        if name == "nunique":
            rows = zip(*(values.plain_items() for values in chosen.values()), strict=True)
            counts = [
                len({x for x in row if not is_missing(x)}) + (not skipna and any(map(is_missing, row))) for row in rows
            ]
            return self._series_type._of(Values(np.array(counts, dtype=np.int64)), self._index)
        if name in {"any", "all", "count"}:
            flags = [v.series.is_not_null() if name == "count" else v.series.cast(pl.Boolean) for v in chosen.values()]
            stack = np.array([f.fill_null(value=name == "all").to_numpy() for f in flags]).reshape(
                len(flags), len(self)
            )
            return self._series_type._of(
                Values(getattr(stack, "sum" if name == "count" else name)(axis=0)), self._index
            )
        kinds = {values.kind for values in chosen.values()}
        if kinds and kinds <= set("iub") and name in {"sum", "min", "max"}:
            whole = np.array([values.array for values in chosen.values()])
            return self._series_type._of(Values(getattr(whole, name)(axis=0)), self._index)
        matrix = np.array([v.floats for v in chosen.values()]).reshape(len(chosen), len(self))
        with np.errstate(all="ignore"):
            result = np.asarray(REDUCTIONS[name](matrix, axis=0, **options))
        if not skipna:
            result = np.where(np.isnan(matrix).any(axis=0), np.nan, result)
        return self._series_type._of(Values(result), self._index)
