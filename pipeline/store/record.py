"""What a run has to tell the database: one frame per table, column by column, for ten thousand nodes at once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, TypeAlias

import polars as pl

from pipeline.execution.holding import Coverage
from pipeline.execution.recipe import library_versions
from pipeline.execution.run import Failure, NodeRecord, Run
from pipeline.execution.why import data_of, upstream_of
from pipeline.graph.graph import Graph
from pipeline.model.bars import BarsRequest, ResolvedBars
from pipeline.model.digest import digest
from pipeline.model.garbage import collector_paused
from pipeline.store.segment import ObjectRow

__all__ = [
    "Increment",
    "PluginRow",
    "Uses",
    "completed",
    "node_frames",
    "record_of",
    "run_row",
    "to_json",
    "warnings_of",
]

_TIME = pl.Datetime("us", "UTC")
_TEXT, _NUMBER, _COUNT = pl.String, pl.Float64, pl.Int64
_TEXTS = pl.List(pl.String)


@dataclass(frozen=True, slots=True)
class PluginRow:
    """What became of a plugin file, as the `plugins` table says it."""

    path: str
    origin: str
    digest: str
    ids: str
    status: str
    reason: str
    signature: str = ""
    code: str | None = None
    line: int | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Increment:
    """What a run has to tell since it last told: finished steps, and what was stored. `first` is its first one.

    The row of the run itself is told anew each time; it is running until it has an end.
    """

    run: Run
    records: Sequence[NodeRecord]
    objects: Sequence[ObjectRow]
    coverages: Sequence[Coverage]
    first: bool = True


Uses: TypeAlias = Sequence[tuple[str, str, NodeRecord]]
"""Records with the graph and the node that they are told of."""


@collector_paused()
def record_of(increment: Increment, plugins: Iterable[PluginRow]) -> dict[str, pl.DataFrame]:
    """The rows of an increment by table; columns are named as in `tables.DDL`. Graphs of cells are not told of."""
    run = increment.run
    cells = {graph.name for sweep in run.cells for graph in sweep.graphs}
    graphs = [graph for graph in run.plan.graphs if graph.name not in cells]
    uses = [
        (graph, node, record) for record in increment.records for graph, node in record.step.users if graph not in cells
    ]
    frames = {"runs": _runs(run, graphs), **node_frames(run, uses)}
    frames |= {"metrics": _metrics(run, uses), "trades": _trades(run, uses), "warnings": warnings_of(increment, graphs)}
    if increment.first:
        frames["plugins"] = pl.DataFrame([asdict(row) for row in plugins], infer_schema_length=None)
        frames["outputs"] = _outputs(run, graphs)
    return frames


def completed(increment: Increment, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames of a record that have rows, with the id of the run, and what was stored."""
    run_id = pl.lit(increment.run.id)
    record = {name: frame.with_columns(run_id=run_id) for name, frame in frames.items() if frame.height}
    if increment.objects:
        record["objects"] = _objects(increment.objects)
    if increment.coverages:
        record["panels"] = _panels(increment.coverages)
    return record


def node_frames(run: Run, uses: Uses) -> dict[str, pl.DataFrame]:
    """What there is to tell of nodes, whatever they gave."""
    return {
        "nodes": _nodes(run, uses),
        "node_timings": _timings(run, uses),
        "retries": _retries(uses),
        "failures": _failures(uses),
    }


def _objects(rows: Sequence[ObjectRow]) -> pl.DataFrame:
    return _frame(
        key=(_TEXT, [row.key for row in rows]),
        recipe=(_TEXT, [row.recipe for row in rows]),
        data=(_TEXT, [row.data for row in rows]),
        segment=(_TEXT, [row.segment for row in rows]),
        holder=(_TEXT, [row.holder for row in rows]),
        until=(_TIME, [row.until for row in rows]),
        rows=(_COUNT, [row.rows for row in rows]),
        bytes=(_COUNT, [row.bytes for row in rows]),
    )


