"""Labels as a list: some taken, dropped, inserted, repeated; counted; and what text and numbers among them say."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.index.label_set import LabelSet
from pipeline.frame.index.lookup import Positions
from pipeline.frame.values.values import Array, Values, concatenated, missing_mask

__all__ = ["LabelList"]


class LabelList(LabelSet):
    """Operations that make other labels of these, by position."""

    ndim = 1

    @property
    def empty(self) -> bool:
        """True without labels."""
        return len(self) == 0

    @property
    def hasnans(self) -> bool:
        """True when a label is missing."""
        return bool(missing_mask(self.array).any())

    @property
    def asi8(self) -> Array:
        """Times as numbers, in microseconds since 1970."""
        return self.array.astype(np.int64)

    @property
    def nbytes(self) -> int:
        """Bytes of the labels."""
        return int(self.array.nbytes)

    def take(self, indices: Any, **_: Any) -> Any:
        """The labels at positions."""
        return self._made(self._values.take(np.asarray(indices)), self.name)

    def delete(self, loc: Any) -> Any:
        """Without the label at a position, or at several."""
        return self._made(Values(np.delete(self.array, loc), zone=self._values.zone), self.name)

    def insert(self, loc: int, item: Any) -> Any:
        """One more label at a position."""
        parts = [self._values.take(slice(0, loc)), Values.of([item]), self._values.take(slice(loc, None))]
        return self._made(concatenated(parts), self.name)

    def drop(self, labels: Any, errors: str = "raise") -> Any:
        """Without these labels. Raises KeyError for one that is not there."""
        gone = list(labels) if isinstance(labels, list | tuple | np.ndarray | LabelSet) else [labels]  # type: ignore[arg-type]
        lost = [label for label in gone if self._find(label) is None]
        if lost and errors == "raise":
            raise KeyError(f"{lost} not found in axis")
        return self._kept(~self.isin([label for label in gone if label not in lost]))

    def dropna(self, how: str = "any") -> Any:  # noqa: ARG002 - a label is one thing
        """Without the missing labels."""
        return self._kept(~missing_mask(self.array))

    def fillna(self, value: Any) -> Any:
        """Missing labels replaced by one."""
        gone = missing_mask(self.array)
        return self._made(self._values.assigned(gone, value) if gone.any() else self._values, self.name)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:  # noqa: ARG002 - one axis
        """Each label several times over."""
        return self._made(self._values.take(np.repeat(np.arange(len(self)), repeats)), self.name)

    def where(self, cond: Any, other: Any = np.nan) -> Any:
        """The label where `cond` is true, else `other`."""
        lost = ~np.asarray(cond, dtype=np.bool_)
        return self._made(self._values.assigned(lost, other) if lost.any() else self._values, self.name)

    def symmetric_difference(self, other: Any) -> Any:
        """The labels that only one of both has."""
        second = self._peer(other)
        return self.difference(second, sort=False).append(second.difference(self, sort=False)).sort_values()

    def argsort(self, *_: Any, **__: Any) -> Positions:
        """The positions that would sort the labels."""
        return np.argsort(self._keys, kind="stable")

    def argmax(self, *_: Any, **__: Any) -> int:
        """The position of the highest label."""
        return int(np.argmax(self._keys))

    def argmin(self, *_: Any, **__: Any) -> int:
        """The position of the lowest label."""
        return int(np.argmin(self._keys))

    def any(self, *_: Any, **__: Any) -> bool:
        """True when a label is true."""
        return bool(np.any(self.array))

    def all(self, *_: Any, **__: Any) -> bool:
        """True when all labels are true."""
        return bool(np.all(self.array))

    def item(self) -> Any:
        """The only label. Raises ValueError unless there is just one."""
        if len(self) != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self._values.item(0)

    def nunique(self, dropna: bool = True) -> int:
        """How many different labels there are."""
        return len(self.dropna().unique() if dropna else self.unique())

    def value_counts(self, **options: Any) -> Any:
        """How often each label comes, most frequent first."""
        return self._as_series().value_counts(**options)

    def factorize(self, sort: bool = False, **_: Any) -> tuple[Array, Any]:
        """Each label as a number, and the labels by number."""
        return self._as_series().factorize(sort=sort)  # type: ignore[no-any-return]

    def diff(self, periods: int = 1) -> Any:
        """How far each label is from the one before."""
        return self._made(self._as_series().diff(periods)._values, self.name)

    def mean(self, **_: Any) -> Any:
        """The mean of the labels."""
        return self._as_series().mean()

    def slice_indexer(self, start: Any = None, end: Any = None, step: Any = None) -> slice:
        """The rows from one label to another."""
        found = self.slice_of(start, end)
        return slice(found.start, found.stop, step)

    def slice_locs(self, start: Any = None, end: Any = None) -> tuple[int, int]:
        """The first row of one label, and the row after the last of another."""
        found = self.slice_of(start, end)
        return found.start or 0, len(self) if found.stop is None else found.stop

    def identical(self, other: Any) -> bool:
        """True for the same labels, type and name."""
        return type(self) is type(other) and self.equals(other) and self.name == other.name

    def droplevel(self, level: Any = 0) -> Any:
        """A plain index has but one level, which cannot go."""
        raise ValueError(f"Cannot remove level {level!r} from an index with 1 level: at least one level must be left.")

    def to_flat_index(self) -> Any:
        """The index itself."""
        return self

    def to_frame(self, index: bool = True, name: Any = None) -> Any:
        """A frame with the labels as its column."""
        series = self._as_series()
        label = name if name is not None else self.name if self.name is not None else 0
        frame = series.rename(label).to_frame()
        return frame if index else frame.reset_index(drop=True)

    def join(self, other: Any, how: str = "left", **_: Any) -> Any:
        """The labels of both, or of either."""
        second = self._peer(other)
        return {"left": self, "right": second}.get(how) or (
            self.intersection(second) if how == "inner" else self.union(second)
        )

    def _as_series(self) -> Any:
        return self.to_series()  # type: ignore[attr-defined]
