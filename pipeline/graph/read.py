"""Text to GraphSpec: the closed key sets of the dialect, and the faults of shape."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import Fault, GraphError, Place
from pipeline.graph.hint import Hints
from pipeline.graph.markup import MAX_BYTES, Item, Map, Scalar, Seq, compose, too_large
from pipeline.graph.policy import POLICY, read_policy
from pipeline.graph.spec import BarsSpec, GraphSpec, NodeSpec
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet
from pipeline.model.scalar import read_scalar, shown

__all__ = ["DIALECT", "load_text", "read_file", "read_text", "scan_text"]

DIALECT = "1"
NAME = re.compile(r"[a-z][a-z0-9_]*")
TAKEN = frozenset({"information_schema", "main", "memory", "pg_catalog", "system", "temp", "tradegraph"})
"""A graph is a schema of the published database; these are schemas or databases already."""

TOP = ("tradegraph", "name", "description", "params", "bars", "nodes", "outputs")
TOP_RESERVED = {
    "extends": "inheritance between graph files",
    "graphs": "sub-graphs",
    "sweep": "parameter sweeps",
    "universes": "named symbol lists",
}
BARS = ("timeframe", "symbols", "from", "to", "adjust", "history", "resample", "zone", "day_start", "weekdays")
NODE = ("use", "in", "with", *POLICY)
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
    return read_text(load_text(path), str(path))


def load_text(path: Path) -> str:
    """The text of a file. Raises GraphError TG110 when it cannot be read, TG103 when it is too large."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise GraphError(f"cannot read {path}: {error.strerror}", code="TG110") from error
    if len(raw) > MAX_BYTES:
        raise GraphError.of([too_large(str(path))])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GraphError(
            f"the file is not UTF-8: byte {error.start} cannot be read",
            code="TG110",
            place=Place(str(path)),
            hint="Save it as UTF-8.",
        ) from error


def read_text(text: str, file: str = "<text>") -> GraphSpec:
    """The spec in `text`. Raises GraphError that carries every fault of form."""
    spec, faults = scan_text(text, file)
    if spec is None or faults:
        raise GraphError.of(faults)
    return spec


def scan_text(text: str, file: str = "<text>") -> tuple[GraphSpec | None, list[Fault]]:
    """As much of a spec as `text` gives, and every fault of form; None when it is no map of YAML at all."""
    root, faults = compose(text, file)
    reader = _Reader(file, faults)
    spec = reader.graph(root) if root is not None else None
    return spec, reader.faults


