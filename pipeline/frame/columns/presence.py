"""``isna`` and ``notna`` of anything: a scalar, a list, an array, a Series, a frame."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["isna", "notna"]


def isna(obj: Any) -> Any:
    """True where missing: None, NaN, NaT or NA."""
    if isinstance(obj, Columnar):
        return obj.isna()  # type: ignore[attr-defined]
    if isinstance(obj, Index):
        return obj.isna()
    if isinstance(obj, np.ndarray) and obj.ndim:
        return missing_mask(obj.ravel()).reshape(obj.shape)
    if isinstance(obj, list):
        return missing_mask(Values.of(obj).array)
    return is_missing(obj)


def notna(obj: Any) -> Any:
    """True where not missing."""
    result = isna(obj)
    return not result if isinstance(result, bool) else ~result