def _panels(found: Sequence[Coverage]) -> pl.DataFrame:
    return _frame(
        data=(_TEXT, [coverage.data for coverage in found]),
        symbols=(_TEXTS, [coverage.symbols for coverage in found]),
        digests=(_TEXTS, [coverage.digests for coverage in found]),
        sources=(_TEXTS, [[source for source, _ in coverage.ends] for coverage in found]),
        ends=(_TEXTS, [[end for _, end in coverage.ends] for coverage in found]),
    )


def _runs(run: Run, graphs: Iterable[Graph]) -> pl.DataFrame:
    rows = []
    for graph in graphs:
        counts = dict.fromkeys(("computed", "cached", "failed", "skipped"), 0)
        for record in run.records:
            counts[record.status] += sum(name == graph.name for name, _ in record.step.users)
        rows.append(run_row(run, graph, counts))
    return pl.DataFrame(rows, schema_overrides={"started_at": _TIME, "finished_at": _TIME})


def run_row(run: Run, graph: Graph, counts: Mapping[str, int]) -> dict[str, Any]:
    """The row of the `runs` table for a graph of a run, with how many nodes ended in each status."""
    now = run.finished_at or dt.datetime.now(dt.UTC)
    return {
        "graph": graph.name,
        "status": run.status if run.finished_at else "running",
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "seconds": (now - run.started_at).total_seconds(),
        "compile_ms": run.compile_ms,
        "peak_bytes": run.peak_bytes,
        **counts,
        "params": to_json(graph.params),
        "settings": to_json(run.settings),
        "versions": to_json(run.plan.versions),
        "worker": run.worker,
        "file": graph.file,
        "bars": to_json({name: _asked(request, run.plan.bars.get(request)) for name, request in graph.bars.items()}),
        "text": graph.text if 0 < len(graph.text) <= _LONGEST else None,
    }


_LONGEST = 100_000
"""Characters of a graph file that a run keeps: the published file is copied with each run."""


def _asked(request: BarsRequest, found: ResolvedBars | None) -> dict[str, Any]:
    """What a bars source asked of the market, and a digest of what it got; None when no node needs it."""
    return {
        "timeframe": request.timeframe,
        "symbols": request.symbols,
        "from": request.start,
        "to": request.end,
        "adjust": request.adjust,
        "resample": None if request.resample is None else asdict(request.resample),
        "digest": None if found is None else digest(found.symbols, found.digests),
    }


def _nodes(run: Run, uses: Uses) -> pl.DataFrame:
    graphs = {graph.name: graph for graph in run.plan.graphs}
    steps = [record.step for _, _, record in uses]
    nodes = [step.node for step in steps]
    types = [step.node.type for step in steps]
    data = {step.requests: data_of(run.plan, step) for step in {step.requests: step for step in steps}.values()}
    # of what computes nodes of its style alone: another library's new version changes nothing
    versions = {style: to_json(library_versions(style)) for style in {node.style for node in types}}
    # cells of a sweep share most of their nodes
    single = {id(node): node for node in nodes}
    params = {mine: _params(node.params) for mine, node in single.items()}
    kinds = {mine: _kinds(node.kinds) for mine, node in single.items()}
    columns = {columns: json.dumps([name for name, _ in columns]) for columns in {step.columns for step in steps}}
    return _frame(
        graph=(_TEXT, [graph for graph, _, _ in uses]),
        node=(_TEXT, [node for _, node, _ in uses]),
        node_type=(_TEXT, [node.id for node in types]),
        category=(_TEXT, [node.category for node in types]),
        style=(_TEXT, [node.style for node in types]),
        key=(_TEXT, [step.key for step in steps]),
        recipe=(_TEXT, [step.recipe for step in steps]),
        stored=(_TEXT, [record.stored or None for _, _, record in uses]),
        code=(_TEXT, [node.code for node in types]),
        params=(_TEXT, [params[id(node)] for node in nodes]),
        upstream=(_TEXT, [upstream_of(run.plan, step) for step in steps]),
        data=(_TEXT, [data[step.requests] for step in steps]),
        versions=(_TEXT, [versions[node.style] for node in types]),
        warmup=(pl.Int32, [node.warmup for node in nodes]),
        columns=(_TEXT, [columns[step.columns] for step in steps]),
        kinds=(_TEXT, [kinds[id(node)] for node in nodes]),
        # nodes over different ranges may share a step: each shows the range that it was asked for
        range_start=(_TIME, [graphs[g].bars[graphs[g].nodes[name].axis].start for g, name, _ in uses]),
        origin=(_TEXT, [node.origin for node in types]),
    )


