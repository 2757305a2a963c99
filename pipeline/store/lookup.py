"""What is stored for wanted values: in the published file, and in journals that no publish has landed yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.execution.holding import Coverage, Holding
from pipeline.execution.reuse import NEWEST
from pipeline.store.journal import is_intact, read_pending
from pipeline.store.segment import Found, ObjectRow

__all__ = ["lookup", "waiting_segments", "waiting_values"]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_COLUMNS = "o.key, o.recipe, o.data, o.segment, coalesce(o.holder, o.key), epoch_us(o.until), o.rows, o.bytes"

_OBJECT = [field.name for field in fields(ObjectRow)]
_PANEL = ["data", "symbols", "digests", "sources", "ends"]


def lookup(wanted: Sequence[Holding], connection: duckdb.DuckDBPyConnection | None, journals: Path) -> list[Found]:
    """Where each wanted value rests; for a recipe whose wanted value is nowhere, the newest few that it gave.

    `connection` is to the published file, None when there is none. Newest first within a recipe.
    """
    by_key = {holding.key: holding for holding in wanted}
    waiting = _pending(journals)
    found = {key: waiting[key][0] for key in by_key if key in waiting}
    if connection is not None:
        found = {row.key: row for row in _rows(connection, "key", (k for k in by_key if k not in found))} | found
    exact = [Found(by_key[key], row) for key, row in found.items()]
    others = {holding.recipe for holding in wanted} - {by_key[key].recipe for key in found}
    if not others:
        return exact
    rows = [item for item in reversed(waiting.values()) if item[0].recipe in others]
    near = [Found(Holding(row.key, row.recipe, coverage), row) for row, coverage in rows]
    if connection is not None:
        published = _rows(connection, "recipe", others)
        coverages = _coverages(connection, {row.data for row in published})
        near += [
            Found(Holding(row.key, row.recipe, coverages[row.data]), row) for row in published if row.data in coverages
        ]
    return exact + near


def _rows(connection: duckdb.DuckDBPyConnection, column: str, values: Iterable[str]) -> list[ObjectRow]:
    # one text of all values: binding a list of ten thousand takes half a second
    text = " ".join(values)
    if not text:
        return []
    # sorted and cut here: DuckDB 2.0.0 loses rows when one query has `rowid` in both `qualify` and `order by`
    rows = connection.execute(
        f"select o.rowid, {_COLUMNS} from objects o"
        f" where o.{column} in (select unnest(string_split(?, ' '))) and o.segment <> ''",
        [text],
    ).fetchall()
    found: dict[str, list[ObjectRow]] = {}
    for _, key, recipe, data, segment, holder, until, count, size in sorted(rows, key=itemgetter(0), reverse=True):
        # a time zone would cost pytz
        end = None if until is None else _EPOCH + dt.timedelta(microseconds=until)
        row = ObjectRow(key, recipe, data, segment, holder, end, count, size)
        found.setdefault(key if column == "key" else recipe, []).append(row)
    return [row for group in found.values() for row in group[:NEWEST]]


def _coverages(connection: duckdb.DuckDBPyConnection, data: set[str]) -> dict[str, Coverage]:
    if not data:
        return {}
    rows = connection.execute(
        f"select {', '.join(_PANEL)} from panels where data in (select unnest(string_split(?, ' ')))",
        [" ".join(sorted(data))],
    ).fetchall()
    return {row[0]: _coverage(*row) for row in rows}


def _coverage(data: str, symbols: list[str], digests: list[str], sources: list[str], ends: list[str]) -> Coverage:
    return Coverage(data, tuple(symbols), tuple(digests), tuple(zip(sources, ends, strict=True)))


def waiting_segments(folder: Path) -> set[str]:
    """Segment files that journals name which wait to be published."""
    return {row.segment for row, _ in _pending(folder).values()}


def waiting_values(folder: Path, beginnings: tuple[str, ...]) -> list[Found]:
    """Values of journals that wait to be published and whose names begin so."""
    found = _pending(folder, beginnings).values()
    return [Found(Holding(row.key, row.recipe, coverage), row) for row, coverage in found]


def _pending(folder: Path, beginnings: tuple[str, ...] = ("",)) -> dict[str, tuple[ObjectRow, Coverage]]:
    """Values of journals that wait to be published, by key, the oldest first."""
    found: dict[str, tuple[ObjectRow, Coverage]] = {}
    journals = [path for path in read_pending(folder) if path.name.startswith(beginnings)]
    for journal in filter(is_intact, journals):
        try:
            # by name: a sibling of this version may have written more columns
            panels: list[tuple[Any, ...]] = pl.read_parquet(journal / "panels.parquet").select(_PANEL).rows()
            rows = pl.read_parquet(journal / "objects.parquet").select(_OBJECT).rows()
        except (FileNotFoundError, pl.exceptions.PolarsError):  # none in it, or landed by another just now
            continue
        coverages = {panel[0]: _coverage(*panel) for panel in panels}
        found.update({row[0]: (ObjectRow(*row), coverages[row[2]]) for row in rows})
    return found
