"""GraphSpec to Graph: every name, kind, axis and param looked up, every fault found in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from pipeline.errors import Fault, GraphError, Place, did_you_mean
from pipeline.graph.graph import Graph, Node
from pipeline.graph.markup import Item, Map, Scalar
from pipeline.graph.source import read_bars
from pipeline.graph.spec import GraphSpec, NodeSpec
from pipeline.graph.wiring import Sources, wire_node
from pipeline.model.bars import BarsRequest
from pipeline.model.param import REQUIRED
from pipeline.model.registry import Registry

__all__ = ["check"]


def check(
    spec: GraphSpec,
    registry: Registry,
    *,
    params: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    bars: Mapping[str, str] | None = None,
) -> Graph:
    """The graph that `spec` means.

    `params` override graph params, `settings` node params (node → param → value), `bars` fields of
    every bars source (symbols, from, to), each as text or typed. Raises GraphError that carries all
    faults; warnings are kept in `Graph.warnings`.
    """
    checker = _Checker(spec, registry, settings or {})
    checker.read_params(params or {})
    checker.read_bars(bars or {})
    order = checker.order()
    for name in order:
        checker.check_node(spec.nodes[name])
    checker.check_overrides()
    checker.check_outputs()
    errors = [fault for fault in checker.faults if fault.severity == "error"]
    if errors:
        raise GraphError.of(checker.faults)
    return checker.graph(order)


class _Checker:
    def __init__(self, spec: GraphSpec, registry: Registry, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self.spec = spec
        self.registry = registry
        self.settings = settings
        self.faults: list[Fault] = []
        self.params: dict[str, Any] = {}
        self.used_params: set[str] = set()
        self.bars: dict[str, BarsRequest] = {}
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, tuple[str, str]] = {}
        self.dag: nx.DiGraph[str] = nx.DiGraph()
        self.looped: set[str] = set()

    def fault(self, code: str, message: str, place: Place | None, hint: str = "") -> None:
        self.faults.append(Fault(code, message, place, hint))

    def warn(self, code: str, message: str, place: Place, hint: str) -> None:
        self.faults.append(Fault(code, message, place, hint, "warning"))

    def read_params(self, given: Mapping[str, Any]) -> None:
        known = self.spec.params
        for name in given:
            if known.get(name) is None:
                self.fault(
                    "TG206",
                    f"graph {self.spec.name!r} has no param {name!r}",
                    None,
                    did_you_mean(name, (p.name for p in known), otherwise="It declares no params."),
                )
        usable = {name: value for name, value in given.items() if known.get(name) is not None}
        values, faults = known.check(usable, owner=f"graph {self.spec.name!r}")
        for fault in faults:
            hint = f"Give it: -p {fault.name}=…" if fault.code == "TG224" else fault.hint
            # an override has no place in the file; a missing value has: its declaration
            place = None if fault.name in given else self.spec.param_places.get(fault.name)
            self.fault(fault.code, fault.message, place, hint)
        self.params = {p.name: values.get(p.name, None if p.default is REQUIRED else p.default) for p in known}

    def read_bars(self, overrides: Mapping[str, str]) -> None:
        for name, source in self.spec.bars.items():
            request, faults = read_bars(source, self.lookup, overrides)
            self.faults += faults
            if request is not None:
                self.bars[name] = request

    def lookup(self, item: Item) -> tuple[bool, Any]:
        """(True, value) when `item` is a `$param`, else (False, None); an unknown one is a fault."""
        if not isinstance(item, Scalar) or item.reference is None:
            return False, None
        name = item.reference
        if name not in self.params:
            hint = did_you_mean(name, self.params, otherwise="Declare it under `params:`, or quote the text.")
            self.fault("TG204", f"the graph declares no param {name!r}", item.place, hint)
            return True, None
        self.used_params.add(name)
        return True, self.params[name]

    def order(self) -> list[str]:
        """Node names in topological order, ties as written; a cycle is a fault, its nodes are left out."""
        rank = {name: i for i, name in enumerate(self.spec.nodes)}
        self.dag.add_nodes_from(self.spec.bars)
        self.dag.add_nodes_from(rank)
        for name, node in self.spec.nodes.items():
            for _, reference in node.wires.values():
                source = reference.text.partition(".")[0]
                if source in rank or source in self.spec.bars:
                    self.dag.add_edge(source, name)
        try:
            ordered = nx.lexicographical_topological_sort(self.dag, key=lambda name: rank.get(name, -1))
            return [name for name in ordered if name in rank]
        except nx.NetworkXUnfeasible:
            self._cycles(rank)
        legal = self.dag.subgraph([name for name in self.dag if name not in self.looped])
        ordered = nx.lexicographical_topological_sort(legal, key=lambda name: rank.get(name, -1))
        return [name for name in ordered if name in rank]

    def _cycles(self, rank: Mapping[str, int]) -> None:
        loops = [loop for loop in nx.strongly_connected_components(self.dag) if len(loop) > 1]
        loops += [{name} for name in self.dag if self.dag.has_edge(name, name)]
        for loop in loops:
            self.looped |= loop
            first = min(loop, key=lambda name: rank[name])
            edges = nx.find_cycle(self.dag.subgraph(loop), first)
            path = " → ".join([edge[0] for edge in edges] + [edges[0][0]])
            self.fault(
                "TG215",
                f"the wires form a cycle: {path}",
                self.spec.nodes[edges[0][0]].name.place,
                "A node may only use what is computed before it; cut one of these wires.",
            )

    def check_node(self, spec: NodeSpec) -> None:
        type_id = spec.use.text
        node_type = self.registry.get(type_id)
        if node_type is None:
            broken = [fault for fault in self.registry.refused if type_id in fault.message]
            hint = did_you_mean(type_id, self.registry.ids, otherwise="`tradegraph nodes list` shows all node types.")
            if broken:
                hint = f"A file that may define it was refused: {broken[0].message}"
            self.fault("TG201", f"no node type {type_id!r}", spec.use.place, hint)
            return
        params = self._node_params(spec)
        values, faults = node_type.params.check(params, owner=type_id)
        for fault in faults:
            written = spec.params.get(fault.name)
            place = written[1].place if written else spec.use.place
            if fault.code == "TG221" and written:
                place = written[0].place
            # a value from --set or from a $param has the same place: where the node takes it
            self.fault(fault.code, f"node {spec.name.text!r}: {fault.message}", place, fault.hint)
        sources = Sources(
            bars=self.bars,
            nodes=self.nodes,
            written=self.spec.bars.keys() | self.spec.nodes.keys(),
            loops=self.looped,
        )
        wired, found = wire_node(spec, node_type, sources)
        self.faults += found
        if wired is None or faults:
            return
        wires, kinds, axis = wired
        self.nodes[spec.name.text] = Node(
            name=spec.name.text,
            type=node_type,
            params=values,
            wires=wires,
            kinds=kinds,
            axis=axis,
            warmup=node_type.warmup_of(values),
            place=spec.name.place,
        )

    def _node_params(self, spec: NodeSpec) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, (_, item) in spec.params.items():
            is_reference, value = self.lookup(item)
            if is_reference:
                given[name] = value
                continue
            plain = self._plain(item)
            if plain is not None:
                given[name] = plain
        given.update(self.settings.get(spec.name.text, {}))
        return given

    def _plain(self, item: Item) -> Any:
        if isinstance(item, Scalar):
            return item.text
        if isinstance(item, Map):
            self.fault("TG107", "a param is a value or a list, got a map", item.place)
            return None
        return [self._plain(inner) for inner in item.items]

    def check_overrides(self) -> None:
        for name, values in self.settings.items():
            if name not in self.spec.nodes:
                setting = ", ".join(f"{name}.{param}" for param in values)
                hint = did_you_mean(name, self.spec.nodes)
                self.fault("TG206", f"--set {setting}: the graph has no node {name!r}", None, hint)

    def check_outputs(self) -> None:
        for name, (key, reference) in self.spec.outputs.items():
            source, _, output = reference.text.partition(".")
            if name != source and name in self.spec.nodes:
                self.fault("TG205", f"output {name!r} has the name of another node", key.place, "Give it another name.")
            if source not in self.spec.nodes:
                hint = did_you_mean(source, self.spec.nodes, otherwise="An output names a node, or `node.output`.")
                self.fault("TG202", f"output {name!r} names no node: {source!r}", reference.place, hint)
                continue
            node = self.nodes.get(source)
            if node is None:  # it has faults of its own
                continue
            names = [found for found, _ in node.type.columns(node.kinds)] or [out.name for out in node.type.outputs]
            if output and output not in names:
                self.fault(
                    "TG203",
                    f"node {source!r} ({node.type.id}) has no output {output!r}",
                    reference.place,
                    did_you_mean(output, names),
                )
            self.outputs[name] = (source, output)
        self._warn_unused()

    def _warn_unused(self) -> None:
        for param, place in self.spec.param_places.items():
            if param not in self.used_params:
                self.warn(
                    "TG218", f"graph param {param!r} is used by nobody", place, f"Write `${param}`, or remove it."
                )
        if not self.outputs:
            return
        alive = {node for node, _ in self.outputs.values()}
        for node, _ in self.outputs.values():
            alive |= nx.ancestors(self.dag, node)
        for name, spec in self.spec.nodes.items():
            if name not in alive:
                self.warn(
                    "TG217",
                    f"no output depends on node {name!r}",
                    spec.name.place,
                    "Name it in `outputs:`, or remove it.",
                )

    def graph(self, order: list[str]) -> Graph:
        warnings = tuple(sorted((f for f in self.faults), key=lambda f: (f.place or Place(""), f.code)))
        return Graph(
            name=self.spec.name,
            description=self.spec.description,
            params=self.params,
            bars=self.bars,
            nodes={name: self.nodes[name] for name in order},
            outputs=self.outputs,
            dag=nx.freeze(self.dag),  # type: ignore[no-untyped-call]
            file=self.spec.file,
            warnings=warnings,
            bars_places={name: source.name.place for name, source in self.spec.bars.items()},
        )
