"""Text to GraphSpec: the closed key sets of the dialect, and the faults of shape."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import Fault, GraphError, Place, did_you_mean
from pipeline.graph.markup import Item, Map, Scalar, Seq, compose
from pipeline.graph.spec import BarsSpec, GraphSpec, NodeSpec
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet
from pipeline.model.scalar import read_scalar

__all__ = ["DIALECT", "read_file", "read_text"]

DIALECT = "1"
NAME = re.compile(r"[a-z_][a-z0-9_]*")
TAKEN = frozenset({"information_schema", "main", "pg_catalog", "system", "temp"})
"""A graph is a schema of the published database, which has these already."""

TOP = ("tradegraph", "name", "description", "params", "bars", "nodes", "outputs")
TOP_RESERVED = {
    "extends": "inheritance between graph files",
    "graphs": "sub-graphs",
    "sweep": "parameter sweeps",
    "universes": "named symbol lists",
}
BARS = ("timeframe", "symbols", "from", "to", "adjust", "history")
NODE = ("use", "in", "with")
NODE_RESERVED = {
    "retry": "retries",
    "timeout": "time limits",
    "tags": "tags",
    "store": "storage policies",
}
PARAM = ("type", "default", "min", "max", "options", "description")
TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "number": float,
    "bool": bool,
    "str": str,
    "date": dt.date,
    "datetime": dt.datetime,
    "time": dt.time,
    "duration": dt.timedelta,
}


def read_file(path: Path) -> GraphSpec:
    """The spec in a file. Raises GraphError with every fault of form, TG110 when it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise GraphError(f"cannot read {path}: {error.strerror}", code="TG110") from error
    except UnicodeDecodeError as error:
        place = Place(str(path), 1, 1)
        raise GraphError(
            f"the file is not UTF-8: byte {error.start} cannot be read",
            code="TG110",
            place=place,
            hint="Save it as UTF-8.",
        ) from error
    return read_text(text, str(path))


def read_text(text: str, file: str = "<text>") -> GraphSpec:
    """The spec in `text`. Raises GraphError that carries every fault of form."""
    root, faults = compose(text, file)
    reader = _Reader(file, faults)
    spec = reader.graph(root) if root is not None else None
    if spec is None or any(fault.severity == "error" for fault in reader.faults):
        raise GraphError.of(reader.faults)
    return spec


