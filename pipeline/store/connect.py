"""DuckDB connections as this product opens them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipeline.errors import StoreError
from pipeline.store.quote import literal

__all__ = ["connect_quietly", "connect_reader", "readable", "refuse_writes"]

_ASKS = re.compile(
    r"\(|(explain\s*(analyze\b|\([^)]*\))?\s*)?"
    r"(select|from|with|values|table|describe|desc|show|summarize|pivot|unpivot)\b",
    re.IGNORECASE,
)
"""How a statement begins that asks and changes nothing."""

_SPILL = 8
"""A question with a limit of memory may write so many times as much to the disk meanwhile."""

_COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*(?:(?!/\*|\*/).)*\*/)*", re.DOTALL)
"""What may stand before it. A comment inside a comment ends in one dialect where it goes on in another: not skipped."""


@contextmanager
def connect_quietly() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection that writes no progress bar and closes with the block."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set global TimeZone = 'UTC'")  # global: its cursors have it too
        yield connection
    finally:
        connection.close()


@contextmanager
def connect_reader(database: Path, segments: Path, *, memory: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published file that can reach the project's segments and nothing else.

    It takes at most `memory` bytes, DuckDB's own limit when None. Raises StoreError TG605 when nothing has been
    published yet, TG603 when the file cannot be read.
    """
    if not database.exists():
        raise StoreError(
            f"{database} does not exist: nothing has been run yet",
            code="TG605",
            hint="Run a graph first: tradegraph run graphs/ema_cross.yaml",
        )
    with readable(database), connect_quietly() as connection, ExitStack() as borrowed:
        # attached, never connected to: connections of one process to one path share an instance, so the
        # settings below would hold for whoever else has the file open, and a lock would fail the next reader
        _attach(connection, database, borrowed)
        connection.execute("use tradegraph")
        # a folder of its own: two processes would give their spilled blocks the same names
        spill = segments.parent / "spill" / f"{os.getpid()}-{os.urandom(4).hex()}"
        with suppress(OSError):  # where nothing may be written nothing is spilled; DuckDB makes the last folder alone
            spill.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(f"set temp_directory = {literal(str(spill))}")
        if memory is not None:
            connection.execute(f"set memory_limit = '{memory}B'")
            connection.execute(f"set max_temp_directory_size = '{memory * _SPILL}B'")
        connection.execute(f"set allowed_directories = [{literal(f'{segments}/')}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection


@contextmanager
def readable(database: Path) -> Iterator[None]:
    """What DuckDB says of a file that cannot be read, as StoreError TG603."""
    try:
        yield
    except duckdb.Error as error:
        raise StoreError(
            f"{database} cannot be read: {error}",
            code="TG603",
            hint="Move it away and run again: everything is then computed anew.",
        ) from error


def _attach(connection: duckdb.DuckDBPyConnection, database: Path, borrowed: ExitStack) -> None:
    """Attach the file, or a copy of it while another program has it open for writing, as clients do by default."""
    try:
        connection.execute(f"attach {literal(str(database))} as tradegraph (read_only)")
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise
        copy = Path(borrowed.enter_context(TemporaryDirectory(prefix="tradegraph-"))) / database.name
        shutil.copyfile(database, copy)
        connection.execute(f"attach {literal(str(copy))} as tradegraph (read_only)")


def refuse_writes(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse every statement but questions: what may be read through views could be overwritten by COPY.

    Raises StoreError TG604; duckdb.Error when the query cannot be parsed.
    """
    for statement in connection.extract_statements(query):
        text = _COMMENTS.sub("", statement.query, count=1)
        if not _ASKS.match(text):
            word = [*text.split(maxsplit=1), ""][0].rstrip(";").upper()
            raise StoreError(
                f"{word} is not a question",
                code="TG604",
                hint="Queries may read this project's tables and views only.",
            )
