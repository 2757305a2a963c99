"""A frame turned around: long to wide and back, levels of labels to columns and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.groups.grouping import keyed
from pipeline.frame.index.index import Index, Names, label_index
from pipeline.frame.index.multi_index import level_number
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values, concatenated

__all__ = ["FrameReshape", "Unstacking", "by_kinds", "crosstab", "unstacked"]


class Unstacking(Columnar):
    """``unstack`` of Series and DataFrame."""

    def unstack(self, level: Any = -1, fill_value: Any = None, **options: Any) -> Any:
        """A level of the row labels as columns."""
        refuse("unstack", {k: v for k, v in options.items() if k != "sort"})
        return unstacked(self, level, fill_value)

    def droplevel(self, level: Any, axis: Any = 0) -> Any:
        """Without some levels of the row labels (axis 1: of the column labels)."""
        result = self._each(lambda values: values)
        if axis in {1, "columns"}:
            result.columns = self.columns.droplevel(level)  # type: ignore[attr-defined]
        else:
            result._index = self._index.droplevel(level)
        return result

    def swaplevel(self, i: Any = -2, j: Any = -1, axis: Any = 0) -> Any:
        """Two levels of the row labels exchanged."""
        refuse("swaplevel", {"axis": axis})
        result = self._each(lambda values: values)
        result._index = self._index.swaplevel(i, j)
        return result

    def reorder_levels(self, order: Any, axis: Any = 0) -> Any:
        """The levels of the row labels in another order."""
        refuse("reorder_levels", {"axis": axis})
        result = self._each(lambda values: values)
        result._index = self._index.reorder_levels(order)
        return result

    def xs(self, key: Any, axis: Any = 0, level: Any = None, drop_level: bool = True) -> Any:
        """The rows with a label, or with a label in one level."""
        if axis in {1, "columns"} and level is not None:
            kept = self.transpose().xs(key, level=level, drop_level=drop_level).index  # type: ignore[attr-defined]
            names = self.columns.get_level_values(level)  # type: ignore[attr-defined]
            found = self.iloc[:, np.flatnonzero([name == key for name in names])]  # type: ignore[attr-defined]
            found.columns = kept
            return found
        if axis in {1, "columns"}:
            return self[key]  # type: ignore[index]
        if level is None:
            return self.loc[key]  # type: ignore[attr-defined]
        place = level_number(self._index, level)
        kept = np.array([label == key for label in self._index._level_values(place).plain_items()], dtype=np.bool_)
        if not kept.any():
            raise KeyError(key)
        result = self._rows(np.flatnonzero(kept))
        if drop_level:
            result._index = result._index.droplevel(place)
        return result


class FrameReshape(Unstacking):
    """What turns a frame around."""

    _data: Any
    columns: Any

    def stack(self, level: Any = -1, **options: Any) -> Any:
        """The column labels as the innermost level of the row labels."""
        refuse("stack", {k: v for k, v in options.items() if k not in {"future_stack", "dropna"}})
        if any(isinstance(label, tuple) for label in self._data):
            raise unsupported("stack", "column labels of several levels")
        if level not in {-1, 0}:
            raise IndexError(f"Too many levels: columns have only 1 level, not {level}")
        width = len(self._data)
        whole = concatenated(list(self._data.values()))
        order = np.arange(len(self) * width).reshape(width, len(self)).T.ravel()
        tuples = [(*(row if isinstance(row, tuple) else (row,)), c) for row in self._index for c in self._data]
        names = Names([*self._index.names, self.columns.name])
        return self._series_type._of(whole.take(order), Index._of(Values(objects(tuples)), names))

    def pivot(self, *, columns: Any, index: Any = None, values: Any = None) -> Any:
        """Rows by `index`, columns by `columns`; each pair once, else ValueError."""
        rows = index if isinstance(index, list) else [index] if index is not None else []
        wanted = values if isinstance(values, list) else [values] if values is not None else None
        if wanted is None:
            wanted = [c for c in self._data if c not in rows and c != columns]
        keyed_rows = self.set_index([*rows, columns])  # type: ignore[attr-defined]
        if not rows:
            tuples = list(zip(self._index, self._data[columns].plain_items(), strict=True))
            keyed_rows = self._each(lambda v: v)
            keyed_rows._index = Index._of(Values(objects(tuples)), Names([self._index.name, columns]))
        if not keyed_rows._index.is_unique:
            raise ValueError("Index contains duplicate entries, cannot reshape")
        single = values is not None and not isinstance(values, list)
        return unstacked(keyed_rows[wanted[0]] if single else keyed_rows[wanted], -1, None)

    def melt(
        self, id_vars: Any = None, value_vars: Any = None, var_name: Any = None, value_name: Any = "value",
        ignore_index: bool = True, **options: Any,
    ) -> Any:  # fmt: skip
        """Columns below each other: the name of each in one column, its values in another."""
        refuse("melt", options)
        kept = _listed(id_vars)
        molten = _listed(value_vars) if value_vars is not None else [c for c in self._data if c not in kept]
        rows = np.tile(np.arange(len(self)), len(molten))
        data = {c: self._data[c].take(rows) for c in kept}
        data[var_name or self.columns.name or "variable"] = Values(
            objects([c for c in molten for _ in range(len(self))])
        )
        data[value_name] = concatenated([self._data[c] for c in molten])
        index = Index(range(len(rows))) if ignore_index else self._index[rows]
        return self._frame_type._of(data, index)

    def explode(self, column: Any, ignore_index: bool = False) -> Any:
        """A row for each item of the lists in a column."""
        items = self._data[column].items()
        lists = [list(item) if isinstance(item, list | tuple | np.ndarray) else [item] for item in items]
        lists = [one or [np.nan] for one in lists]
        rows = np.repeat(np.arange(len(self)), [len(one) for one in lists])
        data = {c: v.take(rows) for c, v in self._data.items()}
        data[column] = Values(objects([item for one in lists for item in one]))
        return self._frame_type._of(data, Index(range(len(rows))) if ignore_index else self._index[rows])


def unstacked(columns: Any, level: Any, fill_value: Any) -> Any:
    """A level of the row labels as columns, in order; missing (or filled) where a pair is not there."""
    index = columns.index
    if index.nlevels < 2:
        if hasattr(columns, "columns"):
            return columns.T.stack()
        raise ValueError(f"index must be a MultiIndex to unstack, {type(index)} was passed")
    place = level_number(index, level)
    across = index.get_level_values(place)
    rest = index.droplevel(place)
    rows = keyed([(None, rest._level_values(i)) for i in range(rest.nlevels)])
    places = np.empty(len(index), dtype=np.intp)
    for number, part in enumerate(rows.parts()):
        places[part] = number
    labels = rest[np.array([part[0] for part in rows.parts()], dtype=np.intp)] if len(rows.starts) else rest
    names = across.unique().sort_values()
    numbers = names.get_indexer(across)
    if len(np.unique(places * len(names) + numbers)) < len(index):
        raise ValueError("Index contains duplicate entries, cannot reshape")
    parts = columns._data if hasattr(columns, "columns") else {None: columns._values}
    data = {}
    for label, values in parts.items():
        for number, name in enumerate(names):
            here = np.flatnonzero(numbers == number)
            at = np.full(len(labels), -1, dtype=np.intp)
            at[places[here]] = here
            if fill_value is not None and (at < 0).any():
                column = values.take(np.maximum(at, 0)).assigned(at < 0, fill_value)
            else:
                column = values.take_or_missing(at)
            whole = (*label, name) if isinstance(label, tuple) else (label, name)
            data[name if label is None and len(parts) == 1 else whole] = column
    made = Columnar._frame_type._of(data, labels)
    if None in parts:
        made.columns = label_index(list(data), across.name)
    elif data:
        made.columns = label_index(list(data), Names([*columns.columns.names, across.name]))
    return made


def crosstab(index: Any, columns: Any, normalize: Any = False, **options: Any) -> Any:
    """How often each pair of values comes."""
    refuse("crosstab", {**options, "normalize": normalize})
    frame = Columnar._frame_type({"row": index, "column": columns})
    table = unstacked(frame.groupby(["row", "column"]).size(), -1, 0)
    for label, along in (("row", False), ("column", True)):
        table = by_kinds(table, frame._data[label], [label], across=along)
    table.index.name, table.columns.name = getattr(index, "name", None), getattr(columns, "name", None)
    return table


def by_kinds(made: Any, key: Values | None, labels: list[Any], *, across: bool) -> Any:
    """The rows (or columns) of a table in the order of the categories of the one key that they come from."""
    if key is None or key.kinds is None or len(labels) != 1:
        return made
    index = made.columns if across else made.index
    if index.nlevels > 1:
        return made
    places = np.argsort(key.kinds.codes(index.array), kind="stable")
    name = index.name
    made = made.iloc[:, places] if across else made.iloc[places]
    if across:
        made.columns.name = name
    return made


def _listed(labels: Any) -> list[Any]:
    return [] if labels is None else list(labels) if isinstance(labels, list | tuple | Index | np.ndarray) else [labels]
