"""What happened to plugins on its way into the database: a journal of its own, and the landing that `publish` does."""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from pipeline.store.quote import literal

if TYPE_CHECKING:
    import duckdb

__all__ = ["EventJournal", "land_events"]

_TIME = pl.Datetime("us", "UTC")
_TEXT: type[pl.DataType] = pl.String
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "plugin_events": {
        "happened_at": _TIME,
        **dict.fromkeys(("event", "plugin", "path", "digest", "version", "signature"), _TEXT),
        **dict.fromkeys(("code", "message", "hint"), _TEXT),
        "line": pl.Int32,
    },
    "plugin_calls": {
        "called_at": _TIME,
        "plugin": _TEXT,
        "rows": pl.Int64,
        "ms": pl.Float64,
        "slow": pl.Boolean,
        **dict.fromkeys(("code", "message"), _TEXT),
    },
}
_FULL = 2_000
"""So many rows are written without being asked."""


class Row(Protocol):
    """Something that is a row of one of these tables."""

    def row(self) -> dict[str, Any]:
        """The row, by column."""


class EventJournal:
    """Keeps events and calls of plugins until `write` puts them where the next publish finds them."""

    def __init__(self, private: Path) -> None:
        self._folder = private / "journal"
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SCHEMAS}
        self._written = False
        self._lock = threading.RLock()  # plugins are reloaded in a thread of its own where they are watched

    def take(self, events: Sequence[Row], calls: Sequence[Row]) -> None:
        """Keep these; nothing is written before there are many, or `write` is called."""
        with self._lock:
            self._rows["plugin_events"] += [event.row() for event in events]
            self._rows["plugin_calls"] += [call.row() for call in calls]
            if sum(map(len, self._rows.values())) >= _FULL:
                self._written = self.write()

    def write(self) -> bool:
        """Write what was kept, as a whole; True when something waits to be published since this was last asked.

        What cannot be written is logged.
        """
        with self._lock:
            waiting, self._written = self._written, False
            rows, self._rows = self._rows, {name: [] for name in _SCHEMAS}
        if not any(rows.values()):
            return waiting
        name = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-plugins-{os.urandom(4).hex()}"
        temporary, final = self._folder / f".{name}.tmp", self._folder / name
        try:
            temporary.mkdir(parents=True, exist_ok=True)
            for table, found in rows.items():
                if found:
                    frame = pl.DataFrame(found, schema=_SCHEMAS[table], orient="row")
                    frame.write_parquet(temporary / f"{table}.parquet", compression="lz4")
            temporary.rename(final)
        except (OSError, pl.exceptions.PolarsError) as error:
            with suppress(OSError):
                shutil.rmtree(temporary, ignore_errors=True)
            logging.getLogger("tradegraph.plugin").warning("what happened to plugins cannot be kept: %s", error)
            return False
        return True


def land_events(connection: duckdb.DuckDBPyConnection, journal: Path) -> None:
    """Insert the events and calls of a journal, if it has any."""
    for table in _SCHEMAS:
        file = journal / f"{table}.parquet"
        if file.exists():
            connection.execute(f"insert into {table} by name select * from read_parquet({literal(str(file))})")
