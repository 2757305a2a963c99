"""What `tradegraph nodes catalog` prints: a Markdown page of all node types, made from the registry alone."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.model.kind import Kind, Same
from pipeline.model.node import NodeType
from pipeline.model.param import DeclaredParam
from pipeline.model.registry import Registry
from pipeline.model.scalar import plain, type_name

__all__ = ["catalog"]

_HEAD = """\
# Node types

Made from the registry by `tradegraph nodes catalog`; do not edit. `tradegraph nodes show ID` is the page of one.
"""
_CATEGORIES = {
    "indicator": ("Indicators", "Columns in, columns out."),
    "strategy": ("Strategies", "They decide: events, signals and target weights."),
    "portfolio": ("Portfolio", "What a decision earned. They see the asked range only."),
}
_LIBRARY = "talib."


def catalog(registry: Registry) -> str:
    """The page: a section with the whole documentation per category, and a table of the TA-Lib functions."""
    own = [node for node in registry if not node.id.startswith(_LIBRARY)]
    parts = [_HEAD]
    for category, (title, what) in _CATEGORIES.items():
        members = [node for node in own if node.category == category]
        if members:
            parts += [f"## {title}\n\n{what}\n", *map(_entry, members)]
    functions = [node for node in registry if node.id.startswith(_LIBRARY)]
    if functions:
        parts.append(_functions(functions))
    return "\n".join(parts)


def _entry(node: NodeType) -> str:
    lines = [f"### `{node.id}`", "", *node.doc.strip().splitlines(), "", f"- in: {_ports(node)}"]
    lines += [f"- with: {_param(param)}" for param in node.params]
    return "\n".join([*lines, f"- out: {_outputs(node)}", ""])


def _functions(nodes: Iterable[NodeType]) -> str:
    lines = [
        "## TA-Lib",
        "",
        "Every function of TA-Lib, under its own names of params and outputs. A missing bar never reaches it: what a",
        "value remembers decides whether the bar is skipped or its windows are missing (`nodes show` says which).",
        "",
        "| id | what it is | in | with | out |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{node.id}` | {node.summary.rstrip('.')} | {_ports(node)} | "
        f"{', '.join(_short(param) for param in node.params)} | {_outputs(node)} |"
        for node in nodes
    ]
    return "\n".join(lines) + "\n"


def _ports(node: NodeType) -> str:
    return ", ".join(f"{port.name} ({port.takes}{', optional' if port.optional else ''})" for port in node.ports)


def _outputs(node: NodeType) -> str:
    return ", ".join(f"{output.name} ({_kind(node, output.kind)})" for output in node.outputs)


def _kind(node: NodeType, kind: Kind | Same) -> str:
    return f"as {kind.port or node.ports[0].name}" if isinstance(kind, Same) else kind.name


def _param(param: DeclaredParam) -> str:
    default = "required" if param.required else f"= {plain(param.default)}"
    limits = param.describe_range()
    said = f"{param.param.description}. {limits[:1].upper()}{limits[1:]}" if limits else param.param.description
    kind = type_name(param.type)
    return f"{param.name} ({'choice' if kind.startswith('one of') else kind}, {default}): {said}"


def _short(param: DeclaredParam) -> str:
    return param.name if param.required else f"{param.name} = {plain(param.default)}"
