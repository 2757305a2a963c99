"""Sub-graphs where they are used: one flat list of nodes, each with the scope that its names are meant in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import Edit, Fault
from pipeline.graph.markup import Scalar
from pipeline.graph.policy import over
from pipeline.graph.scope import Placed, Scope
from pipeline.graph.spec import NodeSpec, SubgraphSpec
from pipeline.graph.value import BROKEN, UNKNOWN, Values
from pipeline.model.kind import BARS

__all__ = ["MAX_NODES", "Expansion"]

MAX_NODES = 100_000
"""Nodes that a graph may stand for: sub-graphs that use sub-graphs multiply."""
MAX_DEPTH = 16


class Expansion:
    """Walks blocks and what they use. `budget` is shared by all that one file stands for."""

    def __init__(self, faults: list[Fault], values: Values, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self.faults = faults
        self.values = values
        self.settings = settings
        self.budget = MAX_NODES

    def expand(self, scope: Scope) -> tuple[list[Placed], list[Scope]]:
        """The nodes of a scope as written, those of a sub-graph in place of its use; and every such use."""
        placed: list[Placed] = []
        uses: list[Scope] = []
        self._walk(scope, (), placed, uses)
        return placed, uses

    def _walk(self, scope: Scope, above: tuple[SubgraphSpec, ...], placed: list[Placed], uses: list[Scope]) -> None:
        shelf = scope.block.shelf
        for name, spec in scope.block.nodes.items():
            self.budget -= 1
            if shelf is None or spec.use.text not in shelf:
                placed.append(Placed(scope.prefix + name, spec, scope))
                continue
            found = shelf.get(spec.use.text)
            if found is None:
                scope.lost.add(name)
            elif found in above:
                circle = " → ".join([*(one.name for one in above[above.index(found) :]), found.name])
                message = f"the sub-graph {found.name!r} uses itself: {circle}"
                self.faults.append(Fault("TG123", message, spec.use.place, "Cut one of these uses."))
                scope.lost.add(name)
            elif len(above) >= MAX_DEPTH or self.budget <= 0:
                self._too_large(spec)
                scope.lost.add(name)
            else:
                inner = self._use(scope, name, spec, found)
                scope.uses[name] = inner
                uses.append(inner)
                self._walk(inner, (*above, found), placed, uses)

    def _too_large(self, spec: NodeSpec) -> None:
        self.budget = 0  # whatever else it stands for, it is refused
        if any(fault.code == "TG103" for fault in self.faults):
            return
        message = f"its sub-graphs stand for more than {MAX_NODES:,} nodes, or nest deeper than {MAX_DEPTH}"
        self.faults.append(Fault("TG103", message, spec.use.place, "Use fewer sub-graphs inside sub-graphs."))

    def _use(self, outer: Scope, name: str, spec: NodeSpec, definition: SubgraphSpec) -> Scope:
        return Scope(
            definition,
            outer.hint,
            prefix=f"{outer.prefix}{name}.",
            outer=outer,
            call=spec,
            params=self._params(outer, name, spec, definition),
            wired=self._wired(outer, spec, definition),
            policy=over(spec.policy, outer.policy),
        )

    def _params(self, outer: Scope, name: str, spec: NodeSpec, definition: SubgraphSpec) -> dict[str, Any]:
        given = {key: self.values.of(item, outer) for key, (_, item) in spec.params.items()}
        given |= self.settings.get(outer.prefix + name, {})
        silent = {key for key, value in given.items() if value is BROKEN or value is UNKNOWN} | definition.unread_params
        if "with" in spec.unread:
            silent |= {param.name for param in definition.params}
        usable = {key: value for key, value in given.items() if value is not BROKEN and value is not UNKNOWN}
        usable |= {key: None for key in given if key in silent and definition.params.get(key) is None}
        usable = {key: value for key, value in usable.items() if key not in definition.unread_params}
        checked, faults = definition.params.check(usable, owner=f"sub-graph {definition.name!r}")
        faults = [fault for fault in faults if fault.name not in silent or fault.name in usable]
        for fault in faults:
            written = spec.params.get(fault.name)
            place = written[1].place if written else spec.use.place
            fix: tuple[Edit, ...] = ()
            if fault.code == "TG221" and written:
                place = written[0].place
                fix = outer.hint.repair(written[0], [p.name for p in definition.params if p.name not in given])
            self._fault(outer, spec, Fault(fault.code, fault.message, place, fault.hint, fix=fix))
        found = {param.name: checked.get(param.name, param.default) for param in definition.params}
        found |= dict.fromkeys(found.keys() & (silent | {fault.name for fault in faults}), BROKEN)
        return found | {key: UNKNOWN for key in found.keys() & given.keys() if given[key] is UNKNOWN}

    def _wired(self, outer: Scope, spec: NodeSpec, definition: SubgraphSpec) -> dict[str, tuple[Scalar, str]]:
        """What each input is wired to; missing, unknown and ambiguous ones are faults, as of a node."""
        what, inputs = f"sub-graph {definition.name!r}", definition.inputs
        if "" in spec.wires:
            return self._single(outer, spec, definition)
        found: dict[str, tuple[Scalar, str]] = {}
        for name, (key, reference) in spec.wires.items():
            if name in inputs:
                found[name] = (reference, "")
                continue
            hint = outer.hint(name, list(inputs))
            if definition.params.get(name) is not None:
                hint = f"{name!r} is a param: move it under `with: {{{name}: …}}`."
            fix = outer.hint.repair(key, [known for known in inputs if known not in spec.wires])
            self._fault(outer, spec, Fault("TG212", f"{what} has no input {name!r}", key.place, hint, fix=fix))
        said = spec.wires.keys() | spec.unread
        for name, (_, kind) in inputs.items():
            if name not in found and not said & {"in", name}:
                hint = f"Add `{name}: …` under `in`; it takes {kind}."
                missing = f"input {name!r} of {what} is not wired"
                self._fault(outer, spec, Fault("TG211", missing, spec.use.place, hint))
        return found

    def _single(self, outer: Scope, spec: NodeSpec, definition: SubgraphSpec) -> dict[str, tuple[Scalar, str]]:
        """One wire is for the only input; one to bars, for all inputs that are called like its columns."""
        reference, names = spec.wires[""][1], list(definition.inputs)
        if len(names) == 1:
            return {names[0]: (reference, "")}
        if reference.text in outer.sources and set(names) <= dict(BARS.fields).keys():
            return {name: (reference, name) for name in names}
        example = ", ".join(f"{name}: …" for name in names)
        message = f"sub-graph {definition.name!r} has the inputs {', '.join(names)}: one wire does not say which"
        self._fault(outer, spec, Fault("TG213", message, reference.place, f"Write `in: {{{example}}}`."))
        return {}

    def _fault(self, outer: Scope, spec: NodeSpec, fault: Fault) -> None:
        message = f"node {spec.name.text!r}{outer.of}: {fault.message}"
        self.faults.append(replace(fault, message=message, notes=outer.trail()))
