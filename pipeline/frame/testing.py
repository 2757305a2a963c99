"""``pandas.testing``: assertions that two frames, Series or indexes are the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.index.index import Index
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["assert_frame_equal", "assert_index_equal", "assert_series_equal"]


def _check(values: Values, other: Values, what: str, *, dtype: bool, exact: bool, rtol: float, atol: float) -> None:
    if dtype and values.array.dtype != other.array.dtype:
        raise AssertionError(f"{what}: dtypes differ: {values.array.dtype} and {other.array.dtype}")
    if len(values) != len(other):
        raise AssertionError(f"{what}: lengths differ: {len(values)} and {len(other)}")
    gone, lost = missing_mask(values.array), missing_mask(other.array)
    left, right = values.array[~gone], other.array[~lost]
    same = bool((gone == lost).all())
    if same and not exact and left.dtype.kind in "iuf" and right.dtype.kind in "iuf":
        same = bool(np.allclose(left, right, rtol=rtol, atol=atol))
    elif same:
        same = left.tolist() == right.tolist()
    if not same:
        raise AssertionError(f"{what}: values differ\n[left]:  {values.plain_items()}\n[right]: {other.plain_items()}")


def assert_index_equal(left: Any, right: Any, **options: Any) -> None:
    """Raise AssertionError when the labels (or, unless ``check_names=False``, the names) differ."""
    if not isinstance(left, Index) or not isinstance(right, Index):
        raise AssertionError(f"two indexes are needed, not {type(left).__name__} and {type(right).__name__}")  # noqa: TRY004
    if not left.equals(right):
        raise AssertionError(f"Index: labels differ\n[left]:  {left}\n[right]: {right}")
    if options.get("check_names", True) and left.names != right.names:
        raise AssertionError(f"Index: names differ: {left.names} and {right.names}")


def assert_series_equal(  # noqa: PLR0917 - pandas' signature
    left: Any, right: Any, check_dtype: bool = True, check_names: bool = True, check_exact: bool = False,
    rtol: float = 1e-5, atol: float = 1e-8, check_index: bool = True, **options: Any,
) -> None:  # fmt: skip
    """Raise AssertionError when values, labels, types or names differ; floats to `rtol` and `atol`."""
    what = options.get("obj", "Series")
    if check_index:
        assert_index_equal(left.index, right.index, check_names=check_names)
    _check(left._values, right._values, what, dtype=check_dtype, exact=check_exact, rtol=rtol, atol=atol)
    if check_names and left.name != right.name:
        raise AssertionError(f"{what}: names differ: {left.name!r} and {right.name!r}")


def assert_frame_equal(left: Any, right: Any, check_like: bool = False, **options: Any) -> None:
    """Raise AssertionError when columns, labels or types differ; `check_like` leaves the order out."""
    if check_like:
        right = right.reindex(index=left.index, columns=list(left.columns))
    if list(left.columns) != list(right.columns):
        raise AssertionError(f"DataFrame: columns differ: {list(left.columns)} and {list(right.columns)}")
    for label in left.columns:
        mine, theirs = left[label], right[label]
        assert_series_equal(mine, theirs, obj=f"DataFrame, column {label!r}", **options)
