"""The arguments of a call: one column, a bundle of columns, or None for a port that is not wired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import polars as pl

from pipeline.model.bars import Offsets
from pipeline.model.column import Column

__all__ = ["Argument", "flat", "names_of", "of_rows", "series_of", "taken"]

Argument: TypeAlias = "Column | Mapping[str, Column] | None"


def names_of(ports: Sequence[Argument]) -> list[list[str]]:
    """Frame column names of each port's columns: x0, x1_open, x1_high …; [] for None."""
    found: list[list[str]] = []
    for i, port in enumerate(ports):
        if port is None:
            found.append([])
        elif isinstance(port, Mapping):
            found.append([f"x{i}_{field}" for field in port])
        else:
            found.append([f"x{i}"])
    return found


def series_of(ports: Sequence[Argument]) -> list[pl.Series]:
    """The columns of all ports as series under those names."""
    names = [name for port in names_of(ports) for name in port]
    return [column.series.alias(name) for column, name in zip(flat(ports), names, strict=True)]


def of_rows(port: Argument, start: int, stop: int) -> Argument:
    """The argument for the rows from `start` to `stop` alone."""
    if isinstance(port, Mapping):
        return {field: column.slice(start, stop) for field, column in port.items()}
    return None if port is None else port.slice(start, stop)


def taken(port: Argument, rows: Offsets) -> Argument:
    """The argument for some rows alone."""
    if isinstance(port, Mapping):
        return {field: column.take(rows) for field, column in port.items()}
    return None if port is None else port.take(rows)


def flat(ports: Sequence[Argument]) -> list[Column]:
    """All columns of all ports, in order."""
    found: list[Column] = []
    for port in ports:
        if isinstance(port, Mapping):
            found += port.values()
        elif port is not None:
            found.append(port)
    return found
