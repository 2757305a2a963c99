"""A graph as a page draws it: what it asks for, its nodes with their wires, what it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pipeline.api.form import form_of
from pipeline.api.shape import FaultReply, Reply
from pipeline.engine import Engine, Overrides
from pipeline.errors import Fault, GraphError
from pipeline.graph.check import Surroundings, check_text
from pipeline.graph.graph import Graph, Node
from pipeline.graph.read import faults_that_matter, role_of, scan_text
from pipeline.model.document import plain

__all__ = ["BarsOutline", "CheckReply", "GraphOutline", "NodeOutline", "WireOutline", "checked"]


class WireOutline(Reply):
    """What an input of a node is connected to."""

    port: str
    source: str = Field(description="A node or a bars source.")
    columns: list[str]
    kind: str


class NodeOutline(Reply):
    """A node."""

    name: str
    type: str
    category: str
    wires: list[WireOutline]
    params: dict[str, Any]
    outputs: dict[str, str] = Field(description="Outputs by name, each with its kind.")
    warmup: int
    tags: list[str]
    line: int | None


class BarsOutline(Reply):
    """A bars source; symbols null means all."""

    name: str
    timeframe: str
    symbols: list[str] | None
    start: str | None
    end: str | None
    adjust: str


class GraphOutline(Reply):
    """A legal graph. `nodes` stand in topological order."""

    name: str
    description: str
    form: dict[str, Any] = Field(description="JSON Schema of the graph's params.")
    params: dict[str, Any]
    bars: list[BarsOutline]
    nodes: list[NodeOutline]
    outputs: dict[str, str]
    sweeps: list[str] = Field(description="Params that its sweep tries.")


class CheckReply(Reply):
    """What a check found: all faults at once; the graph when it is legal."""

    ok: bool
    role: Literal["graph", "library", "sub-graph"]
    faults: list[FaultReply]
    stored: bool = Field(description="Whether symbols and ranges were looked up: false while no bars are stored.")
    graph: GraphOutline | None


def checked(engine: Engine, text: str, file: Path, given: Overrides) -> CheckReply:
    """Check the text of a graph file, saved or not; files that it names are looked for beside `file`."""
    role, stored = role_of(text), bool(engine.market.coverage())
    spec, faults = scan_text(text, str(file), root=engine.project.root)
    if role == "sub-graph":  # whether it fits is checked where it is used
        shape = faults if spec is None else []
        return CheckReply(ok=not shape, role=role, faults=_told(shape), stored=stored, graph=None)
    around = Surroundings(universes=engine.project.settings.project.universes, root=engine.project.root)
    try:
        graph = check_text(
            text,
            engine.registry,
            file=str(file),
            params=given.params,
            settings=given.settings,
            bars=given.bars,
            surroundings=around,
        )
        if stored:
            engine.plan(graph, cache=False)  # whether the market has what is asked for
    except GraphError as error:
        found = faults_that_matter(role, error.faults)
        errors = [fault for fault in found if fault.severity == "error"]
        return CheckReply(ok=not errors, role=role, faults=_told(found), stored=stored, graph=None)
    assert spec is not None
    outline = _outline(graph, form_of(graph.name, spec.params))
    return CheckReply(ok=True, role=role, faults=_told(graph.warnings), stored=stored, graph=outline)


def _told(faults: list[Fault] | tuple[Fault, ...]) -> list[FaultReply]:
    return [FaultReply.model_validate(fault.as_dict()) for fault in faults]


def _outline(graph: Graph, form: dict[str, Any]) -> GraphOutline:
    return GraphOutline(
        name=graph.name,
        description=graph.description,
        form=form,
        params=plain(graph.params),
        bars=[
            BarsOutline(
                name=name,
                timeframe=request.timeframe,
                symbols=None if request.symbols is None else list(request.symbols),
                start=request.start.isoformat() if request.start else None,
                end=request.end.isoformat() if request.end else None,
                adjust=request.adjust,
            )
            for name, request in graph.bars.items()
        ],
        nodes=[_node(node) for node in graph.nodes.values()],
        outputs={name: f"{node}.{part}" if part else node for name, (node, part) in graph.outputs.items()},
        sweeps=[axis.name for axis in graph.sweep.axes] if graph.sweep else [],
    )


def _node(node: Node) -> NodeOutline:
    return NodeOutline(
        name=node.name,
        type=node.type.id,
        category=node.type.category,
        wires=[
            WireOutline(port=wire.port, source=wire.source, columns=list(wire.columns), kind=wire.kind.name)
            for wire in node.wires
        ],
        params=plain(node.params),
        outputs={name: kind.name for name, kind in node.kinds.items()},
        warmup=node.warmup,
        tags=list(node.tags),
        line=node.place.line if node.place else None,
    )
