"""One node at a time: its type looked up, its params checked, its wires compared at both ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import Edit, Fault, TradegraphError
from pipeline.graph.end import Sources
from pipeline.graph.graph import FrozenMap, Node
from pipeline.graph.markup import Scalar
from pipeline.graph.policy import over
from pipeline.graph.scope import Placed
from pipeline.graph.spec import NodeSpec
from pipeline.graph.value import BROKEN, UNKNOWN, Values
from pipeline.graph.wiring import check_references, rows_of, wire_node
from pipeline.model.node import NodeType
from pipeline.model.param import DeclaredParam
from pipeline.model.registry import Registry
from pipeline.model.rows import try_rows
from pipeline.model.scalar import shown

__all__ = ["Judge"]

_WORD = re.compile(r"\w+(?:\.\w+)?")
"""What may be the id of a node type in a sentence."""
_NO_FIX: tuple[Edit, ...] = ()
_TRUTH = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


class Judge:
    """Checks nodes in their order; those without faults are in `nodes`, which is also what later ones may use.

    `cautions` are warnings of values that are allowed and mislead easily.
    """

    def __init__(
        self, registry: Registry, sources: Sources, values: Values, settings: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.registry = registry
        self.sources = sources
        self.values = values
        self.settings = settings
        self.faults: list[Fault] = []
        self.cautions: list[Fault] = []
        assert isinstance(sources.nodes, dict)
        self.nodes: dict[str, Node] = sources.nodes

    def fault(self, placed: Placed, fault: Fault) -> None:
        """Keep a fault, with where the sub-graph is used that the node is written in."""
        self.faults.append(replace(fault, notes=placed.scope.trail()))

    def check(self, placed: Placed) -> None:
        """Check one node; what it is wired to was checked before, or has faults."""
        spec, type_id = placed.spec, placed.spec.use.text
        given = {name: self.values.of(item, placed.scope) for name, (_, item) in spec.params.items()}
        given |= self.settings.get(placed.name, {})
        node_type = self.registry.get(type_id)
        if node_type is None:
            self._no_type(placed)
            self.faults += check_references(placed, self.sources)
            return
        silent = {name for name, value in given.items() if value is BROKEN}
        unknown = {name for name, value in given.items() if value is UNKNOWN}
        if "with" in spec.unread:
            silent |= {param.name for param in node_type.params}
        usable = {name: value for name, value in given.items() if value is not BROKEN and value is not UNKNOWN}
        # a name that there is not is a fault whatever its value
        usable |= {name: None for name in silent | unknown if name in given and node_type.params.get(name) is None}
        values, faults = node_type.params.check(usable, owner=type_id)
        faults = [fault for fault in faults if fault.name not in silent | unknown or fault.name in usable]
        for fault in faults:
            written = spec.params.get(fault.name)
            place, fix = spec.use.place, _NO_FIX
            if written:
                at = written[0] if fault.code == "TG221" else written[1]
                place = at.place
                fix = self._repair(fault.code, written, spec, node_type) if placed.name not in self.settings else ()
            # a value from --set or from a $param has the same place: where the node takes it
            self.fault(placed, Fault(fault.code, f"{placed.label}: {fault.message}", place, fault.hint, fix=fix))
        wired, found = wire_node(placed, node_type, self.sources)
        self.faults += found
        if wired is None or faults or silent:
            return
        warmup, caution = 0, ""
        if not unknown:
            try:
                warmup, caution = node_type.warmup_of(values), node_type.caution_of(values)
                try_rows(node_type, values)
            except TradegraphError as error:
                bad = error.faults[0]
                self.fault(placed, Fault(bad.code, f"{placed.label}: {bad.message}", spec.use.place, bad.hint))
                return
        if caution:
            notes = placed.scope.trail()
            message = f"{placed.label}: {caution}"
            self.cautions.append(Fault("TG225", message, spec.name.place, severity="warning", notes=notes))
        wires, kinds, axis = wired
        policy = over(spec.policy, placed.scope.policy)
        self.nodes[placed.name] = Node(
            name=placed.name,
            type=node_type,
            params=FrozenMap(values),
            wires=wires,
            kinds=FrozenMap(kinds),
            axis=axis[0],
            warmup=warmup,
            place=spec.name.place,
            retry=policy.retry or 0,
            timeout=policy.timeout,
            tags=policy.tags,
            store=policy.store is not False,
            rows=rows_of(placed.name, node_type, values, axis, self.sources) if not unknown else axis[1],
        )

    def _repair(self, code: str, written: tuple[Scalar, Any], spec: NodeSpec, node_type: NodeType) -> tuple[Edit, ...]:
        """The change of text that certainly mends a param: a misspelt name, `12.0` for 12, `yes` for true."""
        key, item = written
        if code == "TG221":
            free = [param.name for param in node_type.params if param.name not in spec.params]
            return self.sources.hint.repair(key, free)
        declared = node_type.params.get(key.text)
        if code != "TG222" or not isinstance(item, Scalar) or item.quoted or declared is None:
            return ()
        better = _better(item.text, declared)
        return (Edit(item.place, item.text, better),) if better else ()

    def _no_type(self, placed: Placed) -> None:
        use, scope = placed.spec.use, placed.scope
        type_id = use.text
        broken = [fault for fault in self.registry.refused if type_id in _WORD.findall(fault.message)]
        known = [*self.registry.ids, *(scope.block.shelf or ())]
        hint = self.sources.hint(type_id, known, otherwise="`tradegraph nodes list` shows all node types.")
        fix: tuple[Edit, ...] = ()
        if broken:
            hint = f"A file that may define it was refused: {broken[0].message}"
        else:
            fix = self.sources.hint.repair(use, known)
        what = f"{shown(type_id)}{scope.of and f' for {placed.label}'}"
        self.fault(placed, Fault("TG201", f"no node type {what}", use.place, hint, fix=fix))


def _better(text: str, declared: DeclaredParam) -> str:
    if declared.type is int and re.fullmatch(r"[+-]?\d{1,15}\.0*", text):
        return text.partition(".")[0]
    if declared.type is bool:
        return _TRUTH.get(text.lower(), "")
    return ""
