"""Questions to the published database."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import StoreError, did_you_mean
from pipeline.execution.holding import Holding
from pipeline.execution.part import Part
from pipeline.store.answer import Answer, Limits, answered, bounded
from pipeline.store.lookup import lookup
from pipeline.store.pack import is_pack, unpacked
from pipeline.store.reader import Reader, identity
from pipeline.store.segment import Found, is_intact
from pipeline.store.tables import SHOWN
from pipeline.store.window import WHOLE, Window

__all__ = ["Database"]

_LATEST = re.compile(r"latest(~(?P<back>\d+))?")


class Database:
    """The published file of a project, opened anew for every question, or for all of a block: see `hold`."""

    def __init__(self, database: Path, private: Path) -> None:
        self.path = database
        self._private = private
        self._reader = Reader(database, private / "segments")
        self._intact: dict[Path, tuple[int, int, int]] = {}

    @property
    def segments(self) -> Path:
        """The folder of value files."""
        return self._private / "segments"

    def hold(self) -> AbstractContextManager[None]:
        """Several questions in the block share one connection, as long as no newer file is published."""
        return self._reader.hold()

    def mend(self) -> None:
        """Make the published file sound, if it is there: after the project was moved, or an update."""
        if self.path.exists():
            with self._reader.connected():
                pass

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> pl.DataFrame:
        """The answer to a query. Read-only; it reaches the project's tables, views and segments alone.

        Raises StoreError TG604 with DuckDB's message, TG605 when nothing was published yet.
        """
        with self._reader.connected() as connection:
            return answered(connection, query, parameters)

    def ask(self, query: str, limits: Limits) -> Answer:
        """The answer to a stranger's query, within limits.

        Raises StoreError TG604 with DuckDB's message, TG808 when it takes more than it may, TG605 when nothing was
        published yet.
        """
        with self._reader.alone(memory=limits.memory) as connection:
            return bounded(connection, query, limits)

    def lookup(self, wanted: Sequence[Holding]) -> list[Found]:
        """Where wanted values and those near them rest, published or waiting to be."""
        journals = self._private / "journal"
        if not wanted:
            return []
        if not self.path.exists():
            return lookup(wanted, None, journals)
        with self._reader.connected() as connection:
            return lookup(wanted, connection, journals)

    def seen(self, run_id: str) -> object:
        """Something that changes when another run than `run_id` stores or publishes; cheap to ask for."""
        try:
            names = os.listdir(self._private / "journal")  # noqa: PTH208 - asked once a node
        except OSError:
            names = []
        try:
            published = self.path.stat().st_ino
        except OSError:
            published = 0
        return sorted(name for name in names if not name.startswith((run_id, "."))), published

    def nodes_of(self, run_id: str) -> list[dict[str, Any]]:
        """The provenance of every node of a run, as the `nodes` table has it."""
        return self.sql("select * from nodes where run_id = ?", [run_id]).to_dicts()

    def latest(self, graph: str) -> str | None:
        """The id of a graph's latest run, None when it never ran."""
        if not self.path.exists():
            return None
        found = self.sql(
            f"select run_id from runs where graph = ? and {SHOWN} order by started_at desc, run_id desc limit 1",
            [graph],
        )
        return found.item() if found.height else None

    def find_run(self, run_id: str) -> str:
        """The full id for an id, a unique beginning of one, `latest`, or `latest~N` (N before it).

        Raises StoreError TG605.
        """
        runs = self.sql(
            "select distinct run_id, started_at, status = 'running' as goes_on from runs order by 2 desc, 1 desc"
        )
        ids: list[str] = runs["run_id"].to_list()
        back = _LATEST.fullmatch(run_id)
        if back:
            before, ended = int(back["back"] or 0), runs.filter(~pl.col("goes_on"))["run_id"]
            if before < len(ended):
                return str(ended[before])
            if ended.is_empty():
                raise StoreError("nothing has been run yet", code="TG605", hint="tradegraph run GRAPH")
            raise StoreError(
                f"{run_id!r} names no run: there are {len(ended)}",
                code="TG605",
                hint="`tradegraph runs list` shows them.",
            )
        matching = [known for known in ids if known.startswith(run_id)]
        if len(matching) == 1 or run_id in matching:
            return run_id if run_id in matching else matching[0]
        problem = "is the beginning of several runs" if matching else "names no run"
        raise StoreError(f"{run_id!r} {problem}", code="TG605", hint="`tradegraph runs list` shows them.")

    def output(self, run_id: str, graph: str, node: str, table: str = "", window: Window = WHOLE) -> pl.DataFrame:
        """The stored value of a node in a run: symbol, ts and its columns, or its table; `table` says which of several.

        Of columns only the rows in `window` are read. Raises StoreError TG605 when the run has no such node, TG603
        when its value is gone or damaged.
        """
        found = self.sql(
            "select coalesce(o.holder, o.key) as holder, n.columns, n.range_start, o.segment, o.until,"
            " case when o.holder <> o.key then (select any_value(symbols) from panels where data = o.data) end as some"
            " from nodes n left join objects o on o.key = coalesce(n.stored, n.key) || ?"
            " where n.run_id = ? and n.graph = ? and n.node = ?",
            [f".{table}" if table else "", run_id, graph, node],
        )
        if not found.height:
            known = self.sql("select node from nodes where run_id = ? and graph = ?", [run_id, graph])["node"]
            hint = did_you_mean(node, known)
            raise StoreError(f"run {run_id} has no node {node!r} in {graph!r}", code="TG605", hint=hint)
        holder, columns, start, segment, until, some = found.row(0)
        if not segment or not (self.segments / segment).exists():
            raise StoreError(f"the value of {node!r} in run {run_id} is not stored", code="TG603", hint="Run it again.")
        path = self.segments / segment
        if not self._vouches_for(path):
            raise StoreError(f"{path}, which holds {node!r}, is damaged", code="TG603", hint="Run it again.")
        part = Part(None if some is None else tuple(some), until)
        names = [] if table else json.loads(columns)
        if not names:
            return part.of_table(unpacked(path)[holder] if is_pack(path) else pl.read_parquet(path))
        columns_of = {f"{holder}.{name}": name for name in names}
        frame = window.read(path, ["symbol", "ts", *columns_of]).rename(columns_of)
        if part != Part(None):
            frame = frame[part.rows(frame["symbol"], frame["ts"])]
        return frame if start is None else frame.filter(pl.col("ts") >= start)

    def _vouches_for(self, path: Path) -> bool:
        """True when a segment file is as it was written; it is read through once, and again when it was touched."""
        seen = identity(path)
        if self._intact.get(path) != seen and is_intact(path):
            self._intact[path] = seen
        return self._intact.get(path) == seen
