"""What `tradegraph batch` answers: how much there is to do, a line per graph, and what failed."""

from __future__ import annotations

import shlex

import click
import polars as pl

from pipeline.cli.document import echo_json
from pipeline.cli.fault import tell
from pipeline.cli.figure import counted, duration
from pipeline.cli.many_progress import event
from pipeline.cli.session import shown_path
from pipeline.cli.sweep_report import counts_of, echo_outlook, outlook_facts, run_failures
from pipeline.cli.table import echo_table
from pipeline.graph.overrides import Overrides
from pipeline.runs.batch import Batch, Selected
from pipeline.runs.forecast import Forecast

__all__ = ["document", "failures", "outlook", "summary"]

_FAILED = 10
_TOLD = ("total_return", "sharpe", "max_drawdown")
_STATUS = {"failed": "red"}


def outlook(selected: Selected, found: Forecast, *, as_json: bool) -> None:
    """What a batch would compute."""
    if as_json:
        echo_json({"graphs": [graph.name for graph in selected.graphs], **outlook_facts(found)})
        return
    click.echo(counted(len(selected.graphs), "graph"))
    echo_outlook(found)


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
    nodes = sum(len(graph.nodes) for graph in done.graphs)
    click.echo(
        f"{counted(len(done.graphs), 'graph')}, {counted(nodes, 'node')} in {counted(len(run.records), 'step')}:"
        f" {counts_of(run)} in {took}"
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
    """Nodes that failed, each with the command that runs its graph alone, on stderr."""
    run_failures(done.run)
    files = {graph.name: graph.file for graph in done.graphs}
    failed = [record for record in done.run.records if record.status == "failed" and record.failure]
    for record in failed[:_FAILED]:
        graph, node = record.step.users[0]
        assert record.failure is not None
        tell(f"{click.style(record.failure.code, fg='red', bold=True)} {graph}.{node}: {record.failure.message}")
        tell(f"  alone: {_command(files[graph], selected.given.get(graph, Overrides()))}")
    if len(failed) > _FAILED:
        tell(f"and {counted(len(failed) - _FAILED, 'more node')} that failed: tradegraph runs show {done.run.id}")


def _command(file: str, given: Overrides) -> str:
    words = ["tradegraph", "run", shown_path(file)]
    for name, value in given.params.items():
        words += ["-p", f"{name}={value}"]
    for node, values in given.settings.items():
        for name, value in values.items():
            words += ["--set", f"{node}.{name}={value}"]
    for name, text in given.bars.items():
        words += [f"--{name}", text]
    return shlex.join(words)
