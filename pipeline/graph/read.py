"""Text to GraphSpec: the closed key sets of the dialect, and the faults of shape."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pipeline.errors import Fault, GraphError
from pipeline.graph.entry import read_nodes
from pipeline.graph.extend import extended
from pipeline.graph.hint import Hints
from pipeline.graph.library import Library, home_of, load_text
from pipeline.graph.markup import Item, Map, Scalar, Seq, compose
from pipeline.graph.param import read_params
from pipeline.graph.shape import NAME, NAME_HINT, Shapes
from pipeline.graph.shelf import Shelf
from pipeline.graph.spec import BarsSpec, GraphSpec
from pipeline.graph.sweep_read import read_sweep
from pipeline.graph.version import DIALECT, read_version
from pipeline.model.scalar import shown

__all__ = [
    "BARS",
    "DIALECT",
    "TOP",
    "faults_that_matter",
    "load_text",
    "read_file",
    "read_text",
    "role_of",
    "scan_text",
]

TAKEN = frozenset({"information_schema", "main", "memory", "pg_catalog", "system", "temp", "tradegraph"})
"""A graph is a schema of the published database; these are schemas or databases already."""

TOP = (
    "tradegraph", "name", "description", "extends", "params", "universes", "bars", "graphs", "nodes", "sweep",
    "outputs",
)  # fmt: skip
BARS = ("timeframe", "symbols", "from", "to", "adjust", "history", "resample", "zone", "day_start", "weekdays")


def read_file(path: Path, *, root: Path | None = None) -> GraphSpec:
    """The spec in a file. Raises GraphError with every fault of form, TG110 when it cannot be read.

    Files that it names must lie below `root`: its project when None.
    """
    return read_text(load_text(path), str(path), root=root or home_of(path))


def read_text(text: str, file: str = "<text>", *, root: Path | None = None) -> GraphSpec:
    """The spec in `text`. Raises GraphError that carries every fault of form."""
    spec, faults = scan_text(text, file, root=root)
    if spec is None or faults:
        raise GraphError.of(faults)
    return spec


def scan_text(text: str, file: str = "<text>", *, root: Path | None = None) -> tuple[GraphSpec | None, list[Fault]]:
    """As much of a spec as `text` gives, and every fault of form; None when it is no map of YAML at all.

    Files that it names (`extends`, sub-graphs) are looked for beside `file` and must lie below `root`; with
    None it may name none.
    """
    item, faults = compose(text, file)
    shapes = Shapes(faults, Hints())
    spec = _Reader(shapes, Library(root), file).graph(item) if item is not None else None
    if spec is not None:
        spec.text = text
    return spec, shapes.faults


def role_of(text: str) -> Literal["graph", "library", "sub-graph"]:
    """What a file is for: to be run, to hold sub-graphs under `graphs:`, or to be one itself (`in` and `out`)."""
    item, _ = compose(text, "")
    keys = item.items.keys() if isinstance(item, Map) else set()
    if "extends" in keys or "bars" in keys:
        return "graph"
    if {"in", "out"} <= keys:
        return "sub-graph"
    return "library" if "graphs" in keys and "nodes" not in keys else "graph"


def faults_that_matter(role: str, faults: Iterable[Fault]) -> list[Fault]:
    """Of the faults that a file has as a graph those that it has in its role: a library has no bars and no nodes."""
    return [f for f in faults if not (role == "library" and f.code == "TG108" and "the graph has no" in f.message)]


class _Reader:
    def __init__(self, shapes: Shapes, library: Library, file: str) -> None:
        self.shapes = shapes
        self.library = library
        self.file = file

    def graph(self, root: Item) -> GraphSpec | None:
        shapes = self.shapes
        own = shapes.map(root, "a graph file")
        if own is None:
            return None
        family = extended(own, self.library, shapes, self.file)
        top = family.top
        self.keys(top)
        for layer in family.layers:
            read_version(shapes, layer)
        spec = GraphSpec(
            file=self.file,
            place=own.place,
            name=self.name(own),
            description=shapes.text(top.items.get("description")),
            unread=family.lost,
            whole=family.whole,
        )
        read_params(shapes, top, spec, owner="graph", env=True)
        self.universes(top, spec)
        self.bars(top, spec)
        spec.shelf = Shelf({k.text: (k, item) for k, item in shapes.entries(top, "graphs")}, None, self.library, shapes)
        for name in list(spec.shelf):
            spec.shelf.get(name)
        read_nodes(shapes, top, spec)
        for name in spec.nodes.keys() & spec.bars.keys():
            place = spec.nodes.pop(name).name.place
            shapes.fault("TG205", f"a node and a bars source are both called {name!r}", place, "Rename one.")
            del spec.bars[name]
            spec.unread.add(name)
        if "sweep" in top.items:
            spec.sweep = read_sweep(shapes, top.items["sweep"], spec)
        for key, item in shapes.entries(top, "outputs"):
            if isinstance(item, Scalar) and not item.is_null:
                spec.outputs[key.text] = (key, item)
            else:
                shapes.fault("TG107", f"output {key.text!r} names no node", item.place, f"Write `{key.text}: node`.")
        if family.whole:
            self.required(top, own)
        return spec

    def keys(self, top: Map) -> None:
        elsewhere = dict.fromkeys(("in", "out"), "A file with `in` and `out` is a sub-graph: use it in another graph.")
        self.shapes.keys(top, TOP, "a graph file", elsewhere=elsewhere)

    def name(self, top: Map) -> str:
        """The name that a file gives itself, else that of the file; a parent's name is not inherited."""
        at = top.items.get("name")
        name = self.shapes.text(at) or Path(self.file).stem
        place = at.place if at else top.place
        if not NAME.fullmatch(name):
            self.shapes.fault("TG109", f"the graph name {shown(name)} is not well formed", place, NAME_HINT)
        elif name in TAKEN:
            hint = "A schema or database of DuckDB has this name."
            self.shapes.fault("TG109", f"a graph cannot be called {name!r}", place, hint)
        return name

    def universes(self, top: Map, spec: GraphSpec) -> None:
        for key, item in self.shapes.entries(top, "universes"):
            hint = f"Write `{key.text}: [AAPL, MSFT]`."
            if key.text == "all":
                self.shapes.fault("TG109", "a universe cannot be called 'all'", key.place, "`all` are all symbols.")
            elif not isinstance(item, Seq) or not item.items:
                self.shapes.fault("TG107", f"universe {key.text!r} is a list of symbols", item.place, hint)
            else:
                for wrong in (inner for inner in item.items if not isinstance(inner, Scalar) or inner.is_null):
                    message = f"a symbol of universe {key.text!r} is a single value"
                    self.shapes.fault("TG107", message, wrong.place, "Quote a symbol that is called null.")
                spec.universes[key.text] = tuple(i.text for i in item.items if isinstance(i, Scalar))

    def bars(self, top: Map, spec: GraphSpec) -> None:
        for key, item in self.shapes.entries(top, "bars"):
            what = f"bars source {key.text!r}"
            entry = self.shapes.map(item, what)
            if entry is None or not self.shapes.keys(entry, BARS, what):
                spec.unread.add(key.text)
            else:
                spec.bars[key.text] = BarsSpec(key, entry.items)

    def required(self, top: Map, own: Map) -> None:
        for required, example in (("bars", "daily: {timeframe: 1d}"), ("nodes", "fast: {use: ema, in: daily.close}")):
            if required not in top.items:
                hint = f"Add `{required}:` with `{example}`."
                self.shapes.fault("TG108", f"the graph has no `{required}:`", own.place, hint)
        nodes = top.items.get("nodes")
        if isinstance(nodes, Map) and not nodes.items:
            hint = "Add `fast: {use: ema, in: daily.close}`."
            self.shapes.fault("TG108", "the graph has no node", nodes.place, hint)
