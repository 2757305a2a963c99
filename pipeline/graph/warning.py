"""What is legal in a graph and probably not meant: params, nodes and wires that lead nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import Fault
from pipeline.graph.graph import Graph
from pipeline.graph.scope import Placed, Scope
from pipeline.graph.spec import GraphSpec
from pipeline.model.registry import Registry

__all__ = ["warnings_of"]


def warnings_of(
    graph: Graph, spec: GraphSpec, scope: Scope, placed: Sequence[Placed], registry: Registry
) -> list[Fault]:
    """TG218 for unused params, TG217 for nodes that no output needs, TG404 for types that are declared twice."""
    found = [
        Fault("TG218", f"graph param {name!r} is used by nobody", place, f"Write `${name}`, or remove it.", "warning")
        for name, place in spec.param_places.items()
        if name not in scope.used
    ]
    alive = _alive(graph)
    # of a sub-graph one part is enough: who wants the line need not want the slope
    alive |= {name.partition(".")[0] for name in alive}
    hint = "Name it in `outputs:`, or remove it."
    found += [
        Fault("TG217", f"no output depends on node {name!r}", node.name.place, hint, "warning")
        for name, node in spec.nodes.items()
        if graph.outputs and name not in alive
    ]
    for node in placed:
        use = node.spec.use.text
        other = registry.contested.get(use)
        if other is not None:
            message = f"{node.label}: {use!r} is declared twice, {registry[use].origin} is used, not {other}"
            fault = Fault("TG404", message, node.spec.name.place, "Give one of them another id.", "warning")
            if fault not in found:
                found.append(fault)
    return found


def _alive(graph: Graph) -> set[str]:
    """Declared outputs and all that they need."""
    waiting = [node for node, _ in graph.outputs.values()]
    alive = set(waiting)
    while waiting:
        above = [name for name in graph.dag.pred[waiting.pop()] if name not in alive]
        alive.update(above)
        waiting += above
    return alive
