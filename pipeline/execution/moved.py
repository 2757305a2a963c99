"""What differs between two values of one output: for those who edit a graph and look at what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

__all__ = ["Moved", "Moving", "moved"]

_MANY = 5
"""From this many symbols on, values are compared by their mean over symbols."""
_NTH = "\0nth"
_WAS = "\0was"


@dataclass(frozen=True)
class Moving:
    """A value of an output that is not what it was: of a symbol, None for the mean over many."""

    symbol: str | None
    name: str
    before: float | None
    now: float | None


@dataclass(frozen=True)
class Moved:
    """An output that is not what it was.

    Of its `rows` so many are `differing`, those that only one side has included. `values` are, of a table with a row
    for each symbol, the numbers that differ; of columns, the values of the last bars that differ.
    """

    output: str
    rows: int
    differing: int
    values: tuple[Moving, ...]


def moved(output: str, before: pl.DataFrame, now: pl.DataFrame) -> Moved:
    """What differs between two values of an output. A column that only one of them has makes all rows differ."""
    keys: list[str] = [name for name in ("symbol", "ts") if name in before.columns and name in now.columns]
    shared = [name for name in now.columns if name in before.columns and name not in keys]
    old, new = (frame.select(*keys, *shared) for frame in (before, now))
    was = old.select(pl.col(shared).name.suffix(_WAS))
    if old.select(keys).equals(new.select(keys)) and old.height == new.height:  # an edit leaves rows where they are
        both = new.hstack(was)
    else:
        rows = [*keys, _NTH]
        both = _numbered(new, keys).join(_numbered(old, keys), on=rows, suffix=_WAS, nulls_equal=True)
    differing = (new.height - both.height) + (old.height - both.height)
    if set(before.columns) != set(now.columns) or any(old[name].dtype != new[name].dtype for name in shared):
        differing += both.height
    elif shared:
        unlike = [pl.col(name).ne_missing(pl.col(name + _WAS)) for name in shared]
        differing += both.filter(pl.any_horizontal(unlike)).height
    numbers = [name for name in shared if new[name].dtype.is_numeric() and old[name].dtype.is_numeric()]
    return Moved(output, now.height, differing, tuple(_values(old, new, numbers)))


def _numbered(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Rows with the same keys, the trades of a symbol for example, are told apart by their order."""
    nth = pl.int_range(pl.len())
    return frame.with_columns((nth.over(keys) if keys else nth).alias(_NTH))


def _values(old: pl.DataFrame, new: pl.DataFrame, numbers: list[str]) -> Iterator[Moving]:
    if "symbol" not in new.columns:
        return
    if "ts" in new.columns:
        old, new = (frame.group_by("symbol", maintain_order=True).tail(1) for frame in (old, new))
    if new["symbol"].n_unique() < new.height or old["symbol"].n_unique() < old.height:
        return
    old, new = (frame.select("symbol", pl.col(numbers).cast(pl.Float64)) for frame in (old, new))
    if max(new.height, old.height) >= _MANY:
        mean = [frame.select(pl.lit(None, pl.String).alias("symbol"), pl.col(numbers).mean()) for frame in (old, new)]
        old, new = mean
    was = {row["symbol"]: row for row in old.to_dicts()}
    for row in new.to_dicts():
        for name in numbers:
            before, now = was.get(row["symbol"], {}).get(name), row[name]
            if pl.Series([before], dtype=pl.Float64).ne_missing(pl.Series([now], dtype=pl.Float64)).item():
                yield Moving(row["symbol"], name, before, now)
