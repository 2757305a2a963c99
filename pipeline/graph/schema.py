"""JSON Schema of graph files for editors, made from the node types that are there.

The shape is one in which yaml-language-server helps: `use` has a pattern for one short message and a list of
constants for completion and hover; one `if`/`then` per node type closes `with` and `in`, so only the right
params are offered. It knows a file's form, not its meaning: `tradegraph check` has the last word.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from contextlib import suppress
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pipeline.graph.fix import replace_text
from pipeline.graph.param import TYPES
from pipeline.graph.policy import MAX_RETRY
from pipeline.model.bars import Adjust
from pipeline.model.digest import digest
from pipeline.model.kind import BY_NAME
from pipeline.model.node import NodeType
from pipeline.model.param import DeclaredParam
from pipeline.model.registry import Registry
from pipeline.model.scalar import plain, type_name

__all__ = ["FILE_NAME", "keep_schema", "schema", "schema_text", "stamp"]

FILE_NAME = "graph.schema.json"
_EDITION = 3
"""Raised when schemas are made differently."""
_NAME = "^[a-z][a-z0-9_]*$"
_SCALAR = ["string", "number", "boolean"]
_REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"^\$[a-z][a-z0-9_]*$"}
_DURATION = r"^\d+(\.\d+)?(ms|s|m|h|d|w)$"
_WIRE = {"type": "string", "description": "node, node.output, bars or bars.close"}


def stamp(registry: Registry) -> str:
    """A digest of what a schema is made from; its file has it near the beginning, so it need not be made to compare."""
    return digest([(node.id, node.code, node.doc) for node in registry], _EDITION)


def schema_text(registry: Registry) -> str:
    """The schema as the text of its file."""
    made = {"$comment": stamp(registry), **schema(registry)}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n"


def keep_schema(file: Path, registry: Registry) -> None:
    """Write the schema in a file anew where it was made from other node types."""
    with suppress(OSError):  # a project that may only be read keeps what it has
        with file.open(encoding="utf-8") as text:
            head = text.read(200)
        if stamp(registry) not in head:
            replace_text(file, schema_text(registry))


def schema(registry: Registry) -> dict[str, Any]:
    """The schema of graph files that use the node types of `registry`."""
    ids = "|".join(re.escape(node.id) for node in registry)
    closed = {
        "pattern": f"^({ids})$",
        "patternErrorMessage": "No such node type: `tradegraph nodes list` shows all.",
    }
    opened = {"pattern": _NAME.removesuffix("$") + r"(\.[a-z0-9_]+)*$"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "tradegraph graph file",
        "type": "object",
        "required": ["tradegraph"],
        "additionalProperties": False,
        "properties": _top(),
        # other names are node types only where a file has, or inherits, sub-graphs of its own
        "if": {"anyOf": [{"required": ["graphs"]}, {"required": ["extends"]}]},
        "then": {"properties": {"nodes": _entries("openNode")}},
        "else": {"properties": {"nodes": _entries("node")}},
        "definitions": {
            "param": _declaration(),
            "bars": _bars(),
            "subgraph": _subgraph(),
            "typed": {"allOf": [{"if": _uses(node), "then": {"properties": _of(node)}} for node in registry]},
            "node": _node(registry, closed),
            "openNode": _node(registry, opened),
        },
    }


def _top() -> dict[str, Any]:
    return {
        "tradegraph": {"enum": [1, "1"], "description": "The dialect: 1."},
        "name": {"type": "string", "pattern": _NAME, "description": "The schema in SQL; left out, the file's name."},
        "description": {"type": ["string", "null"], "description": "Free text."},
        "extends": {"type": "string", "description": "The parent, relative to this file: maps merge, `~` deletes."},
        "params": _named({"$ref": "#/definitions/param"}, "Values that a call may change: `-p fast=10`."),
        "universes": _named(_many(), "Named lists of symbols."),
        "bars": _named({"$ref": "#/definitions/bars"}, "What is read from the market."),
        "graphs": _named(
            {"anyOf": [{"$ref": "#/definitions/subgraph"}, {"type": "string"}, {"type": "null"}]},
            "Sub-graphs: written here, `./file.yaml`, or `./file.yaml#name`.",
        ),
        "nodes": {"description": "What is computed. The order of writing does not matter."},
        "sweep": _sweep(),
        "outputs": _named({"type": ["string", "null"]}, "`name: node` or `name: node.output`."),
    }


def _sweep() -> dict[str, Any]:
    number = {"type": ["number", "string"]}
    ranged = _closed(
        {"range": {"type": "array", "items": number, "minItems": 2, "maxItems": 3, "description": "from, to, step"}},
        required=["range"],
    )
    values = {"anyOf": [{**_many(), "minItems": 1}, ranged]}
    swept = {
        "grid": _named(values, "Every value with every other: a list, or `{range: [from, to, step]}`."),
        "zip": _named(values, "The first values together, the second together, and so on."),
        "where": {"type": "string", "description": "An SQL condition over params: `slow >= 3 * fast`."},
    }
    return _closed(swept, description="What `tradegraph sweep` tries.")


def _named(value: dict[str, Any], description: str) -> dict[str, Any]:
    named = {"type": ["object", "null"], "description": description, "additionalProperties": False}
    return {**named, "patternProperties": {_NAME: value, "^<<$": {}}}


def _entries(definition: str) -> dict[str, Any]:
    value: dict[str, Any] = {"$ref": f"#/definitions/{definition}"}
    if definition == "openNode":  # `~` deletes what a parent has
        value = {"anyOf": [value, {"type": "null"}]}
    return {"type": ["object", "null"], "additionalProperties": False, "patternProperties": {_NAME: value}}


def _many() -> dict[str, Any]:
    return {"type": "array", "items": {"type": _SCALAR}}


def _closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    closed = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**closed, "patternProperties": {"^<<$": {}}, **more}


def _declaration() -> dict[str, Any]:
    scalar = {"type": [*_SCALAR, "null"]}
    return _closed(
        {
            "type": {"enum": list(TYPES), "description": "What its text means; `str` when left out."},
            "default": {**scalar, "description": "The value when a call gives none; `~` means none."},
            "min": {"type": ["number", "null"], "description": "The least that is allowed."},
            "max": {"type": ["number", "null"], "description": "The most that is allowed."},
            "options": {**_many(), "description": "The allowed values."},
            "env": {"type": "string", "description": "An environment variable that gives the value."},
            "description": {"type": "string", "description": "What it does."},
        }
    )


def _bars() -> dict[str, Any]:
    symbols = {"anyOf": [{"type": _SCALAR}, _many()]}
    return _closed(
        {
            "timeframe": {
                "type": "string",
                "pattern": r"^([1-9]\d{0,3}(s|m|h|d|w|mo)|\$\w+)$",
                "description": "5m, 1h, 1d, 1w, 1mo",
            },
            "symbols": {**symbols, "description": "all, a universe, one symbol or a list."},
            "from": {"type": ["string", "null"], "description": "First bar that is shown."},
            "to": {"type": ["string", "null"], "description": "Last bar, included; latest."},
            "adjust": {"anyOf": [{"enum": list(get_args(Adjust))}, _REFERENCE], "description": "How restated."},
            "history": {"enum": ["all"], "description": "Bars before `from` are read too."},
            "resample": {"type": "string", "description": "The faster bars that these are made of."},
            "zone": {"type": "string", "description": "Time zone of days and weeks that are made."},
            "day_start": {"type": "string", "description": "When a made day begins: 9:30."},
            "weekdays": {"type": ["boolean", "string"], "description": "A week is over with its last weekday."},
        }
    )  # fmt: skip


def _subgraph() -> dict[str, Any]:
    kinds = {"enum": list(BY_NAME)}
    out = {"anyOf": [{"type": "string"}, _named({"type": "string"}, "Its outputs.")]}
    return _closed(
        {
            "description": {"type": "string"},
            "params": _named({"$ref": "#/definitions/param"}, "What a use sets under `with`."),
            "in": _named(kinds, "Its inputs and the kinds that they take; nodes write them `$x`."),
            "out": {**out, "description": "`out: node`, or a map `name: node.output`."},
            "graphs": _named({"anyOf": [{"$ref": "#/definitions/subgraph"}, {"type": "string"}]}, "Of its own."),
            "nodes": _entries("openNode"),
        }
    )  # fmt: skip


def _node(registry: Registry, use: dict[str, Any]) -> dict[str, Any]:
    duration = {"type": ["string", "null"], "pattern": _DURATION}
    tags = {"anyOf": [{"type": _SCALAR}, _many(), {"type": "null"}]}
    properties = {
        # the first branch takes any text: that a type is unknown is said by the pattern, in one line
        "use": {"type": "string", **use, "anyOf": [{"type": "string"}, *map(_constant, registry)]},
        "in": {"description": "Its inputs: one wire, or a map `input: wire`."},
        "with": {"description": "Its params, a map `param: value`."},
        "retry": {
            "type": ["integer", "null"],
            "minimum": 0,
            "maximum": MAX_RETRY,
            "description": "How many more tries.",
        },
        "timeout": {**duration, "description": "Time limit of one try: 60s."},
        "tags": {**tags, "description": "Words to select nodes by."},
        "store": {"type": ["boolean", "null"], "description": "false: the output is not kept."},
    }
    return _closed(properties, allOf=[{"$ref": "#/definitions/typed"}]) | (
        {"required": ["use"]} if "patternErrorMessage" in use else {}
    )


def _uses(node: NodeType) -> dict[str, Any]:
    # a pattern, not a const, whose beginning completion takes for the whole: `bollinger` for `bollinger_bands`
    return {"required": ["use"], "properties": {"use": {"pattern": f"^{re.escape(node.id)}$"}}}


def _constant(node: NodeType) -> dict[str, Any]:
    return {"const": node.id, "description": node.summary, "markdownDescription": _page(node)}


def _page(node: NodeType) -> str:
    """A node type's documentation in Markdown."""
    ports = [f"`{port.name}` {port.takes}{'' if not port.optional else ' (optional)'}" for port in node.ports]
    outs = [f"`{out.name}` {getattr(out.kind, 'name', 'the kind of its input')}" for out in node.outputs]
    lines = [node.doc.strip(), "", f"**in** {', '.join(ports) or 'nothing'}  ", f"**gives** {', '.join(outs)}"]
    for param in node.params:
        default = "required" if param.required else f"default {plain(param.default)}"
        lines.append(f"- `{param.name}` {type_name(param.type)}, {default}: {param.param.description}")
    return "\n".join(lines)


