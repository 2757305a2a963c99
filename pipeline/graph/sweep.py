"""Sweeps: which values of params are tried together. A cell is one choice of them.

`grid` combines every value with every other, `zip` takes the first of each list, then the second, and so on;
`where` keeps the cells for which an SQL expression over the params is true.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from typing import Any, Literal, TypeAlias

import polars as pl

from pipeline.errors import Fault, Place, did_you_mean

__all__ = ["MAX_CELLS", "Axis", "Cell", "Sampler", "Sweep", "cells_of", "sampled"]

MAX_CELLS = 1_000_000
"""Cells of a sweep that are looked at before `where`: more is a slip, or a question for a sample."""

Sampler: TypeAlias = Literal["grid", "random", "optuna"]


@dataclass(frozen=True, slots=True)
class Axis:
    """What one param takes, in order. `name` is a param of the graph, or `node.param`."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One choice of values: params of the graph, params of nodes. `number` is its place in the sweep, from 0."""

    number: int
    params: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """All that it sets, by param or `node.param`."""
        nodes = {f"{node}.{name}": value for node, given in self.settings.items() for name, value in given.items()}
        return {**self.params, **nodes}


@dataclass(frozen=True, slots=True)
class Sweep:
    """Axes that are combined, axes that go together, and a condition; `place` is where it is written."""

    grid: tuple[Axis, ...] = ()
    zipped: tuple[Axis, ...] = ()
    where: str = ""
    place: Place | None = None
    where_place: Place | None = None

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All axes, those of the grid first: the last one changes fastest, the zipped ones faster still."""
        return (*self.grid, *self.zipped)

    @property
    def size(self) -> int:
        """The number of cells before `where`."""
        return prod(len(axis.values) for axis in self.grid) * (len(self.zipped[0].values) if self.zipped else 1)

    def rows(self, places: Iterable[int] | None = None) -> list[tuple[Any, ...]]:
        """The values of the axes in each cell before `where`, or in those at some places."""
        together = list(zip(*(axis.values for axis in self.zipped), strict=True)) if self.zipped else [()]
        if places is None:
            return [(*one, *other) for one, other in product(product(*(a.values for a in self.grid)), together)]
        lengths = [len(axis.values) for axis in self.grid]
        rows = []
        for place in places:
            rest, last = divmod(place, len(together))
            row: list[Any] = []
            for axis, length in zip(reversed(self.grid), reversed(lengths), strict=True):
                rest, at = divmod(rest, length)
                row.append(axis.values[at])
            rows.append((*reversed(row), *together[last]))
        return rows

    def over(self, axes: Sequence[Axis], where: str = "") -> Sweep:
        """The sweep with `axes` in the place of those of the same names, and `where` besides its own condition."""
        names = {axis.name for axis in axes}
        conditions = [f"({text})" for text in (self.where, where) if text]
        return replace(
            self,
            grid=(*(axis for axis in self.grid if axis.name not in names), *axes),
            zipped=tuple(axis for axis in self.zipped if axis.name not in names),
            where=" and ".join(conditions) if len(conditions) > 1 else self.where or where,
            where_place=None if where else self.where_place,
        )

    def without(self, names: Collection[str]) -> Sweep:
        """The sweep without the axes of these names."""
        keep = [[axis for axis in axes if axis.name not in names] for axes in (self.grid, self.zipped)]
        return replace(self, grid=tuple(keep[0]), zipped=tuple(keep[1]))


def cells_of(
    sweep: Sweep, params: Mapping[str, Any], *, sampler: Sampler | None = None, seed: int = 0
) -> tuple[list[Cell], list[Fault]]:
    """The cells of a sweep that `where` keeps, in order, or what is wrong with it.

    `params` are the values of all params of the graph: `where` may speak of any of them. Of a sweep with more than
    `MAX_CELLS` so many are looked at, as a `sampler` spreads or draws them; without one that is a fault.
    """
    if not sweep.size:
        return [], [Fault("TG132", "the sweep has no cell: a param has no value", sweep.place)]
    if sweep.size > (MAX_CELLS if sampler is None else sys.maxsize):
        factors = " × ".join(f"{len(axis.values):,}" for axis in sweep.grid)
        message = f"the sweep has {sweep.size:,} cells ({factors}), at most {MAX_CELLS:,} are allowed"
        return [], [Fault("TG133", message, sweep.place, "Take larger steps, or fewer params; --max N tries some.")]
    names = [axis.name for axis in sweep.axes]
    drawn = _places(sweep.size, MAX_CELLS, sampler, seed) if sampler and sweep.size > MAX_CELLS else None
    rows = sweep.rows(drawn)
    if sweep.where:
        inside, fault = _kept(sweep, rows, {name: value for name, value in params.items() if name not in names})
        if fault is not None:
            return [], [fault]
        kept = [row for row, here in zip(rows, inside, strict=True) if here]
        if not kept:
            message = f"`where: {sweep.where}` keeps none of {len(rows):,} cells"
            return [], [Fault("TG132", message, sweep.where_place, "Widen the condition, or the values.")]
        rows = kept
    return [_cell(number, dict(zip(names, row, strict=True))) for number, row in enumerate(rows)], []


def sampled(cells: Sequence[Cell], most: int | None, *, sampler: Sampler = "grid", seed: int = 0) -> list[Cell]:
    """At most `most` of the cells, in their order: spread evenly over them, or drawn by chance, which `seed` fixes."""
    if most is None or most >= len(cells):
        return list(cells)
    return [cells[place] for place in _places(len(cells), most, sampler, seed)]


def _places(count: int, most: int, sampler: Sampler, seed: int) -> list[int]:
    """So many of the first whole numbers, spread evenly or drawn by chance."""
    if sampler == "grid":
        return [round(place * (count - 1) / max(most - 1, 1)) for place in range(most)]
    return sorted(random.Random(seed).sample(range(count), most))  # noqa: S311 - no secret hangs on it


def _cell(number: int, values: Mapping[str, Any]) -> Cell:
    settings: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        node, dot, param = name.rpartition(".")
        if dot:
            settings.setdefault(node, {})[param] = value
    return Cell(number, {name: value for name, value in values.items() if "." not in name}, settings)


def _kept(
    sweep: Sweep, rows: Sequence[tuple[Any, ...]], others: Mapping[str, Any]
) -> tuple[Sequence[bool], Fault | None]:
    """Which rows the condition keeps; a missing answer keeps none."""

    def fault(what: str, hint: str = "") -> tuple[Sequence[bool], Fault]:
        message = f"the condition of the sweep, {sweep.where!r}, {what}"
        return (), Fault("TG134", message, sweep.where_place, hint)

    names = [axis.name for axis in sweep.axes]
    try:
        condition = pl.sql_expr(sweep.where)
        unknown = sorted(set(condition.meta.root_names()) - {*names, *others})
    except (pl.exceptions.PolarsError, ValueError) as error:
        return fault(f"is no SQL expression: {_short(error)}", "Write `slow >= 3 * fast`.")
    if unknown:
        return fault(f"speaks of {unknown[0]!r}, which is no param", did_you_mean(unknown[0], {*names, *others}))
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    try:
        frame = pl.DataFrame(columns, strict=False).with_columns(
            pl.lit(value).alias(name) for name, value in others.items()
        )
        found = frame.select(inside=condition)["inside"]
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        return fault(f"cannot be evaluated: {_short(error)}", "Compare params: `slow >= 3 * fast`.")
    if found.dtype != pl.Boolean:
        return fault(f"gives {found.dtype}, expected true or false", "Compare something: `slow >= 3 * fast`.")
    if len(found) != len(rows):
        return fault("does not say yes or no to each cell", "Compare params of one cell.")
    return found.fill_null(value=False).to_list(), None


def _short(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
