"""Definitions of sub-graphs, each checked by itself: with the kinds that its inputs declare, params unknown.

So a definition that is wrong is said to be so once, where it stands and whoever uses it; a use of it is then
asked only what the definition cannot know: values of params, kinds and axes of what is wired in.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.errors import Fault
from pipeline.graph.end import Sources, columns_of
from pipeline.graph.expand import Expansion
from pipeline.graph.hint import Hints
from pipeline.graph.judge import Judge
from pipeline.graph.order import ordered
from pipeline.graph.scope import Reference, Scope
from pipeline.graph.shelf import Shelf
from pipeline.graph.spec import GraphSpec, SubgraphSpec
from pipeline.graph.value import UNKNOWN
from pipeline.graph.wiring import check_uses
from pipeline.model.registry import Registry
from pipeline.model.scalar import shown

__all__ = ["check_definitions"]


def check_definitions(spec: GraphSpec, registry: Registry, expansion: Expansion, hint: Hints) -> list[Fault]:
    """Check every definition that a file has or uses, and give the warnings; faults go to the expansion's."""
    return [fault for found in _all(spec) for fault in _check(found, registry, expansion, hint)]


def _all(spec: GraphSpec) -> Iterator[SubgraphSpec]:
    """Definitions that a file has or uses, those that others use first."""
    seen: set[int] = set()
    waiting: list[tuple[SubgraphSpec, bool]] = [(found, False) for found in _on(spec.shelf, spec)]
    while waiting:
        definition, done = waiting.pop()
        if done:
            yield definition
        elif id(definition) not in seen:
            seen.add(id(definition))
            waiting.append((definition, True))
            waiting += [(inner, False) for inner in _on(definition.shelf, definition)]


def _on(shelf: Shelf | None, block: GraphSpec | SubgraphSpec) -> Iterator[SubgraphSpec]:
    if shelf is None:
        return
    named = dict.fromkeys(spec.use.text for spec in block.nodes.values() if spec.use.text in shelf)
    # those of the shelf itself are looked at whether they are used or not, except in files of others
    mine = list(shelf) if isinstance(block, GraphSpec) else shelf.own
    for name in dict.fromkeys((*named, *mine)):
        found = shelf.get(name)
        if found is not None and found is not block:
            yield found


def _check(definition: SubgraphSpec, registry: Registry, expansion: Expansion, hint: Hints) -> list[Fault]:
    scope = Scope(definition, hint, params={param.name: UNKNOWN for param in definition.params})
    placed, uses = expansion.expand(scope)
    order, circles = ordered(placed, ())
    expansion.faults += circles
    inputs = {f"${name}": kind for name, (_, kind) in definition.inputs.items()}
    places = {f"${name}": key.place for name, (key, _) in definition.inputs.items()}
    sources = Sources(bars={}, nodes={}, hint=hint, places=places, inputs=inputs)
    judge = Judge(registry, sources, expansion.values, {})
    by_name = {node.name: node for node in placed}
    for name in (*order.names, *order.looped):
        judge.check(by_name[name])
    expansion.faults += [*judge.faults, *check_uses(uses, sources), *_outs(definition, scope, sources)]
    return _unused(definition, scope)


def _outs(definition: SubgraphSpec, scope: Scope, sources: Sources) -> list[Fault]:
    found: list[Fault] = []
    for name, (_, written) in definition.outs.items():
        what = f"`out`{f' {name!r}' if name else ''} of sub-graph {definition.name!r}"
        if written.reference is not None:
            hint = "An input goes out only through a node."
            found.append(Fault("TG202", f"{what} names an input, not a node", written.place, hint))
            continue
        end = scope.resolve(written)
        if not isinstance(end, Reference):
            if end.code:
                found.append(Fault(end.code, f"{what}: {end.message}", written.place, end.hint, fix=end.fix))
            continue
        node = sources.nodes.get(end.source)
        known = {**columns_of(node), **node.kinds} if node else {}
        if node is not None and end.dotted and end.output not in known:
            source = written.text.partition(".")[0]
            message = f"{what}: node {source!r} ({node.type.id}) has no output {shown(end.output)}"
            fix = scope.hint.repair(written, list(known), word=end.output) if end.output else ()
            found.append(Fault("TG203", message, written.place, scope.hint(end.output, list(known)), fix=fix))
        elif node is not None and not end.dotted and len(node.kinds) > 1:
            names = ", ".join(node.kinds)
            hint = f"Say which: `{written.text}.{next(iter(node.kinds))}`."
            found.append(Fault("TG203", f"{what}: {written.text!r} has several outputs: {names}", written.place, hint))
    return found


def _unused(definition: SubgraphSpec, scope: Scope) -> list[Fault]:
    """Warnings of params and inputs that nothing in a definition uses."""
    what = f"of sub-graph {definition.name!r} is used by nobody"
    found = [
        Fault("TG218", f"param {name!r} {what}", place, f"Write `${name}`, or remove it.", "warning")
        for name, place in definition.param_places.items()
        if name not in scope.used
    ]
    found += [
        Fault("TG218", f"input {name!r} {what}", key.place, f"Wire `${name}`, or remove it.", "warning")
        for name, (key, _) in definition.inputs.items()
        if name not in scope.taken
    ]
    return found
