"""The layout of the published file, brought up to this version's.

What is additive needs no step: tables and columns that `tables.DDL` has and a file lacks are added, rows
that are there have null in them, and every insert goes by column names, so neither the order of columns nor
the version of a waiting journal matters. What is not additive raises `SCHEMA_VERSION` and gets a step. A
column never changes its meaning, it gets a new name: so journals of older versions land in newer tables.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Any

import duckdb

from pipeline.errors import StoreError
from pipeline.store.connect import connect_quietly
from pipeline.store.quote import identifier
from pipeline.store.tables import DDL, SCHEMA_VERSION

__all__ = ["STEPS", "add_columns", "columns_of", "is_current", "layout", "migrate", "store_row"]

STEPS: dict[int, str] = {}
"""SQL that takes a file of a version to the next one, by the version that it starts from."""


@cache
def layout() -> dict[str, dict[str, str]]:
    """The columns of every table and their types, as the DDL has them."""
    with connect_quietly() as connection:
        connection.execute(DDL)
        rows = connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() where not internal order by all"
        ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return found


def store_row(connection: duckdb.DuckDBPyConnection) -> dict[str, Any] | None:
    """What the file says about itself: schema_version, root, layout; None when it says nothing yet."""
    if "store" not in _tables(connection):
        return None
    names = columns_of(connection, "store")
    # all rows: half an answer would keep the connection from the next question
    rows = connection.execute("select * from store limit 1").fetchall()
    return dict(zip(names, rows[0], strict=True)) if rows else None


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table that is there, in their order."""
    # a cursor's description would do, but its types outlive the interpreter, which complains
    rows = connection.execute("select name from pragma_table_info(?) order by cid", [table]).fetchall()
    return [name for (name,) in rows]


def is_current(connection: duckdb.DuckDBPyConnection) -> bool:
    """True when the tables have all that this version asks for; a newer version's file passes as it is."""
    row = store_row(connection)
    if row is None or row["schema_version"] < SCHEMA_VERSION:
        return False
    if row["schema_version"] > SCHEMA_VERSION or row.get("layout") == _digest():
        return True
    # written by a sibling of the same version: only what is missing counts, lest two of them undo each other
    return not _missing(connection)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the tables at hand to this version's layout. Raises StoreError TG602 when a newer version wrote them."""
    row = store_row(connection)
    version = SCHEMA_VERSION if row is None else row["schema_version"]
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"tradegraph.duckdb has schema {version}, this version knows {SCHEMA_VERSION}",
            code="TG602",
            hint="Use the tradegraph that wrote it, or move the file away.",
        )
    if row is not None and version == SCHEMA_VERSION and row.get("layout") == _digest():
        return
    for step in range(version, SCHEMA_VERSION):
        connection.execute(STEPS[step])
    connection.execute(DDL)
    for table, column, kind in _missing(connection):
        connection.execute(f"alter table {identifier(table)} add column {identifier(column)} {kind}")
    if row is None:
        connection.execute("insert into store (schema_version) values (?)", [SCHEMA_VERSION])
    connection.execute("update store set schema_version = ?, layout = ?", [SCHEMA_VERSION, _digest()])


def add_columns(connection: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """Give a table the columns that only `source` has: a sibling of this version that knows more wrote it."""
    present = {*columns_of(connection, table)}
    for column, kind, *_ in connection.execute(f"describe select * from {source}").fetchall():
        if column not in present:
            connection.execute(f"alter table {identifier(table)} add column {identifier(column)} {kind}")


def _missing(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Columns that the file lacks: table, column, type; all columns of a table that it lacks."""
    there = _tables(connection)
    found = []
    for table, columns in layout().items():
        # asked table by table: a list of all columns would bind every view of the file
        present = columns_of(connection, table) if table in there else ()
        found += [(table, column, kind) for column, kind in columns.items() if column not in present]
    return found


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'main'"
    ).fetchall()
    return {name for (name,) in rows}


@cache
def _digest() -> str:
    return blake2b(DDL.encode(), digest_size=8).hexdigest()
