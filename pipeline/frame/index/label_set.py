"""Labels as sets: what is in both, in either, in one alone; doubles; order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.frame.index.lookup import Lookup
from pipeline.frame.library.gaps import refuse
from pipeline.frame.values.values import Values, concatenated

__all__ = ["LabelSet"]


class LabelSet(Lookup):
    """Operations on the labels as a set, and their order."""

    name: Any

    def _made(self, values: Values, name: Any) -> Any:
        """An index of `values`."""
        raise NotImplementedError

    def equals(self, other: Any) -> bool:
        """True when the labels are the same, in the same order."""
        if other is self:
            return True
        if not isinstance(other, LabelSet) or len(self) != len(other):
            return False
        left, right = self._keys, other._keys
        if left.dtype.kind == "O" and right.dtype.kind == "O":
            return left is right or left.tolist() == right.tolist()
        return (self._values.kind == "M") == (other._values.kind == "M") and bool(np.array_equal(left, right))

    def _kept(self, mask: npt.NDArray[np.bool_]) -> Any:
        return self._made(self._values.take(mask), self.name)

    def isin(self, labels: Any) -> npt.NDArray[np.bool_]:
        wanted = {self._key(label) for label in labels}
        return np.fromiter((key in wanted for key in self._keys.tolist()), dtype=np.bool_, count=len(self))

    def duplicated(self, keep: Any = "first") -> npt.NDArray[np.bool_]:
        """True where a label has been seen before (`keep` 'first'), or comes again ('last')."""
        keys = self._keys if keep != "last" else self._keys[::-1]
        codes = pl.Series(keys if keys.dtype.kind != "O" else keys.tolist(), strict=False)
        mask = (
            (~codes.is_first_distinct()).to_numpy() if keep in {"first", "last"} else codes.is_duplicated().to_numpy()
        )
        return mask[::-1] if keep == "last" else mask

    def unique(self) -> Any:
        return self._kept(~self.duplicated())

    def drop_duplicates(self, *, keep: Any = "first") -> Any:
        return self._kept(~self.duplicated(keep))

    def union(self, other: Any, sort: Any = None) -> Any:
        """The labels of both, sorted where they can be."""
        second = self._peer(other)
        if self.equals(second):
            return self
        both = self._made(concatenated([self._values, second._values]), self.name if self.name == second.name else None)
        both = both.unique()
        return both.sort_values() if sort is not False else both

    def intersection(self, other: Any, sort: Any = False) -> Any:
        second = self._peer(other)
        kept = self._kept(second.isin_of(self))
        return kept.sort_values() if sort else kept

    def isin_of(self, other: Lookup) -> npt.NDArray[np.bool_]:
        """Which labels of `other` are also here."""
        mine = set(self._keys.tolist())
        return np.fromiter((key in mine for key in other._keys.tolist()), dtype=np.bool_, count=len(other))

    def difference(self, other: Any, sort: Any = None) -> Any:
        kept = self._kept(~self._peer(other).isin_of(self))
        return kept if sort is False else kept.sort_values()

    def append(self, other: Any) -> Any:
        parts = other if isinstance(other, list | tuple) else [other]
        return self._made(concatenated([self._values, *(self._peer(part)._values for part in parts)]), self.name)

    def sort_values(self, *, ascending: bool = True, **other: Any) -> Any:
        """The labels in order; as they are when they cannot be compared."""
        refuse("Index.sort_values", other)
        try:
            order = np.argsort(self._keys, kind="stable")
        except TypeError:
            return self
        return self._made(self._values.take(order if ascending else order[::-1]), self.name)
