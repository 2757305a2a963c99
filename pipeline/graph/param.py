"""Declarations of params, of a graph or a sub-graph: `fast: {type: int, default: 12, min: 2}`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal

from pipeline.graph.markup import Item, Map, Scalar, Seq
from pipeline.graph.shape import Shapes
from pipeline.graph.spec import BlockSpec
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet
from pipeline.model.scalar import read_scalar, shown

__all__ = ["PARAM", "TYPES", "read_params"]

PARAM = ("type", "default", "min", "max", "options", "env", "description")
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
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_params(shapes: Shapes, top: Map, spec: BlockSpec, *, owner: str, env: bool) -> None:
    """Put the params that `top` declares into `spec`; `env` says whether they may come from the environment."""
    found: list[DeclaredParam] = []
    for key, item in shapes.entries(top, "params"):
        declared = _Declaration(shapes, key, f"{owner} param {key.text!r}", env=env).read(item, spec)
        if declared is None:
            spec.unread_params.add(key.text)
        else:
            found.append(declared)
            spec.param_places[key.text] = key.place
    spec.params = ParamSet(tuple(found))


class _Declaration:
    def __init__(self, shapes: Shapes, key: Scalar, what: str, *, env: bool) -> None:
        self.shapes = shapes
        self.key = key
        self.what = what
        self.env = env
        self.before = len(shapes.faults)

    @property
    def broken(self) -> bool:
        return len(self.shapes.faults) > self.before

    def read(self, item: Item, spec: BlockSpec) -> DeclaredParam | None:
        shapes, what = self.shapes, self.what
        entry = shapes.map(item, what)
        known = PARAM if self.env else tuple(name for name in PARAM if name != "env")
        inner = {"env": "A sub-graph gets its values from where it is used: declare `env` there."}
        if entry is None or not shapes.keys(entry, known, what, elsewhere=None if self.env else inner):
            return None
        name = shapes.text(entry.items.get("type")) or "str"
        if name not in TYPES:
            at = entry.items["type"]
            fix = shapes.hint.repair(at, TYPES) if isinstance(at, Scalar) else ()
            shapes.fault(
                "TG222", f"{what} has the unknown type {shown(name)}", at.place, shapes.hint(name, TYPES), fix=fix
            )
        if self.broken:
            return None
        kind = TYPES[name]
        bounds = {name: self.value(entry.items[name], kind) for name in ("min", "max") if name in entry.items}
        if bounds and kind not in (int, float):
            shapes.fault(
                "TG107", "only numbers have `min` and `max`", self.key.place, "Use `options` for a fixed choice."
            )
        elif not self.broken and len(bounds) == 2 and bounds["min"] > bounds["max"]:
            shapes.fault("TG223", f"the `min` of {what} lies above its `max`", entry.items["min"].place, "Swap them.")
        if "options" in entry.items:
            kind = self.options(entry.items["options"], kind)
        default: Any = REQUIRED
        if "default" in entry.items and not self.broken:
            item = entry.items["default"]
            default = None if isinstance(item, Scalar) and item.is_null else self.value(item, kind)
            kind = kind | None if default is None and kind is not str else kind
        variable = self.variable(entry)
        if self.broken:
            return None
        note = shapes.text(entry.items.get("description")) or self.key.text
        declared = DeclaredParam(self.key.text, kind, default, Param(note, ge=bounds.get("min"), le=bounds.get("max")))
        if default is not REQUIRED:
            for fault in ParamSet((declared,)).check({self.key.text: default}, owner="the graph")[1]:
                shapes.fault(fault.code, f"the default of {fault.message}", entry.items["default"].place)
        if self.broken:
            return None
        if variable is not None:
            spec.param_env[self.key.text] = variable
        return declared

    def variable(self, entry: Map) -> Scalar | None:
        item = entry.items.get("env")
        name = self.shapes.text(item)
        if item is None or self.broken:
            return None
        if not _VARIABLE.fullmatch(name):
            hint = "Write `env: MY_VARIABLE`, without a $."
            self.shapes.fault("TG109", f"`env` of {self.what} names no environment variable", item.place, hint)
            return None
        assert isinstance(item, Scalar)
        return item

    def options(self, item: Item, kind: Any) -> Any:
        """The Literal of a list of options."""
        if not isinstance(item, Seq) or not item.items:
            hint = "Write `options: [long, short]`."
            self.shapes.fault("TG107", f"the options of {self.what} are a list", item.place, hint)
            return kind
        return Literal[tuple(self.value(option, kind) for option in item.items)]

    def value(self, item: Item, kind: Any) -> Any:
        if not isinstance(item, Scalar):
            self.shapes.fault("TG107", "a single value is expected here", item.place)
            return None
        try:
            return read_scalar(item.text, kind)
        except ValueError as error:
            self.shapes.fault("TG222", str(error), item.place)
            return None
