"""What functions of the author's gave for each group, put together as pandas does."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.groups.grouping import Keyed
from pipeline.frame.index.index import Index, Names, Positions
from pipeline.frame.reshape.joining import concat
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values

__all__ = ["below", "combined"]


def combined(
    columns: Any, keys: Keyed, parts: list[Positions], results: list[Any], *,
    group_keys: bool, as_index: bool, wide: bool = True,
) -> Any:  # fmt: skip
    """Scalars become a Series on the group labels, Series with the same labels rows of a frame; all else is stacked."""
    series, frame = Columnar._series_type, Columnar._frame_type
    if not results:
        return columns._rows(slice(0, 0))
    told = [(label, part, one) for label, part, one in zip(keys.labels, parts, results, strict=True) if one is not None]
    if not told:
        return frame()
    first = told[0][2]
    if not isinstance(first, Columnar):
        made = series._of(Values.of([one for *_, one in told]), keys.labels, getattr(columns, "name", None))
        return made if as_index else made.rename(None).reset_index()
    same_rows = all(
        isinstance(one, Columnar) and len(one) == len(part) and one.index.equals(columns.index[part])
        for _, part, one in told
    )
    if isinstance(first, series) and wide and hasattr(columns, "columns") and not (same_rows and len(first)):
        alike = all(isinstance(one, series) and one.index.equals(first.index) for *_, one in told)
        if alike:
            rows = frame([one.to_dict() for *_, one in told])
            rows = rows.reindex(columns=list(first.index))
            rows.index = keys.labels
            return rows if as_index else rows.reset_index()
    stacked = concat([one for *_, one in told])
    if not group_keys or not as_index:
        if same_rows:
            order = np.argsort(np.concatenate([part for _, part, _ in told]), kind="stable")
            return stacked._rows(order)
        return stacked
    return below(stacked, [label for label, *_ in told], [len(one) for *_, one in told], keys.name)


def below(stacked: Any, labels: list[Any], lengths: list[int], name: Any) -> Any:
    """`stacked` with a label for each of its parts before its own labels."""
    outer = [label for label, length in zip(labels, lengths, strict=True) for _ in range(length)]
    inner = list(stacked.index)
    tuples = [
        (*(o if isinstance(o, tuple) else (o,)), *(i if isinstance(i, tuple) else (i,)))
        for o, i in zip(outer, inner, strict=True)
    ]
    before = list(name) if isinstance(name, Names) else [name]
    names = Names([*before, *stacked.index.names])
    result = stacked._each(lambda values: values)
    result._index = Index._of(Values(objects(tuples)), names if any(n is not None for n in names) else None)
    return result
