"""The columns of a frame by name: one, several of one name, those below a label of the outer levels."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.dataframe.twin import Twin, keyed, keys_of
from pipeline.frame.index.index import Index, label_index
from pipeline.frame.values.values import Values

__all__ = ["FrameNames"]


class FrameNames(Columnar):
    """What a frame's columns are called. `_data` has a key for each; see `twin`."""

    _data: dict[Hashable, Values]
    _labels: Index | None
    _adopt: Callable[..., None]
    _column: Callable[..., Any]

    @property
    def columns(self) -> Index:
        if self._labels is None:
            object.__setattr__(self, "_labels", label_index(list(self._data)))
            assert self._labels is not None
        return self._labels

    @columns.setter
    def columns(self, labels: Any) -> None:
        names, name = list(labels), getattr(labels, "name", None)
        if len(names) != len(self._data):
            raise ValueError(
                f"Length mismatch: Expected axis has {len(self._data)} elements, new values have {len(names)} elements"
            )
        self._adopt(dict(zip(keyed(names), self._data.values(), strict=True)), self._index)
        if name is not None:
            object.__setattr__(self, "_labels", label_index(list(self._data), name))

    def _named_as(self, other: Any) -> Any:
        """This frame with the name that another gives to the same columns."""
        if other._labels is not None and other._labels.name is not None:
            object.__setattr__(self, "_labels", label_index(list(self._data), other._labels.name))
        return self

    def _by_name(self, label: Hashable) -> Any:
        """The column of this name; a frame of them when there are several."""
        return self._column(label) if Twin(label, 1) not in self._data else self._of_keys(keys_of(label, self._data))

    def _of_keys(self, keys: list[Hashable]) -> Any:
        """The columns of these keys, in this order."""
        columns = [self._data[key].freeze() for key in keys]
        return self._frame_type._of(dict(zip(keyed(keys), columns, strict=True)), self._index)

    def _below(self, key: Any) -> Any:
        """The columns below a label of the outer levels."""
        outer = key if isinstance(key, tuple) else (key,)
        deep = {c: v for c, v in self._data.items() if isinstance(c, tuple) and c[: len(outer)] == outer and c != outer}
        if not deep:
            raise KeyError(key)
        rest = {c[len(outer) :]: v for c, v in deep.items()}
        return self._frame_type._of({c[0] if len(c) == 1 else c: v for c, v in rest.items()}, self._index)