def _timings(run: Run, uses: Uses) -> pl.DataFrame:
    """A row per node, and one per symbol that failed or was skipped alone."""
    whole = [(graph, node, record, record.status, None) for graph, node, record in uses]
    alone = [
        (graph, node, record, "skipped" if failure.cause else "failed", symbol)
        for graph, node, record in uses
        for symbol, failure in record.symbols.items()
    ]
    rows = [*whole, *alone]
    records = [record for _, _, record, _, _ in rows]
    own = [symbol is None for _, _, _, _, symbol in rows]  # figures are of all symbols together
    return _frame(
        graph=(_TEXT, [graph for graph, _, _, _, _ in rows]),
        node=(_TEXT, [node for _, node, _, _, _ in rows]),
        node_type=(_TEXT, [record.step.node.type.id for record in records]),
        symbol=(_TEXT, [symbol for _, _, _, _, symbol in rows]),
        key=(_TEXT, [record.step.key for record in records]),
        status=(_TEXT, [status for _, _, _, status, _ in rows]),
        ms=(_NUMBER, [record.ms if mine else None for record, mine in zip(records, own, strict=True)]),
        cpu_ms=(_NUMBER, [record.cpu_ms if mine else None for record, mine in zip(records, own, strict=True)]),
        rows=(_COUNT, [record.rows if mine else None for record, mine in zip(records, own, strict=True)]),
        bytes=(_COUNT, [record.bytes if mine else None for record, mine in zip(records, own, strict=True)]),
        started_at=(_TIME, [record.started_at for record in records]),
        tries=(pl.Int32, [record.tries if mine else None for record, mine in zip(records, own, strict=True)]),
        fallback=(
            _TEXT,
            [(record.fallback or None) if mine else None for record, mine in zip(records, own, strict=True)],
        ),
        isolation=(
            _TEXT,
            [(record.isolation or None) if mine else None for record, mine in zip(records, own, strict=True)],
        ),
        worker=(_TEXT, [record.worker or run.worker for record in records]),
    )


def _retries(uses: Uses) -> pl.DataFrame:
    rows = [
        (graph, node, number, outcome.ms, outcome.raised.code, outcome.raised.message)
        for graph, node, record in uses
        for number, outcome in enumerate(record.retried, 1)
        if outcome.raised is not None
    ]
    schema = {"graph": _TEXT, "node": _TEXT, "attempt": pl.Int32, "ms": _NUMBER, "code": _TEXT, "message": _TEXT}
    return pl.DataFrame(rows, schema, orient="row").with_columns(symbol=pl.lit(None, _TEXT))


def _failures(uses: Uses) -> pl.DataFrame:
    found: list[tuple[str, str, str | None, Failure]]
    found = [(graph, node, None, record.failure) for graph, node, record in uses if record.failure is not None]
    found += [
        (graph, node, symbol, failure) for graph, node, record in uses for symbol, failure in record.symbols.items()
    ]
    rows = [{"graph": g, "node": n, "symbol": symbol, **asdict(failure)} for g, n, symbol, failure in found]
    return pl.DataFrame(rows, schema_overrides={"symbol": _TEXT})


def _tables(run: Run, kind: str, uses: Uses) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """The tables of a kind that records tell of, each with its graph and node."""
    noted = run.tables.get(kind, {})
    for graph, node, record in uses if noted else ():
        for output in record.step.tables:
            rows = noted.get((record.step.index, output))
            if rows is not None:
                yield graph, node, rows.table.slice(rows.first, rows.height)


