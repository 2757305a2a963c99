"""The wires of one node: references to columns, kinds and axes compared at both ends."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pipeline.errors import Fault
from pipeline.graph.graph import Node, Wire
from pipeline.graph.hint import Hints
from pipeline.graph.markup import Scalar
from pipeline.graph.spec import NodeSpec
from pipeline.model.bars import BarsRequest
from pipeline.model.kind import ANYTHING, BARS, CONDITION, EVENT, NUMBER, PRICE, SIGNAL, Kind, Same
from pipeline.model.node import NodeType, Port
from pipeline.model.scalar import shown

__all__ = ["Axis", "Sources", "Wired", "check_references", "columns_of", "rows_of", "wire_node"]

Axis: TypeAlias = tuple[str, str]
"""A bars source, and the node that made other rows of its rows, "" when none did."""
Wired: TypeAlias = tuple[tuple[Wire, ...], dict[str, Kind], Axis]

MADE = {"n": NUMBER, "vwap": PRICE, "partial": CONDITION}
"""Columns that bars made of faster ones have besides those of all bars."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a wire may come from: bars sources, nodes checked so far, all names that are written.

    A name that is written but neither in `bars` nor in `nodes` has faults of its own, or is in a cycle.
    """

    bars: Mapping[str, BarsRequest]
    nodes: Mapping[str, Node]
    written: Set[str]
    hint: Hints
    makers: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def axis_of(self, name: str) -> Axis:
        """The rows that the columns of `name` stand for."""
        if name in self.bars:
            return name, ""
        node = self.nodes[name]
        return node.axis, node.rows


@dataclass(frozen=True, slots=True)
class _End:
    """The far end of a wire."""

    source: str
    columns: tuple[str, ...]
    kind: Kind
    label: str


class _Ends:
    """The far ends of a node's wires, whatever its type."""

    def __init__(self, spec: NodeSpec, sources: Sources) -> None:
        self.spec = spec
        self.sources = sources
        self.faults: list[Fault] = []
        self.broken = False  # an input hangs on something that has faults of its own

    def fault(self, code: str, message: str, at: Scalar, hint: str = "") -> None:
        self.faults.append(Fault(code, f"node {self.spec.name.text!r}: {message}", at.place, hint))

    def end(self, reference: Scalar) -> _End | None:
        """What a reference such as `daily`, `daily.close`, `macd.signal` means; None with a fault."""
        source, dot, output = reference.text.partition(".")
        if dot and not output and source in self.sources.written:
            message = f"{shown(reference.text)} names no output behind its dot"
            self.fault("TG203", message, reference, f"Write `{source}`, or name an output.")
            return None
        if source in self.sources.bars:
            return self._bars_end(source, output, reference)
        node = self.sources.nodes.get(source)
        if node is None:
            if source in self.sources.written:
                self.broken = True
            elif reference.reference is not None:
                self.fault(
                    "TG202",
                    f"{shown(reference.text)} is a param, not an input",
                    reference,
                    "Wire a node or bars; set params under `with`.",
                )
            else:
                self.fault(
                    "TG202",
                    f"there is no node or bars source {shown(source)}",
                    reference,
                    self.sources.hint(source, self.sources.written),
                )
            return None
        return self._node_end(node, output, reference)

    def _bars_end(self, source: str, field: str, reference: Scalar) -> _End | None:
        if not field:
            return _End(source, tuple(name for name, _ in BARS.fields), BARS, source)
        kinds = {**dict(BARS.fields), **(MADE if self.sources.bars[source].resample else {})}
        kind = kinds.get(field)
        if kind is None:
            hint = self.sources.hint(field, kinds)
            self.fault("TG203", f"bars {source!r} have no column {shown(field)}", reference, hint)
            return None
        return _End(source, (field,), kind, f"{source}.{field}")

    def _node_end(self, node: Node, output: str, reference: Scalar) -> _End | None:
        kinds = node.kinds
        label = f"{reference.text} ({node.type.id})"
        if not output:
            if len(kinds) > 1:
                names = ", ".join(kinds)
                hint = f"Say which: `{node.name}.{next(iter(kinds))}`."
                self.fault("TG203", f"{node.name!r} ({node.type.id}) has several outputs: {names}", reference, hint)
                return None
            output = next(iter(kinds))
        if output in kinds:
            kind = kinds[output]
            if kind.dtype == "bundle":
                prefix = "" if len(kinds) == 1 else f"{output}_"
                return _End(node.name, tuple(prefix + name for name, _ in kind.fields), kind, label)
            return _End(node.name, (output,), kind, label)
        columns = columns_of(node)
        if output in columns:  # a field of a bundle: `entry.strength`
            return _End(node.name, (output,), columns[output], label)
        hint = self.sources.hint(output, columns or kinds)
        self.fault("TG203", f"{node.name!r} ({node.type.id}) has no output {shown(output)}", reference, hint)
        return None