class _Reader:
    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults

    def fault(self, code: str, message: str, place: Place, hint: str = "") -> None:
        self.faults.append(Fault(code, message, place, hint))

    def graph(self, root: Item) -> GraphSpec | None:
        top = self.map(root, "a graph file")
        if top is None:
            return None
        self.keys(top, TOP, TOP_RESERVED, "a graph file")
        self._version(top)
        name = self.text(top.items.get("name")) or Path(self.file).stem
        at = top.items.get("name")
        place = at.place if at else top.place
        if not NAME.fullmatch(name):
            self.fault("TG109", f"the graph name {name!r} is not well formed", place, _NAME_HINT)
        elif name in TAKEN:
            self.fault("TG109", f"a graph cannot be called {name!r}", place, "A schema of DuckDB has this name.")
        spec = GraphSpec(self.file, top.place, name, self.text(top.items.get("description")))
        self._params(top, spec)
        for key, item in self.entries(top, "bars"):
            entry = self.map(item, f"bars source {key.text!r}")
            if entry is not None:
                self.keys(entry, BARS, {}, f"bars source {key.text!r}")
                spec.bars[key.text] = BarsSpec(key, entry.items)
        for key, item in self.entries(top, "nodes"):
            node = self._node(key, item)
            if node is not None:
                spec.nodes[key.text] = node
        for name in spec.nodes.keys() & spec.bars.keys():
            self.fault(
                "TG205",
                f"a node and a bars source are both called {name!r}",
                spec.nodes[name].name.place,
                "Rename one.",
            )
        for key, item in self.entries(top, "outputs"):
            if isinstance(item, Scalar) and not item.is_null:
                spec.outputs[key.text] = (key, item)
            else:
                self.fault("TG107", f"output {key.text!r} names no node", item.place, f"Write `{key.text}: node`.")
        for required, example in (("bars", "daily: {timeframe: 1d}"), ("nodes", "fast: {use: ema, in: daily.close}")):
            if required not in top.items:
                self.fault(
                    "TG108", f"the graph has no `{required}:`", top.place, f"Add `{required}:` with `{example}`."
                )
        return spec

    def map(self, item: Item, what: str) -> Map | None:
        if isinstance(item, Map):
            return item
        if isinstance(item, Scalar) and item.is_null:
            return Map(item.place)
        shape = "a list" if isinstance(item, Seq) else f"{getattr(item, 'text', '')!r}"
        self.fault(
            "TG107", f"{what} is a map, got {shape}", item.place, "Write `name: value` lines or `{name: value}`."
        )
        return None

    def text(self, item: Item | None) -> str:
        if item is None:
            return ""
        if isinstance(item, Scalar):
            return item.text
        self.fault("TG107", "a single value is expected here", item.place)
        return ""

    def keys(self, entry: Map, known: tuple[str, ...], reserved: dict[str, str], what: str) -> None:
        for name, key in entry.keys.items():
            if name in known:
                continue
            if name in reserved:
                message = f"`{name}` is reserved for {reserved[name]}, which this version does not have"
                self.fault("TG106", message, key.place, f"Remove `{name}`.")
            elif known is NODE:
                hint = did_you_mean(
                    name, (*known, *reserved), otherwise=f"If it is a param, move it under `with: {{{name}: …}}`."
                )
                self.fault("TG105", f"{what} has no key {name!r}", key.place, hint)
            else:
                self.fault("TG105", f"{what} has no key {name!r}", key.place, did_you_mean(name, (*known, *reserved)))

    def entries(self, top: Map, section: str) -> list[tuple[Scalar, Item]]:
        item = top.items.get(section)
        found = self.map(item, f"`{section}`") if item is not None else None
        if found is None:
            return []
        for name, key in found.keys.items():
            if not NAME.fullmatch(name):
                self.fault("TG109", f"the name {name!r} is not well formed", key.place, _NAME_HINT)
        return [(found.keys[name], value) for name, value in found.items.items()]

    def _version(self, top: Map) -> None:
        item = top.items.get("tradegraph")
        if item is None:
            self.fault(
                "TG104", "the dialect version is missing", top.place, f"Begin the file with `tradegraph: {DIALECT}`."
            )
        elif self.text(item) != DIALECT:
            self.fault(
                "TG104", f"dialect {self.text(item)!r} is not known", item.place, f"Write `tradegraph: {DIALECT}`."
            )

    def _node(self, key: Scalar, item: Item) -> NodeSpec | None:
        what = f"node {key.text!r}"
        entry = self.map(item, what)
        if entry is None:
            return None
        self.keys(entry, NODE, NODE_RESERVED, what)
        use = entry.items.get("use")
        if not isinstance(use, Scalar) or use.is_null:
            self.fault("TG108", f"{what} does not say what it uses", key.place, "Add `use: ema` or another node type.")
            return None
        node = NodeSpec(key, use)
        wires = entry.items.get("in")
        if isinstance(wires, Scalar):
            node.wires[""] = (entry.keys["in"], wires)
        elif isinstance(wires, Map):
            for name, value in wires.items.items():
                if isinstance(value, Scalar) and not value.is_null:
                    node.wires[name] = (wires.keys[name], value)
                else:
                    self.fault("TG107", f"input {name!r} of {what} is one reference", value.place, _WIRE_HINT)
        elif isinstance(wires, Seq):
            self.fault("TG107", f"`in` of {what} is a map or one reference, got a list", wires.place, _WIRE_HINT)
        values = self.map(entry.items["with"], f"`with` of {what}") if "with" in entry.items else None
        if values is not None:
            node.params = {name: (values.keys[name], value) for name, value in values.items.items()}
        return node

    def _params(self, top: Map, spec: GraphSpec) -> None:
        found: list[DeclaredParam] = []
        for key, item in self.entries(top, "params"):
            what = f"graph param {key.text!r}"
            entry = self.map(item, what)
            if entry is None:
                continue
            self.keys(entry, PARAM, {}, what)
            kind = self.text(entry.items.get("type")) or "str"
            if kind not in TYPES:
                self.fault(
                    "TG222",
                    f"{what} has the unknown type {kind!r}",
                    entry.items["type"].place,
                    did_you_mean(kind, TYPES),
                )
                continue
            declared = self._param(key, entry, TYPES[kind])
            if declared is not None:
                found.append(declared)
                spec.param_places[key.text] = key.place
        spec.params = ParamSet(tuple(found))

    def _param(self, key: Scalar, entry: Map, kind: Any) -> DeclaredParam | None:
        before = len(self.faults)
        bounds = {name: self._value(entry.items[name], kind) for name in ("min", "max") if name in entry.items}
        if bounds and kind not in (int, float):
            self.fault("TG107", "only numbers have `min` and `max`", key.place, "Use `options` for a fixed choice.")
        options = entry.items.get("options")
        if isinstance(options, Seq):
            kind = Literal[tuple(self._value(option, kind) for option in options.items)]
        default: Any = REQUIRED
        if "default" in entry.items:
            item = entry.items["default"]
            default = None if isinstance(item, Scalar) and item.is_null else self._value(item, kind)
            kind = kind | None if default is None and kind is not str else kind
        if len(self.faults) > before:
            return None
        note = self.text(entry.items.get("description")) or key.text
        declared = DeclaredParam(key.text, kind, default, Param(note, ge=bounds.get("min"), le=bounds.get("max")))
        if default is not REQUIRED:
            for fault in ParamSet((declared,)).check({key.text: default}, owner="the graph")[1]:
                self.fault(fault.code, f"the default of {fault.message}", entry.items["default"].place)
        return declared

    def _value(self, item: Item, kind: Any) -> Any:
        if not isinstance(item, Scalar):
            self.fault("TG107", "a single value is expected here", item.place)
            return None
        try:
            return read_scalar(item.text, kind)
        except ValueError as error:
            self.fault("TG222", str(error), item.place)
            return None


_NAME_HINT = "Names are lower case letters, digits and _, and begin with a letter."
_WIRE_HINT = "Write `in: daily.close`, or `in: {fast: a, slow: b}`."
