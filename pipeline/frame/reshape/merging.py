"""Rows of two frames that agree in their keys: ``merge``. Keys are columns or row labels, of one name or of two."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.groups.grouping import keyed
from pipeline.frame.index.index import Index
from pipeline.frame.library.error_types import ERRORS
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.reshape.joining import join_on_index
from pipeline.frame.values.values import Array, Values, concatenated

__all__ = ["merge"]

_ORDER = {"inner": "left_right", "left": "left_right", "right": "right_left", "outer": "none"}


class _Side(NamedTuple):
    """One frame of two: its keys, their names (None for row labels), and which of its rows go into the result."""

    frame: Any
    names: list[Any]
    keys: list[Values]
    rows: Array

    def at(self, values: Values) -> Values:
        """The rows of the result, missing where this side has none."""
        return values.take_or_missing(self.rows)


def merge(  # noqa: PLR0917 - pandas' signature
    left: Any, right: Any, how: str = "inner", on: Any = None, left_on: Any = None, right_on: Any = None,
    left_index: bool = False, right_index: bool = False, sort: bool = False,
    suffixes: tuple[str | None, str | None] = ("_x", "_y"), copy: Any = None,  # noqa: ARG001 - nothing is shared for writing
    indicator: Any = False, **options: Any,
) -> Any:  # fmt: skip
    """The rows of two frames that agree in the keys: `inner`, `left`, `right`, `outer`; all with all: `cross`."""
    validate = options.pop("validate", None)
    refuse("merge", options)
    left, right = (part.to_frame() if isinstance(part, Columnar._series_type) else part for part in (left, right))
    if how not in {*_ORDER, "cross"}:
        raise unsupported("merge", f"how={how!r}")
    ends = ("" if suffixes[0] is None else suffixes[0], "" if suffixes[1] is None else suffixes[1])
    if left_index and right_index and not indicator and not sort and validate is None:
        return join_on_index(left, right, how=how, suffixes=ends)
    mine, theirs = _sides(left, right, how, (on, left_on, right_on), (left_index, right_index))
    if len(mine.keys) != len(theirs.keys):
        raise ValueError("len(right_on) must equal len(left_on)")
    if validate is not None:
        _validated(mine, theirs, validate)
    mine, theirs = _matched(mine, theirs, how, sort=sort)
    labels: Any = Index(range(len(mine.rows)))
    if left_index or right_index:
        # the rows are called as they are on the side whose columns were compared with labels
        named = theirs if left_index and not right_index else mine
        labels = Index._of(named.at(named.frame.index._values), named.frame.index.name)
    result = Columnar._frame_type._of(_columns(mine, theirs, ends), labels)
    if indicator:
        origin = np.where(mine.rows < 0, "right_only", np.where(theirs.rows < 0, "left_only", "both"))
        result[indicator if isinstance(indicator, str) else "_merge"] = origin.astype(object)
    return result


def _validated(mine: _Side, theirs: _Side, validate: str) -> None:
    """Raise MergeError where keys come more than once on a side that is said to have each but once."""
    sides = validate.replace("one", "1").replace("many", "m").replace("_to_", ":")
    if sides not in {"1:1", "1:m", "m:1", "m:m"}:
        raise ValueError(
            f'"{validate}" is not a valid argument. Valid arguments are 1:1, 1:m, m:1, m:m, or one_to_one and the like.'
        )
    for wanted, side, name in ((sides[0], mine, "left"), (sides[2], theirs, "right")):
        found = keyed([(None, key) for key in side.keys], dropna=False)
        if wanted == "1" and len(found.starts) < len(side.frame):
            raise ERRORS["MergeError"](f"Merge keys are not unique in {name} dataset; not a {validate} merge")


def _sides(
    left: Any, right: Any, how: str, on: tuple[Any, Any, Any], by_label: tuple[bool, bool]
) -> tuple[_Side, _Side]:
    both, mine, theirs = on
    if how == "cross":
        return tuple(_Side(f, [], [Values(np.zeros(len(f)))], np.empty(0, np.intp)) for f in (left, right))  # type: ignore[return-value]
    if both is None and mine is None and theirs is None and not any(by_label):
        both = [label for label in left.columns if label in right.columns]
        if not both:
            raise ValueError("No common columns to perform merge on.")
    sides = []
    for frame, given, labels in ((left, mine, by_label[0]), (right, theirs, by_label[1])):
        chosen = given if given is not None else both
        names = [None] if labels else chosen if isinstance(chosen, list) else [chosen]
        keys = [frame.index._values if name is None else _key(frame, name) for name in names]
        sides.append(
            _Side(frame, [name if _names(frame, name) else None for name in names], keys, np.empty(0, np.intp))
        )
    return sides[0], sides[1]


def _names(frame: Any, key: Any) -> bool:
    return isinstance(key, Hashable) and key in frame._data


def _key(frame: Any, name: Any) -> Values:
    if isinstance(name, Columnar | Index | np.ndarray):
        return Values.of(getattr(name, "_values", name))
    if name in frame._data:
        return frame._data[name]  # type: ignore[no-any-return]
    if name in frame.index.names:
        return frame.index._level_values(name)  # type: ignore[no-any-return]
    raise KeyError(name)


def _matched(mine: _Side, theirs: _Side, how: str, *, sort: bool) -> tuple[_Side, _Side]:
    """Both sides with their rows in the result."""
    tables = []
    for side, row in ((mine, "left"), (theirs, "right")):
        table = pl.DataFrame({str(i): _comparable(key) for i, key in enumerate(side.keys)})
        tables.append(table.with_columns(pl.Series(row, np.arange(len(side.frame)), dtype=pl.Int64)))
    wanted = [str(i) for i in range(len(mine.keys))]
    # keys without a value have no dtype of their own
    for one, other in ((0, 1), (1, 0)):
        bare = [name for name in wanted if tables[one].schema[name] == pl.Null]
        tables[one] = tables[one].with_columns(pl.col(name).cast(tables[other].schema[name]) for name in bare)
    way: Any = {"outer": "full", "cross": "inner"}.get(how, how)
    order: Any = _ORDER.get(how, "left_right")
    joint = tables[0].join(tables[1], on=wanted, how=way, coalesce=True, maintain_order=order, nulls_equal=True)
    if how == "outer" or sort:
        joint = joint.sort(
            [*wanted, "left", "right"] if how == "outer" else wanted, maintain_order=True, nulls_last=True
        )
    rows = [joint[row].fill_null(-1).to_numpy().astype(np.intp) for row in ("left", "right")]
    return mine._replace(rows=rows[0]), theirs._replace(rows=rows[1])


def _comparable(key: Values) -> pl.Series:
    # whole numbers and floats that are equal are one key
    return key.series.cast(pl.Float64) if key.kind in "iu" else key.series


def _either(mine: _Side, theirs: _Side, place: int) -> Values:
    """A key as the left side has it, or else the right."""
    whole = concatenated([mine.keys[place], theirs.keys[place]])
    return whole.take(np.where(mine.rows < 0, len(mine.keys[place]) + theirs.rows, mine.rows))


def _columns(mine: _Side, theirs: _Side, ends: tuple[str, str]) -> dict[Hashable, Values]:
    pairs = list(enumerate(zip(mine.names, theirs.names, strict=True)))
    shared = {name: place for place, (name, other) in pairs if name is not None and name == other}
    # columns that were compared with row labels take those of the other side where their own has no row
    left_keys = {name: place for place, (name, other) in pairs if other is None and name is not None}
    right_keys = {name: place for place, (other, name) in pairs if other is None and name is not None}
    clash = {label for label in mine.frame._data if label in theirs.frame._data} - set(shared)
    if clash and ends[0] == ends[1]:
        raise ValueError(f"columns overlap but no suffix specified: {sorted(map(str, clash))}")
    data: dict[Hashable, Values] = {}
    for label, values in mine.frame._data.items():
        place = shared.get(label, left_keys.get(label))
        name = f"{label}{ends[0]}" if label in clash else label
        data[name] = mine.at(values) if place is None else _either(mine, theirs, place)
    for label, values in theirs.frame._data.items():
        if label not in shared:
            place = right_keys.get(label)
            name = f"{label}{ends[1]}" if label in clash else label
            data[name] = theirs.at(values) if place is None else _either(mine, theirs, place)
    return data
