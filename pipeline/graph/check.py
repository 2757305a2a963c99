"""GraphSpec to Graph: every name, kind, axis and param looked up, every fault found in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import networkx as nx

from pipeline.errors import Fault, GraphError, Place, TradegraphError, did_you_mean
from pipeline.graph.graph import FrozenMap, Graph, Node
from pipeline.graph.hint import Hints
from pipeline.graph.markup import Item, Map, Scalar
from pipeline.graph.read import load_text, scan_text
from pipeline.graph.source import BROKEN, OVERRIDES, read_bars
from pipeline.graph.spec import GraphSpec, NodeSpec
from pipeline.graph.wiring import Sources, check_references, columns_of, rows_of, wire_node
from pipeline.model.bars import BarsRequest
from pipeline.model.garbage import collector_paused
from pipeline.model.registry import Registry
from pipeline.model.rows import try_rows
from pipeline.model.scalar import shown

__all__ = ["check", "check_file", "check_text"]


@collector_paused()
def check(
    spec: GraphSpec,
    registry: Registry,
    *,
    params: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    bars: Mapping[str, Any] | None = None,
) -> Graph:
    """The graph that `spec` means.

    `params` override graph params, `settings` node params (node → param → value), `bars` fields of
    every bars source (symbols, from, to), each as text or typed. Raises GraphError that carries all
    faults; warnings are kept in `Graph.warnings`.
    """
    return _Checker(spec, registry, settings or {}).run(params or {}, bars or {})


def check_file(
    path: Path,
    registry: Registry,
    *,
    params: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    bars: Mapping[str, Any] | None = None,
) -> Graph:
    """The graph in a file, overridden as in `check`: the faults of form and of meaning come together."""
    return check_text(load_text(path), registry, file=str(path), params=params, settings=settings, bars=bars)


@collector_paused()
def check_text(
    text: str,
    registry: Registry,
    *,
    file: str = "<text>",
    params: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    bars: Mapping[str, Any] | None = None,
) -> Graph:
    """The graph in a text, as `check_file` has it."""
    spec, faults = scan_text(text, file)
    if spec is None:
        raise GraphError.of(faults)
    return _Checker(spec, registry, settings or {}, faults).run(params or {}, bars or {})


_WORD = re.compile(r"\w+(?:\.\w+)?")
"""What may be the id of a node type in a sentence."""


class _Checker:
    def __init__(
        self,
        spec: GraphSpec,
        registry: Registry,
        settings: Mapping[str, Mapping[str, Any]],
        faults: Iterable[Fault] = (),
    ) -> None:
        self.spec = spec
        self.registry = registry
        self.settings = settings
        self.faults = list(faults)
        self.cautions: list[Fault] = []
        self.params: dict[str, Any] = {}
        self.used_params: set[str] = set()
        self.bars: dict[str, BarsRequest] = {}
        self.nodes: dict[str, Node] = {}
        self.outputs: dict[str, tuple[str, str]] = {}
        self.dag: nx.DiGraph[str] = nx.DiGraph()
        self.hint = Hints()
        written = spec.bars.keys() | spec.nodes.keys() | spec.unread
        self.sources = Sources(bars=self.bars, nodes=self.nodes, written=written, hint=self.hint)

    def run(self, params: Mapping[str, Any], bars: Mapping[str, Any]) -> Graph:
        self.read_params(params)
        self.read_bars(bars)
        order, looped = self.order()
        for name in order + looped:
            self.check_node(self.spec.nodes[name])
        self.check_overrides()
        self.check_outputs()
        if self.faults:
            raise GraphError.of(self.faults)
        # warnings come once the errors are gone: what looks unused may hang on a misspelt wire
        return self.graph(order, self.warnings())

    def fault(self, code: str, message: str, place: Place | None, hint: str = "") -> None:
        self.faults.append(Fault(code, message, place, hint))

    def read_params(self, given: Mapping[str, Any]) -> None:
        known = self.spec.params
        usable = {name: value for name, value in given.items() if known.get(name) is not None}
        for name in given:
            if name in usable or name in self.spec.unread_params:
                continue
            hint = self.hint(name, [p.name for p in known]) if known else "It declares no params."
            self.fault("TG206", f"graph {self.spec.name!r} has no param {name!r}", None, hint)
        values, faults = known.check(usable, owner=f"graph {self.spec.name!r}")
        for fault in faults:
            hint = f"Give it: -p {fault.name}=…" if fault.code == "TG224" else fault.hint
            # an override has no place in the file; a missing value has: its declaration
            place = None if fault.name in given else self.spec.param_places.get(fault.name)
            self.fault(fault.code, fault.message, place, hint)
        self.params = {p.name: values.get(p.name, p.default) for p in known}
        self.params |= dict.fromkeys([*self.spec.unread_params, *(fault.name for fault in faults)], BROKEN)

    def read_bars(self, overrides: Mapping[str, Any]) -> None:
        given = {name: value for name, value in overrides.items() if value is not None}
        for name in given:
            if name not in OVERRIDES:
                self.fault("TG206", f"bars sources have no {name!r} to override", None, did_you_mean(name, OVERRIDES))
        given = {name: given[name] for name in OVERRIDES if name in given}
        for name, source in self.spec.bars.items():
            request, faults = read_bars(source, self.resolve, given)
            self.faults += faults
            if request is not None:
                self.bars[name] = request

    def resolve(self, item: Scalar) -> Any:
        """The text of a scalar, or the value of the `$param` that it is; an unknown one is a fault."""
        name = item.reference
        if name is None:
            return item.text
        if name not in self.params:
            hint = self.hint(name, self.params, otherwise="Declare it under `params:`, or quote the text.")
            self.fault("TG204", f"the graph declares no param {shown(name)}", item.place, hint)
            return BROKEN
        self.used_params.add(name)
        return self.params[name]

    def order(self) -> tuple[list[str], list[str]]:
        """Node names in topological order, ties as written; and those in a cycle, which is a fault."""
        rank = {name: i for i, name in enumerate(self.spec.nodes)}
        self.dag.add_nodes_from(self.spec.bars)
        self.dag.add_nodes_from(rank)
        for name, node in self.spec.nodes.items():
            for _, reference in node.wires.values():
                source = reference.text.partition(".")[0]
                if source in rank or source in self.spec.bars:
                    self.dag.add_edge(source, name)
        looped: set[str] = set()
        if not nx.is_directed_acyclic_graph(self.dag):
            looped = self._cycles(rank)
        legal = self.dag.subgraph([name for name in self.dag if name not in looped]) if looped else self.dag
        ordered = nx.lexicographical_topological_sort(legal, key=lambda name: rank.get(name, -1))
        return [name for name in ordered if name in rank], sorted(looped, key=rank.__getitem__)

    def _cycles(self, rank: Mapping[str, int]) -> set[str]:
        looped: set[str] = set()
        loops = [loop for loop in nx.strongly_connected_components(self.dag) if len(loop) > 1]
        loops += [{name} for name in self.dag if self.dag.has_edge(name, name)]
        for loop in loops:
            looped |= loop
            names = sorted(loop, key=rank.__getitem__)
            # a graph of its own: the neighbours in a view come in the order of a set, another one in each process
            inner = nx.DiGraph((a, b) for a in names for b in self.dag[a] if b in loop)
            edges = nx.find_cycle(inner, names[0])
            found = [edge[0] for edge in edges] + [edges[0][0]]
            path = " → ".join(found if len(found) <= 20 else [*found[:10], f"… {len(found) - 15} more …", *found[-5:]])
            self.fault(
                "TG215",
                f"the wires form a cycle: {path}",
                self.spec.nodes[edges[0][0]].name.place,
                "A node may only use what is computed before it; cut one of these wires.",
            )
        return looped

    def check_node(self, spec: NodeSpec) -> None:
        params = self._node_params(spec)
        type_id = spec.use.text
        node_type = self.registry.get(type_id)
        if node_type is None:
            self._no_type(spec)
            self.faults += check_references(spec, self.sources)
            return
        silent = {name for name, value in params.items() if value is BROKEN}
        if "with" in spec.unread:
            silent |= {param.name for param in node_type.params}
        usable = {name: value for name, value in params.items() if value is not BROKEN}
        values, faults = node_type.params.check(usable, owner=type_id)
        faults = [fault for fault in faults if fault.name not in silent or fault.name in usable]
        for fault in faults:
            written = spec.params.get(fault.name)
            place = written[1].place if written else spec.use.place
            if fault.code == "TG221" and written:
                place = written[0].place
            # a value from --set or from a $param has the same place: where the node takes it
            self.fault(fault.code, f"node {spec.name.text!r}: {fault.message}", place, fault.hint)
        wired, found = wire_node(spec, node_type, self.sources)
        self.faults += found
        if wired is None or faults or silent:
            return
        try:
            warmup, caution = node_type.warmup_of(values), node_type.caution_of(values)
            try_rows(node_type, values)
        except TradegraphError as error:
            bad = error.faults[0]
            self.fault(bad.code, f"node {spec.name.text!r}: {bad.message}", spec.use.place, bad.hint)
            return
        if caution:
            self.cautions.append(
                Fault("TG225", f"node {spec.name.text!r}: {caution}", spec.name.place, severity="warning")
            )
        wires, kinds, axis = wired
        self.nodes[spec.name.text] = Node(
            name=spec.name.text,
            type=node_type,
            params=FrozenMap(values),
            wires=wires,
            kinds=FrozenMap(kinds),
            axis=axis[0],
            warmup=warmup,
            place=spec.name.place,
            retry=spec.policy.retry or 0,
            timeout=spec.policy.timeout,
            tags=spec.policy.tags,
            store=spec.policy.store is not False,
            rows=rows_of(spec.name.text, node_type, values, axis, self.sources),
        )

    def _no_type(self, spec: NodeSpec) -> None:
        type_id = spec.use.text
        broken = [fault for fault in self.registry.refused if type_id in _WORD.findall(fault.message)]
        hint = self.hint(type_id, self.registry.ids, otherwise="`tradegraph nodes list` shows all node types.")
        if broken:
            hint = f"A file that may define it was refused: {broken[0].message}"
        self.fault("TG201", f"no node type {shown(type_id)}", spec.use.place, hint)

    def _node_params(self, spec: NodeSpec) -> dict[str, Any]:
        given = {name: self._param_value(item) for name, (_, item) in spec.params.items()}
        return given | dict(self.settings.get(spec.name.text, {}))

    def _param_value(self, item: Item) -> Any:
        if isinstance(item, Scalar):
            return self.resolve(item)
        if isinstance(item, Map):
            self.fault("TG107", "a param is a value or a list, got a map", item.place, "Write `name: value`.")
            return BROKEN
        values = [self._param_value(inner) for inner in item.items]
        return BROKEN if any(value is BROKEN for value in values) else values

    def check_overrides(self) -> None:
        for name, values in self.settings.items():
            if name not in self.spec.nodes and name not in self.spec.unread:
                setting = ", ".join(f"{name}.{param}" for param in values)
                hint = self.hint(name, self.spec.nodes)
                self.fault("TG206", f"--set {setting}: the graph has no node {name!r}", None, hint)

    def check_outputs(self) -> None:
        for name, (key, reference) in self.spec.outputs.items():
            source, dot, output = reference.text.partition(".")
            if name != source and name in self.spec.nodes:
                self.fault("TG205", f"output {name!r} has the name of another node", key.place, "Give it another name.")
            if source not in self.spec.nodes:
                if source not in self.spec.unread:
                    hint = self.hint(source, self.spec.nodes, otherwise="An output names a node, or `node.output`.")
                    self.fault("TG202", f"output {name!r} names no node: {shown(source)}", reference.place, hint)
                continue
            node = self.nodes.get(source)
            if node is None:  # it has faults of its own
                continue
            if not node.store:
                message = f"output {name!r} is of node {source!r}, whose `store` is false"
                self.fault("TG219", message, reference.place, "Remove `store: false` of the node, or this output.")
            columns, tables = columns_of(node), node.type.tables
            if output in node.kinds and output not in columns and len(node.kinds) == 1:
                output = ""  # the only output, a bundle or a table: all of it
            elif dot and output not in columns and output not in tables:
                message = f"node {source!r} ({node.type.id}) has no output {shown(output)}"
                self.fault("TG203", message, reference.place, self.hint(output, (*columns, *tables)))
            elif not dot and len(tables) > 1 and not columns:
                message = f"node {source!r} ({node.type.id}) has several tables: {', '.join(tables)}"
                self.fault("TG203", message, reference.place, f"Say which: `{source}.{tables[0]}`.")
            self.outputs[name] = (source, output)

    def warnings(self) -> list[Fault]:
        found = list(self.cautions)
        for param, place in self.spec.param_places.items():
            if param not in self.used_params:
                hint = f"Write `${param}`, or remove it."
                found.append(Fault("TG218", f"graph param {param!r} is used by nobody", place, hint, "warning"))
        waiting = [node for node, _ in self.outputs.values()]
        alive = set(waiting)
        while waiting:
            above = [name for name in self.dag.pred[waiting.pop()] if name not in alive]
            alive.update(above)
            waiting += above
        hint = "Name it in `outputs:`, or remove it."
        found += [
            Fault("TG217", f"no output depends on node {name!r}", spec.name.place, hint, "warning")
            for name, spec in self.spec.nodes.items()
            if self.outputs and name not in alive
        ]
        for name, node in self.nodes.items():
            other = self.registry.contested.get(node.type.id)
            if other is not None:
                message = f"node {name!r}: {node.type.id!r} is declared twice, {node.type.origin} is used, not {other}"
                found.append(Fault("TG404", message, node.place, "Give one of them another id.", "warning"))
        return sorted(found, key=lambda fault: (fault.place or Place(""), fault.code))

    def graph(self, order: list[str], warnings: list[Fault]) -> Graph:
        return Graph(
            name=self.spec.name,
            description=self.spec.description,
            params=FrozenMap(self.params),
            bars=FrozenMap(self.bars),
            nodes=FrozenMap({name: self.nodes[name] for name in order}),
            outputs=FrozenMap(self.outputs),
            dag=nx.freeze(self.dag),  # type: ignore[no-untyped-call]
            file=self.spec.file,
            warnings=tuple(warnings),
            bars_places=FrozenMap({name: source.name.place for name, source in self.spec.bars.items()}),
        )
