"""Two graphs compared by meaning: steps whose key differs, and why; not lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.figure import counted
from pipeline.cli.console.option import Given
from pipeline.cli.console.table import echo_table
from pipeline.cli.console.target import find_graph
from pipeline.cli.graphs.plan_report import shortly
from pipeline.engine import Engine
from pipeline.execution.plan import Plan
from pipeline.execution.why import Reason, changes, made_of
from pipeline.graph.graph import Graph

__all__ = ["diff"]

_COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "renamed": "cyan"}


def diff(engine: Engine, name: str, other: str, given: Given, *, as_json: bool) -> None:
    """Say what the second graph means that the first does not. Raises GraphError for faults in one of them."""
    root = engine.project.root
    first = engine.plan(engine.check(find_graph(name, root)), cache=False)
    second = engine.plan(engine.check(find_graph(other, root), given.overrides()), cache=False)
    rows = _compared(first, second)
    before, after = first.graphs[0], second.graphs[0]
    outputs = _outputs(before, after)
    if as_json:
        found = [{"node": node, "change": change, "because": [asdict(r) for r in why]} for node, change, why in rows]
        echo_json({"first": before.file, "second": after.file, "nodes": found, "outputs": outputs})
        return
    if rows:
        table = [(change, node, shortly(why)) for node, change, why in rows]
        echo_table(("change", "node", "because"), table, styles=_COLOURS, roomy=("because",))
    for output, change in outputs.items():
        click.echo(f"output {output}: {change}")
    same = sum(node in before.nodes for node in after.nodes) - sum(change == "changed" for _, change, _ in rows)
    if not rows and not outputs:
        click.echo("both mean the same: every node has the same key")
    else:
        click.echo(f"{counted(same, 'node')} unchanged, {counted(len(rows), 'node')} different")


def _compared(first: Plan, second: Plan) -> list[tuple[str, str, list[Reason]]]:
    """Nodes that differ, in the order of the second graph, then those that it does not have."""
    before, after = first.graphs[0], second.graphs[0]
    gone = {first.step(before.name, name).key: name for name in before.nodes if name not in after.nodes}
    rows: list[tuple[str, str, list[Reason]]] = []
    for name in after.nodes:
        step = second.step(after.name, name)
        if name in before.nodes:
            old = first.step(before.name, name)
            if old.key != step.key:
                rows.append((name, "changed", changes(made_of(first, old), made_of(second, step))))
        elif step.key in gone:
            rows.append((name, "renamed", [Reason("STORED", f"it was {gone.pop(step.key)!r}: the same value")]))
        else:
            rows.append((name, "added", [Reason("NEW", f"{step.type.id} is not in the first graph")]))
    rows += [(name, "removed", []) for name in gone.values()]
    return rows


def _outputs(before: Graph, after: Graph) -> Mapping[str, str]:
    found = {name: "added" for name in after.outputs if name not in before.outputs}
    found |= {name: "removed" for name in before.outputs if name not in after.outputs}
    return found | {
        name: f"{_end(end)}, it was {_end(before.outputs[name])}"
        for name, end in after.outputs.items()
        if name in before.outputs and before.outputs[name] != end
    }


def _end(end: tuple[str, str]) -> str:
    return ".".join(part for part in end if part)
