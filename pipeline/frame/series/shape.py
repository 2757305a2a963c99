"""A Series in other shapes: other labels, a frame, a list, a dict, fewer rows, more rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.frame.columns.alignment import align, picked
from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index, Positions, as_index
from pipeline.frame.library.gaps import AdapterGap, note_spelling, refuse
from pipeline.frame.values.values import Values, concatenated, missing_mask

__all__ = ["SeriesShape", "kept_after_drop", "reindexer", "same_values"]


class SeriesShape(Columnar):
    """Changes of the labels and conversions to other containers."""

    _values: Values
    name: Any

    def _new(self, values: Values, index: Index) -> Any:
        return self._series_type._of(values, index, self.name)

    def rename(self, index: Any = None, *, inplace: bool = False, **options: Any) -> Any:
        """Another name; or, by a dict or function, other labels."""
        refuse("rename", {k: v for k, v in options.items() if k not in {"copy", "axis"}})
        if callable(index) or isinstance(index, dict):
            look = index if callable(index) else lambda label: index.get(label, label)
            result = self._new(self._values, self._index.map(look))
        else:
            result = self._series_type._of(self._values, self._index, index)
        settled = self._settled(result, inplace, "rename")
        if inplace:
            self.name = result.name
        return settled

    def add_prefix(self, prefix: str, **_: Any) -> Any:
        """`prefix` before each label."""
        return self._new(self._values, self._index.map(lambda label: f"{prefix}{label}"))

    def add_suffix(self, suffix: str, **_: Any) -> Any:
        """`suffix` behind each label."""
        return self._new(self._values, self._index.map(lambda label: f"{label}{suffix}"))

    def transform(self, func: Any, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - one axis
        """A function of the values that keeps the rows."""
        if isinstance(func, list | dict):
            ways = (
                func.items() if isinstance(func, dict) else [(f if isinstance(f, str) else f.__name__, f) for f in func]
            )
            return self._frame_type({name: self.transform(how) for name, how in ways})
        try:
            made: Any = self.apply(func, args, **kwargs)  # type: ignore[attr-defined]
        except AdapterGap:
            raise
        except Exception:  # noqa: BLE001 - what fails value by value is tried on the whole, as in pandas
            made = func(self, *args, **kwargs)
        if not isinstance(made, Columnar) or len(made) != len(self):
            raise ValueError("Function did not transform")
        return made

    def searchsorted(self, value: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Where values would go so that the order stays."""
        return np.searchsorted(self._values.array, np.asarray(value), side=side, sorter=sorter)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """Each row several times over."""
        refuse("repeat", {"axis": axis})
        return self._rows(np.repeat(np.arange(len(self)), repeats))

    def ravel(self, order: str = "C") -> Any:  # noqa: ARG002 - one axis
        """The values as an array."""
        return self._values.array

    def pop(self, item: Any) -> Any:
        """A value, which leaves the Series."""
        found = self[item]  # type: ignore[index]
        self._become(self.drop(item))
        return found

    def combine(self, other: Any, func: Any, fill_value: Any = None) -> Any:
        """A function of each pair of values."""
        mine, theirs = self.align(other, fill_value=fill_value) if isinstance(other, Columnar) else (self, other)  # type: ignore[attr-defined]
        partners = theirs.tolist() if isinstance(theirs, Columnar) else [other] * len(self)  # type: ignore[attr-defined]
        made = mine._each(
            lambda values: Values.of([func(x, y) for x, y in zip(values.plain_items(), partners, strict=True)])
        )
        if isinstance(other, Columnar) and other.name != self.name:  # type: ignore[attr-defined]
            made.name = None
        return made

    def to_string(self, **options: Any) -> str:
        """The Series as text."""
        refuse("to_string", options)
        return repr(self).rpartition("\n")[0]

    def to_frame(self, name: Any = None) -> Any:
        """A frame with this one column."""
        label = name if name is not None else self.name if self.name is not None else 0
        return self._frame_type._of({label: self._values.freeze()}, self._index)

    def reset_index(
        self, level: Any = None, *, drop: bool = False, name: Any = None, inplace: bool = False, **options: Any
    ) -> Any:
        """Rows numbered from 0; the old labels become a column unless dropped."""
        refuse("reset_index", options)
        if drop and level is None:
            return self._settled(self._new(self._values, Index(range(len(self)))), inplace, "reset_index")
        if drop:
            return self._settled(self._new(self._values, self._index.droplevel(level)), inplace, "reset_index")
        return self.to_frame(name).reset_index(level)

    def reindex(self, index: Any = None, *, method: Any = None, fill_value: Any = None, **options: Any) -> Any:
        """The values for these labels, missing (or filled) where there are none."""
        refuse("reindex", {k: v for k, v in options.items() if k != "copy"})
        wanted = as_index(index)
        return self._new(reindexer(self._index, wanted, method, fill_value)(self._values), wanted)

    def drop(
        self, labels: Any = None, *, index: Any = None, inplace: bool = False, errors: str = "raise", **o: Any
    ) -> Any:
        """Without the rows of these labels."""
        refuse("drop", {k: v for k, v in o.items() if not (k == "axis" and v in {0, "index"})})
        keep = kept_after_drop(self._index, labels if index is None else index, errors)
        return self._settled(self._rows(keep), inplace, "drop")

    def dropna(self, *, inplace: bool = False, ignore_index: bool = False, **options: Any) -> Any:
        """Without the missing rows."""
        refuse("dropna", {k: v for k, v in options.items() if k != "how"})
        result = self._rows(~missing_mask(self._values.array))
        if ignore_index:
            result._index = Index(range(len(result)))
        return self._settled(result, inplace, "dropna")

    def append(self, to_append: Any, *, ignore_index: bool = False, **options: Any) -> Any:
        """Another Series below this one, as pandas 1 spelled it."""
        refuse("append", options)
        note_spelling("Series.append", "pd.concat")
        values = concatenated([self._values, to_append._values])
        return self._new(values, Index(range(len(values))) if ignore_index else self._index.append(to_append.index))

    def combine_first(self, other: Any) -> Any:
        """These values, and those of `other` where these are missing; all labels of both."""
        joint = align(self._index, other.index)
        mine, theirs = picked(self._values, joint.left), picked(other._values, joint.right)
        if not len(self):
            return self._new(theirs, joint.labels)
        gone = missing_mask(mine.array)
        done = mine.assigned(gone, theirs.take(gone)) if gone.any() else mine
        kinds = {self._values.kind, other._values.kind}
        if len(kinds) == 1 and kinds <= set("iub") and not missing_mask(done.array).any():
            done = done.cast(np.result_type(self._values.array, other._values.array))
        return self._new(done, joint.labels)

    def update(self, other: Any) -> None:
        """Take over what `other` has, in place."""
        theirs = picked(other._values, align(self._index, other.index, "left").right)
        seen = ~missing_mask(theirs.array)
        self._become(self._new(self._values.assigned(seen, theirs.take(seen)), self._index))

    def tolist(self) -> list[Any]:
        """The values as a list of Python scalars."""
        return self._values.plain_items()

    to_list = tolist

    def to_dict(self) -> dict[Any, Any]:
        """Labels and values."""
        return dict(zip(self._index, self.tolist(), strict=True))

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Labels and values, one by one."""
        return zip(self._index, self, strict=True)  # type: ignore[call-overload,no-any-return]

    def iteritems(self) -> Iterator[tuple[Any, Any]]:
        """As `items`, in the spelling of pandas 1."""
        note_spelling("iteritems", "items")
        return self.items()

    def keys(self) -> Index:
        return self._index

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a label, or `default`."""
        place = self._index._found(key) if not isinstance(key, slice | list) else -1
        return default if place < 0 else self._values.item(place)

    def squeeze(self, axis: Any = None) -> Any:
        """A single value as a scalar."""
        refuse("squeeze", {"axis": axis})
        return self.item() if len(self) == 1 else self

    def item(self) -> Any:
        """The only value. Raises ValueError when there is not exactly one."""
        if len(self) != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self._values.item(0)

    def equals(self, other: Any) -> bool:
        """True when labels and values are the same, missing in the same places."""
        if not isinstance(other, SeriesShape) or not self._index.equals(other._index):
            return False
        return same_values(self._values, other._values)


