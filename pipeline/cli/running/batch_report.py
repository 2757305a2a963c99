"""What `tradegraph batch` answers: how much there is to do, a line per graph, and what failed."""

from __future__ import annotations

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted, duration
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table
from pipeline.cli.running.alone import alone, failures_of, run_failures, tell_failure
from pipeline.cli.running.progress import event
from pipeline.cli.running.sweep_report import counts_of, echo_outlook, outlook_facts
from pipeline.graph.cells import in_words
from pipeline.graph.graph import Graph
from pipeline.graph.overrides import Overrides
from pipeline.graph.sweep import Cell
from pipeline.runs.batch import Batch, Selected
from pipeline.runs.crew import Prospect
from pipeline.runs.forecast import Forecast

__all__ = ["document", "failures", "outlook", "summary"]

_FAILED = 10
_TOLD = ("total_return", "sharpe", "max_drawdown")
_STATUS = {"failed": "red"}


def outlook(selected: Selected, found: Forecast, prospect: Prospect, *, as_json: bool) -> None:
    """What a batch would compute, and who would compute it."""
    if as_json:
        tried = {one.graph.name: len(one.cells) for one in selected.swept}
        names = [*(graph.name for graph in selected.graphs), *tried]
        echo_json({"graphs": names, "cells": selected.sizes, "kept": tried, **outlook_facts(found, prospect)})
        return
    click.echo(_graphs(selected))
    echo_outlook(found, prospect)


def _graphs(found: Selected | Batch) -> str:
    """How many graphs there are, and cells of those that are swept."""
    cells = sum(len(one.cells) for one in found.swept)
    return counted(len(found.graphs) + len(found.swept), "graph") + (f", {counted(cells, 'cell')}" if cells else "")


def summary(done: Batch) -> None:
    """A line per graph, with the mean of a few metrics over its symbols."""
    run = done.run
    table = done.table()
    means = (
        done.metrics()
        .filter(pl.col("metric").is_in(_TOLD))
        .group_by("graph", "metric")
        .agg(pl.col("value").mean())
        .pivot(on="metric", on_columns=list(_TOLD), index="graph", values="value")
    )
    shown = table.join(means, on="graph", how="left", maintain_order="left")
    empty = [name for name in _TOLD if shown[name].null_count() == shown.height]
    shown = shown.drop(empty)
    echo_table(shown.columns, shown.rows(), styles=_STATUS, minor=("computed", "cached", "skipped"))
    assert run.finished_at is not None
    took = duration((run.finished_at - run.started_at).total_seconds() * 1e3)
    nodes = sum(len(record.step.users) for record in run.records)
    click.echo(
        f"{_graphs(done)}, {counted(nodes, 'node')} in {counted(len(run.records), 'step')}: {counts_of(run)} in {took}"
    )
    click.echo("\nlook next:")
    query = f"select graph, metric, avg(value) from metrics where run_id = '{run.id}' group by all"
    click.echo(f'  tradegraph sql "{query}"')
    click.echo(f"  tradegraph runs show {run.id}")


def document(done: Batch, *, stream: bool) -> None:
    """The result for machines: one document, or the last event."""
    run = done.run
    facts = {
        "run_id": run.id,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "steps": len(run.records),
        "graphs": done.table().to_dicts(),
        "metrics": done.metrics().to_dicts(),
    }
    if stream:
        event("finished", **facts)
    else:
        echo_json(facts)


def failures(done: Batch, selected: Selected) -> None:
    """Nodes that failed, each with the command that runs its graph, or its cell, alone, on stderr."""
    run_failures(done.run)
    places: dict[str, tuple[Graph, Cell | None]] = {graph.name: (graph, None) for graph in done.graphs}
    for cells in done.swept:
        pairs = zip(cells.graphs, cells.cells, strict=True)
        places |= {graph.name: (cells.graph, cell) for graph, cell in pairs}
    failed = [(record, *what) for record in done.run.records for what in failures_of(record)]
    for record, symbol, failure in failed[:_FAILED]:
        name, node = record.step.users[0]
        graph, cell = places[name]
        place = (
            f"{graph.name}.{node}" + (f" for {symbol}" if symbol else "") + (f" at {in_words(cell)}" if cell else "")
        )
        given = selected.given.get(graph.name, Overrides())
        tell_failure(place, failure, alone(shown_path(graph.file), given, cell, symbol))
    if len(failed) > _FAILED:
        tell(f"and {counted(len(failed) - _FAILED, 'more node')} that failed: tradegraph runs show {done.run.id}")
