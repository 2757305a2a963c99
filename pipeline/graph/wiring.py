"""The wires of one node: references to columns, kinds and axes compared at both ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.errors import Edit, Fault, Note, Place
from pipeline.graph.graph import Node, Wire
from pipeline.graph.hint import Hints
from pipeline.graph.markup import Scalar
from pipeline.graph.scope import Passage, Placed, Reference, Scope, Unresolved
from pipeline.model.bars import BarsRequest
from pipeline.model.kind import BARS, EVENT, NUMBER, SIGNAL, Kind, Same
from pipeline.model.node import NodeType, Port
from pipeline.model.scalar import shown

__all__ = ["Sources", "Wired", "check_references", "check_uses", "columns_of", "wire_node"]

Wired: TypeAlias = tuple[tuple[Wire, ...], dict[str, Kind], str]
_INPUTS = "$"
"""The axis of whatever is wired to a sub-graph whose definition is checked by itself."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a wire may come from: bars sources and nodes checked so far, and inputs of a definition (`$x`).

    A node that is not there yet has faults of its own, or is in a cycle. `crossings` remembers which inputs of
    sub-graphs were found to get what they take.
    """

    bars: Mapping[str, BarsRequest]
    nodes: Mapping[str, Node]
    hint: Hints
    places: Mapping[str, Place]
    inputs: Mapping[str, Kind] = field(default_factory=dict)
    crossings: dict[tuple[Scope, str], bool] = field(default_factory=dict)

    def axis_of(self, name: str) -> str:
        """The bars source whose rows the columns of `name` stand for."""
        if name in self.bars:
            return name
        return _INPUTS if name in self.inputs else self.nodes[name].axis


@dataclass(frozen=True, slots=True)
class _End:
    """The far end of a wire."""

    source: str
    columns: tuple[str, ...]
    kind: Kind
    label: str
    place: Place | None = None


class _Ends:
    """The far ends of wires that are written in one scope by one entry."""

    def __init__(self, label: str, scope: Scope, sources: Sources) -> None:
        self.label = label
        self.scope = scope
        self.sources = sources
        self.faults: list[Fault] = []
        self.broken = False  # an input hangs on something that has faults of its own

    def fault(
        self,
        code: str,
        message: str,
        at: Scalar,
        hint: str = "",
        *,
        notes: Collection[Note] = (),
        fix: tuple[Edit, ...] = (),
    ) -> None:
        message = f"{self.label}: {message}"
        self.faults.append(Fault(code, message, at.place, hint, notes=(*notes, *self.scope.trail()), fix=fix))

    def end(self, reference: Reference | Unresolved) -> _End | None:
        """What a reference such as `daily`, `daily.close`, `macd.signal` means; None with a fault."""
        if isinstance(reference, Unresolved):
            if reference.code:
                self.fault(reference.code, reference.message, reference.at, reference.hint, fix=reference.fix)
            self.broken = True
            return None
        crossed = [self.crossed(passage) for passage in reference.passed]  # each has faults of its own
        if not all(crossed):
            self.broken = True
            return None
        at, source = reference.at, reference.source
        known = source in self.sources.bars or source in self.sources.inputs or source in self.sources.nodes
        if known and reference.dotted and not reference.output:
            hint = f"Write `{at.text.rstrip('.')}`, or name an output."
            self.fault("TG203", f"{shown(at.text)} names no output behind its dot", at, hint)
            return None
        if source in self.sources.bars:
            return self._bars_end(reference)
        if source in self.sources.inputs:
            return self._input_end(reference)
        node = self.sources.nodes.get(source)
        if node is None:
            self.broken = True
            return None
        return self._node_end(node, reference)

    def crossed(self, passage: Passage) -> bool:
        """True when what an input of a sub-graph is wired to is what it takes; the fault is said the first time."""
        where = (passage.scope, passage.input)
        if where not in self.sources.crossings:
            outer, call = passage.scope.outer, passage.scope.call
            assert outer is not None
            assert call is not None
            written, column = passage.scope.wired[passage.input]
            ends = _Ends(f"node {call.name.text!r}{outer.of}", outer, self.sources)
            self.sources.crossings[where] = ends.fits(passage, call.use, outer.resolve(written), column)
            self.faults += ends.faults
        return self.sources.crossings[where]

    def fits(self, passage: Passage, use: Scalar, reference: Reference | Unresolved, column: str) -> bool:
        """Compare what an input of a sub-graph takes with what it gets."""
        if column and isinstance(reference, Reference):
            reference = Reference(reference.at, reference.source, column, True, reference.passed)
        end = self.end(reference)
        if end is None:
            return False
        if passage.kind.accepts(end.kind):
            return True
        assert isinstance(reference, Reference)
        self.mismatch(
            f"input {passage.input!r} of sub-graph {use.text!r}", passage.kind, end, reference.at,
            Note(passage.scope.inputs[passage.input][0].place, f"{passage.input!r} is declared as {passage.kind} here"),
        )  # fmt: skip
        return False

    def mismatch(self, taker: str, takes: Kind, end: _End, at: Scalar, mine: Note) -> None:
        """The fault of a kind that does not fit, with both ends."""
        hint = f"{takes} is {takes.description}; {end.kind} is {end.kind.description}."
        fix: tuple[Edit, ...] = ()
        if end.kind is BARS:
            hint = f"Wire one column: `{at.text}.close`."
        elif end.kind is SIGNAL:
            hint = f"Wire one half of the signal: `{at.text}.event` or `{at.text}.strength`."
            if takes is EVENT and not at.quoted and "." not in at.text:
                fix = (Edit(at.place, at.text, f"{at.text}.event"),)
        elif takes is SIGNAL:
            hint = "A signal comes from a strategy node, or from an event."
        elif takes is EVENT:
            hint += " `cross` or a strategy node makes events."
        theirs = () if end.place is None else (Note(end.place, f"{end.label} gives {end.kind}"),)
        message = f"{taker} takes {takes}, but {end.label} gives {end.kind}"
        self.fault("TG214", message, at, hint, notes=(*theirs, mine), fix=fix)

    def _bars_end(self, reference: Reference) -> _End | None:
        source, column = reference.source, reference.output
        place = self.sources.places.get(source)
        if not column:
            return _End(source, tuple(name for name, _ in BARS.fields), BARS, reference.at.text, place)
        kind = dict(BARS.fields).get(column)
        if kind is None:
            fields = list(dict(BARS.fields))
            fix = self.sources.hint.repair(reference.at, fields, word=column)
            hint = self.sources.hint(column, fields)
            self.fault("TG203", f"bars {source!r} have no column {shown(column)}", reference.at, hint, fix=fix)
            return None
        return _End(source, (column,), kind, reference.at.text, place)

    def _input_end(self, reference: Reference) -> _End | None:
        """An input of a definition: its kind is all that is known of it."""
        source, column, at = reference.source, reference.output, reference.at
        kind, place = self.sources.inputs[source], self.sources.places[source]
        fields = dict(kind.fields)
        if not column:
            return _End(source, tuple(fields) or ("value",), kind, at.text, place)
        if column not in fields:
            hint = self.sources.hint(column, list(fields), otherwise=f"Write `{source}`: it is one column.")
            self.fault("TG203", f"input {source[1:]!r} ({kind}) has no part {shown(column)}", at, hint)
            return None
        return _End(source, (column,), fields[column], at.text, place)

    def _node_end(self, node: Node, reference: Reference) -> _End | None:
        kinds, output, at = node.kinds, reference.output, reference.at
        label = f"{at.text} ({node.type.id})"
        if not output:
            if len(kinds) > 1:
                names = ", ".join(kinds)
                hint = f"Say which: `{at.text}.{next(iter(kinds))}`."
                self.fault("TG203", f"{at.text!r} ({node.type.id}) has several outputs: {names}", at, hint)
                return None
            output = next(iter(kinds))
        if output in kinds:
            kind = kinds[output]
            if kind.dtype == "bundle":
                prefix = "" if len(kinds) == 1 else f"{output}_"
                return _End(node.name, tuple(prefix + name for name, _ in kind.fields), kind, label, node.place)
            return _End(node.name, (output,), kind, label, node.place)
        columns = columns_of(node)
        if output in columns:  # a field of a bundle: `entry.strength`
            return _End(node.name, (output,), columns[output], label, node.place)
        known = list(columns or kinds)
        fix = self.sources.hint.repair(at, known, word=output)
        source = at.text.partition(".")[0]
        message = f"{source!r} ({node.type.id}) has no output {shown(output)}"
        self.fault("TG203", message, at, self.sources.hint(output, known), fix=fix)
        return None


class _Wiring(_Ends):
    def __init__(self, placed: Placed, node_type: NodeType, sources: Sources) -> None:
        super().__init__(placed.label, placed.scope, sources)
        self.spec = placed.spec
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
                fix = self.sources.hint.repair(key, [known for known in names if known not in self.spec.wires])
                self.fault("TG212", f"{self.type.id} has no input {name!r}", key, hint, fix=fix)
            end = self.end(self.scope.resolve(reference))
            if end is not None and self.type.port(name) is not None:
                ends[name] = (reference, end)
        return ends

    def _single(self, reference: Scalar) -> dict[str, tuple[Scalar, _End]]:
        end = self.end(self.scope.resolve(reference))
        if end is None:
            return {}
        required = [port for port in self.type.ports if not port.optional] or list(self.type.ports)
        if end.kind is BARS and not any(port.takes is BARS for port in self.type.ports):
            fields = dict(BARS.fields)
            if all(port.name in fields for port in required):
                return {
                    port.name: (
                        reference,
                        _End(end.source, (port.name,), fields[port.name], f"{end.label}.{port.name}", end.place),
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
            use = self.spec.use
            mine = Note(use.place, f"{self.type.id} takes {port.takes} for its input {port.name!r}")
            self.mismatch(f"input {port.name!r} of {self.type.id}", port.takes, end, reference, mine)

    def check_axis(self, ends: Mapping[str, tuple[Scalar, _End]]) -> str:
        """The one axis of all inputs, "" with a fault when they differ."""
        axis, first = "", ""
        for reference, end in ends.values():
            mine = self.sources.axis_of(end.source)
            if not axis:
                axis, first = mine, end.label
            elif mine != axis:
                problem = _differing(self.sources.bars[axis], self.sources.bars[mine])
                if problem:
                    places = self.sources.places
                    self.fault(
                        "TG216",
                        f"{first} and {end.label} stand on different axes: {axis!r} and {mine!r} differ in {problem}",
                        reference,
                        "All inputs of a node share symbols, timeframe and range.",
                        notes=[Note(places[name], _described(name, self.sources.bars[name])) for name in (axis, mine)],
                    )
        return axis

    def run(self) -> Wired | None:
        ends = self.plan_ports()
        said = self.spec.wires.keys() | self.spec.unread  # the fault of a wire is not also a missing input
        for port in self.type.ports:
            if port.name in ends:
                self.check_port(port, *ends[port.name])
            elif not port.optional and not said & {"", "in", port.name}:
                hint = f"Add `{port.name}: …` under `in`; it takes {port.takes}."
                self.fault("TG211", f"input {port.name!r} of {self.type.id} is not wired", self.spec.use, hint)
        axis = self.check_axis(ends) if ends else ""
        if self.faults or self.broken or self.spec.unread:
            return None
        wires = tuple(
            Wire(port.name, ends[port.name][1].source, ends[port.name][1].columns, ends[port.name][1].kind)
            for port in self.type.ports
            if port.name in ends
        )
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


def columns_of(node: Node) -> dict[str, Kind]:
    """The columns of a node by name: its outputs, a bundle by its fields; none for a table."""
    fields = [field for output in node.type.outputs for field in _fields(node.kinds[output.name])]
    names = [name for name, _ in node.type.columns(node.kinds)]
    return dict(zip(names, fields, strict=True))


def _fields(kind: Kind) -> list[Kind]:
    if kind.dtype == "bundle":
        return [inner for _, inner in kind.fields]
    return [kind] if kind.on_axis else []


def check_references(placed: Placed, sources: Sources) -> list[Fault]:
    """The faults of the wires of a node whose type is not known."""
    ends = _Ends(placed.label, placed.scope, sources)
    for _, reference in placed.spec.wires.values():
        ends.end(placed.scope.resolve(reference))
    return ends.faults


def check_uses(uses: Collection[Scope], sources: Sources) -> list[Fault]:
    """The faults of wires to inputs of sub-graphs that no node has asked for so far."""
    found: list[Fault] = []
    for use in uses:
        ends = _Ends("", use, sources)
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
    names = {"symbols": "symbols", "timeframe": "timeframe", "start": "from", "end": "to"}
    return ", ".join(shown for name, shown in names.items() if getattr(a, name) != getattr(b, name))


def _described(name: str, request: BarsRequest) -> str:
    symbols = "all symbols" if request.symbols is None else f"{len(request.symbols)} symbols"
    range_ = f"{request.start.date() if request.start else 'the first bar'} to {request.end or 'latest'}"
    return f"{name!r} has {symbols}, {request.timeframe}, {range_}"
