"""What could stand at a cursor in a graph file: keys, node types, inputs, params, wires, symbols."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args, get_origin

from pipeline.graph.cursor import Cursor, Entry, cursor_in, entries
from pipeline.graph.entry import NODE
from pipeline.graph.param import PARAM, TYPES
from pipeline.graph.read import BARS, TOP
from pipeline.graph.shelf import SUBGRAPH
from pipeline.model.bars import BAR_FIELDS, Adjust
from pipeline.model.kind import Kind
from pipeline.model.node import NodeType
from pipeline.model.param import DeclaredParam
from pipeline.model.registry import Registry
from pipeline.model.scalar import plain, type_name

__all__ = ["Candidate", "Market", "complete"]

What: TypeAlias = Literal["key", "type", "node", "bars", "param", "value"]
_MOST = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could stand there, what that is, and a few words about it."""

    label: str
    kind: What
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Market:
    """What a graph can ask for."""

    timeframes: Sequence[str] = ()
    symbols: Sequence[str] = ()
    universes: Sequence[str] = ()


def complete(
    text: str, line: int, column: int, registry: Registry, market: Market | None = None
) -> tuple[int, list[Candidate]]:
    """The column where the word at the cursor begins, and what could stand in its place: what begins like it first.

    The text need not be legal. Inside a sub-graph its own nodes, inputs and params are offered.
    """
    cursor = cursor_in(text, line, column)
    found = _Places(entries(text), registry, market or Market()).at(cursor)
    word = cursor.word.casefold()
    fitting = [one for one in dict.fromkeys(found) if word in one.label.casefold() and one.label != cursor.word]
    fitting.sort(key=lambda one: not one.label.casefold().startswith(word))
    return cursor.column, fitting[:_MOST]


