"""What `tradegraph run` answers when a run is over: outputs, timings, failures, where to look next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import rendered, tell
from pipeline.cli.console.figure import counted, duration, single
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table, screen_width, table_lines
from pipeline.cli.graphs.bars_report import bars_of, in_words
from pipeline.engine import Result
from pipeline.errors import Fault, StoreError
from pipeline.execution.run import NodeRecord
from pipeline.market import Market

__all__ = ["document", "failures", "summary"]

_FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)
_LAST = 5
"""Rows shown of a column output with one symbol; with several it is the last row of each."""
_SYMBOLS = 10
_SLOWEST = 5


def summary(result: Result, market: Market) -> None:
    """The result for people, on stdout."""
    run, graph = result.run, result.graph
    for name, used in bars_of(run.plan, market).items():
        click.echo(f"{name}: {in_words(used)}")
    click.echo()
    for name, frame in _outputs(result):
        node, part = graph.outputs[name]
        source = f"{node}.{part}" if part else node
        label = name if name == source else f"{name} = {source}"
        click.echo(f"{click.style(label, bold=True)}  ({graph.nodes[node].type.id})")
        if frame is None:
            click.echo(f"  no value: {_status(result, node)}\n")
            continue
        _echo_output(frame)
        click.echo()
    _echo_timings(result)
    counts = ", ".join(f"{count:,} {status}" for status, count in run.counts.items() if count)
    click.echo(f"{counted(len(graph.nodes), 'node')}: {counts or 'nothing to do'} in {_took(result)}")
    _echo_next(result)


def failures(result: Result) -> None:
    """Nodes that failed, with code, place and cause, on stderr; warnings of the run; and that it was interrupted."""
    run = result.run
    for warning in run.warnings:
        tell(rendered(warning))
    failed = [record for record in run.records if record.status == "failed"]
    for record in failed:
        tell(rendered(_fault(record)))
    skipped = [record for record in run.records if record.status == "skipped" and record.failure]
    for cause in dict.fromkeys(r.failure.cause for r in skipped if r.failure and r.failure.cause):
        names = [r.step.node.name for r in skipped if r.failure and r.failure.cause == cause]
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "")
        tell(f"skipped because {cause!r} failed: {shown}")
    if run.status == "interrupted":
        kept = run.counts["computed"] + run.counts["cached"]
        left = run.counts["skipped"]
        tell(f"interrupted: {counted(kept, 'node')} stored, {left:,} not computed; run again to go on")
    elif failed:
        rest = sum(record.failure is not None and not record.failure.cause for record in skipped)
        if rest:
            tell(f"stopped at the first failure: {counted(rest, 'node')} not computed")


def document(result: Result, market: Market, page: Path | None = None) -> None:
    """The result for machines, on stdout; `page` is its report, if one was written."""
    run, graph = result.run, result.graph
    echo_json(
        {
            "run_id": run.id,
            "graph": graph.name,
            "file": graph.file,
            "status": run.status,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "compile_ms": run.compile_ms,
            "publish_ms": result.published.ms,
            "params": graph.params,
            "overrides": run.settings,
            "counts": run.counts,
            "bars": bars_of(run.plan, market),
            "outputs": {name: _described(frame) for name, frame in _outputs(result)},
            "nodes": [_node(record, name) for record in run.records for _, name in record.step.users],
            "faults": [fault.as_dict() for fault in graph.warnings],
            "report": page,
        }
    )


def _outputs(result: Result) -> Iterator[tuple[str, pl.DataFrame | None]]:
    """Declared outputs with their values; None for one that has none."""
    for name, (node, _) in result.graph.outputs.items():
        frame = None
        if result.run.record(result.graph.name, node).status in ("computed", "cached"):
            try:
                frame = result.output(name)
            except StoreError:  # gone since: said as missing
                frame = None
        yield name, frame


def _status(result: Result, node: str) -> str:
    record = result.run.record(result.graph.name, node)
    return f"{node} {'was ' if record.status == 'skipped' else ''}{record.status}"


def _echo_output(frame: pl.DataFrame) -> None:
    if "ts" in frame.columns:
        symbols = frame["symbol"].n_unique() if "symbol" in frame.columns else 1  # a shared account's curve has none
        last = frame.tail(_LAST) if symbols <= 1 else frame.group_by("symbol", maintain_order=True).tail(1)
        _echo_rows(last.head(_SYMBOLS))
        if symbols > 1:
            shown = f"{_SYMBOLS} of {symbols:,} symbols" if symbols > _SYMBOLS else "each symbol"
            click.echo(click.style(f"  the last bar of {shown}", dim=True))
        elif frame.height > _LAST:
            click.echo(click.style(f"  the last {_LAST} of {counted(frame.height, 'bar')}", dim=True))
    elif frame.height > _SYMBOLS and all(frame[name].dtype.is_numeric() for name in frame.columns[1:]):
        _echo_spread(frame)
    else:
        _echo_rows(frame.head(_SYMBOLS))
        if frame.height > _SYMBOLS:
            click.echo(click.style(f"  the first {_SYMBOLS} of {counted(frame.height, 'row')}", dim=True))


def _echo_spread(frame: pl.DataFrame) -> None:
    """A table of numbers with a row for each of many symbols, column by column."""
    first, *names = frame.columns
    rows = []
    for name in names:
        column = frame[name].drop_nulls().cast(pl.Float64)
        values = (column.min(), column.median(), column.mean(), column.max()) if len(column) else (None,) * 4
        rows.append((name, *(None if v is None else single(float(cast("float", v))) for v in values), len(column)))
    echo_table((f"of {frame.height:,} {first}s", "least", "median", "mean", "most", "known"), rows, indent=2)


def _echo_rows(shown: pl.DataFrame) -> None:
    """Rows as a table; lying on its side when it is wide, short and too broad for the terminal."""
    width = screen_width()
    rows = shown.rows()
    lines = table_lines(shown.columns, rows, None)
    broad = width is not None and max(map(len, map(click.unstyle, lines))) + 2 > width
    if broad and 0 < len(rows) <= 4:
        turned = [(name, *values) for name, values in zip(shown.columns, zip(*rows, strict=True), strict=True)]
        _echo_turned(turned)
    else:
        echo_table(shown.columns, rows, indent=2)


def _echo_turned(rows: Sequence[Sequence[Any]]) -> None:
    """One line per column of the table, one column per row of it."""
    cells = [[name, *(_alone(value) for value in values)] for name, *values in rows]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        tail = "  ".join(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        click.echo(f"  {row[0]:<{widths[0]}}  {tail}")


def _alone(value: Any) -> str:
    return table_lines(("x",), [(value,)], None)[1].strip()


def _echo_timings(result: Result) -> None:
    timed = [record for record in result.run.records if record.ms is not None and record.status == "computed"]
    if not timed:
        return
    slowest = sorted(timed, key=lambda record: -(record.ms or 0.0))[:_SLOWEST]
    title = "slowest nodes" if len(timed) > _SLOWEST else "node times"
    click.echo(click.style(title, bold=True))
    rows = [(r.step.node.name, r.step.type.id, _tidy(r.ms), _tidy(r.cpu_ms), r.rows) for r in slowest]
    echo_table(("node", "type", "ms", "cpu_ms", "rows"), rows, indent=2)
    click.echo()


def _tidy(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 2)


def _took(result: Result) -> str:
    run = result.run
    assert run.finished_at is not None
    total = (run.finished_at - run.started_at).total_seconds() * 1e3
    compiled = f", {duration(run.compile_ms)} of it for compiling or loading kernels" if run.compile_ms > 50 else ""
    return f"{duration(total)}{compiled}"


def _echo_next(result: Result) -> None:
    graph = result.graph
    click.echo("\nlook next:")
    columns = [name for name, node in graph.nodes.items() if node.type.columns(node.kinds)]
    stored = [name for name in columns if result.run.record(graph.name, name).status in ("computed", "cached")]
    if stored:
        click.echo(f'  tradegraph sql "select * from {graph.name}.{stored[-1]} order by ts desc limit 10"')
    click.echo('  tradegraph sql "select node, median(ms) from node_timings group by node order by 2 desc"')
    click.echo(f"  tradegraph runs show {result.run.id}")
    failed = [r for r in result.run.records if r.status == "failed" or any(not f.cause for f in r.symbols.values())]
    if failed:
        click.echo(f"  tradegraph runs replay {result.run.id} {failed[0].step.node.name}")


def _fault(record: NodeRecord) -> Fault:
    failure = record.failure
    assert failure is not None
    node = record.step.node
    message = f"node {node.name!r} ({record.step.type.id}): {failure.message}"
    # of a node that was stopped the message says where it was
    raised = "" if failure.code == "TG505" else _raised_in(failure.traceback, record.step.type.origin)
    return Fault(failure.code, message, node.place, f"It was raised at {raised}." if raised else "")


def _raised_in(traceback: str, origin: str) -> str:
    """Where in the file of a node type an error arose, "" when the traceback does not pass through it."""
    lines = [line for file, line in _FRAME.findall(traceback) if file == origin]
    return f"{shown_path(origin)}:{lines[-1]}" if lines else ""


def _described(frame: pl.DataFrame | None) -> dict[str, Any] | None:
    if frame is None:
        return None
    shown = frame
    if "ts" in frame.columns and "symbol" in frame.columns:
        shown = frame.group_by("symbol", maintain_order=True).tail(_LAST)
    return {"rows": frame.height, "columns": frame.columns, "last": shown.to_dicts()}


def _node(record: NodeRecord, name: str) -> dict[str, Any]:
    failure = record.failure
    return {
        "node": name,
        "type": record.step.type.id,
        "status": record.status,
        "ms": record.ms,
        "cpu_ms": record.cpu_ms,
        "rows": record.rows,
        "bytes": record.bytes,
        "key": record.step.key,
        "failure": failure and {"code": failure.code, "message": failure.message, "cause": failure.cause or None},
    }
