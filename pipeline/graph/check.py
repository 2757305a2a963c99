"""GraphSpec to Graph: every name, kind, axis and param looked up, every fault found in one pass."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import networkx as nx

from pipeline.errors import Fault, GraphError, Note, Place, did_you_mean
from pipeline.graph.end import Sources, columns_of
from pipeline.graph.expand import Expansion
from pipeline.graph.graph import FrozenMap, Graph, Node, Use
from pipeline.graph.hint import Hints
from pipeline.graph.judge import Judge
from pipeline.graph.library import home_of, load_text
from pipeline.graph.order import Order, ordered
from pipeline.graph.read import scan_text
from pipeline.graph.scope import Reference, Scope
from pipeline.graph.source import OVERRIDES, Universes, read_bars
from pipeline.graph.spec import GraphSpec, SubgraphSpec
from pipeline.graph.subgraph import check_definitions
from pipeline.graph.sweep import cells_of
from pipeline.graph.value import BROKEN, Values
from pipeline.graph.warning import warnings_of
from pipeline.graph.wiring import check_uses
from pipeline.model.bars import BarsRequest
from pipeline.model.garbage import collector_paused
from pipeline.model.registry import Registry
from pipeline.model.scalar import shown

__all__ = ["Surroundings", "check", "check_file", "check_text"]


@dataclass(frozen=True)
class Surroundings:
    """What a graph may look at outside its file.

    `universes` are the project's named symbol lists, `environ` the environment (that of the process when None),
    `root` the folder that files which it names must lie in (the project of the file when None).
    """

    universes: Universes = field(default_factory=dict)
    environ: Mapping[str, str] | None = None
    root: Path | None = None


@collector_paused()
def check(
    spec: GraphSpec,
    registry: Registry,
    *,
    params: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    bars: Mapping[str, Any] | None = None,
    surroundings: Surroundings | None = None,
) -> Graph:
    """The graph that `spec` means.

    `params` override graph params, `settings` params of nodes (node → param → value; the node `smooth` of the
    sub-graph used as `fast` is `fast.smooth`), `bars` fields of every bars source (symbols, from, to), each as
    text or typed. Raises GraphError that carries all faults; warnings are kept in `Graph.warnings`.
    """
    return _Checker(spec, registry, settings or {}, surroundings or Surroundings()).run(params or {}, bars or {})


def check_file(
    path: Path,
    registry: Registry,
    *,
    params: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    bars: Mapping[str, Any] | None = None,
    surroundings: Surroundings | None = None,
) -> Graph:
    """The graph in a file, overridden as in `check`: the faults of form and of meaning come together."""
    around = surroundings or Surroundings()
    around = replace(around, root=around.root or home_of(path))
    return check_text(
        load_text(path), registry, file=str(path), params=params, settings=settings, bars=bars, surroundings=around
    )


@collector_paused()
def check_text(
    text: str,
    registry: Registry,
    *,
    file: str = "<text>",
    params: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    bars: Mapping[str, Any] | None = None,
    surroundings: Surroundings | None = None,
) -> Graph:
    """The graph in a text, as `check_file` has it; it names other files only where `surroundings` have a root."""
    around = surroundings or Surroundings()
    spec, faults = scan_text(text, file, root=around.root)
    if spec is None:
        raise GraphError.of(faults)
    return _Checker(spec, registry, settings or {}, around, faults).run(params or {}, bars or {})


class _Checker:
    def __init__(
        self,
        spec: GraphSpec,
        registry: Registry,
        settings: Mapping[str, Mapping[str, Any]],
        around: Surroundings,
        faults: Iterable[Fault] = (),
    ) -> None:
        self.spec = spec
        self.registry = registry
        self.settings = settings
        self.universes = {**around.universes, **spec.universes}
        self.environ = os.environ if around.environ is None else around.environ
        self.faults = list(faults)
        self.hint = Hints()
        self.values = Values(self.faults)
        self.scope = Scope(spec, self.hint)
        self.bars: dict[str, BarsRequest] = {}
        self.outputs: dict[str, tuple[str, str]] = {}

    def run(self, params: Mapping[str, Any], bars: Mapping[str, Any]) -> Graph:
        self.read_params(params)
        self.check_sweep()
        self.read_bars(bars)
        self.scope.sources = frozenset(self.spec.bars)
        expansion = Expansion(self.faults, self.values, self.settings)
        asides = check_definitions(self.spec, self.registry, expansion, self.hint)
        defined = len(self.faults)
        placed, uses = expansion.expand(self.scope)
        order, circles = ordered(placed, self.spec.bars)
        self.faults += circles
        places = {name: source.name.place for name, source in self.spec.bars.items()}
        sources = Sources(bars=self.bars, nodes={}, hint=self.hint, places=places)
        judge = Judge(self.registry, sources, self.values, self.settings)
        by_name = {node.name: node for node in placed}
        for name in (*order.names, *order.looped):
            judge.check(by_name[name])
        self.faults += judge.faults
        self.faults += check_uses(uses, sources)
        self.check_overrides(by_name.keys() | {scope.prefix[:-1] for scope in uses})
        self.check_outputs(sources)
        if self.faults:
            raise GraphError.of(_merged(self.faults[:defined], self.faults[defined:]))
        graph = self.graph(order, judge.nodes, uses)
        # warnings come once the errors are gone: what looks unused may hang on a misspelt wire
        found = [*asides, *judge.cautions, *warnings_of(graph, self.spec, self.scope, placed, self.registry)]
        found.sort(key=lambda fault: (fault.place or Place(""), fault.code))
        return replace(graph, warnings=tuple(found))

    def fault(self, code: str, message: str, place: Place | None, hint: str = "", **more: Any) -> None:
        self.faults.append(Fault(code, message, place, hint, **more))

    def read_params(self, given: Mapping[str, Any]) -> None:
        known = self.spec.params
        usable = {name: value for name, value in given.items() if known.get(name) is not None}
        for name in given:
            if name in usable or name in self.spec.unread_params:
                continue
            hint = self.hint(name, [p.name for p in known]) if known else "It declares no params."
            self.fault("TG206", f"graph {self.spec.name!r} has no param {name!r}", None, hint)
        around = {
            name: variable
            for name, variable in self.spec.param_env.items()
            if name not in usable and variable.text in self.environ
        }
        usable |= {name: self.environ[variable.text] for name, variable in around.items()}
        values, faults = known.check(usable, owner=f"graph {self.spec.name!r}")
        for fault in faults:
            if fault.name in around:
                variable = around[fault.name]
                message = f"the environment variable {variable.text} does not fit: {fault.message}"
                self.fault("TG226", message, variable.place, f"Set it anew, or give -p {fault.name}=….")
                continue
            hint = f"Give it: -p {fault.name}=…" if fault.code == "TG224" else fault.hint
            if fault.code == "TG224" and fault.name in self.spec.param_env:
                hint = f"Set {self.spec.param_env[fault.name].text} in the environment, or give -p {fault.name}=…"
            # an override has no place in the file; a missing value has: its declaration
            place = None if fault.name in given else self.spec.param_places.get(fault.name)
            self.fault(fault.code, fault.message, place, hint)
        found = {p.name: values.get(p.name, p.default) for p in known}
        found |= dict.fromkeys([*self.spec.unread_params, *(fault.name for fault in faults)], BROKEN)
        self.scope.params = found

    def check_sweep(self) -> None:
        """That the sweep has cells; a condition over a param with a fault of its own cannot be asked."""
        if self.spec.sweep is None or any(value is BROKEN for value in self.scope.params.values()):
            return
        _, faults = cells_of(self.spec.sweep, self.scope.params)
        self.faults += faults

    def read_bars(self, overrides: Mapping[str, Any]) -> None:
        given = {name: value for name, value in overrides.items() if value is not None}
        for name in given:
            if name not in OVERRIDES:
                self.fault("TG206", f"bars sources have no {name!r} to override", None, did_you_mean(name, OVERRIDES))
        given = {name: given[name] for name in OVERRIDES if name in given}
        for name, source in self.spec.bars.items():
            resolve = lambda item: self.values.scalar(item, self.scope)  # noqa: E731
            request, faults = read_bars(source, resolve, given, self.universes)
            self.faults += faults
            if request is not None:
                self.bars[name] = request

    def check_overrides(self, nodes: Iterable[str]) -> None:
        known = set(nodes)
        for name, values in self.settings.items():
            if name not in known and name.partition(".")[0] not in self.spec.unread | self.scope.lost:
                setting = ", ".join(f"{name}.{param}" for param in values)
                hint = self.hint(name, sorted(known))
                self.fault("TG206", f"--set {setting}: the graph has no node {name!r}", None, hint)

    def check_outputs(self, sources: Sources) -> None:
        for name, (key, written) in self.spec.outputs.items():
            source = written.text.partition(".")[0]
            if name != source and name in self.spec.nodes:
                self.fault("TG205", f"output {name!r} has the name of another node", key.place, "Give it another name.")
            if source in self.spec.unread or source in self.scope.lost or not self.spec.whole:
                continue
            if source not in self.spec.nodes:
                names = list(self.spec.nodes)
                hint = self.hint(source, names, otherwise="An output names a node, or `node.output`.")
                fix = self.hint.repair(written, names, word=source)
                message = f"output {name!r} names no node: {shown(source)}"
                self.fault("TG202", message, written.place, hint, fix=fix)
                continue
            end = self.scope.resolve(written)
            if not isinstance(end, Reference):
                if end.code:
                    self.fault(end.code, f"output {name!r}: {end.message}", written.place, end.hint, fix=end.fix)
                continue
            node = sources.nodes.get(end.source)
            if node is not None:  # else it has faults of its own
                self.outputs[name] = (node.name, self.output(name, end, node))

    def output(self, name: str, end: Reference, node: Node) -> str:
        """Which part of a node is meant, "" for all of it."""
        label, columns = repr(end.at.text.partition(".")[0]), columns_of(node)
        if not node.store:
            message = f"output {name!r} is of node {label}, whose `store` is false"
            notes = () if node.place is None else (Note(node.place, "it is not stored"),)
            hint = "Remove `store: false` of the node, or this output."
            self.fault("TG219", message, end.at.place, hint, notes=notes)
        if end.output in node.kinds and end.output not in columns and len(node.kinds) == 1:
            return ""  # the only output, a bundle or a table: all of it
        tables, known = node.type.tables, [*columns, *node.type.tables]
        if end.dotted and end.output not in known:
            message = f"node {label} ({node.type.id}) has no output {shown(end.output)}"
            fix = self.hint.repair(end.at, known, word=end.output) if end.output else ()
            self.fault("TG203", message, end.at.place, self.hint(end.output, known), fix=fix)
        elif not end.dotted and len(tables) > 1 and not columns:
            message = f"node {label} ({node.type.id}) has several tables: {', '.join(tables)}"
            self.fault("TG203", message, end.at.place, f"Say which: `{end.at.text}.{tables[0]}`.")
        return end.output

    def graph(self, order: Order, nodes: Mapping[str, Node], uses: Sequence[Scope]) -> Graph:
        return Graph(
            name=self.spec.name,
            description=self.spec.description,
            params=FrozenMap(dict(self.scope.params)),
            bars=FrozenMap(self.bars),
            nodes=FrozenMap({name: nodes[name] for name in order.names}),
            outputs=FrozenMap(self.outputs),
            dag=nx.freeze(order.dag),  # type: ignore[no-untyped-call]
            file=self.spec.file,
            bars_places=FrozenMap({name: source.name.place for name, source in self.spec.bars.items()}),
            uses=FrozenMap({scope.prefix[:-1]: _use(scope) for scope in uses}),
            sweep=self.spec.sweep,
            text=self.spec.text,
        )


def _use(scope: Scope) -> Use:
    assert isinstance(scope.block, SubgraphSpec)
    outs = {}
    for name, (_, written) in scope.block.outs.items():
        end = scope.resolve(written)
        assert isinstance(end, Reference)
        outs[name] = (end.source, end.output)
    return Use(scope.prefix[:-1], scope.block.name, FrozenMap(dict(scope.params)), FrozenMap(outs))


def _merged(first: Iterable[Fault], later: Iterable[Fault]) -> list[Fault]:
    """Each fault once: what is wrong in a definition of a sub-graph (`first`) is wrong again wherever it is used."""
    found: dict[tuple[str, str, Place | None], Fault] = {}
    at: dict[tuple[str, Place | None], Fault] = {}
    for fault in first:
        found.setdefault((fault.code, fault.message, fault.place), fault)
        at.setdefault((fault.code, fault.place), fault)
    for fault in later:
        said = at.get((fault.code, fault.place), fault) if fault.place else fault
        key = (said.code, said.message, said.place)
        before = found.get(key, fault)
        notes = dict.fromkeys((*before.notes, *fault.notes))
        found[key] = replace(before, notes=tuple(notes)[:_NOTES])
    return list(found.values())


_NOTES = 5
"""Places that a fault shows beside its own."""
