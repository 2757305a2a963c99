"""Summaries: ``describe``, ``value_counts`` of rows, correlations with another frame, ``info``."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.columns.reduction import reduced
from pipeline.frame.index.index import label_index
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.values.statistics import covariance
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["FrameSummary", "SeriesSummary"]


def _shares(percentiles: Any) -> list[float]:
    given = [0.25, 0.5, 0.75] if percentiles is None else [float(q) for q in percentiles]
    return sorted({*given, 0.5}) if percentiles is not None else given


def _described(values: Values, shares: list[float]) -> dict[str, Any]:
    names = {q: f"{q * 100:.10g}%" for q in shares}
    if values.kind in "Ob":
        seen = [x for x, gone in zip(values.plain_items(), missing_mask(values.array), strict=True) if not gone]
        counts: dict[Any, int] = {}
        for item in seen:
            counts[item] = counts.get(item, 0) + 1
        top = max(counts, key=lambda item: counts[item]) if counts else np.nan
        return {"count": len(seen), "unique": len(counts), "top": top, "freq": counts.get(top, np.nan)}
    if values.kind in "Mm":
        raise unsupported("describe", "times")
    found: dict[str, Any] = {"count": float(reduced(values, "count", True, {}))}
    found["mean"] = reduced(values, "mean", True, {})
    found["std"] = reduced(values, "std", True, {"ddof": 1})
    found["min"] = reduced(values, "min", True, {})
    found |= {names[q]: reduced(values, "quantile", True, {"q": q, "interpolation": "linear"}) for q in shares}
    found["max"] = reduced(values, "max", True, {})
    return found


class SeriesSummary(Columnar):
    """Summaries of one column."""

    _values: Values
    name: Any

    def describe(self, percentiles: Any = None, **options: Any) -> Any:
        """Count, mean, deviation, extremes and quartiles; of text: count, how many different, the most frequent."""
        refuse("describe", {k: v for k, v in options.items() if k not in {"include", "exclude"}})
        found = _described(self._values, _shares(percentiles))
        return self._series_type(list(found.values()), index=list(found), name=self.name)

    def memory_usage(self, index: bool = True, deep: bool = False) -> int:  # noqa: ARG002 - the same either way
        """Bytes of the values, and of the labels when asked."""
        return int(self._values.array.nbytes + (self._index.array.nbytes if index else 0))


class FrameSummary(Columnar):
    """Summaries of all columns."""

    _data: Any
    columns: Any
    _column: Any

    def describe(self, percentiles: Any = None, include: Any = None, exclude: Any = None) -> Any:
        """Count, mean, deviation, extremes and quartiles of each column of numbers; without any, of the texts."""
        refuse("describe", {"exclude": exclude})
        wanted = {c: v for c, v in self._data.items() if v.kind in "iuf"}
        if include == "all":
            raise unsupported("describe", "include='all'")
        chosen = wanted or self._data
        parts = {c: _described(v, _shares(percentiles)) for c, v in chosen.items()}
        rows = list(next(iter(parts.values()), {}))
        return self._frame_type({c: list(found.values()) for c, found in parts.items()}, index=rows)

    def value_counts(self, subset: Any = None, normalize: bool = False, ascending: bool = False, **options: Any) -> Any:
        """How often each row comes, most frequent first."""
        refuse("value_counts", {k: v for k, v in options.items() if k not in {"dropna", "sort"}})
        labels = list(self._data) if subset is None else list(subset)
        counts = self.groupby(labels).size().sort_values(ascending=ascending)  # type: ignore[attr-defined]
        counts.name = "proportion" if normalize else "count"
        return counts / counts.sum() if normalize else counts

    def cov(self, min_periods: Any = None, ddof: int = 1, numeric_only: bool = True) -> Any:  # noqa: ARG002
        """The covariance of each pair of columns; by n - 1 where values are missing, as pandas has it."""
        numbers = {c: v.floats for c, v in self._data.items() if v.kind in "biuf"}
        if any(np.isnan(x).any() for x in numbers.values()):
            ddof = 1
        data = {
            c: Values(np.array([covariance(x, y, ddof, min_periods or 1) for y in numbers.values()]))
            for c, x in numbers.items()
        }
        return self._frame_type._of(data, label_index(list(numbers)))

    def corrwith(self, other: Any, axis: Any = 0, **options: Any) -> Any:
        """The correlation of each column with a Series, or with the column of the same name."""
        refuse("corrwith", {"axis": axis, **{k: v for k, v in options.items() if k not in {"numeric_only", "drop"}}})
        if hasattr(other, "columns"):
            both = [c for c in self._data if c in other._data]
            return self._series_type({c: self[c].corr(other[c]) for c in both})  # type: ignore[index]
        return self._series_type({c: self[c].corr(other) for c, v in self._data.items() if v.kind in "biuf"})  # type: ignore[index]

    def mode(self, axis: Any = 0, **options: Any) -> Any:
        """The most frequent values of each column."""
        refuse("mode", {"axis": axis, **{k: v for k, v in options.items() if k not in {"numeric_only", "dropna"}}})
        return self._frame_type({c: self._column(c).mode() for c in self._data})

    def rank(self, axis: Any = 0, numeric_only: bool = False, **options: Any) -> Any:
        """Ranks from 1 within each column, or (axis 1) within each row."""
        if axis in {1, "columns"}:
            return self.T.rank(**options).T  # type: ignore[attr-defined]
        wanted = [c for c, v in self._data.items() if not numeric_only or v.kind in "biuf"]
        return self._frame_type._of({c: self._column(c).rank(**options)._values for c in wanted}, self._index)

    def info(self, verbose: Any = None, buf: Any = None, **options: Any) -> None:  # noqa: ARG002 - always all of it
        """Print what is in the frame: columns, how many values are there, types."""
        stream = buf if buf is not None else sys.stdout
        lines = [f"<class 'pandas.DataFrame'>\n{type(self._index).__name__}: {len(self)} entries"]
        lines += [f"Data columns (total {len(self._data)} columns):", " #   Column  Non-Null Count  Dtype"]
        for number, (label, values) in enumerate(self._data.items()):
            there = int((~missing_mask(values.array)).sum())
            lines.append(f" {number}   {label}  {there} non-null  {values.array.dtype}")
        stream.write("\n".join(lines) + "\n")

    def memory_usage(self, index: bool = True, deep: bool = False) -> Any:  # noqa: ARG002 - the same either way
        """Bytes of each column."""
        sizes = {c: v.array.nbytes for c, v in self._data.items()}
        return self._series_type({**({"Index": self._index.array.nbytes} if index else {}), **sizes})

    def compare(self, other: Any, **options: Any) -> Any:
        """The cells that differ, of both frames side by side."""
        refuse("compare", options)
        unlike = ((self != other) & ~(self.isna() & other.isna())).any(axis=1)  # type: ignore[attr-defined]
        data = {}
        for label, values in self._data.items():
            mine, theirs = self[label], other[label]  # type: ignore[index]
            apart = ((mine != theirs) & ~(mine.isna() & theirs.isna()))._values.array
            if apart.any():
                data[(label, "self")] = values.assigned(~apart, np.nan)
                data[(label, "other")] = theirs._values.assigned(~apart, np.nan)
        return self._frame_type._of(data, self._index)[unlike]
