"""Pivot tables: values aggregated by the labels of rows and columns, with totals in the margins when asked."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index, label_index
from pipeline.frame.library.gaps import refuse
from pipeline.frame.reshape.joining import concat
from pipeline.frame.reshape.turning import by_kinds, unstacked
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values

__all__ = ["FramePivot"]


class FramePivot(Columnar):
    """``pivot_table``."""

    _data: Any

    def pivot_table(  # noqa: PLR0917 - pandas' signature
        self, values: Any = None, index: Any = None, columns: Any = None, aggfunc: Any = "mean", fill_value: Any = None,
        margins: bool = False, dropna: bool = True, margins_name: str = "All", **options: Any,
    ) -> Any:  # fmt: skip
        """As `pivot`, where the values of a pair are aggregated; `margins` adds a row and a column of totals."""
        refuse("pivot_table", {k: v for k, v in options.items() if k not in {"observed", "sort"}})
        refuse("pivot_table", {"dropna": not dropna})
        if isinstance(aggfunc, list):
            names = [how if isinstance(how, str) else getattr(how, "__name__", str(how)) for how in aggfunc]
            given = {"fill_value": fill_value, "margins": margins, "margins_name": margins_name}
            parts = [self.pivot_table(values, index, columns, how, **given) for how in aggfunc]
            return concat(parts, axis=1, keys=names)
        rows, across = _keys(index), _keys(columns)
        if not rows and not across:
            raise ValueError("No group keys passed!")
        single = values is not None and not isinstance(values, list) and not isinstance(aggfunc, dict)
        wanted = self._wanted(values, [*rows, *across], aggfunc)
        made = self._tabled(wanted, rows, across, aggfunc, single=single)
        if fill_value is not None:
            made = made.fillna(fill_value)
        if margins and len(made):
            made = self._with_margins(made, wanted, rows, across, aggfunc, single, margins_name)
        return made

    def _wanted(self, values: Any, keys: list[Any], aggfunc: Any) -> list[Hashable]:
        if isinstance(values, list):
            return values
        if values is not None:
            return [values]
        if isinstance(aggfunc, dict):
            return list(aggfunc)
        return [c for c, v in self._data.items() if c not in keys and v.kind in "biuf"]

    def _tabled(self, wanted: list[Any], rows: list[Any], across: list[Any], aggfunc: Any, *, single: bool) -> Any:
        grouped = self.groupby([*rows, *across])  # type: ignore[attr-defined]
        made = grouped[wanted].agg(aggfunc).dropna(how="all")
        if not len(made):
            return self._frame_type()
        if not rows:
            return made.T if across else made
        if single and across:
            made = made[wanted[0]]
        for depth in range(len(across), 0, -1):
            made = unstacked(made, -depth, None)
        made = made.dropna(how="all", axis=1)
        if not single or not across:
            made = made._like({c: made._data[c] for c in sorted(made._data, key=lambda c: str(c[0] if across else c))})
        made = by_kinds(made, self._data.get(rows[0]), rows, across=False)
        return by_kinds(made, self._data.get(across[-1]) if across else None, across, across=True)

    def _with_margins(  # noqa: PLR0917 - what `pivot_table` was given
        self, made: Any, wanted: list[Any], rows: list[Any], across: list[Any], aggfunc: Any, single: bool, name: str
    ) -> Any:
        frame = self.dropna(subset=[*rows, *across, *wanted])  # type: ignore[attr-defined]
        total = {label: frame[label].agg(aggfunc[label] if isinstance(aggfunc, dict) else aggfunc) for label in wanted}
        data = dict(made._data)
        if across:
            by_row = frame.groupby(rows)[wanted].agg(aggfunc).reindex(made.index)
            by_column = frame.groupby(across)[wanted].agg(aggfunc)
            rest = (("",) * (len(across) - 1)) if len(across) > 1 else ()
            bottom: dict[Any, Any] = {}
            ordered: dict[Any, Values] = {}
            for label in wanted if single else dict.fromkeys(c[0] for c in data):
                mine = [c for c in data if single or c[0] == label]
                for c in mine:
                    key = c if single else (c[1:] if len(across) > 1 else c[1])
                    ordered[c], bottom[c] = data[c], by_column[label].to_dict().get(key, np.nan)
                whole = (name, *rest) if single and rest else name if single else (label, name, *rest)
                ordered[whole], bottom[whole] = by_row._data[label], total[label]
            data = ordered
        else:
            bottom = total
        last = (name, *("",) * (len(rows) - 1)) if len(rows) > 1 else name
        labels = Index._of(Values(objects([*made.index, last])), made.index.name)
        columns = {c: _joined(v, bottom[c]) for c, v in data.items()}
        result = self._frame_type._of(columns, labels)
        if across and single:
            result.columns = label_index(list(columns), made.columns.name)
        return result


def _keys(given: Any) -> list[Any]:
    return [] if given is None else list(given) if isinstance(given, list | tuple | Index) else [given]


def _joined(values: Values, last: Any) -> Values:
    """One more value below."""
    rows = np.append(np.arange(len(values), dtype=np.intp), -1)
    if values.kind in "iu" and float(last).is_integer():
        return Values(np.append(values.array, np.int64(last)))
    return values.take_or_missing(rows).assigned(np.array([len(values)]), last)
