"""What rows with labels can do whatever is in them: first and last ones, order by label, copies."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from pipeline.frame.columns.alignment import align
from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index, as_index
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.ordering import sorting_order
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["Labelled"]

Mine = TypeVar("Mine", bound="Labelled")


class Labelled(Columnar):
    """Rows of a Series or DataFrame, by their labels."""

    @property
    def empty(self) -> bool:
        """True without rows (or without columns)."""
        return len(self._index) == 0

    @property
    def attrs(self) -> dict[Any, Any]:
        """Notes of the author's on this object; copies have none."""
        notes: dict[Any, Any] = self.__dict__.setdefault("_attrs", {})
        return notes

    @attrs.setter
    def attrs(self, notes: Any) -> None:
        self.__dict__["_attrs"] = dict(notes)

    def _set_index(self, labels: Any) -> None:
        index = as_index(labels)
        if len(index) != len(self._index):
            raise ValueError(
                f"Length mismatch: Expected axis has {len(self._index)} elements, new values have {len(index)} elements"
            )
        self._index = index

    def head(self: Mine, n: int = 5) -> Mine:
        """The first `n` rows (all but the last -n, when negative)."""
        return self._rows(slice(0, n))

    def tail(self: Mine, n: int = 5) -> Mine:
        """The last `n` rows (all but the first -n, when negative)."""
        start = max(len(self) - n, 0) if n >= 0 else -n
        return self._rows(slice(start, None))

    def copy(self: Mine, deep: bool = True) -> Mine:  # noqa: ARG002 - both kinds share until one side writes
        """An independent object; the columns are shared until one side writes."""
        return self._each(lambda values: values.freeze())

    __copy__ = copy

    def __deepcopy__(self: Mine, memo: Any) -> Mine:
        return self.copy()

    def first_valid_index(self) -> Any:
        """The label of the first row that has a value; None when none has."""
        seen = np.flatnonzero(self._some_there())
        return self._index[int(seen[0])] if len(seen) else None

    def last_valid_index(self) -> Any:
        """The label of the last row that has a value; None when none has."""
        seen = np.flatnonzero(self._some_there())
        return self._index[int(seen[-1])] if len(seen) else None

    def _some_there(self) -> Any:
        columns = self._data.values() if hasattr(self, "_data") else [self._values]  # type: ignore[attr-defined]
        there = np.zeros(len(self), dtype=np.bool_)
        for values in columns:
            there |= ~missing_mask(values.array)
        return there

    def sample(  # noqa: PLR0917 - pandas' signature
        self: Mine, n: int | None = None, frac: float | None = None, replace: bool = False, weights: Any = None,
        random_state: Any = None, axis: Any = None, ignore_index: bool = False,
    ) -> Mine:  # fmt: skip
        """Rows by chance: `n` of them or a share, the same ones for the same `random_state`."""
        refuse("sample", {"axis": axis})
        chance: Any = random_state
        if random_state is None:
            chance = np.random.mtrand._rand
        elif not hasattr(random_state, "choice"):
            chance = np.random.RandomState(random_state)
        size = n if n is not None else 1 if frac is None else round(frac * len(self))
        share = None if weights is None else np.asarray(weights, dtype=np.float64) / np.sum(weights)
        result = self._rows(chance.choice(len(self), size=size, replace=replace, p=share))
        if ignore_index:
            result._index = Index(range(len(result)))
        return result

    def convert_dtypes(self: Mine, **_: Any) -> Mine:
        """Numbers and conditions in masked types, whole numbers of any kind as `Int64`; text and times as they are."""
        return self._each(_converted)

    def infer_objects(self: Mine, **_: Any) -> Mine:
        """Objects that are all numbers, conditions or times, as such."""

        def change(values: Values) -> Values:
            # a column of texts of which none is there stays one
            return Values.of(values.array) if values.kind == "O" and not missing_mask(values.array).all() else values

        return self._each(change)

    def align(self, other: Any, join: str = "outer", axis: Any = None, **options: Any) -> tuple[Any, Any]:
        """Both on the same labels."""
        refuse("align", {k: v for k, v in options.items() if k not in {"copy", "fill_value"}})
        labels = align(self._index, other.index, "left" if join == "left" else join) if join != "right" else None
        index = other.index if labels is None else labels.labels
        fill = options.get("fill_value")
        mine: Any = self
        theirs = other
        frames = hasattr(self, "columns") and hasattr(other, "columns")
        if not frames or axis in {None, 0, "index"}:
            mine, theirs = (
                side if side.index.equals(index) else side.reindex(index, fill_value=fill) for side in (mine, theirs)
            )
        if frames and axis in {None, 1, "columns"}:
            columns = {
                "outer": lambda: mine.columns.union(theirs.columns),
                "inner": lambda: mine.columns.intersection(theirs.columns),
                "left": lambda: mine.columns,
                "right": lambda: theirs.columns,
            }[join]()
            mine, theirs = mine.reindex(columns=columns), theirs.reindex(columns=columns)
        return mine, theirs

    def pipe(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """``function(self, …)``."""
        return function(self, *args, **kwargs)

    def take(self: Mine, indices: Any, axis: Any = 0) -> Mine:
        """The rows at positions."""
        places = np.asarray(indices)
        return self.iloc[:, places] if axis in {1, "columns"} else self._rows(places)  # type: ignore[attr-defined]

    def truncate(self, before: Any = None, after: Any = None) -> Any:
        """The rows from one label to another."""
        return self._rows(self._index.slice_of(before, after))

    def sort_index(
        self, *, axis: Any = 0, ascending: bool = True, inplace: bool = False, ignore_index: bool = False,
        **options: Any,
    ) -> Any:  # fmt: skip
        """Rows in the order of their labels."""
        if axis in {1, "columns"}:
            result = self._sorted_columns(ascending)
        else:
            given = {"kind", "na_position", "level", "sort_remaining", "key"}
            refuse("sort_index", {k: v for k, v in options.items() if k not in given})
            if options.get("level") is not None and self._index.nlevels > 1:
                order = self._order_of_levels(options["level"], ascending)
                return self._settled(self._rows(order), inplace, "sort_index")
            values = self._index._values
            if options.get("key") is not None:
                values = as_index(options["key"](self._index))._values
                if len(values) != len(self):
                    raise ValueError("User-provided `key` function must not change the shape of the array.")
            if missing_mask(values.array).any() or isinstance(ascending, list) or options.get("key") is not None:
                up = ascending[0] if isinstance(ascending, list) else ascending
                order = sorting_order([values], [bool(up)], options.get("na_position") or "last")
                return self._settled(self._numbered(self._rows(order), ignore_index), inplace, "sort_index")
            keys = self._index._keys if values.kinds is None else values.kinds.codes(values.array) % 2**31
            kind: Any = options.get("kind") or "quicksort"
            if ascending:
                # as in pandas, equal labels keep their order only where nothing moves
                in_order = values.kinds is None and self._index.is_monotonic_increasing
                order = np.arange(len(self)) if in_order else np.argsort(keys, kind=kind)
            else:
                order = len(self) - 1 - np.argsort(keys[::-1], kind=kind)[::-1]
            result = self._rows(order)
        return self._settled(self._numbered(result, ignore_index), inplace, "sort_index")

    @staticmethod
    def _numbered(result: Any, anew: bool) -> Any:
        if anew:
            result._index = Index(range(len(result)))
        return result

    def _order_of_levels(self, level: Any, ascending: Any) -> Any:
        """The rows by some levels, then by the others."""
        names, index = self._index.names, self._index
        first = [
            names.index(one) if one in names else int(one) for one in (level if isinstance(level, list) else [level])
        ]
        places = first + [place for place in range(index.nlevels) if place not in first]
        up = [bool(ascending)] * len(places)
        return sorting_order([index._level_values(place) for place in places], up)

    def _sorted_columns(self, ascending: bool) -> Any:
        raise unsupported("sort_index", f"axis=1, ascending={ascending}")

    def tz_localize(self, tz: Any, **options: Any) -> Any:
        """The row labels as wall times of a zone."""
        refuse("tz_localize", options)
        result = self.copy()
        result._index = self._index.tz_localize(tz)
        return result

    def tz_convert(self, tz: Any, **options: Any) -> Any:
        """The row labels seen in another zone."""
        refuse("tz_convert", options)
        result = self.copy()
        result._index = self._index.tz_convert(tz)
        return result


def _converted(values: Values) -> Values:
    found = Values.of(values.array) if values.kind == "O" and values.kinds is None and len(values) else values
    array = found.array
    flags = array.dtype.kind == "O" and all(isinstance(x, bool | np.bool_) or is_missing(x) for x in array)
    if values.sense is not None or values.kinds is not None or not (array.dtype.kind in "biuf" or flags):
        return values.freeze()
    if array.dtype.kind == "O" and missing_mask(array).all():
        return values.freeze()
    if array.dtype.kind != "f":
        return found.cast(
            {"i": "Int", "u": "UInt"}.get(array.dtype.kind, "boolean")
            + (str(8 * array.dtype.itemsize) if array.dtype.kind in "iu" else "")
        )
    seen = array[~np.isnan(array)]
    whole = bool(np.isfinite(seen).all() and (seen == np.floor(seen)).all() and (np.abs(seen) < 2**63).all())
    return found.cast("Int64" if whole else f"Float{8 * array.dtype.itemsize}")
