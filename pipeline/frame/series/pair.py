"""A Series with another: correlation, covariance, products; and its quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.columns.reduction import reduced
from pipeline.frame.values.statistics import correlation, covariance
from pipeline.frame.values.values import Values

__all__ = ["SeriesPair"]


class SeriesPair(Columnar):
    """What two columns have to do with each other."""

    _values: Values
    name: Any

    def quantile(self, q: Any = 0.5, interpolation: Any = "linear") -> Any:
        """The value that a share `q` lies below; several shares give a Series."""
        if isinstance(q, list | tuple | np.ndarray):
            return self._series_type([self.quantile(one, interpolation) for one in q], index=list(q), name=self.name)
        if not 0 <= q <= 1:
            raise ValueError(f"percentiles should all be in the interval [0, 1]. Try {q / 100} instead.")
        found = reduced(self._values, "quantile", True, {"q": float(q), "interpolation": interpolation})
        whole = self._values.kind in "iu" and interpolation in {"lower", "higher", "nearest"}
        return int(found) if whole and len(self) else found

    def corr(self, other: Any, method: Any = "pearson", min_periods: int | None = None) -> float:
        """The correlation over the labels that both have: Pearson's, or that of ranks (`spearman`)."""
        joint = align(self._index, other.index, "inner")
        left, right = picked(self._values, joint.left).floats, picked(other._values, joint.right).floats
        return correlation(left, right, method, 1 if min_periods is None else min_periods)

    def cov(self, other: Any, min_periods: int | None = None, ddof: int | None = 1) -> float:
        """The covariance over the labels that both have, by n - ddof."""
        joint = align(self._index, other.index, "inner")
        left, right = picked(self._values, joint.left).floats, picked(other._values, joint.right).floats
        if np.count_nonzero(~(np.isnan(left) | np.isnan(right))) < (min_periods or 1):
            return np.nan
        return covariance(left, right, 1 if ddof is None else ddof)

    def autocorr(self, lag: int = 1) -> float:
        """The correlation with itself `lag` rows before."""
        return self.corr(self.shift(lag))  # type: ignore[attr-defined]

    def dot(self, other: Any) -> Any:
        """The sum of products."""
        return np.dot(self._values.floats, np.asarray(other))

    __matmul__ = dot
