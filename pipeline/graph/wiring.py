"""The wires of one node: kinds and axes compared at both ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from pipeline.errors import Fault, Note
from pipeline.graph.end import INPUTS, Axis, End, Ends, Sources
from pipeline.graph.graph import Wire
from pipeline.graph.markup import Scalar
from pipeline.graph.scope import Passage, Placed, Scope
from pipeline.model.bars import BarsRequest
from pipeline.model.kind import ANYTHING, BARS, NUMBER, Kind, Same
from pipeline.model.node import NodeType, Port

__all__ = ["Wired", "check_references", "check_uses", "rows_of", "wire_node"]

Wired: TypeAlias = tuple[tuple[Wire, ...], dict[str, Kind], Axis]


class _Wiring(Ends):
    def __init__(self, placed: Placed, node_type: NodeType, sources: Sources) -> None:
        super().__init__(placed.label, placed.scope, sources)
        self.spec = placed.spec
        self.type = node_type

    def plan_ports(self) -> dict[str, tuple[Scalar, End]]:
        """Far ends by port name, for a map of wires or a single reference."""
        if "" in self.spec.wires:
            return self._single(self.spec.wires[""][1])
        ends: dict[str, tuple[Scalar, End]] = {}
        for name, (key, reference) in self.spec.wires.items():
            if self.type.port(name) is None:
                names = [port.name for port in self.type.ports]
                hint = self.sources.hint(name, names)
                if self.type.params.get(name) is not None:
                    hint = f"{name!r} is a param: move it under `with: {{{name}: …}}`."
                fix = self.sources.hint.repair(key, [known for known in names if known not in self.spec.wires])
                self.fault("TG212", f"{self.type.id} has no input {name!r}", key, hint, fix=fix)
            end = self.end(self.scope.resolve(reference))
            if end is not None and self.type.port(name) is not None:
                ends[name] = (reference, end)
        return ends

    def _single(self, reference: Scalar) -> dict[str, tuple[Scalar, End]]:
        end = self.end(self.scope.resolve(reference))
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
                        End(end.source, (column[port.name],), fields[port.name], f"{end.label}.{port.name}", end.place),
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

    def check_port(self, port: Port, reference: Scalar, end: End) -> None:
        """Compare the kinds at both ends."""
        if not port.takes.accepts(end.kind):
            use = self.spec.use
            mine = Note(use.place, f"{self.type.id} takes {port.takes} for its input {port.name!r}")
            self.mismatch(f"input {port.name!r} of {self.type.id}", port.takes, end, reference, mine)

    def check_axis(self, ends: Mapping[str, tuple[Scalar, End]]) -> Axis:
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
                    notes=self._axis_notes(axis, mine),
                )
        return axis

    def _apart(self, one: Axis, other: Axis) -> str:
        """What tells two axes apart; "" when they hold the same rows."""
        if one[1] != other[1]:
            made = [
                f"made by node {maker!r}" if maker else "that come in" if bars == INPUTS else f"of {bars!r}"
                for bars, maker in (one, other)
            ]
            return f"the rows {' and those '.join(made)}"
        problem = _differing(self.sources.bars[one[0]], self.sources.bars[other[0]])
        return f"{one[0]!r} and {other[0]!r} differ in {problem}" if problem else ""

    def _axis_notes(self, *axes: Axis) -> list[Note]:
        """Where the rows of each end come from."""
        notes: list[Note] = []
        for bars, maker in axes:
            place = self.sources.nodes[maker].place if maker in self.sources.nodes else self.sources.places.get(bars)
            if place is None:
                continue
            request = self.sources.bars.get(bars)
            made = f"{maker!r} makes other rows" if maker else _described(bars, request) if request else f"{bars!r}"
            notes.append(Note(place, made))
        return notes

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


def _wire(port: Port, end: End) -> Wire:
    # of rows nothing is read
    return Wire(port.name, end.source, *(((), ANYTHING) if port.takes is ANYTHING else (end.columns, end.kind)))


def rows_of(name: str, node_type: NodeType, params: Mapping[str, Any], axis: Axis, sources: Sources) -> str:
    """The node whose rows `name` has: for a maker of rows the first that makes the same of the same axis."""
    if not callable(node_type.rows):
        return axis[1]
    request = sources.bars.get(axis[0])
    if request is None:  # a definition by itself: nobody knows which rows come in
        return name
    code = node_type.rows.__code__
    shape = (request.symbols, request.timeframe, request.start, request.end, request.resample, axis[1])
    said = tuple(repr(params[param]) for param in node_type.row_params)
    return sources.makers.setdefault((code.co_filename, code.co_firstlineno, said, shape), name)


def check_references(placed: Placed, sources: Sources) -> list[Fault]:
    """The faults of the wires of a node whose type is not known."""
    ends = Ends(placed.label, placed.scope, sources)
    for _, reference in placed.spec.wires.values():
        ends.end(placed.scope.resolve(reference))
    return ends.faults


def check_uses(uses: Collection[Scope], sources: Sources) -> list[Fault]:
    """The faults of wires to inputs of sub-graphs that no node has asked for so far."""
    found: list[Fault] = []
    for use in uses:
        ends = Ends("", use, sources)
        for name in use.wired:
            ends.crossed(Passage(use, name, use.inputs[name][1]))
        found += ends.faults
    return found


def wire_node(placed: Placed, node_type: NodeType, sources: Sources) -> tuple[Wired | None, list[Fault]]:
    """Wires, output kinds and axis of a node, or None; and every fault of its wiring.

    None without a fault when an input comes from a node that has faults of its own.
    """
    wiring = _Wiring(placed, node_type, sources)
    return wiring.run(), wiring.faults


def _differing(a: BarsRequest, b: BarsRequest) -> str:
    names = {"symbols": "symbols", "timeframe": "timeframe", "start": "from", "end": "to", "resample": "resample"}
    return ", ".join(shown for name, shown in names.items() if getattr(a, name) != getattr(b, name))


def _described(name: str, request: BarsRequest) -> str:
    count = None if request.symbols is None else len(request.symbols)
    symbols = "all symbols" if count is None else f"{count} symbol{'' if count == 1 else 's'}"
    range_ = f"{request.start.date() if request.start else 'the first bar'} to {request.end or 'latest'}"
    return f"{name!r} has {symbols}, {request.timeframe}, {range_}"
