"""Finding labels: the positions of one label, of many, of a slice from one label to another."""

from __future__ import annotations

import datetime as dt
import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.time.moment import Timestamp, is_missing
from pipeline.frame.values.values import Array, Values, plain_scalar

__all__ = ["Lookup", "PandasObject", "Positions"]

Positions = npt.NDArray[np.intp]


class PandasObject:
    """What Series, frames and labels have in common: libraries hang functions of their own on it."""


class Lookup(PandasObject):
    """Labels that can be found. What is learned about their order and places is kept."""

    _values: Values
    _lookup: dict[Any, int] | None
    _sorted: bool | None

    def __len__(self) -> int:
        return len(self._values)

    @property
    def array(self) -> Array:
        """The labels as an array."""
        return self._values.array

    def _peer(self, data: Any) -> Any:
        """`data` as an index."""
        raise NotImplementedError

    @property
    def is_monotonic_increasing(self) -> bool:
        if self._sorted is None:
            keys = self._keys
            if keys.dtype.kind == "O":
                try:
                    self._sorted = all(map(operator.le, keys[:-1], keys[1:]))
                except TypeError:
                    self._sorted = False
            else:
                self._sorted = bool((keys[:-1] <= keys[1:]).all())
        return self._sorted

    @property
    def is_monotonic_decreasing(self) -> bool:
        return bool(np.all(self._keys[:-1] >= self._keys[1:]))

    @property
    def is_unique(self) -> bool:
        keys = self._keys
        if keys.dtype.kind != "O" and self.is_monotonic_increasing:
            return not bool((keys[:-1] == keys[1:]).any())
        return len(self._table) == len(self)

    @property
    def has_duplicates(self) -> bool:
        return not self.is_unique

    @property
    def _keys(self) -> Array:
        array = self.array
        return array.view(np.int64) if array.dtype.kind in "Mm" else array

    @property
    def _table(self) -> dict[Any, int]:
        if self._lookup is None:
            labels = self._keys.tolist()
            # the first of equal labels wins
            self._lookup = dict(zip(reversed(labels), range(len(labels) - 1, -1, -1), strict=True))
        return self._lookup

    def _key(self, label: Any) -> Any:
        if self._values.kind not in "Mm":
            return label
        if isinstance(label, str | dt.date) and self._values.kind == "M":
            try:
                label = Timestamp(label)
            except ValueError:
                raise KeyError(label) from None
        if isinstance(label, Timestamp) and self._values.zone and label.tzinfo is None:
            label = label.tz_localize(self._values.zone)
        return int(np.asarray(plain_scalar(label)).astype(f"{self._values.kind}8[us]").astype(np.int64))

    def _find(self, label: Any) -> int | None:
        """The first position of a label."""
        return self._table.get(self._key(label))

    def get_loc(self, label: Any) -> Any:
        """The position of a label; a mask when it stands there more than once. Raises KeyError."""
        found = self._find(label)
        if found is None:
            raise KeyError(label)
        if not self.is_unique:
            mask = self._keys == self._key(label)
            return mask if mask.sum() > 1 else found
        return found

    def get_indexer(self, target: Any, method: str | None = None, **options: Any) -> Positions:
        """The position of each label of `target`, -1 where it is not; or of a neighbour: ffill, bfill, nearest."""
        refuse("get_indexer", options)
        wanted = self._peer(target)
        if method is not None:
            return self._near(wanted, method)
        if not self.is_unique:
            raise ValueError("cannot reindex on an axis with duplicate labels")
        mine, theirs = self._keys, wanted._keys
        if mine.dtype.kind in "iuf" and theirs.dtype.kind in "iuf" and self.is_monotonic_increasing and len(mine):
            at = np.minimum(np.searchsorted(mine, theirs), len(mine) - 1)
            return np.where(mine[at] == theirs, at, -1).astype(np.intp)
        table = self._table
        if mine.dtype.kind != "O" and theirs.dtype.kind == "O" and self._values.kind in "Mm":
            return np.fromiter((self._found(label) for label in theirs), dtype=np.intp, count=len(wanted))
        if mine.dtype.kind == "O" and wanted._values.kind in "Mm":
            return np.fromiter((table.get(label, -1) for label in wanted), dtype=np.intp, count=len(wanted))
        return np.fromiter((table.get(label, -1) for label in theirs.tolist()), dtype=np.intp, count=len(wanted))

    def _near(self, wanted: Any, method: str) -> Positions:
        """The position of the label at or before each wanted one, at or after it, or nearest (the later of two)."""
        if not self.is_monotonic_increasing:
            raise ValueError("index must be monotonic increasing or decreasing")
        keys, sought, rows = self._keys, wanted._keys, len(self)
        before: Positions = (np.searchsorted(keys, sought, side="right") - 1).astype(np.intp)
        after: Positions = np.searchsorted(keys, sought, side="left").astype(np.intp)
        if method in {"ffill", "pad"}:
            return before
        if method in {"bfill", "backfill"}:
            return np.where(after == rows, -1, after).astype(np.intp)
        if method != "nearest":
            raise ValueError(f"Invalid fill method. Expecting pad (ffill), backfill (bfill) or nearest. Got {method}")
        if not rows:
            return np.full(len(sought), -1, dtype=np.intp)
        low, high = np.maximum(before, 0), np.minimum(after, rows - 1)
        return np.where(np.abs(sought - keys[low]) < np.abs(keys[high] - sought), low, high).astype(np.intp)

    def _found(self, label: Any) -> int:
        """The first position of a label of any type; -1 where it cannot be a label here."""
        try:
            found = self._find(label)
        except (KeyError, TypeError, ValueError):
            return -1
        return -1 if found is None else found

    def slice_of(self, start: Any, stop: Any) -> slice:
        """The rows from label `start` to label `stop`, both included."""
        return slice(
            None if start is None else self._edge(start, "left"), None if stop is None else self._edge(stop, "right")
        )

    def _edge(self, label: Any, side: str) -> int:
        keys = self._keys
        if self._values.kind == "M" and isinstance(label, str):
            try:
                first, last = _text_span(label)
            except ValueError:
                raise KeyError(label) from None
            key = self._key(first if side == "left" else last)
        else:
            key = self._key(label)
        if keys.dtype.kind != "O" and self.is_monotonic_increasing:
            return int(np.searchsorted(keys, key, side=side))  # type: ignore[call-overload]
        found = self._find(label)
        if found is None:
            raise KeyError(label)
        return found + (side == "right")


def _text_span(text: str) -> tuple[Timestamp, Timestamp]:
    """The first and last microsecond that a date such as '2023', '2023-05' or '2023-05-17' speaks of."""
    first: Timestamp = Timestamp(text)
    if is_missing(first):
        raise unsupported("loc", "a missing time as the edge of a slice")
    tick = dt.timedelta(microseconds=1)
    plain = first.to_pydatetime()
    parts = len(text.strip().split("-"))
    if ":" in text:
        span = dt.timedelta(minutes=1) if text.count(":") == 1 else dt.timedelta(seconds=1)
        return first, Timestamp(plain + span - tick)
    if parts == 1 and len(text.strip()) == 4:
        return first, Timestamp(plain.replace(year=plain.year + 1) - tick)
    if parts == 2:
        following = plain.replace(year=plain.year + plain.month // 12, month=plain.month % 12 + 1)
        return first, Timestamp(following - tick)
    return first, Timestamp(plain + dt.timedelta(days=1) - tick)