class _Wiring(_Ends):
    def __init__(self, spec: NodeSpec, node_type: NodeType, sources: Sources) -> None:
        super().__init__(spec, sources)
        self.type = node_type

    def plan_ports(self) -> dict[str, tuple[Scalar, _End]]:
        """Far ends by port name, for a map of wires or a single reference."""
        if "" in self.spec.wires:
            return self._single(self.spec.wires[""][1])
        ends: dict[str, tuple[Scalar, _End]] = {}
        for name, (key, reference) in self.spec.wires.items():
            if self.type.port(name) is None:
                names = [port.name for port in self.type.ports]
                hint = self.sources.hint(name, names)
                if self.type.params.get(name) is not None:
                    hint = f"{name!r} is a param: move it under `with: {{{name}: …}}`."
                self.fault("TG212", f"{self.type.id} has no input {name!r}", key, hint)
            end = self.end(reference)
            if end is not None and self.type.port(name) is not None:
                ends[name] = (reference, end)
        return ends

    def _single(self, reference: Scalar) -> dict[str, tuple[Scalar, _End]]:
        end = self.end(reference)
        if end is None:
            return {}
        required = [port for port in self.type.ports if not port.optional] or list(self.type.ports)
        if end.kind is BARS and not any(port.takes is BARS for port in self.type.ports):
            fields = dict(BARS.fields)
            if all(port.name in fields for port in required):
                column = dict(zip(fields, end.columns, strict=True))
                return {
                    port.name: (
                        reference,
                        _End(end.source, (column[port.name],), fields[port.name], f"{end.label}.{port.name}"),
                    )
                    for port in self.type.ports
                    if port.name in fields
                }
        if len(required) > 1:
            names = ", ".join(port.name for port in required)
            example = ", ".join(f"{port.name}: …" for port in required)
            self.fault(
                "TG213",
                f"{self.type.id} has the inputs {names}: one wire does not say which",
                reference,
                f"Write `in: {{{example}}}`.",
            )
            return {}
        return {required[0].name: (reference, end)}

    def check_port(self, port: Port, reference: Scalar, end: _End) -> None:
        """Compare the kinds at both ends."""
        if not port.takes.accepts(end.kind):
            hint = f"{port.takes} is {port.takes.description}; {end.kind} is {end.kind.description}."
            if end.kind is BARS:
                hint = f"Wire one column: `{end.source}.close`."
            elif end.kind is SIGNAL:
                hint = f"Wire one half of the signal: `{end.source}.event` or `{end.source}.strength`."
            elif port.takes is SIGNAL:
                hint = "A signal comes from a strategy node, or from an event."
            elif port.takes is EVENT:
                hint += " `cross` or a strategy node makes events."
            self.fault(
                "TG214",
                f"input {port.name!r} of {self.type.id} takes {port.takes}, but {end.label} gives {end.kind}",
                reference,
                hint,
            )

    def check_axis(self, ends: Mapping[str, tuple[Scalar, _End]]) -> Axis:
        """The one axis of all inputs, with a fault when they differ; of a panel node that of the port it names."""
        axes = {port: self.sources.axis_of(end.source) for port, (_, end) in ends.items()}
        if self.type.rows is not None:
            port = self.type.rows if isinstance(self.type.rows, str) else self.type.ports[0].name
            return axes.get(port, ("", ""))
        axis, first = ("", ""), ""
        for port, (reference, end) in ends.items():
            mine = axes[port]
            if not first:
                axis, first = mine, end.label
            elif mine != axis and (problem := self._apart(axis, mine)):
                self.fault(
                    "TG216",
                    f"{first} and {end.label} stand on different axes: {problem}",
                    reference,
                    "All inputs of a node share symbols, timeframe and range; `align` brings one to the other's.",
                )
        return axis

    def _apart(self, one: Axis, other: Axis) -> str:
        """What tells two axes apart; "" when they hold the same rows."""
        if one[1] != other[1]:
            made = [f"made by node {maker!r}" if maker else f"of {bars!r}" for bars, maker in (one, other)]
            return f"the rows {' and those '.join(made)}"
        problem = _differing(self.sources.bars[one[0]], self.sources.bars[other[0]])
        return f"{one[0]!r} and {other[0]!r} differ in {problem}" if problem else ""

    def run(self) -> Wired | None:
        ends = self.plan_ports()
        said = self.spec.wires.keys() | self.spec.unread  # the fault of a wire is not also a missing input
        for port in self.type.ports:
            if port.name in ends:
                self.check_port(port, *ends[port.name])
            elif not port.optional and not said & {"", "in", port.name}:
                hint = f"Add `{port.name}: …` under `in`; it takes {port.takes}."
                self.fault("TG211", f"input {port.name!r} of {self.type.id} is not wired", self.spec.use, hint)
        axis = self.check_axis(ends) if ends else ("", "")
        if self.faults or self.broken or self.spec.unread:
            return None
        wires = tuple(_wire(port, ends[port.name][1]) for port in self.type.ports if port.name in ends)
        return wires, self._kinds(wires), axis

    def _kinds(self, wires: tuple[Wire, ...]) -> dict[str, Kind]:
        got = {wire.port: wire.kind for wire in wires}
        kinds: dict[str, Kind] = {}
        for output in self.type.outputs:
            kind = output.kind
            if isinstance(kind, Same):
                kind = got[kind.port or self.type.ports[0].name]
                # an average of events is a number, not an event
                kind = kind if kind.dtype == "float" else NUMBER
            kinds[output.name] = kind
        return kinds