def _metrics(run: Run, uses: Uses) -> pl.DataFrame:
    frames = []
    for graph, node, table in _tables(run, "metrics", uses):
        numeric = [name for name, dtype in table.schema.items() if dtype.is_numeric() or dtype == pl.Boolean]
        symbols = table["symbol"] if "symbol" in table.columns else pl.Series([None] * table.height, dtype=_TEXT)
        frames += [
            pl.DataFrame({"symbol": symbols, "value": table[name].cast(_NUMBER)}).with_columns(
                graph=pl.lit(graph), node=pl.lit(node), metric=pl.lit(name)
            )
            for name in numeric
        ]
    return pl.concat(frames) if frames else pl.DataFrame()


TRADES: dict[str, Any] = {
    "symbol": _TEXT,
    "trade_id": _COUNT,
    "direction": _TEXT,
    "status": _TEXT,
    "entry_idx": _COUNT,
    "entry_time": _TIME,
    "entry_price": _NUMBER,
    "size": _NUMBER,
    "entry_fee": _NUMBER,
    "exit_idx": _COUNT,
    "exit_time": _TIME,
    "exit_price": _NUMBER,
    "exit_fee": _NUMBER,
    "pnl": _NUMBER,
    "return": _NUMBER,
    "exit_reason": _TEXT,
}
"""What the `trades` table says of a trade; a table of trades with other columns is taken for those that it has."""


def _trades(run: Run, uses: Uses) -> pl.DataFrame:
    frames = [
        table.select(
            (pl.col(name).cast(dtype, strict=False) if name in table.columns else pl.lit(None, dtype).alias(name))
            for name, dtype in TRADES.items()
        ).with_columns(graph=pl.lit(graph), node=pl.lit(node))
        for graph, node, table in _tables(run, "trades", uses)
        if table.height
    ]
    return pl.concat(frames) if frames else pl.DataFrame()


def warnings_of(increment: Increment, graphs: Sequence[Graph]) -> pl.DataFrame:
    """What was said of graphs, told first, and of the run, told when it has ended."""
    run = increment.run
    said = [(graph.name, fault) for graph in graphs for fault in graph.warnings] if increment.first else []
    if run.finished_at is not None:
        said += [(graph.name, fault) for graph in graphs for fault in run.warnings]
    rows = [{"graph": graph, **fault.as_dict()} for graph, fault in said]
    text = dict.fromkeys(("graph", "code", "message", "hint", "file"), _TEXT)
    schema = text | {"line": _COUNT, "column": _COUNT}
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)


def _outputs(run: Run, graphs: Sequence[Graph]) -> pl.DataFrame:
    rows = [
        {
            "graph": graph.name,
            "output": output,
            "node": f"{node}.{part}" if part else node,
            "key": run.plan.step(graph.name, node).key,
        }
        for graph in graphs
        for output, (node, part) in graph.outputs.items()
    ]
    return pl.DataFrame(rows)


def _frame(**columns: tuple[Any, list[Any]]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(name, values, dtype) for name, (dtype, values) in columns.items()])


def _params(params: Mapping[str, Any]) -> str:
    """As `to_json` writes them: its encoder is made anew for each call, which takes longer than planning the node."""
    pairs = [f'"{name}": {_scalar(params[name])}' for name in sorted(params)]
    return f"{{{', '.join(pairs)}}}"


def _scalar(value: Any) -> str:
    kind = type(value)
    if kind is int or (kind is float and isfinite(value)):
        return repr(value)
    return to_json(value)


def _kinds(kinds: Mapping[str, Any]) -> str:
    if len(kinds) == 1:  # nearly all nodes; names are plain words, which JSON does not escape
        ((name, kind),) = kinds.items()
        return f'{{"{name}": "{kind.name}"}}'
    return json.dumps({name: kind.name for name, kind in kinds.items()})


to_json = json.JSONEncoder(default=str, sort_keys=True).encode
