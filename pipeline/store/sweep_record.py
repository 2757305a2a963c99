"""What a sweep has to tell the database: a row per step that was computed, not one per cell that it serves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.execution.run import NodeRecord, Rows, Run
from pipeline.graph.cells import Cells
from pipeline.model.garbage import collector_paused
from pipeline.store.record import Increment, Uses, node_frames, run_row, to_json, warnings_of

__all__ = ["sweep_record_of"]

_TIME = pl.Datetime("us", "UTC")


@collector_paused()
def sweep_record_of(increment: Increment, cells: Cells) -> dict[str, pl.DataFrame]:
    """The rows of an increment that tell of one sweep, by table; its cells come with the last one."""
    run = increment.run
    numbers = cells.numbers()
    mine = [
        (first, record)
        for record in increment.records
        if (first := next((user for user in record.step.users if user[0] in numbers), None))
    ]
    uses: Uses = [(*first, record) for first, record in mine]
    number = pl.col("graph").replace_strict(list(numbers), list(numbers.values()), return_dtype=pl.Int32)
    frames = {
        name: frame.with_columns(cell=number).with_columns(graph=pl.lit(cells.name))
        for name, frame in node_frames(run, uses).items()
        if frame.height
    }
    frames["runs"] = _run(run, cells, numbers)
    frames["metrics"] = _metrics([record for _, record in mine], run, cells, numbers)
    if (kept := _kept(mine, numbers)).height:
        frames["cell_keys"] = kept.with_columns(graph=pl.lit(cells.name))
    frames["warnings"] = warnings_of(increment, [replace(cells.graph, name=cells.name)])
    if run.finished_at is not None:
        frames["cells"] = _cells(run, cells)
    return frames


def _run(run: Run, cells: Cells, numbers: Collection[str]) -> pl.DataFrame:
    counts = dict.fromkeys(("computed", "cached", "failed", "skipped"), 0)
    for record in run.records:
        counts[record.status] += any(graph in numbers for graph, _ in record.step.users)
    swept = cells.cells[0].values
    fixed = {name: value for name, value in cells.graph.params.items() if name not in swept}
    row = run_row(run, cells.graph, counts) | {"graph": cells.name, "params": to_json(fixed)}
    return pl.DataFrame([row], schema_overrides={"started_at": _TIME, "finished_at": _TIME})


def _kept(mine: Sequence[tuple[tuple[str, str], NodeRecord]], numbers: Mapping[str, int]) -> pl.DataFrame:
    """Columns that are stored, each with the cells that they are of, by the name of the node in them."""
    rows = []
    for _, record in mine:
        step = record.step
        if "" not in step.parts or not step.columns or record.status not in ("computed", "cached"):
            continue
        owners: dict[str, list[int]] = {}
        for graph, node in step.users:
            if graph in numbers:
                owners.setdefault(node, []).append(numbers[graph])
        rows += [{"node": node, "key": record.stored or step.key, "cells": cells} for node, cells in owners.items()]
    return pl.DataFrame(rows, schema={"node": pl.String, "key": pl.String, "cells": pl.List(pl.Int32)})


def _metrics(records: Sequence[NodeRecord], run: Run, cells: Cells, numbers: Mapping[str, int]) -> pl.DataFrame:
    """The metrics of finished steps, for every cell that they serve."""
    noted = run.tables.get("metrics", {})
    found: dict[str, list[tuple[int, Rows]]] = {}  # by node: cells, each with the rows of it
    for record in records:
        for output in record.step.tables:
            rows = noted.get((record.step.index, output))
            if rows is None:
                continue
            for graph, node in record.step.users:
                if graph in numbers:
                    found.setdefault(node, []).append((numbers[graph], rows))
    parts = [_long(node, owned) for node, owned in found.items()]
    return pl.concat(parts).with_columns(graph=pl.lit(cells.name)) if parts else pl.DataFrame()


def _long(node: str, owned: Sequence[tuple[int, Rows]]) -> pl.DataFrame:
    tables = {id(rows.table): rows.table for _, rows in owned}  # one may hold the rows of many cells
    starts = dict(zip(tables, np.cumsum([0, *(table.height for table in tables.values())]).tolist(), strict=False))
    heights = np.array([rows.height for _, rows in owned])
    firsts = np.array([starts[id(rows.table)] + rows.first for _, rows in owned])
    ends = np.cumsum(heights)
    places = np.arange(ends[-1]) + np.repeat(firsts - (ends - heights), heights)
    cell = pl.Series("cell", np.repeat(np.array([cell for cell, _ in owned], np.int32), heights))
    whole: pl.DataFrame = pl.concat(tables.values(), how="diagonal_relaxed")[places].with_columns(cell)
    if "symbol" not in whole.columns:
        whole = whole.with_columns(symbol=pl.lit(None, pl.String))
    numeric = [
        name for name, dtype in whole.schema.items() if name != "cell" and (dtype.is_numeric() or dtype == pl.Boolean)
    ]
    return (
        whole.select("cell", "symbol", *(pl.col(name).cast(pl.Float64) for name in numeric))
        .unpivot(on=numeric, index=["cell", "symbol"], variable_name="metric", value_name="value")
        .with_columns(node=pl.lit(node))
    )


def _cells(run: Run, cells: Cells) -> pl.DataFrame:
    records = run.records
    rows = []
    for cell, graph in zip(cells.cells, cells.graphs, strict=True):
        wrong = _wrong([records[run.plan.step(graph.name, name).index] for name in graph.nodes])
        rows.append(
            {
                "graph": cells.name,
                "cell": cell.number,
                "status": "ok" if wrong is None else wrong.status,
                "node": wrong.step.node.name if wrong else None,
                "message": _message(wrong) if wrong else None,
                "params": to_json(cell.values),
            }
        )
    text = dict.fromkeys(("graph", "status", "node", "message", "params"), pl.String)
    return pl.DataFrame(rows, schema={**text, "cell": pl.Int32})


def _wrong(records: Sequence[NodeRecord]) -> NodeRecord | None:
    """The record that says why a cell has no result: of a failed node before those of skipped ones."""
    bad = [record for record in records if record.status in ("failed", "skipped")]
    return next((record for record in bad if record.status == "failed"), bad[0] if bad else None)


def _message(record: NodeRecord) -> str:
    return record.failure.message if record.failure else ""
