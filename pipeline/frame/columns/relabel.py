"""Row labels from columns and back: ``set_index``, ``reset_index``, ``set_axis``, ``rename_axis``, ``reindex_like``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index, Names, as_index
from pipeline.frame.index.multi_index import level_number
from pipeline.frame.library.gaps import refuse
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values

__all__ = ["FrameRelabel", "Relabel"]


class Relabel(Columnar):
    """Other labels for the same rows."""

    def set_axis(self, labels: Any, *, axis: Any = 0, **options: Any) -> Any:
        """Other row labels (axis 1: column labels)."""
        refuse("set_axis", {k: v for k, v in options.items() if k != "copy"})
        result = self._each(lambda values: values)
        if axis in {1, "columns"}:
            result.columns = labels  # type: ignore[attr-defined]
        else:
            result.index = labels  # type: ignore[misc]
        return result

    def rename_axis(
        self,
        mapper: Any = None,
        *,
        index: Any = None,
        columns: Any = None,
        axis: Any = 0,
        inplace: bool = False,
        **o: Any,
    ) -> Any:
        """Another name for the row labels, or for the column labels."""
        refuse("rename_axis", {k: v for k, v in o.items() if k != "copy"})
        if mapper is not None and axis in {1, "columns"}:
            columns = mapper
        elif mapper is not None:
            index = mapper
        result = self._each(lambda values: values)
        if index is not None or (mapper is None and columns is None):
            result._index = result._index.set_names(index)
        if columns is not None:
            result.columns = result.columns.set_names(columns)  # type: ignore[attr-defined]
        return self._settled(result, inplace, "rename_axis")

    def reindex_like(self, other: Any, **options: Any) -> Any:
        """The rows (and columns) that another has."""
        if hasattr(self, "columns"):
            return self.reindex(index=other.index, columns=other.columns, **options)  # type: ignore[attr-defined]
        return self.reindex(other.index, **options)  # type: ignore[attr-defined]


class FrameRelabel(Relabel):
    """Columns as row labels and back."""

    _data: Any

    def set_index(
        self,
        keys: Any,
        *,
        drop: bool = True,
        append: bool = False,
        inplace: bool = False,
        verify_integrity: bool = False,
    ) -> Any:
        """A column, several, or labels given, as the index."""
        wanted = keys if isinstance(keys, list) else [keys]
        data = dict(self._data)
        parts: list[tuple[Any, Any]] = []
        if append:
            parts = [(name, self._index._level_values(i)) for i, name in enumerate(self._index.names)]
        for key in wanted:
            if isinstance(key, Columnar | Index | np.ndarray | list):
                index = as_index(key)
                parts += [(name, index._level_values(i)) for i, name in enumerate(index.names)]
            elif key in self._data:
                parts.append((key, self._data[key]))
                if drop:
                    data.pop(key, None)
            else:
                raise KeyError(f"None of [{key!r}] are in the columns")
        lost = [len(values) for _, values in parts if len(values) != len(self)]
        if lost:
            raise ValueError(f"Length mismatch: Expected {len(self)} rows, received array of length {lost[0]}")
        if len(parts) == 1:
            index = Index._of(parts[0][1], parts[0][0])
        else:
            tuples = list(zip(*(values.plain_items() for _, values in parts), strict=True))
            index = Index._of(Values(objects(tuples)), Names(name for name, _ in parts))
        if verify_integrity and not index.is_unique:
            raise ValueError("Index has duplicate keys")
        return self._settled(self._frame_type._of(data, index), inplace, "set_index")

    def reset_index(
        self, level: Any = None, *, drop: bool = False, inplace: bool = False, names: Any = None, **options: Any
    ) -> Any:
        """Rows numbered from 0; the old labels become the first columns unless dropped."""
        refuse("reset_index", options)
        index = self._index
        places = list(range(index.nlevels))
        if level is not None:
            places = [level_number(index, one) for one in (level if isinstance(level, list | tuple) else [level])]
        rest = [i for i in range(index.nlevels) if i not in places]
        data = dict(self._data)
        if not drop:
            given = names if isinstance(names, list) else [names]
            front: dict[Any, Values] = {}
            for number, place in enumerate(places):
                spare = "index" if index.nlevels == 1 and "index" not in data else f"level_{place}"
                name = given[number] if names is not None else index.names[place]
                label = spare if name is None else name
                if label in data:
                    raise ValueError(f"cannot insert {label}, already exists")
                front[label] = index._level_values(place)
            data = {**front, **data}
        labels = index.droplevel(places) if rest else Index(range(len(self)))
        return self._settled(self._frame_type._of(data, labels), inplace, "reset_index")
