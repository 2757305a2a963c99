"""What `tradegraph runs list` and `runs show` answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.figure import counted, duration, single
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_frame, echo_table
from pipeline.cli.results.crowd_report import crowd
from pipeline.store.crowd import is_crowd
from pipeline.store.past import heads_of, listed, metrics_of, past_of
from pipeline.store.query import Database

__all__ = ["listing", "page"]

_STATUS = {"ok": "green", "failed": "red", "interrupted": "yellow", "skipped": "yellow", "cached": "cyan"}
_METRICS = 40
_SIDE_BY_SIDE = 6
_COUNTS = ("computed", "cached", "failed", "skipped")


def listing(database: Database, *, graph: str | None, limit: int, as_json: bool) -> None:
    """Runs, the newest first; none when nothing has been run."""
    rows = listed(database, graph)
    shown = rows[:limit] if limit else rows
    if as_json:
        echo_json(shown)
        return
    if not rows:
        whose = f" of {graph!r}" if graph else ""
        click.echo(f"no runs{whose} yet; run a graph:  tradegraph run GRAPH")
        return
    names = ("run", "graph", "status", "started (UTC)", "took", *_COUNTS, "params")
    table = [
        (r["run_id"], r["graph"], r["status"], f"{r['started_at']:%Y-%m-%d %H:%M:%S}", duration(r["seconds"] * 1e3),
         *(r[name] for name in _COUNTS), _pairs(r["params"]))
        for r in shown
    ]  # fmt: skip
    echo_table(names, table, styles=_STATUS, minor=("cached", "computed", "skipped", "params", "took"))
    if len(rows) > len(shown):
        click.echo(click.style(f"… {counted(len(rows) - len(shown), 'older run')} (--limit 0 shows all)", dim=True))


def page(database: Database, run: str, *, as_json: bool) -> None:
    """One run: what it was, its nodes, what failed, its metrics. Raises StoreError TG605."""
    run_id = database.find_run(run)
    if is_crowd(database, run_id):
        heads = heads_of(database, run_id)
        if not as_json:
            for row in heads:
                _head(row)
            click.echo()
        crowd(database, run_id, heads, as_json=as_json)
        return
    past = past_of(database, run_id)
    heads, nodes, failed, metrics = list(past.graphs), past.nodes, past.failures, metrics_of(database, run_id)
    if as_json:
        parts = {"nodes": nodes, "failures": failed, "metrics": metrics}
        tables = {name: frame.to_dicts() for name, frame in parts.items()}
        echo_json({"run_id": past.run_id, "graphs": heads, **tables})
        return
    for row in heads:
        _head(row)
    click.echo()
    single = len(heads) == 1
    shown = nodes.drop("graph", "key", "bytes") if single else nodes.drop("key", "bytes")
    if not (nodes["tries"] > 1).any():
        shown = shown.drop("tries")
    echo_table(shown.columns, shown.rows(), styles=_STATUS)
    causes = failed.filter(failed["cause"].is_in([""]) | failed["cause"].is_null())
    for row in causes.to_dicts():
        click.echo(f"\n{click.style(row['code'], fg='red', bold=True)} {row['node']}: {row['message']}")
    for node in metrics["node"].unique(maintain_order=True):
        _echo_metrics(node, metrics.filter(pl.col("node") == node).drop("node"))


def _echo_metrics(node: str, metrics: pl.DataFrame) -> None:
    """A row per metric and a column per symbol; of many symbols the long form."""
    texts = metrics.with_columns(pl.col("value").map_elements(single, pl.String))
    symbols = texts["symbol"].unique(maintain_order=True).to_list()
    click.echo(f"\nmetrics of {node}")
    if len(symbols) > _SIDE_BY_SIDE:
        echo_frame(texts, limit=_METRICS, indent=2)
        return
    rows: dict[str, list[str | None]] = {}
    for symbol, metric, value in texts.iter_rows():
        rows.setdefault(metric, [None] * len(symbols))[symbols.index(symbol)] = value
    echo_table(("metric", *(symbol or "all" for symbol in symbols)), [(m, *v) for m, v in rows.items()], indent=2)


def _head(row: Mapping[str, Any]) -> None:
    status = click.style(row["status"], fg=_STATUS.get(row["status"]), bold=True)
    click.echo(f"{click.style(row['run_id'], bold=True)}  {row['graph']}  {status}")
    compiled = f", {duration(row['compile_ms'])} of it for kernels" if row["compile_ms"] > 50 else ""
    click.echo(
        f"  started   {row['started_at']:%Y-%m-%d %H:%M:%S} UTC, took {duration(row['seconds'] * 1e3)}{compiled}"
    )
    counts = ", ".join(f"{row[name]:,} {name}" for name in _COUNTS if row[name])
    click.echo(f"  nodes     {counts}")
    click.echo(f"  file      {shown_path(row['file'])}")
    if params := _pairs(row["params"]):
        click.echo(f"  params    {params}")
    given = row["settings"]
    changed = [*(f"-p {k}={v}" for k, v in given.get("params", {}).items())]
    changed += [f"--set {node}.{k}={v}" for node, of in given.get("set", {}).items() for k, v in of.items()]
    changed += [f"--{name} {given[name]}" for name in ("symbols", "from", "to") if name in given]
    if changed:
        click.echo(f"  run with  {' '.join(changed)}")
    click.echo(f"  versions  {_pairs(row['versions'])}")


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items())
