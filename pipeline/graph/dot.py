"""A graph for drawing programs: Graphviz and Mermaid."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipeline.graph.graph import Graph, Wire
from pipeline.model.scalar import plain

__all__ = ["dot", "mermaid"]


def dot(graph: Graph) -> str:
    """The graph as Graphviz reads it; what a sub-graph brought stands in a box of its own."""
    lines = [f"digraph {_quoted(graph.name)} {{", "  rankdir=LR;", '  node [shape=box, fontname="Helvetica"];']
    for name in graph.bars:
        if name in _drawn(graph):
            request = graph.bars[name]
            lines.append(f"  {_quoted(name)} [shape=cylinder, label={_quoted(f'{name}, {request.timeframe}')}];")
    for use, names in _groups(graph):
        if use:
            title = f"{use}: {graph.uses[use].subgraph}"
            lines += [f"  subgraph {_quoted(f'cluster_{use}')} {{", f"    label={_quoted(title)};"]
        shift = "    " if use else "  "
        outputs = {node for node, _ in graph.outputs.values()}
        for name in names:
            style = ", peripheries=2" if name in outputs else ""
            lines.append(f"{shift}{_quoted(name)} [label={_quoted(_label(graph, name))}{style}];")
        if use:
            lines.append("  }")
    for name, wire in _wires(graph):
        lines.append(f"  {_quoted(wire.source)} -> {_quoted(name)} [label={_quoted(_wire_label(wire))}];")
    return "\n".join([*lines, "}", ""])


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flow chart, which Markdown pages show."""
    ids = {name: f"n{i}" for i, name in enumerate([*graph.bars, *graph.nodes])}
    lines = ["flowchart LR"]
    drawn = _drawn(graph)
    sources = {name: f"{name}, {request.timeframe}" for name, request in graph.bars.items() if name in drawn}
    lines += [f'  {ids[name]}[("{_escaped(label)}")]' for name, label in sources.items()]
    for use, names in _groups(graph):
        if use:
            lines.append(f'  subgraph {ids[names[0]]}g["{_escaped(f"{use}: {graph.uses[use].subgraph}")}"]')
        lines += [f'  {"  " if use else ""}{ids[name]}["{_escaped(_label(graph, name))}"]' for name in names]
        if use:
            lines.append("  end")
    for name, wire in _wires(graph):
        lines.append(f'  {ids[wire.source]} -- "{_escaped(_wire_label(wire))}" --> {ids[name]}')
    return "\n".join([*lines, ""])


def _drawn(graph: Graph) -> set[str]:
    return {wire.source for _, wire in _wires(graph)}


def _groups(graph: Graph) -> Iterator[tuple[str, list[str]]]:
    """Nodes by the outermost use of a sub-graph that they came with, "" for the graph's own."""
    groups: dict[str, list[str]] = {"": []}
    for name in graph.nodes:
        use, dot_, _ = name.partition(".")
        groups.setdefault(use if dot_ else "", []).append(name)
    yield from groups.items()


def _wires(graph: Graph) -> Iterator[tuple[str, Wire]]:
    for name, node in graph.nodes.items():
        for wire in node.wires:
            yield name, wire


def _label(graph: Graph, name: str) -> str:
    node = graph.nodes[name]
    params = ", ".join(f"{key}={plain(value)}" for key, value in node.params.items())
    return f"{name}\n{node.type.id}({params})"


def _wire_label(wire: Wire) -> str:
    what = "/".join(wire.columns) if len(wire.columns) == 1 and wire.columns != ("value",) else ""
    return f"{what} → {wire.port}" if what and what != wire.port else wire.port


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _escaped(text: str) -> str:
    signs = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "\n": "<br/>"}
    return "".join(signs.get(sign, sign) for sign in text)
