"""YAML that uses a node type, ready to be pasted below `nodes:`."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, Literal, get_args, get_origin

from pipeline.model.kind import BARS
from pipeline.model.node import NodeType, Port
from pipeline.model.param import DeclaredParam

__all__ = ["snippet"]

_FIELDS = dict(BARS.fields)
_LONGEST = 76


def snippet(node: NodeType, *, bars: str = "daily") -> str:
    """An entry of `nodes:`; what bars cannot give is a name with a comment that says what it stands for."""
    needed: list[str] = []
    required = [port for port in node.ports if not port.optional]
    wires = {port.name: _reference(port, bars, needed) for port in required}
    if all(text == f"{bars}.{name}" for name, text in wires.items()) and len(wires) > 1:
        wired = bars  # ports that are called like fields of the bars get them
    elif len(wires) == 1:
        wired = next(iter(wires.values()))
    else:
        wired = "{" + ", ".join(f"{name}: {text}" for name, text in wires.items()) + "}"
    params = {param.name: _value(param) for param in node.params if param.required or _plain(param.default)}
    with_ = "{" + ", ".join(f"{name}: {text}" for name, text in params.items()) + "}"
    parts = [f"use: {node.id}", f"in: {wired}", *([f"with: {with_}"] if params else [])]
    name = node.id if node.id.startswith("my_") else f"my_{node.id.replace('.', '_')}"
    lines = [f"# {text}" for text in needed]
    if len(name) + len(", ".join(parts)) <= _LONGEST:
        lines.append(f"{name}: {{{', '.join(parts)}}}")
    else:
        if params and len(with_) > _LONGEST:
            parts[-1:] = ["with:", *(f"  {param}: {text}" for param, text in params.items())]
        lines += [f"{name}:", *(f"  {part}" for part in parts)]
    return "\n".join(lines)


def _reference(port: Port, bars: str, needed: list[str]) -> str:
    takes = port.takes
    if takes is BARS:
        return bars
    if port.name in _FIELDS and takes.accepts(_FIELDS[port.name]):
        return f"{bars}.{port.name}"
    field = next((name for name in ("close", "volume") if takes.accepts(_FIELDS[name])), None)
    if field:
        return f"{bars}.{field}"
    name = f"some_{port.name}"
    needed.append(f"{name}: a node of yours that gives {takes} ({takes.description})")
    return name


def _plain(value: Any) -> bool:
    return value is not None and isinstance(value, bool | int | float | str | dt.timedelta | dt.time)


def _value(param: DeclaredParam) -> str:
    value = param.default
    if param.required:
        return _example(param)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, str):
        return _text(value)
    return str(value)


def _text(value: str) -> str:
    return value if value.isidentifier() else f'"{value}"'


def _example(param: DeclaredParam) -> str:
    """A legal value for a param without a default."""
    if get_origin(param.type) is Literal:
        return _text(str(get_args(param.type)[0]))
    if param.type in (int, float):
        value = _inside(param.param.bounds.given())
        return str(round(value) if param.type is int else float(value))
    if param.name == "timeframe":
        return "1w"
    return {bool: "true", dt.date: "2024-05-31", dt.timedelta: "60s"}.get(param.type, "text")


def _inside(bounds: dict[str, float]) -> float:
    """The number nearest to 1 that keeps the bounds, a whole one where it can be."""
    low = bounds.get("ge", bounds["gt"] + 1 if "gt" in bounds else -math.inf)
    high = bounds.get("le", bounds["lt"] - 1 if "lt" in bounds else math.inf)
    return min(max(1.0, low), high)