def _of(node: NodeType) -> dict[str, Any]:
    ports = {
        port.name: {**_WIRE, "description": f"takes {port.takes}: {port.takes.description}"} for port in node.ports
    }
    params = {param.name: _value(param) for param in node.params}
    needed = [param.name for param in node.params if param.required]
    wired = _closed(ports)
    given = _closed(params, **({"required": needed} if needed else {}))
    # one wire is a text, so no type; editors make snippets of required inputs, so a missing one is left to `check`
    del wired["type"]
    return {"in": wired, "with": {**given, "type": ["object", "null"]}}


def _value(param: DeclaredParam) -> dict[str, Any]:
    bounds = param.param.bounds.given()
    names = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
    limits = {names[name]: value for name, value in bounds.items()}
    described = f"{param.param.description}\n\n{type_name(param.type)}"
    if param.describe_range():
        described += f", {param.describe_range()}"
    default = {} if param.required else {"default": _json(param.default)}
    return {"anyOf": [*_kinds(param.type, limits), _REFERENCE], "description": described, **default}


def _json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float | str) else plain(value)


def _kinds(declared: Any, limits: dict[str, Any]) -> list[dict[str, Any]]:
    origin = get_origin(declared)
    if origin in (Union, UnionType):
        return [kind for inner in get_args(declared) for kind in _kinds(inner, limits)]
    if origin is Literal:
        return [{"enum": [_json(option) for option in get_args(declared)]}]
    if origin in (list, tuple):
        return [{"type": "array", "items": {"anyOf": [*_kinds(get_args(declared)[0], limits), _REFERENCE]}}]
    simple: dict[Any, dict[str, Any]] = {
        int: {"type": "integer", **limits},
        float: {"type": "number", **limits},
        bool: {"type": "boolean"},
        str: {"type": [*_SCALAR, "null"]},
        dt.timedelta: {"type": "string", "pattern": _DURATION},
        type(None): {"type": "null"},
    }
    return [simple.get(declared, {"type": "string"})]
