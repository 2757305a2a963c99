"""What `tradegraph sweep` answers: how much there is to do, the best cells, and the cells that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted, duration, single
from pipeline.cli.console.option import Given
from pipeline.cli.console.table import echo_table
from pipeline.cli.running.alone import alone, failures_of, run_failures, tell_failure
from pipeline.cli.running.progress import event
from pipeline.errors import UsageError, did_you_mean
from pipeline.execution.run import Run
from pipeline.graph.cells import Cells, in_words
from pipeline.graph.sweep import MAX_CELLS
from pipeline.model.scalar import plain
from pipeline.runs.crew import Prospect
from pipeline.runs.forecast import Forecast
from pipeline.runs.prepare import Prepared
from pipeline.runs.sweep import Swept

__all__ = [
    "Ranking",
    "counts_of",
    "document",
    "echo_outlook",
    "failures",
    "outlook",
    "outlook_facts",
    "summary",
]

_FAVOURITE = "sharpe"
_BESIDE = ("total_return", "sharpe", "max_drawdown", "n_trades")
_HEAD = ("cell", "status", "node", "symbol")
_FAILED = 5


@dataclass(frozen=True)
class Ranking:
    """Cells by a metric: a row per cell and node, the mean over its symbols, the best first.

    `metric` is "" when no cell has one; `rows` has the params and a few metrics of the cells that have it.
    """

    metric: str
    rows: pl.DataFrame
    symbols: int
    least: bool = False

    @classmethod
    def of(cls, swept: Swept, objective: str | None, *, least: bool) -> Ranking:
        """Rank the cells of a sweep. Raises UsageError TG136 when there is no such metric."""
        table = swept.table()
        params = list(swept.cells.cells[0].values)
        metrics = [name for name in table.columns if name not in (*_HEAD, *params)]
        if not metrics:
            return cls("", table.head(0), 0)
        metric = objective or (_FAVOURITE if _FAVOURITE in metrics else metrics[0])
        if metric not in metrics:
            lost = f"Nothing is lost: `tradegraph sweep --resume {swept.run.id} --objective …` ranks it."
            hint = f"{did_you_mean(metric, metrics)} {lost}"
            raise UsageError(f"no node of the graph has the metric {metric!r}", code="TG136", hint=hint)
        beside = [name for name in dict.fromkeys((metric, *_BESIDE)) if name in metrics]
        nodes = table["node"].drop_nulls().n_unique()
        head = ["cell", *(["node"] if nodes > 1 else [])]
        rows = (
            table.filter(pl.col(metric).is_not_null() & pl.col(metric).is_not_nan())
            .group_by(head, maintain_order=True)
            .agg(*(pl.col(name).first() for name in params), *(pl.col(name).mean() for name in beside))
            .sort(metric, descending=not least, maintain_order=True)
        )
        return cls(metric, rows, table["symbol"].drop_nulls().n_unique(), least)


def outlook_facts(found: Forecast, prospect: Prospect) -> dict[str, Any]:
    """A forecast, and who would compute, as a mapping."""
    return {
        "nodes": found.nodes,
        "steps": found.steps,
        "shared": found.shared,
        "cached": found.cached,
        "compute": found.compute,
        "seconds": found.seconds,
        "untimed": found.untimed,
        "executor": prospect.executor,
        "workers": prospect.workers,
        "why": prospect.why,
        "seconds_with_workers": prospect.seconds,
    }


def outlook(cells: Cells, prepared: Prepared, found: Forecast, prospect: Prospect, *, as_json: bool) -> None:
    """What a sweep would try and compute, and who would compute it."""
    size, kept, tried = prepared.size, len(prepared.cells), len(cells.cells)
    if as_json:
        counts = {"graph": cells.graph.name, "cells": size, "kept": kept, "tried": tried}
        echo_json({**counts, **outlook_facts(found, prospect)})
        return
    click.echo(_cells(size, kept, tried))
    echo_outlook(found, prospect)


def echo_outlook(found: Forecast, prospect: Prospect) -> None:
    """A forecast, and who would compute, for people."""
    shared = f", {found.shared:,} of them shared" if found.shared else ""
    click.echo(f"{counted(found.nodes, 'node')}{shared}: {counted(found.steps, 'step')} to go through")
    click.echo(f"{found.compute:,} to compute, {found.cached:,} stored")
    if found.compute and found.seconds is not None:
        more = f" and {len(found.untimed) - 3} more types" if len(found.untimed) > 3 else ""
        without = f", without {', '.join(found.untimed[:3])}{more}, never timed here" if found.untimed else ""
        click.echo(f"about {duration(found.seconds * 1e3)} by stored timings{without}")
    elif found.compute:
        click.echo("how long it takes is not known: no node of these types was timed here yet")
    if found.compute:
        workers = counted(prospect.workers, "worker")
        who = {"here": "this process", "inline": "this process, as a worker would", "processes": workers}
        told = who.get(prospect.executor, f"{workers} of a Dask cluster")
        click.echo(f"computed by {told}: {prospect.why}")


def _cells(size: int, kept: int, tried: int) -> str:
    """How many cells there are, how many a condition keeps, how many are tried of those."""
    seen = min(size, MAX_CELLS)
    said = [counted(size, "cell")]
    said += [f"{seen:,} of them looked at"] if seen != size else []
    said += [f"{kept:,} kept"] if kept != seen else []
    said += [f"{tried:,} tried"] if tried != kept else []
    return ", ".join(said)


def summary(swept: Swept, ranking: Ranking, top: int) -> None:
    """The best cells, and how the metric lies over all of them."""
    run, cells = swept.run, swept.cells
    click.echo(f"{cells.graph.name}: {_cells(swept.size, swept.kept, len(cells.cells))}")
    without = len(cells.cells) - ranking.rows["cell"].n_unique() if ranking.metric else 0
    if ranking.rows.height and top:
        over = f", the mean over {counted(ranking.symbols, 'symbol')}" if ranking.symbols > 1 else ""
        click.echo(click.style(f"best by {ranking.metric}{over}", bold=True))
        shown = ranking.rows.head(top)
        rows = [tuple(plain(v) if isinstance(v, bool) else v for v in row) for row in shown.rows()]
        echo_table(shown.columns, rows, indent=2)
        if ranking.rows.height > top:
            click.echo(click.style(f"  the first {top} of {ranking.rows.height:,}", dim=True))
        values = ranking.rows[ranking.metric]
        spread = [single(float(v)) for v in (values[0], values.median(), values[-1])]  # type: ignore[arg-type]
        click.echo(f"{ranking.metric}: best {spread[0]}, median {spread[1]}, worst {spread[2]}")
    if without:
        click.echo(f"{counted(without, 'cell')} without {ranking.metric}: it is undefined there, or a node failed")
    assert run.finished_at is not None
    took = duration((run.finished_at - run.started_at).total_seconds() * 1e3)
    click.echo(f"{counted(len(run.records), 'step')}: {counts_of(run)} in {took}")
    name = cells.graph.name
    click.echo("\nlook next:")
    if ranking.rows.height:
        order = "" if ranking.least else " desc"
        click.echo(f'  tradegraph sql "select * from {name}.sweep order by {ranking.metric}{order} limit 20"')
        swept_params = [param for param in cells.cells[0].values if "." not in param]
        if len(swept_params) > 1:
            a, b = swept_params[:2]
            source = f"select {a}, {b}, {ranking.metric} from {name}.sweep"
            click.echo(f'  tradegraph sql "pivot ({source}) on {b} using avg({ranking.metric}) order by {a}"')
        best = cells.cells[[cell.number for cell in cells.cells].index(ranking.rows["cell"][0])]
        click.echo(f"  {alone(name, Given(), best)}")
    click.echo(f"  tradegraph runs show {run.id}")


def counts_of(run: Run) -> str:
    """What became of the steps of a run, in words."""
    counts = {"computed": 0, "cached": 0, "failed": 0, "skipped": 0}
    for record in run.records:
        counts[record.status] += 1
    return ", ".join(f"{count:,} {status}" for status, count in counts.items() if count) or "nothing to do"


def document(swept: Swept, ranking: Ranking, *, stream: bool) -> None:
    """The result for machines: one document, or the last event."""
    run, cells = swept.run, swept.cells
    counts = {"computed": 0, "cached": 0, "failed": 0, "skipped": 0}
    for record in run.records:
        counts[record.status] += 1
    facts = {
        "run_id": run.id,
        "graph": cells.graph.name,
        "file": cells.graph.file,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "cells": swept.size,
        "kept": swept.kept,
        "tried": len(cells.cells),
        "steps": len(run.records),
        "counts": counts,
        "objective": ranking.metric or None,
        "ranking": ranking.rows.to_dicts(),
    }
    if stream:
        event("finished", **facts)
    else:
        echo_json(facts)


def failures(swept: Swept, graph: str, given: Given) -> None:
    """Cells without a result, or without that of a symbol, each with the command that runs it alone, on stderr."""
    run, cells = swept.run, swept.cells
    run_failures(run)
    failed = []
    for cell, one in zip(cells.cells, cells.graphs, strict=True):
        records = [run.records[run.plan.step(one.name, name).index] for name in one.nodes]
        found = ((record.step.node.name, *what) for record in records for what in failures_of(record))
        first = next(found, None)
        if first is not None:
            failed.append((cell, *first))
    for cell, node, symbol, failure in failed[:_FAILED]:
        place = f"{in_words(cell)}: {node}" + (f" for {symbol}" if symbol else "")
        tell_failure(place, failure, alone(graph, given, cell, symbol))
    if len(failed) > _FAILED:
        tell(f"and {counted(len(failed) - _FAILED, 'more cell')} that failed: {cells.graph.name}.sweep has all")
