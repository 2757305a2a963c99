"""What `tradegraph plan` answers: steps, and why they are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report
from pipeline.cli.console.figure import counted
from pipeline.cli.console.option import Chosen, Given
from pipeline.cli.console.table import echo_table
from pipeline.cli.console.target import find_graph
from pipeline.cli.graphs.bars_report import bars_of, in_words
from pipeline.engine import Engine
from pipeline.execution.plan import Plan, Step
from pipeline.execution.why import Reason, why
from pipeline.graph.graph import Graph
from pipeline.runs.selection import nodes_meant

__all__ = ["make", "reasons", "shortly", "show"]

_COLOURS = {"compute": "yellow", "reuse": "green"}


def make(engine: Engine, graph: str, given: Given, chosen: Chosen, *, cache: bool, refresh: Sequence[str]) -> Plan:
    """The plan of a graph. Raises GraphError, and UsageError for a node to refresh that is none."""
    checked = engine.check(find_graph(graph, engine.project.root), given.overrides())
    refresh = nodes_meant(checked, refresh, "--refresh")
    if chosen:
        checked = engine.select(checked, chosen.select, chosen.exclude)
    return engine.plan(checked, cache=cache, refresh=refresh)


def reasons(engine: Engine, planned: Plan, node: str, *, as_json: bool) -> None:
    """Why a node is computed, or that it is not; of the use of a sub-graph, all nodes that it brought."""
    graph = planned.graphs[0]
    found = {name: engine.why(planned, name) for name in nodes_meant(graph, [node], "--why")}
    if as_json:
        answers = [_answer(planned, name, because) for name, because in found.items()]
        echo_json(answers[0] if node in found else {"graph": graph.name, "node": node, "nodes": answers})
        return
    for name, because in found.items():
        step = planned.step(graph.name, name)
        click.echo(f"{name} ({step.type.id}): {click.style(step.action, fg=_COLOURS[step.action])}")
        for reason in because:
            click.echo(f"  {click.style(reason.change, bold=True)}  {reason.detail}")


def _answer(planned: Plan, node: str, found: Sequence[Reason]) -> dict[str, Any]:
    graph = planned.graphs[0].name
    step = planned.step(graph, node)
    because = [asdict(reason) for reason in found]
    return {"graph": graph, "node": node, "action": step.action, "key": step.key, "reasons": because}


def show(engine: Engine, planned: Plan, *, as_json: bool) -> None:
    """All steps in order, what becomes of each and why."""
    graph = planned.graphs[0]
    due = sum(step.action == "compute" for step in planned.steps)
    before = _before(engine, graph) if due else {}
    found = {name: _why(planned, name, before.get(name)) for name in graph.nodes}
    bars = bars_of(planned, engine.market)
    if as_json:
        steps = [_described(name, planned.step(graph.name, name), found[name]) for name in graph.nodes]
        faults = [fault.as_dict() for fault in graph.warnings]
        echo_json({"graph": graph.name, "params": graph.params, "bars": bars, "steps": steps, "faults": faults})
        return
    if graph.warnings:
        report(graph.warnings)
    for name, used in bars.items():
        click.echo(f"{name}: {in_words(used)}")
    rows = [(name, *_row(planned.step(graph.name, name)), shortly(found[name])) for name in graph.nodes]
    echo_table(
        ("node", "type", "params", "warm-up", "action", "because"),
        rows,
        styles=_COLOURS,
        minor=("warm-up", "params", "type"),
        roomy=("because",),
    )
    shared = len(graph.nodes) - len(planned.steps)
    twice = f"; {counted(shared, 'node')} equal to another and computed once" if shared else ""
    click.echo(f"{counted(len(planned.steps), 'step')}: {due} to compute, {len(planned.steps) - due} stored{twice}")


def _before(engine: Engine, graph: Graph) -> Mapping[str, Mapping[str, Any]]:
    """Rows of the `nodes` table of the graph's latest run, by node."""
    latest = engine.database.latest(graph.name)
    rows = engine.database.nodes_of(latest) if latest else []
    return {row["node"]: row for row in rows if row["graph"] == graph.name}


def _why(planned: Plan, name: str, before: Mapping[str, Any] | None) -> list[Reason]:
    step = planned.step(planned.graphs[0].name, name)
    if step.action == "reuse":
        return []
    return [Reason("REFRESH", "it was asked for")] if step.forced else why(planned, step, before)


def shortly(found: Sequence[Reason]) -> str:
    """On one line, what is of one kind said of once."""
    kinds = dict.fromkeys(reason.change for reason in found)
    return "; ".join(f"{kind} {', '.join(r.detail for r in found if r.change == kind)}" for kind in kinds)


def _row(step: Step) -> tuple[str, str, int, str]:
    params = " ".join(f"{name}={value}" for name, value in step.node.params.items())
    return step.type.id, params, step.node.warmup, step.action


def _described(name: str, step: Step, found: Sequence[Reason]) -> dict[str, Any]:
    return {
        "node": name,
        "type": step.type.id,
        "params": step.node.params,
        "warmup": step.node.warmup,
        "action": step.action,
        "key": step.key,
        "because": [asdict(reason) for reason in found],
    }