class _Reader:
    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults
        self.hint = Hints()

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
            self.fault("TG109", f"the graph name {shown(name)} is not well formed", place, _NAME_HINT)
        elif name in TAKEN:
            self.fault(
                "TG109", f"a graph cannot be called {name!r}", place, "A schema or database of DuckDB has this name."
            )
        spec = GraphSpec(self.file, top.place, name, self.text(top.items.get("description")))
        self._params(top, spec)
        for key, item in self.entries(top, "bars"):
            entry = self.map(item, f"bars source {key.text!r}")
            if entry is None or not self.keys(entry, BARS, {}, f"bars source {key.text!r}"):
                spec.unread.add(key.text)
            else:
                spec.bars[key.text] = BarsSpec(key, entry.items)
        for key, item in self.entries(top, "nodes"):
            node = self._node(key, item)
            if node is None:
                spec.unread.add(key.text)
            else:
                spec.nodes[key.text] = node
        for name in spec.nodes.keys() & spec.bars.keys():
            place = spec.nodes.pop(name).name.place
            self.fault("TG205", f"a node and a bars source are both called {name!r}", place, "Rename one.")
            del spec.bars[name]
            spec.unread.add(name)
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
        nodes = top.items.get("nodes")
        if isinstance(nodes, Map) and not nodes.items:
            self.fault("TG108", "the graph has no node", nodes.place, "Add `fast: {use: ema, in: daily.close}`.")
        return spec

    def map(self, item: Item, what: str) -> Map | None:
        if isinstance(item, Map):
            return item
        if isinstance(item, Scalar) and item.is_null:
            return Map(item.place)
        shape = "a list" if isinstance(item, Seq) else shown(item.text)
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

    def keys(self, entry: Map, known: tuple[str, ...], reserved: dict[str, str], what: str) -> bool:
        """Refuse unknown and reserved keys; False when one is unknown: it may stand for any other."""
        before = len(self.faults)
        wrong = [(name, key) for name, key in entry.keys.items() if name not in known]
        for name, key in wrong:
            if name not in reserved:
                otherwise = f"If it is a param, move it under `with: {{{name}: …}}`." if known is NODE else ""
                hint = self.hint(name, (*known, *reserved), otherwise=otherwise)
                self.fault("TG105", f"{what} has no key {name!r}", key.place, hint)
        closed = len(self.faults) == before
        for name, key in wrong:
            if name in reserved:
                message = f"`{name}` is reserved for {reserved[name]}, which this version does not have"
                self.fault("TG106", message, key.place, f"Remove `{name}`.")
        return closed

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
                "TG104", f"dialect {shown(self.text(item))} is not known", item.place, f"Write `tradegraph: {DIALECT}`."
            )

    def _node(self, key: Scalar, item: Item) -> NodeSpec | None:
        what = f"node {key.text!r}"
        entry = self.map(item, what)
        if entry is None:
            return None
        closed = self.keys(entry, NODE, {}, what)
        use = entry.items.get("use")
        if not isinstance(use, Scalar) or use.is_null:
            if use is not None or closed:
                hint = "Add `use: ema` or another node type."
                self.fault("TG108", f"{what} does not say what it uses", use.place if use else key.place, hint)
            return None
        node = NodeSpec(key, use, unread=set() if closed else {"in", "with"})
        node.policy, faults = read_policy(entry.items, what)
        self.faults += faults
        self._wires(node, entry, what)
        values = self.map(entry.items["with"], f"`with` of {what}") if "with" in entry.items else None
        if values is not None:
            node.params = {name: (values.keys[name], value) for name, value in values.items.items()}
        elif "with" in entry.items:
            node.unread.add("with")
        return node

    def _wires(self, node: NodeSpec, entry: Map, what: str) -> None:
        wires = entry.items.get("in")
        if isinstance(wires, Seq):
            self.fault("TG107", f"`in` of {what} is a map or one reference, got a list", wires.place, _WIRE_HINT)
            node.unread.add("in")
        elif isinstance(wires, Map):
            for name, value in wires.items.items():
                if isinstance(value, Scalar) and not value.is_null:
                    node.wires[name] = (wires.keys[name], value)
                else:
                    self.fault("TG107", f"input {name!r} of {what} is one reference", value.place, _WIRE_HINT)
                    node.unread.add(name)
        elif wires is not None and not wires.is_null:
            node.wires[""] = (entry.keys["in"], wires)

    def _params(self, top: Map, spec: GraphSpec) -> None:
        found: list[DeclaredParam] = []
        for key, item in self.entries(top, "params"):
            declared = self._param(key, item)
            if declared is None:
                spec.unread_params.add(key.text)
            else:
                found.append(declared)
                spec.param_places[key.text] = key.place
        spec.params = ParamSet(tuple(found))

    def _param(self, key: Scalar, item: Item) -> DeclaredParam | None:
        before = len(self.faults)
        what = f"graph param {key.text!r}"
        entry = self.map(item, what)
        if entry is None or not self.keys(entry, PARAM, {}, what):
            return None
        name = self.text(entry.items.get("type")) or "str"
        if name not in TYPES:
            hint = self.hint(name, TYPES)
            self.fault("TG222", f"{what} has the unknown type {shown(name)}", entry.items["type"].place, hint)
        if len(self.faults) > before:
            return None
        kind = TYPES[name]
        bounds = {name: self._value(entry.items[name], kind) for name in ("min", "max") if name in entry.items}
        if bounds and kind not in (int, float):
            self.fault("TG107", "only numbers have `min` and `max`", key.place, "Use `options` for a fixed choice.")
        elif len(self.faults) == before and len(bounds) == 2 and bounds["min"] > bounds["max"]:
            self.fault("TG223", f"the `min` of {what} lies above its `max`", entry.items["min"].place, "Swap them.")
        if "options" in entry.items:
            kind = self._options(entry.items["options"], kind, what)
        default: Any = REQUIRED
        if "default" in entry.items and len(self.faults) == before:
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
        return declared if len(self.faults) == before else None

    def _options(self, item: Item, kind: Any, what: str) -> Any:
        """The Literal of a list of options."""
        if not isinstance(item, Seq) or not item.items:
            self.fault("TG107", f"the options of {what} are a list", item.place, "Write `options: [long, short]`.")
            return kind
        return Literal[tuple(self._value(option, kind) for option in item.items)]

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
