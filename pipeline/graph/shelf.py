"""Sub-graphs by name: those of a file or of an enclosing sub-graph, read when they are first used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.graph.entry import read_nodes
from pipeline.graph.library import Library
from pipeline.graph.markup import Item, Map, Scalar
from pipeline.graph.param import read_params
from pipeline.graph.shape import NAME, NAME_HINT, Shapes
from pipeline.graph.spec import SubgraphSpec
from pipeline.graph.version import read_version
from pipeline.model.kind import BY_NAME, Kind
from pipeline.model.scalar import shown

__all__ = ["SUBGRAPH", "Shelf"]

SUBGRAPH = ("description", "params", "in", "out", "graphs", "nodes")
_FILE = ("tradegraph", "name", *SUBGRAPH)
_OUTSIDE = {
    "bars": "A sub-graph reads no bars itself: what it needs comes in by `in: {x: price}`.",
    "outputs": "What it gives is said by `out`; outputs are declared by the graph that uses it.",
}


class Shelf:
    """Sub-graphs in lexical scope: those of `entries`, then those of `outer`. Definitions are read once."""

    def __init__(
        self, entries: dict[str, tuple[Scalar, Item]], outer: Shelf | None, library: Library, shapes: Shapes
    ) -> None:
        self._entries = entries
        self._outer = outer
        self._library = library
        self._shapes = shapes
        self._read: dict[str, SubgraphSpec | None] = {}
        self._reading: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        """Names that may be used here."""
        yield from self._entries
        if self._outer is not None:
            yield from (name for name in self._outer if name not in self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries or (self._outer is not None and name in self._outer)

    @property
    def own(self) -> list[str]:
        """Names that are defined here, not around it."""
        return list(self._entries)

    def get(self, name: str) -> SubgraphSpec | None:
        """The definition of a name, None when there is none or it could not be read (its faults are kept)."""
        if name not in self._entries:
            return self._outer.get(name) if self._outer is not None else None
        if name not in self._read:
            if name in self._reading:
                key = self._entries[name][0]
                message = f"the sub-graph {name!r} is said to be in a file that says it is here"
                self._shapes.fault("TG123", message, key.place, "Define it in one of the files.")
                return None
            self._reading.add(name)
            self._read[name] = self._define(*self._entries[name])
        return self._read[name]

    def _define(self, key: Scalar, item: Item) -> SubgraphSpec | None:
        if isinstance(item, Scalar) and not item.is_null:
            return self._from_file(key.text, item)
        entry = self._shapes.map(item, f"sub-graph {key.text!r}")
        if entry is None:
            return None
        return self._body(key.text, key, entry, SUBGRAPH, self)

    def _from_file(self, name: str, at: Scalar) -> SubgraphSpec | None:
        """`./trend.yaml`, a file that is one sub-graph, or `./averages.yaml#trend`, one of several in a file."""
        text, sharp, part = at.text.partition("#")
        path = self._library.locate(at, text)
        if not isinstance(path, Path):
            self._shapes.faults.append(path)
            return None
        first = path not in self._library.files
        item, faults = self._library.load(path, at, text)
        self._shapes.faults += faults
        top = self._shapes.map(item, "a file of sub-graphs") if item is not None else None
        if top is None:
            return None
        if first:
            read_version(self._shapes, top)
        shelf = self._library.shelves.get(path)
        if shelf is None:
            shelf = Shelf({key.text: (key, inner) for key, inner in _graphs(self._shapes, top)}, None, *self._tools)
            self._library.shelves[path] = shelf
        if not sharp:
            return self._body(name, Scalar(name, top.place), top, _FILE, shelf)
        if part not in shelf:
            hint = self._shapes.hint(part, list(shelf), otherwise="It has no `graphs:`.")
            self._shapes.fault("TG121", f"the file {shown(text)} has no sub-graph {shown(part)}", at.place, hint)
            return None
        return shelf.get(part)

    @property
    def _tools(self) -> tuple[Library, Shapes]:
        return self._library, self._shapes

    def _body(self, name: str, key: Scalar, entry: Map, known: tuple[str, ...], outer: Shelf) -> SubgraphSpec:
        shapes, what = self._shapes, f"sub-graph {name!r}"
        shapes.keys(entry, known, what, elsewhere=_OUTSIDE)
        inner = outer
        if known is SUBGRAPH and "graphs" in entry.items:
            inner = Shelf({k.text: (k, value) for k, value in _graphs(shapes, entry)}, outer, *self._tools)
        spec = SubgraphSpec(file=key.place.file, place=key.place, name=name, shelf=inner)
        read_params(shapes, entry, spec, owner=f"{what}:", env=False)
        read_nodes(shapes, entry, spec)
        for port, item in shapes.entries(entry, "in"):
            spec.inputs[port.text] = (port, self._kind(what, port, item))
        self._outs(spec, entry, what)
        for required, example in (
            ("in", "in: {x: price}"),
            ("out", "out: smooth"),
            ("nodes", "nodes: {smooth: {use: ema, in: $x}}"),
        ):
            found = entry.items.get(required)
            if found is None or (isinstance(found, Map) and not found.items):
                shapes.fault("TG108", f"{what} has no `{required}:`", key.place, f"Add `{example}`.")
        return spec

    def _kind(self, what: str, port: Scalar, item: Item) -> Kind:
        text = self._shapes.text(item)
        kind = BY_NAME.get(text)
        if kind is None:
            fix = self._shapes.hint.repair(item, list(BY_NAME)) if isinstance(item, Scalar) else ()
            hint = self._shapes.hint(text, list(BY_NAME))
            message = f"input {port.text!r} of {what} has the unknown kind {shown(text)}"
            self._shapes.fault("TG222", message, item.place, hint, fix=fix)
            return BY_NAME["number"]
        return kind

    def _outs(self, spec: SubgraphSpec, entry: Map, what: str) -> None:
        item = entry.items.get("out")
        hint = "Write `out: node`, or `out: {line: node, slope: other}`."
        if isinstance(item, Scalar) and not item.is_null:
            spec.outs[""] = (entry.keys["out"], item)
        elif isinstance(item, Map):
            for name, value in item.items.items():
                key = item.keys[name]
                if not NAME.fullmatch(name):
                    self._shapes.fault("TG109", f"the name {name!r} is not well formed", key.place, NAME_HINT)
                if isinstance(value, Scalar) and not value.is_null:
                    spec.outs[name] = (key, value)
                else:
                    self._shapes.fault("TG107", f"`out` {name!r} of {what} names no node", value.place, hint)
        elif item is not None:
            self._shapes.fault("TG107", f"`out` of {what} names no node", item.place, hint)


def _graphs(shapes: Shapes, top: Map) -> list[tuple[Scalar, Item]]:
    return shapes.entries(top, "graphs")