def same_values(left: Values, right: Values) -> bool:
    """True when two columns hold the same values of the same type, missing in the same places."""
    a, b = left.array, right.array
    if a.dtype != b.dtype or len(a) != len(b):
        return False
    gone = missing_mask(a)
    return bool((gone == missing_mask(b)).all()) and bool(np.all(a[~gone] == b[~gone]))


def reindexer(index: Index, wanted: Index, method: Any, fill_value: Any) -> Any:
    """A change of values from the rows of one index to those of another."""
    positions: Positions = index.get_indexer(wanted) if method is None else np.empty(0, dtype=np.intp)
    if method is not None:
        positions = index.get_indexer(wanted, method)

    def change(values: Values) -> Values:
        moved = values.take_or_missing(positions)
        absent = positions < 0
        return moved.assigned(absent, fill_value) if fill_value is not None and absent.any() else moved

    return change


def kept_after_drop(index: Index, labels: Any, errors: str) -> Any:
    """The rows that are left when `labels` go. Raises KeyError for labels that are not there."""
    gone = [labels] if isinstance(labels, str) or not hasattr(labels, "__iter__") else list(labels)
    lost = [label for label in gone if label not in index]
    if lost and errors == "raise":
        raise KeyError(f"{lost} not found in axis")
    return ~index.isin([label for label in gone if label in index])