class _Places:
    """What can stand where, in one text."""

    def __init__(self, known: Sequence[Entry], registry: Registry, market: Market) -> None:
        self._known = known
        self._registry = registry
        self._market = market

    def at(self, cursor: Cursor) -> Iterator[Candidate]:
        home: tuple[str, ...] = ()
        path = cursor.path
        while len(path) >= 2 and path[0] == "graphs":  # in a sub-graph, or in one of its own
            home, path = (*home, *path[:2]), path[2:]
        match path, cursor.is_value:
            case (), False:
                yield from self._new(home, SUBGRAPH if home else TOP)
            case ("params", _), False:
                yield from self._new((*home, *path), PARAM)
            case ("params", _, "type"), True:
                yield from _values(TYPES)
            case ("bars", _), False:
                yield from self._new((*home, *path), BARS)
            case ("bars", _, field), True:
                yield from self._of_bars(field)
            case ("nodes", _), False:
                yield from self._new((*home, *path), NODE)
            case ("nodes", _, "use"), True:
                yield from self._types(home)
            case ("nodes", name, "in"), False:
                yield from self._ports((*home, "nodes", name))
            case ("nodes", name, "in"), True:
                yield from self._wires(home, name)
            case ("nodes", name, "in", _), True:
                yield from self._wires(home, name)
            case ("nodes", name, "with"), False:
                yield from self._params((*home, "nodes", name))
            case ("nodes", name, "with", param), True:
                yield from self._values_of(home, name, param)
            case ("outputs", _), True:
                yield from self._nodes(home, "")
            case ("sweep",), False:
                yield from self._new((*home, *path), ("grid", "zip", "where"))
            case ("sweep", "grid" | "zip"), False:
                yield from (Candidate(name, "param") for name in self._keys((*home, "params")))

    def _keys(self, above: tuple[str, ...]) -> list[str]:
        """Keys right below a path."""
        depth = len(above)
        return list(
            dict.fromkeys(e.path[depth] for e in self._known if len(e.path) == depth + 1 and e.path[:depth] == above)
        )

    def _new(self, above: tuple[str, ...], names: Iterable[str]) -> Iterator[Candidate]:
        """Keys that are not there yet."""
        there = set(self._keys(above))
        return (Candidate(name, "key") for name in names if name not in there)

    def _use(self, node: tuple[str, ...]) -> str:
        return next((entry.value for entry in self._known if entry.path == (*node, "use")), "")

    def _type(self, node: tuple[str, ...]) -> NodeType | None:
        return self._registry.get(self._use(node))

    def _types(self, home: tuple[str, ...]) -> Iterator[Candidate]:
        yield from (Candidate(name, "type", "a sub-graph of this file") for name in self._keys((*home, "graphs")))
        yield from (Candidate(node.id, "type", node.summary) for node in self._registry)

    def _ports(self, node: tuple[str, ...]) -> Iterator[Candidate]:
        there, found = set(self._keys((*node, "in"))), self._type(node)
        if found is not None:
            for port in found.ports:
                if port.name not in there:
                    yield Candidate(port.name, "key", f"takes {port.takes}{', optional' if port.optional else ''}")
        elif self._use(node):
            yield from self._new((*node, "in"), self._keys(("graphs", self._use(node), "in")))

    def _params(self, node: tuple[str, ...]) -> Iterator[Candidate]:
        there, found = set(self._keys((*node, "with"))), self._type(node)
        if found is not None:
            yield from (
                Candidate(param.name, "param", _about(param)) for param in found.params if param.name not in there
            )
        elif self._use(node):
            yield from self._new((*node, "with"), self._keys(("graphs", self._use(node), "params")))

    def _values_of(self, home: tuple[str, ...], node: str, name: str) -> Iterator[Candidate]:
        yield from (Candidate(f"${known}", "param") for known in self._keys((*home, "params")))
        found = self._type((*home, "nodes", node))
        param = found.params.get(name) if found else None
        if param is None:
            return
        if param.type is bool:
            yield from _values(("true", "false"))
        elif get_origin(param.type) is Literal:
            yield from _values(map(plain, get_args(param.type)))
        elif not param.required:
            yield Candidate(plain(param.default), "value", "the default")

    def _wires(self, home: tuple[str, ...], node: str) -> Iterator[Candidate]:
        if home:
            yield from (Candidate(f"${name}", "node", "an input") for name in self._keys((*home, "in")))
        yield from self._nodes(home, node)
        for name in self._keys(("bars",)) if not home else ():
            yield Candidate(name, "bars", "all of its columns")
            yield from (Candidate(f"{name}.{column}", "bars") for column in BAR_FIELDS)

    def _nodes(self, home: tuple[str, ...], but: str) -> Iterator[Candidate]:
        """Nodes and their outputs."""
        for name in self._keys((*home, "nodes")):
            if name == but:
                continue
            use = self._use((*home, "nodes", name))
            yield Candidate(name, "node", use)
            found = self._registry.get(use)
            if found is not None:
                parts = _parts(found)
            else:
                parts = dict.fromkeys(self._keys(("graphs", use, "out")), "") if use else {}
            yield from (Candidate(f"{name}.{part}", "node", kind) for part, kind in parts.items())

    def _of_bars(self, field: str) -> Iterator[Candidate]:
        if field == "timeframe":
            yield from _values(self._market.timeframes)
        elif field == "symbols":
            yield from (Candidate("all", "value", "all that are stored"),)
            universes = dict.fromkeys((*self._keys(("universes",)), *self._market.universes))
            yield from (Candidate(name, "value", "a universe") for name in universes)
            yield from _values(self._market.symbols)
        elif field == "adjust":
            yield from _values(get_args(Adjust))
        elif field == "to":
            yield from _values(("latest",))
        elif field == "resample":
            yield from _values(self._market.timeframes)


def _values(texts: Iterable[str]) -> Iterator[Candidate]:
    return (Candidate(text, "value") for text in texts)


def _parts(node: NodeType) -> Mapping[str, str]:
    """What can be wired of a node besides all of it, each with its kind."""
    found: dict[str, str] = {}
    for output in node.outputs:
        fields = output.kind.fields if isinstance(output.kind, Kind) else ()
        prefix = "" if len(node.outputs) == 1 else f"{output.name}_"
        found |= {f"{prefix}{name}": kind.name for name, kind in fields}
        if not fields and len(node.outputs) > 1:
            found[output.name] = output.kind.name if isinstance(output.kind, Kind) else "as its input"
    return found


def _about(param: DeclaredParam) -> str:
    limits = f", {param.describe_range()}" if param.describe_range() else ""
    return f"{type_name(param.type)}{limits}: {param.param.description}"
