"""The cache of a project: what is stored, how much of it is needed, and letting the rest go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.execution.kernel_folder import shared_kernels
from pipeline.store.collect import Collected, clear, collect, expire
from pipeline.store.holding import size_of
from pipeline.store.publish import publish
from pipeline.store.query import Database
from pipeline.store.retention import Retention
from pipeline.store.survey import Survey, survey

__all__ = ["Cache", "Stats"]


@dataclass(frozen=True, slots=True)
class Stats:
    """How much a project stores, in bytes and counts.

    `unneeded` are values that no kept run needs, and the bytes that a collection would free of them at
    once; `leftovers` what killed runs left; `shared_kernels` rest in the user's folder, for all projects;
    `live` the runs in progress.
    """

    values: int
    files: int
    bytes: int
    unneeded: int
    unneeded_bytes: int
    leftovers: int
    leftover_bytes: int
    kernels: int
    kernel_bytes: int
    shared_kernels: int
    shared_kernel_bytes: int
    database_bytes: int
    runs: int
    live: tuple[str, ...]


class Cache:
    """Values by content key, shared by all runs of a project; `retention` says which are kept."""

    def __init__(self, database: Database, private: Path, retention: Retention) -> None:
        self.retention = retention
        self._database = database
        self._private = private

    def contents(self, graph: str | None = None) -> pl.DataFrame:
        """What is stored, by graph, node and node type.

        `values` and `needed` count values that runs of the node gave and those of them that kept runs need;
        `bytes` is their share of the segment files; `last` is when the newest run that has one began. A value
        that several nodes share is counted for each; those of removed runs stand in a row without a graph.
        """
        found = self._survey()
        objects = found.objects.values()
        at = found.files.segments
        count: dict[str, int] = {}
        for row in objects:
            count[row.segment] = count.get(row.segment, 0) + 1
        held = pl.DataFrame(
            {
                "key": [row.key.partition(".")[0] for row in objects],
                "bytes": [at.get(row.segment, 0) // count[row.segment] for row in objects],
                "needed": [row.key in found.need.keys for row in objects],
            },
            schema={"key": pl.String, "bytes": pl.Int64, "needed": pl.Boolean},
        )
        uses = self._uses()
        joined = held.join(uses, on="key", how="left")
        if graph is not None:
            joined = joined.filter(pl.col("graph") == graph)
        return (
            joined.group_by("graph", "node", "node_type")
            .agg(values=pl.len(), needed=pl.col("needed").sum(), bytes=pl.col("bytes").sum(), last=pl.col("last").max())
            .sort("graph", "node", "node_type", nulls_last=True)
        )

    def stats(self) -> Stats:
        """How much is stored, and how much of it nobody needs."""
        found = self._survey()
        unneeded = found.unneeded()
        kernels = [path for path in (self._private / "kernels").glob("*") if path.is_dir()]
        shared = shared_kernels()
        file = self._database.path
        return Stats(
            values=len(found.objects),
            files=len(found.files.segments),
            bytes=sum(found.files.segments.values()),
            unneeded=len(unneeded),
            unneeded_bytes=sum(found.unnamed(without=unneeded).values()),
            leftovers=len(found.files.leftovers),
            leftover_bytes=sum(map(size_of, found.files.leftovers)),
            kernels=len(kernels),
            kernel_bytes=sum(map(size_of, kernels)),
            shared_kernels=len(shared),
            shared_kernel_bytes=sum(map(size_of, shared)),
            database_bytes=size_of(file),
            runs=self._database.sql("select count(distinct run_id) from runs").item() if file.exists() else 0,
            live=tuple(sorted(found.live)),
        )

    def gc(self, codes: Collection[str], *, dry_run: bool = False) -> Collected:
        """Remove what no kept run needs; see `collect`."""
        publish(self._database.path, self._private)
        return collect(self._database.path, self._private, self.retention, codes=codes, dry_run=dry_run)

    def expire(self) -> None:
        """Apply the limits on age and size after a run; see `pipeline.store.collect.expire`."""
        expire(self._database.path, self._private, self.retention)

    def clear(self) -> Collected:
        """Remove all values and this project's compiled kernels; see `pipeline.store.collect.clear`."""
        publish(self._database.path, self._private)
        return clear(self._database.path, self._private)

    def _survey(self) -> Survey:
        self._database.mend()
        return survey(self._database.path, self._private, self.retention)

    def _uses(self) -> pl.DataFrame:
        """Which node of which graph has a key, and when its newest run began."""
        if not self._database.path.exists():
            texts = dict.fromkeys(("key", "graph", "node", "node_type"), pl.String)
            return pl.DataFrame(schema={**texts, "last": pl.Datetime("us", "UTC")})
        return self._database.sql(
            "select coalesce(n.stored, n.key) as key, n.graph, n.node, n.node_type, max(r.started_at) as last"
            " from nodes n join runs r using (run_id, graph) group by all"
        )
