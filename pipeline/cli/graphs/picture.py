"""A graph drawn: in the terminal, for Graphviz, for Mermaid."""

from __future__ import annotations

import sys

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report
from pipeline.cli.console.option import Given
from pipeline.cli.console.target import find_graph
from pipeline.engine import Engine
from pipeline.graph.dot import dot, mermaid
from pipeline.graph.draw import rails
from pipeline.graph.graph import Graph
from pipeline.model.bars import BarsRequest
from pipeline.model.scalar import plain

__all__ = ["export", "show"]

_PLAIN = str.maketrans("○●├┤┼┴╰╯│─", "o*++++``|-")
"""For terminals that have no line drawing."""


def show(engine: Engine, name: str, given: Given, *, as_json: bool) -> None:
    """The rails with each node's type, params and kinds, and which outputs it is."""
    graph = engine.check(find_graph(name, engine.project.root), given.overrides())
    if as_json:
        echo_json(_document(graph))
        return
    if graph.warnings:
        report(graph.warnings)
    if graph.description:
        click.echo(graph.description)
    rows = list(rails(graph))
    width = max(len(row) for row, _ in rows)
    named = max(len(name) for _, name in rows)
    outputs: dict[str, list[str]] = {}
    for output, (node, part) in graph.outputs.items():
        outputs.setdefault(node, []).append(f"{output} = {node}.{part}" if part else output)
    for row, node in rows:
        drawn = row if _drawable(row) else row.translate(_PLAIN)
        what = _bars(graph.bars[node]) if node in graph.bars else _node(graph, node)
        arrow = f"  ⇒ {', '.join(outputs[node])}" if node in outputs else ""
        label = click.style(f"{node:<{named}}", bold=True)
        click.echo(f"{drawn:<{width}}  {label}  {what}{click.style(arrow, fg='green')}")


def export(engine: Engine, name: str, given: Given, *, as_mermaid: bool) -> None:
    """The graph as the text of a drawing program, on stdout."""
    graph = engine.check(find_graph(name, engine.project.root), given.overrides())
    click.echo(mermaid(graph) if as_mermaid else dot(graph), nl=False)


def _drawable(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _bars(request: BarsRequest) -> str:
    symbols = "all symbols" if request.symbols is None else ", ".join(request.symbols[:5])
    if request.symbols is not None and len(request.symbols) > 5:
        symbols += f" and {len(request.symbols) - 5} more"
    start = f" from {request.start:%Y-%m-%d}" if request.start else ""
    return f"{request.timeframe} bars of {symbols}{start}"


def _node(graph: Graph, name: str) -> str:
    node = graph.nodes[name]
    params = ", ".join(f"{key}={plain(value)}" for key, value in node.params.items())
    kinds = ", ".join(str(kind) if len(node.kinds) == 1 else f"{key} {kind}" for key, kind in node.kinds.items())
    return f"{node.type.id}({params}) → {kinds}"


def _document(graph: Graph) -> dict[str, object]:
    nodes = {
        name: {
            "type": node.type.id,
            "params": node.params,
            "in": {wire.port: {"source": wire.source, "columns": wire.columns} for wire in node.wires},
            "kinds": {key: kind.name for key, kind in node.kinds.items()},
            "axis": node.axis,
            "warmup": node.warmup,
            "tags": node.tags,
        }
        for name, node in graph.nodes.items()
    }
    bars = {
        name: {"timeframe": r.timeframe, "symbols": r.symbols, "from": r.start, "to": r.end, "adjust": r.adjust}
        for name, r in graph.bars.items()
    }
    outputs = {name: f"{node}.{part}" if part else node for name, (node, part) in graph.outputs.items()}
    return {"graph": graph.name, "description": graph.description, "params": graph.params, "bars": bars,
            "nodes": nodes, "outputs": outputs}  # fmt: skip
