"""The far ends of wires: what a reference names, its columns, its kind and where it is defined."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pipeline.errors import Edit, Fault, Note, Place
from pipeline.graph.graph import Node
from pipeline.graph.hint import Hints
from pipeline.graph.markup import Scalar
from pipeline.graph.scope import Passage, Reference, Scope, Unresolved
from pipeline.model.bars import BarsRequest
from pipeline.model.kind import BARS, CONDITION, EVENT, NUMBER, PRICE, SIGNAL, Kind
from pipeline.model.scalar import shown

__all__ = ["INPUTS", "MADE", "Axis", "End", "Ends", "Sources", "columns_of"]

Axis: TypeAlias = tuple[str, str]
"""A bars source, and the node that made other rows of its rows, "" when none did."""

MADE = {"n": NUMBER, "vwap": PRICE, "partial": CONDITION}
"""Columns that bars made of faster ones have besides those of all bars."""
INPUTS = "$"
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
    makers: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def axis_of(self, name: str) -> Axis:
        """The rows that the columns of `name` stand for."""
        if name in self.bars:
            return name, ""
        if name in self.inputs:
            return INPUTS, ""
        node = self.nodes[name]
        return node.axis, node.rows


@dataclass(frozen=True, slots=True)
class End:
    """The far end of a wire."""

    source: str
    columns: tuple[str, ...]
    kind: Kind
    label: str
    place: Place | None = None


class Ends:
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

    def end(self, reference: Reference | Unresolved) -> End | None:
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
            ends = Ends(f"node {call.name.text!r}{outer.of}", outer, self.sources)
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

    def mismatch(self, taker: str, takes: Kind, end: End, at: Scalar, mine: Note) -> None:
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

    def _bars_end(self, reference: Reference) -> End | None:
        source, column = reference.source, reference.output
        place = self.sources.places.get(source)
        if not column:
            return End(source, tuple(name for name, _ in BARS.fields), BARS, reference.at.text, place)
        kinds = {**dict(BARS.fields), **(MADE if self.sources.bars[source].resample else {})}
        kind = kinds.get(column)
        if kind is None:
            fields = list(kinds)
            fix = self.sources.hint.repair(reference.at, fields, word=column)
            hint = self.sources.hint(column, fields)
            self.fault("TG203", f"bars {source!r} have no column {shown(column)}", reference.at, hint, fix=fix)
            return None
        return End(source, (column,), kind, reference.at.text, place)

    def _input_end(self, reference: Reference) -> End | None:
        """An input of a definition: its kind is all that is known of it."""
        source, column, at = reference.source, reference.output, reference.at
        kind, place = self.sources.inputs[source], self.sources.places[source]
        fields = dict(kind.fields)
        if not column:
            return End(source, tuple(fields) or ("value",), kind, at.text, place)
        if column not in fields:
            hint = self.sources.hint(column, list(fields), otherwise=f"Write `{source}`: it is one column.")
            self.fault("TG203", f"input {source[1:]!r} ({kind}) has no part {shown(column)}", at, hint)
            return None
        return End(source, (column,), fields[column], at.text, place)

    def _node_end(self, node: Node, reference: Reference) -> End | None:
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
                return End(node.name, tuple(prefix + name for name, _ in kind.fields), kind, label, node.place)
            return End(node.name, (output,), kind, label, node.place)
        columns = columns_of(node)
        if output in columns:  # a field of a bundle: `entry.strength`
            return End(node.name, (output,), columns[output], label, node.place)
        known = list(columns or kinds)
        fix = self.sources.hint.repair(at, known, word=output)
        source = at.text.partition(".")[0]
        message = f"{source!r} ({node.type.id}) has no output {shown(output)}"
        self.fault("TG203", message, at, self.sources.hint(output, known), fix=fix)
        return None


def columns_of(node: Node) -> dict[str, Kind]:
    """The columns of a node by name: its outputs, a bundle by its fields; none for a table."""
    fields = [field for output in node.type.outputs for field in _fields(node.kinds[output.name])]
    names = [name for name, _ in node.type.columns(node.kinds)]
    return dict(zip(names, fields, strict=True))


def _fields(kind: Kind) -> list[Kind]:
    if kind.dtype == "bundle":
        return [inner for _, inner in kind.fields]
    return [kind] if kind.on_axis else []
