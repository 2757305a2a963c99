"""What Series and DataFrame have in common: columns on one index, and ways to change each of them.

The mixins of this room (operators, windows, missing values, …) are written once against this protocol.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pipeline.frame.columns.temporary import references_when_called
from pipeline.frame.index.index import Index
from pipeline.frame.index.lookup import PandasObject
from pipeline.frame.library.gaps import note_spelling
from pipeline.frame.values.values import Values

__all__ = ["Change", "Columnar", "Made"]

_CHAINED = frozenset({"bfill", "clip", "ffill", "fillna", "interpolate", "mask", "replace", "where"})

Change = Callable[[Values], Values]
Made = TypeVar("Made", bound="Columnar")


class Columnar(PandasObject):
    """One or many columns of `Values` on one `Index`."""

    _index: Index
    # set by series.py and frame.py once both exist: a Series makes frames and a frame makes Series
    _series_type: ClassVar[Any]
    _frame_type: ClassVar[Any]
    _parent: Any = None

    @abstractmethod
    def _each(self: Made, change: Change) -> Made:
        """The same labels with `change` applied to the values of every column."""

    @abstractmethod
    def _each_numeric(self: Made, change: Change) -> Made:
        """As `_each`, for the columns that are numbers; a frame leaves the others out."""

    @abstractmethod
    def _paired(self, other: Any, change: Callable[[Values, Any], Values], *, how: str = "outer") -> Any:
        """`change` applied to every column and its partner in `other`, aligned by labels."""

    @abstractmethod
    def _merged(self, spare: Any, kept: Any) -> Any:
        """The values of this where `kept` is true, else those of `spare`; all on the same labels."""

    @abstractmethod
    def _rows(self: Made, positions: Any) -> Made:
        """The rows at positions: a slice, an index array or a boolean array."""

    @abstractmethod
    def _become(self, other: Any) -> None:
        """Take over the columns and labels of `other`, in place."""

    @property
    def index(self) -> Index:
        """The row labels."""
        return self._index

    def __len__(self) -> int:
        return len(self._index)

    def _settled(self, result: Any, inplace: bool, operation: str) -> Any:
        """`result`; or what pandas gives once this object has taken it over, as ``inplace=True`` asks."""
        if not inplace:
            return result
        if self._parent is not None and sys.getrefcount(self) <= references_when_called():
            self._write_back(result, f".{operation}(inplace=True)")
        self._become(result)
        # pandas 3 gives the object back where a chain could go on, None elsewhere
        return self if operation in _CHAINED else None

    def _write_back(self, result: Any, spelling: str) -> None:
        """Write a change of a temporary ``df['x']`` into the frame, as pandas 1 and 2 did."""
        parent, label = self._parent
        note_spelling(f"df[{label!r}]{spelling}", f"a change of df itself, such as df.loc[..., {label!r}] = value")
        frame = parent()
        if frame is not None:
            frame[label] = result