def _wire(port: Port, end: _End) -> Wire:
    # of rows nothing is read
    return Wire(port.name, end.source, *(((), ANYTHING) if port.takes is ANYTHING else (end.columns, end.kind)))


def rows_of(name: str, node_type: NodeType, params: Mapping[str, Any], axis: Axis, sources: Sources) -> str:
    """The node whose rows `name` has: for a maker of rows the first that makes the same of the same axis."""
    if not callable(node_type.rows):
        return axis[1]
    code, request = node_type.rows.__code__, sources.bars[axis[0]]
    shape = (request.symbols, request.timeframe, request.start, request.end, request.resample, axis[1])
    said = tuple(repr(params[param]) for param in node_type.row_params)
    return sources.makers.setdefault((code.co_filename, code.co_firstlineno, said, shape), name)


def columns_of(node: Node) -> dict[str, Kind]:
    """The columns of a node by name: its outputs, a bundle by its fields; none for a table."""
    fields = [field for output in node.type.outputs for field in _fields(node.kinds[output.name])]
    names = [name for name, _ in node.type.columns(node.kinds)]
    return dict(zip(names, fields, strict=True))


def _fields(kind: Kind) -> list[Kind]:
    if kind.dtype == "bundle":
        return [inner for _, inner in kind.fields]
    return [kind] if kind.on_axis else []


def check_references(spec: NodeSpec, sources: Sources) -> list[Fault]:
    """The faults of the wires of a node whose type is not known."""
    ends = _Ends(spec, sources)
    for _, reference in spec.wires.values():
        ends.end(reference)
    return ends.faults


def wire_node(spec: NodeSpec, node_type: NodeType, sources: Sources) -> tuple[Wired | None, list[Fault]]:
    """Wires, output kinds and axis of a node, or None; and every fault of its wiring.

    None without a fault when an input comes from a node that has faults of its own.
    """
    wiring = _Wiring(spec, node_type, sources)
    return wiring.run(), wiring.faults


def _differing(a: BarsRequest, b: BarsRequest) -> str:
    names = {"symbols": "symbols", "timeframe": "timeframe", "start": "from", "end": "to", "resample": "resample"}
    return ", ".join(shown for name, shown in names.items() if getattr(a, name) != getattr(b, name))
