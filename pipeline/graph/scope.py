"""What a name means where it is written: in a graph, or in one use of a sub-graph.

A sub-graph is hygienic: its nodes see its inputs, its params and each other, nothing of the graph that uses
it; and that graph sees its declared outs alone. In the flat graph the node `smooth` of the sub-graph used as
`fast` is called `fast.smooth`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.errors import Edit, Note
from pipeline.graph.hint import Hints
from pipeline.graph.markup import Scalar
from pipeline.graph.policy import NO_POLICY, Policy
from pipeline.graph.spec import BlockSpec, NodeSpec, SubgraphSpec
from pipeline.model.kind import Kind
from pipeline.model.scalar import shown

__all__ = ["Passage", "Placed", "Reference", "Scope", "Unresolved"]


@dataclass(frozen=True, slots=True)
class Passage:
    """The input of one use of a sub-graph, which a wire comes through: it has a kind of its own to be kept."""

    scope: Scope
    input: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Reference:
    """The far end of a wire: a node of the flat graph, a bars source, or `$input` where a definition is checked.

    `at` is what was written, `output` what stands behind the dot, if there is one.
    """

    at: Scalar
    source: str
    output: str = ""
    dotted: bool = False
    passed: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference to nothing: its fault, or no code when another fault has said why."""

    at: Scalar
    code: str = ""
    message: str = ""
    hint: str = ""
    fix: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """A node of the flat graph: its full name, its spec, and the scope in which the spec's names are meant."""

    name: str
    spec: NodeSpec
    scope: Scope

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"node {self.spec.name.text!r}{self.scope.of}"


@dataclass(eq=False, slots=True)
class Scope:
    """A block with the values of its params, and what its inputs are wired to.

    `outer` and `call` are where a sub-graph is used and by which entry, both None for a graph and for a
    definition that is checked by itself. `uses` are the sub-graphs used in it, by node name; `lost` are nodes
    that have faults of their own; `wired` maps inputs to what was written in the outer scope, and a column.
    """

    block: BlockSpec
    hint: Hints
    prefix: str = ""
    outer: Scope | None = None
    call: NodeSpec | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    wired: Mapping[str, tuple[Scalar, str]] = field(default_factory=dict)
    policy: Policy = NO_POLICY
    sources: frozenset[str] = frozenset()
    uses: dict[str, Scope] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    @property
    def of(self) -> str:
        """Behind the name of a node in messages: whose it is."""
        return f" of sub-graph {self.block.name!r}" if isinstance(self.block, SubgraphSpec) else ""

    @property
    def inputs(self) -> Mapping[str, tuple[Scalar, Kind]]:
        """Inputs of a sub-graph, none of a graph."""
        return self.block.inputs if isinstance(self.block, SubgraphSpec) else {}

    def trail(self) -> tuple[Note, ...]:
        """Where this sub-graph is used, the nearest first."""
        return tuple(
            Note(scope.call.name.place, f"{scope.block.name!r} is used here as {scope.call.name.text!r}")
            for scope in self._outwards()
            if scope.call is not None
        )

    def _outwards(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def names(self) -> list[str]:
        """What a wire may name here."""
        return [*self.sources, *self.block.nodes, *self.block.unread, *(f"${name}" for name in self.inputs)]

    def resolve(self, at: Scalar) -> Reference | Unresolved:
        """What a reference written in this scope means."""
        name, dot, rest = at.text.partition(".")
        if at.reference is not None:
            return self._input(name[1:], rest, at, dotted=bool(dot))
        if name in self.uses:
            return self.uses[name].out(rest, at, dotted=bool(dot))
        if name in self.lost or name in self.block.unread:
            return Unresolved(at)
        if name in self.block.nodes:
            return Reference(at, self.prefix + name, rest, bool(dot))
        if name in self.sources:
            return Reference(at, name, rest, bool(dot))
        if not self.block.whole:
            return Unresolved(at)
        names = self.names()
        hint = self.hint(name, names)
        if name in self.inputs:
            hint = f"An input of the sub-graph is written with a dollar: `${name}`."
        fix = self.hint.repair(at, names, word=name)
        if name in self.inputs and not at.quoted:
            fix = (Edit(at.place, at.text, f"${at.text}"),)
        where = f"there is no node or bars source {shown(name)}"
        if isinstance(self.block, SubgraphSpec):
            where = f"sub-graph {self.block.name!r} has no node {shown(name)}"
        return Unresolved(at, "TG202", where, hint, fix)

    def _input(self, name: str, rest: str, at: Scalar, *, dotted: bool) -> Reference | Unresolved:
        if name not in self.inputs:
            return self._no_input(name, at)
        self.taken.add(name)
        if self.outer is None:  # a definition by itself: whatever fits
            return Reference(at, f"${name}", rest, dotted)
        if name not in self.wired:
            return Unresolved(at)
        written, column = self.wired[name]
        end = self.outer.resolve(written)
        if isinstance(end, Unresolved):
            return Unresolved(at)
        passed = (*end.passed, Passage(self, name, self.inputs[name][1]))
        # a field of one of several outputs is a column called `output_field`
        parts = [part for part in (end.output, column, rest) if part]
        return replace(end, at=at, output="_".join(parts), dotted=end.dotted or dotted, passed=passed)

    def _no_input(self, name: str, at: Scalar) -> Unresolved:
        if isinstance(self.block, SubgraphSpec) and not self.inputs:
            return Unresolved(at)  # that it has none is said
        if self.block.params.get(name) is not None or name in self.block.unread_params or not self.inputs:
            message = f"{shown(at.text)} is a param, not an input"
            return Unresolved(at, "TG202", message, "Wire a node or bars; set params under `with`.")
        known = [f"${known}" for known in self.inputs]
        fix = self.hint.repair(at, known, word=f"${name}")
        message = f"sub-graph {self.block.name!r} has no input {shown(name)}"
        return Unresolved(at, "TG202", message, self.hint(f"${name}", known), fix)

    def out(self, rest: str, at: Scalar, *, dotted: bool) -> Reference | Unresolved:
        """What `fast` or `fast.line` means, seen from where the sub-graph is used."""
        assert isinstance(self.block, SubgraphSpec)
        assert self.call is not None
        outs = self.block.outs
        name, _, more = rest.partition(".")
        label = f"{self.call.name.text!r} ({self.block.name})"
        if "" in outs:
            name, more = "", rest
        elif not rest and not dotted and len(outs) == 1:
            name = next(iter(outs))
        elif not rest:
            hint = f"Say which: `{self.call.name.text}.{next(iter(outs), '…')}`."
            return Unresolved(at, "TG203", f"{label} has several outputs: {', '.join(outs)}", hint)
        elif name not in outs:
            fix = self.hint.repair(at, list(outs), word=name)
            message = f"{label} has no output {shown(name)}"
            return Unresolved(at, "TG203", message, self.hint(name, list(outs)), fix)
        end = self.resolve(outs[name][1])
        if isinstance(end, Unresolved):
            return Unresolved(at)
        parts = [part for part in (end.output, more) if part]
        return replace(end, at=at, output="_".join(parts), dotted=bool(parts))
