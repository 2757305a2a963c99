"""Journals: what one run has to tell the database, as Parquet files in a folder of its own.

The folder appears by one rename, complete or not at all. It stays until a publish has landed it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import StoreError
from pipeline.execution.plan import library_versions
from pipeline.execution.run import NodeRecord, Run
from pipeline.execution.why import data_of, upstream_of
from pipeline.store.segment import ObjectRow

__all__ = ["PluginRow", "pending_objects", "read_pending", "write_journal"]

_RIGHTS = "`tradegraph doctor` looks at permissions and space."
_TIME = pl.Datetime("us", "UTC")
_SCHEMAS: dict[str, dict[str, Any]] = {
    "runs": {
        "run_id": pl.String, "graph": pl.String, "status": pl.String, "started_at": _TIME, "finished_at": _TIME,
        "seconds": pl.Float64, "compile_ms": pl.Float64, "computed": pl.Int32, "cached": pl.Int32, "failed": pl.Int32,
        "skipped": pl.Int32, "params": pl.String, "settings": pl.String, "versions": pl.String, "worker": pl.String,
        "file": pl.String,
    },
    "nodes": {
        "run_id": pl.String, "graph": pl.String, "node": pl.String, "node_type": pl.String, "category": pl.String,
        "style": pl.String, "key": pl.String, "recipe": pl.String, "code": pl.String, "params": pl.String,
        "upstream": pl.String, "data": pl.String, "versions": pl.String, "warmup": pl.Int32, "columns": pl.String,
        "kinds": pl.String, "range_start": _TIME, "origin": pl.String,
    },
    "node_timings": {
        "run_id": pl.String, "graph": pl.String, "node": pl.String, "node_type": pl.String, "symbol": pl.String,
        "key": pl.String, "status": pl.String, "ms": pl.Float64, "cpu_ms": pl.Float64, "rows": pl.Int64,
        "bytes": pl.Int64, "worker": pl.String, "started_at": _TIME,
    },
    "failures": {
        "run_id": pl.String, "graph": pl.String, "node": pl.String, "symbol": pl.String, "code": pl.String,
        "message": pl.String, "cause": pl.String, "traceback": pl.String,
    },
    "metrics": {
        "run_id": pl.String, "graph": pl.String, "node": pl.String, "symbol": pl.String, "metric": pl.String,
        "value": pl.Float64,
    },
    "plugins": {
        "run_id": pl.String, "path": pl.String, "origin": pl.String, "digest": pl.String, "ids": pl.String,
        "status": pl.String, "reason": pl.String,
    },
    "outputs": {
        "run_id": pl.String, "graph": pl.String, "output": pl.String, "node": pl.String, "key": pl.String,
    },
    "objects": {"key": pl.String, "segment": pl.String, "rows": pl.Int64, "bytes": pl.Int64},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PluginRow:
    """What became of a plugin file, as the `plugins` table says it."""

    path: str
    origin: str
    digest: str
    ids: str
    status: str
    reason: str


def write_journal(folder: Path, run: Run, objects: Iterable[ObjectRow], plugins: Iterable[PluginRow]) -> Path:
    """Write the journal of a run below `folder`; durable and visible as a whole when this returns."""
    temporary = folder / f".{run.id}.tmp"
    final = folder / run.id
    tables = {
        "runs": _runs(run),
        "nodes": _nodes(run),
        "node_timings": _timings(run),
        "failures": _failures(run),
        "metrics": _metrics(run),
        "plugins": [(run.id, *asdict(row).values()) for row in plugins],
        "outputs": _outputs(run),
        "objects": [(row.key, row.segment, row.rows, row.bytes) for row in objects],
    }
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        for name, rows in tables.items():
            if rows:
                frame = pl.DataFrame(rows, schema=_SCHEMAS[name], orient="row")
                frame.write_parquet(temporary / f"{name}.parquet", compression="lz4")
                _fsync(temporary / f"{name}.parquet")
        _fsync(temporary)
        temporary.rename(final)
        _fsync(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise StoreError(f"cannot write the journal {final}: {error.strerror or error}", hint=_RIGHTS) from error
    return final


def read_pending(folder: Path) -> list[Path]:
    """Journals that wait to be published, oldest first. Raises StoreError TG601 when they cannot be looked at."""
    try:
        return sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise StoreError(f"cannot read {folder}: {error.strerror or error}", hint=_RIGHTS) from error


def pending_objects(folder: Path) -> dict[str, ObjectRow]:
    """Objects of journals that no publish has landed yet, by key."""
    found: dict[str, ObjectRow] = {}
    for journal in read_pending(folder):
        try:
            rows = pl.read_parquet(journal / "objects.parquet").iter_rows()
        except (FileNotFoundError, pl.exceptions.PolarsError):  # none in it, or landed by another just now
            continue
        found.update({row[0]: ObjectRow(*row) for row in rows})
    return found


def _runs(run: Run) -> list[tuple[Any, ...]]:
    rows = []
    assert run.finished_at is not None
    for graph in run.plan.graphs:
        counts = dict.fromkeys(("computed", "cached", "failed", "skipped"), 0)
        for record in run.records:
            counts[record.status] += sum(name == graph.name for name, _ in record.step.users)
        seconds = (run.finished_at - run.started_at).total_seconds()
        rows.append(
            (run.id, graph.name, run.status, run.started_at, run.finished_at, seconds, run.compile_ms, *counts.values(),
             _json(graph.params), _json(run.settings), _json(run.plan.versions), run.worker, graph.file)
        )  # fmt: skip
    return rows


def _nodes(run: Run) -> list[tuple[Any, ...]]:
    rows = []
    data: dict[frozenset[Any], str] = {}
    graphs = {graph.name: graph for graph in run.plan.graphs}
    # of what computes nodes of its style alone: another library's new version changes nothing
    versions = {style: _json(library_versions(style)) for style in {record.step.type.style for record in run.records}}
    for record in run.records:
        step = record.step
        node = step.node
        if step.requests not in data:
            data[step.requests] = data_of(run.plan, step)
        shared = (
            step.type.id, step.type.category, step.type.style, step.key, step.recipe, step.type.code,
            _json(node.params), upstream_of(run.plan, step), data[step.requests], versions[step.type.style],
            node.warmup, json.dumps([name for name, _ in step.columns]),
            json.dumps({n: k.name for n, k in node.kinds.items()}),
        )  # fmt: skip
        # nodes over different ranges may share a step: each shows the range that it was asked for
        starts = [graphs[graph].bars[graphs[graph].nodes[name].axis].start for graph, name in step.users]
        rows += [
            (run.id, graph, name, *shared, start, step.type.origin)
            for (graph, name), start in zip(step.users, starts, strict=True)
        ]
    return rows


def _timings(run: Run) -> list[tuple[Any, ...]]:
    rows = []
    for record in run.records:
        step = record.step
        shared = (
            step.type.id, None, step.key, record.status, record.ms, record.cpu_ms, record.rows, record.bytes,
            run.worker, record.started_at,
        )  # fmt: skip
        rows += [(run.id, graph, node, *shared) for graph, node in step.users]
    return rows


def _failures(run: Run) -> list[tuple[Any, ...]]:
    def row(record: NodeRecord, graph: str, node: str) -> tuple[Any, ...]:
        failure = record.failure
        assert failure is not None
        return (run.id, graph, node, None, failure.code, failure.message, failure.cause, failure.traceback)

    failed = [record for record in run.records if record.failure is not None]
    return [row(record, graph, node) for record in failed for graph, node in record.step.users]


def _metrics(run: Run) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for (graph, node), table in run.tables.items():
        numeric = [name for name, dtype in table.schema.items() if dtype.is_numeric()]
        symbols = table["symbol"].to_list() if "symbol" in table.columns else [None] * table.height
        for name in numeric:
            values = table[name].cast(pl.Float64).to_list()
            rows += [(run.id, graph, node, s, name, v) for s, v in zip(symbols, values, strict=True)]
    return rows


def _outputs(run: Run) -> list[tuple[Any, ...]]:
    rows = []
    for graph in run.plan.graphs:
        for output, (node, part) in graph.outputs.items():
            step = run.plan.step(graph.name, node)
            rows.append((run.id, graph.name, output, f"{node}.{part}" if part else node, step.key))
    return rows


def _json(values: Mapping[str, Any] | Sequence[Any]) -> str:
    return json.dumps(values, default=str, sort_keys=True)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
