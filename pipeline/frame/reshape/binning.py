"""Values sorted into bins: ``cut``, ``qcut``; and into codes: ``factorize``, ``get_dummies``, ``unique``."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index, as_index
from pipeline.frame.index.interval import Interval
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.series.categorical import Categorical
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.faces import objects
from pipeline.frame.values.kinds import Kinds
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["cut", "factorize", "get_dummies", "qcut", "unique"]


def cut(  # noqa: PLR0917 - pandas' signature
    x: Any, bins: Any, right: bool = True, labels: Any = None, retbins: bool = False, precision: int = 3,
    include_lowest: bool = False, duplicates: str = "raise", ordered: bool = True,
) -> Any:  # fmt: skip
    """Each value as the bin that it lies in: an interval, a label given, or (``labels=False``) a number."""
    values = Values.of(x._values if isinstance(x, Columnar) else x)  # type: ignore[attr-defined]
    numbers = values.floats
    if isinstance(bins, int | np.integer):
        if not np.isfinite(numbers).any():
            raise ValueError("Cannot cut empty array")
        low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
        if low == high:
            low, high = low - 0.001 * (abs(low) or 1.0), high + 0.001 * (abs(high) or 1.0)
            edges = np.linspace(low, high, int(bins) + 1)
        else:
            edges = np.linspace(low, high, int(bins) + 1)
            spare = (high - low) * 0.001
            edges[0 if right else -1] += -spare if right else spare
    else:
        edges = np.asarray(bins, dtype=np.float64)
        if (np.diff(edges) < 0).any():
            raise ValueError("bins must increase monotonically.")
    return _binned(x, numbers, edges, right, labels, retbins, precision, include_lowest, duplicates, ordered)


def qcut(  # noqa: PLR0917 - pandas' signature
    x: Any, q: Any, labels: Any = None, retbins: bool = False, precision: int = 3, duplicates: str = "raise"
) -> Any:
    """As `cut`, with bins that hold equally many values."""
    values = Values.of(x._values if isinstance(x, Columnar) else x)  # type: ignore[attr-defined]
    numbers = values.floats
    shares = np.linspace(0, 1, int(q) + 1) if isinstance(q, int | np.integer) else np.asarray(q)
    seen = numbers[~np.isnan(numbers)]
    edges = np.quantile(seen, shares) if len(seen) else np.full(len(shares), np.nan)
    return _binned(x, numbers, edges, True, labels, retbins, precision, True, duplicates)


def _binned(  # noqa: PLR0917 - the shared end of two long signatures
    x: Any, numbers: Array, edges: Array, right: bool, labels: Any, retbins: bool, precision: int, lowest: bool,
    duplicates: str, ordered: bool = True,
) -> Any:  # fmt: skip
    distinct = np.unique(edges)
    if len(distinct) < len(edges):
        if duplicates != "drop":
            raise ValueError(
                f"Bin edges must be unique: {edges!r}.\nYou can drop duplicate edges by setting the 'duplicates' kwarg"
            )
        edges = distinct
    places = np.searchsorted(edges, numbers, side="left" if right else "right")
    if lowest:
        places[numbers == edges[0]] = 1
    gone = np.isnan(numbers) | (places == 0) | (places == len(edges))
    codes = np.where(gone, -1, places - 1)
    if labels is False:
        made = Values(np.where(gone, np.nan, codes)) if gone.any() else Values(codes.astype(np.int64))
    else:
        named = list(labels) if labels is not None else _intervals(edges, right, precision, lowest)
        if len(named) != len(edges) - 1:
            raise ValueError("Bin labels must be one fewer than the number of bin edges")
        kinds = Kinds(tuple(dict.fromkeys(named)), ordered)
        made = Values(objects([np.nan if code < 0 else named[code] for code in codes]), kinds=kinds)
    result = (
        x._each(lambda _: made) if isinstance(x, Columnar) else made.array if labels is False else Categorical(made)
    )
    return (result, edges) if retbins else result


def _intervals(edges: Array, right: bool, precision: int, lowest: bool) -> list[Interval]:
    digits = precision
    for digits in range(precision, 20):
        rounded = [_rounded(edge, digits) for edge in edges]
        if len(set(rounded)) == len(rounded):
            break
    if right and lowest:
        rounded[0] -= 10.0**-digits
        rounded[0] = round(rounded[0], digits)
    return [Interval(a, b, "right" if right else "left") for a, b in itertools.pairwise(rounded)]


def _rounded(edge: float, precision: int) -> float:
    if not np.isfinite(edge) or edge == 0:
        return float(edge)
    whole = int(np.trunc(edge))
    digits = -int(np.floor(np.log10(abs(edge - whole)))) - 1 + precision if whole == 0 else precision
    return float(np.around(edge, digits))


def factorize(values: Any, sort: bool = False, use_na_sentinel: bool = True, **options: Any) -> tuple[Array, Any]:
    """Each value as a number, in the order they come (or sorted), and the values by number; missing is -1."""
    refuse("factorize", {**options, "use_na_sentinel": not use_na_sentinel})
    column = Values.of(values._values if hasattr(values, "_values") else values)
    gone = missing_mask(column.array)
    seen = Index._of(column.take(~gone)).unique()
    if sort and column.kinds is not None:
        seen = Index._of(Values(objects(list(column.kinds.items)), kinds=column.kinds))
    elif sort:
        seen = seen.sort_values()
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[~gone] = seen.get_indexer(Index._of(column.take(~gone)))
    return codes, seen if hasattr(values, "_values") else seen.array


def unique(values: Any) -> Any:
    """The different values in the order they come."""
    if isinstance(values, Columnar):
        return values.unique()  # type: ignore[attr-defined]
    return as_index(values).unique().array


def get_dummies(  # noqa: PLR0917 - pandas' signature
    data: Any, prefix: Any = None, prefix_sep: str = "_", columns: Any = None, drop_first: bool = False,
    dtype: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """A column of flags for each different value."""
    refuse("get_dummies", options)
    kind = np.dtype(np.bool_ if dtype is None else dtype)
    if hasattr(data, "columns"):
        chosen = list(columns) if columns is not None else [c for c, v in data._data.items() if v.kind == "O"]
        made = {c: v for c, v in data._data.items() if c not in chosen}
        for number, label in enumerate(chosen):
            named = (
                prefix.get(label, label)
                if isinstance(prefix, dict)
                else prefix[number]
                if isinstance(prefix, list)
                else prefix
            )
            made |= _flags(data._data[label], label if named is None else named, prefix_sep, drop_first, kind)
        return Columnar._frame_type._of(made, data.index)
    if columns is not None:
        raise unsupported("get_dummies", "columns= for a Series")
    series = data if isinstance(data, Columnar) else Columnar._series_type(data)
    return Columnar._frame_type._of(_flags(series._values, prefix, prefix_sep, drop_first, kind), series.index)  # type: ignore[union-attr]


def _flags(values: Values, prefix: Any, separator: str, drop_first: bool, kind: Any) -> dict[Any, Values]:
    items = values.plain_items()
    known = list(values.kinds.items) if values.kinds else sorted({item for item in items if not is_missing(item)})
    return {
        item if prefix is None else f"{prefix}{separator}{item}": Values(
            np.fromiter((other == item for other in items), dtype=np.bool_, count=len(items)).astype(kind)
        )
        for item in known[int(drop_first) :]
    }
