"""Forms: params as JSON Schema that a form is drawn from, made of what authors declared.

A page needs nothing else to ask for the params of a plugin: each has a type, a default, bounds, options and a
description, in the order in which they were declared. Keys that begin with `x-` are for forms alone: what a plugin's
metadata says of a param besides (`step`, `label`, `group`), and the range in words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pipeline.model.document import plain
from pipeline.model.param import DeclaredParam, ParamSet
from pipeline.model.scalar import plain as written

__all__ = ["form_of"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_KNOWN = frozenset({"type", "default", "min", "max", "options", "description"})
_SIMPLE: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    dt.date: {"type": "string", "format": "date"},
    dt.datetime: {"type": "string", "format": "date-time"},
    dt.time: {"type": "string", "format": "time"},
    dt.timedelta: {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d|w)$"},
    type(None): {"type": "null"},
}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def form_of(title: str, params: ParamSet, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The schema of a map of params; `said` is what a plugin's metadata says of them."""
    given = said or {}
    properties = {param.name: _field(param, given.get(param.name)) for param in params}
    required = [param.name for param in params if param.required]
    made = {"$schema": _DIALECT, "title": title, "type": "object", "properties": properties}
    return {**made, **({"required": required} if required else {}), "additionalProperties": False}


def _field(param: DeclaredParam, said: Any) -> dict[str, Any]:
    field = {"title": param.name, "description": param.param.description, **_type(param.type)}
    limits = {_BOUNDS[name]: value for name, value in param.param.bounds.given().items()}
    (field["anyOf"][0] if "anyOf" in field else field).update(limits)
    if not param.required:
        field["default"] = _value(param.default)
    if param.describe_range():
        field["x-range"] = param.describe_range()
    more = said if isinstance(said, Mapping) else {}
    return {**field, **{f"x-{name}": plain(value) for name, value in more.items() if name not in _KNOWN}}


def _type(declared: Any) -> dict[str, Any]:
    origin = get_origin(declared)
    if origin in (Union, UnionType):
        inner = [_type(arg) for arg in get_args(declared)]
        return inner[0] if len(inner) == 1 else {"anyOf": inner}
    if origin is Literal:
        return {"enum": [_value(option) for option in get_args(declared)]}
    if origin in (list, tuple):
        return {"type": "array", "items": _type(get_args(declared)[0])}
    return dict(_SIMPLE.get(declared, {"type": "string"}))


def _value(value: Any) -> Any:
    """A default or an option as JSON, times as an author writes them."""
    if isinstance(value, list | tuple):
        return [_value(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float | str) else written(value)
