"""What `tradegraph nodes` answers: the list of node types and the page of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report, tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table
from pipeline.cli.nodes.snippet import snippet
from pipeline.engine import Engine
from pipeline.errors import Fault, PluginError, StoreError, UsageError, did_you_mean
from pipeline.model.kind import BY_NAME, Kind, Same
from pipeline.model.node import NodeType, Port
from pipeline.model.param import DeclaredParam
from pipeline.model.scalar import type_name
from pipeline.plugins.discover import Discovery

__all__ = ["fallbacks", "listing", "page"]

_CATEGORIES = ("indicator", "strategy", "portfolio")


def listing(discovery: Discovery, *, kind: str | None, search: str | None, as_json: bool) -> None:
    """The node types that match, and what was refused."""
    found = [node for node in discovery.registry if _is(node, kind) and _mentions(node, search)]
    refused = discovery.registry.refused
    if as_json:
        echo_json({"nodes": [_described(node) for node in found], "refused": [fault.as_dict() for fault in refused]})
        return
    rows = [(n.id, n.category, _inputs(n), ", ".join(dict.fromkeys(_outputs(n).values())), n.summary) for n in found]
    if rows:
        echo_table(
            ("id", "category", "takes", "gives", "what it is"), rows, minor=("takes", "category"), roomy=("what it is",)
        )
    mine = sum(record.origin == "user" for record in discovery.records if set(record.ids) & {n.id for n in found})
    own = f", {counted(mine, 'file')} of your own" if mine else ""
    click.echo(f"{counted(len(found), 'node type')}{own}; more about one: tradegraph nodes show ID")
    if refused:
        tell(f"{counted(len({f.place.file for f in refused if f.place}), 'file')} could not be loaded:")
        report(refused)


def fallbacks(engine: Engine, node_type: str) -> dict[str, int]:
    """What of pandas the adapter lacked when the type ran, and in how many steps; empty when it never did."""
    known = engine.discovery.registry.get(node_type)
    if known is None or known.style != "frame":
        return {}
    try:
        found = engine.sql(
            "select fallback, count(*) as steps from node_timings"
            f" where node_type = '{known.id}' and fallback is not null group by fallback order by steps desc"
        )
    except StoreError:  # nothing has run yet
        return {}
    return dict(found.iter_rows())


def page(
    discovery: Discovery, node_type: str, lacked: Mapping[str, int] = MappingProxyType({}), *, as_json: bool
) -> None:
    """All there is to know of a node type. Raises PluginError or UsageError when there is none."""
    node = discovery.registry.get(node_type)
    if node is None:
        raise _unknown(discovery, node_type)
    if as_json:
        echo_json({**_described(node), "doc": node.doc, "yaml": snippet(node), "fallbacks": dict(lacked)})
        return
    scope = "all symbols at once" if node.scope == "cross-section" else "each symbol by itself"
    click.echo(f"{click.style(node.id, bold=True)}  {node.category}, {node.style}, {scope}")
    click.echo(f"\n{node.doc.strip()}\n")
    _section("in", [(p.name, _kind(p.kind), _port_note(p)) for p in node.ports])
    _section("with", [_param_row(param) for param in node.params])
    _section("out", [(name, kind, _output_note(node, name, kind)) for name, kind in _outputs(node).items()])
    click.echo(f"warm-up  {_warmup(node)}")
    click.echo(f"file     {shown_path(node.origin)}")
    click.echo(f"code     {node.code}")
    for what, steps in lacked.items():
        click.echo(f"fallback to real pandas in {steps} {'step' if steps == 1 else 'steps'}: {what}")
    click.echo("\nin a graph, below `nodes:`")
    for line in snippet(node).splitlines():
        click.echo(f"  {line}")


def _section(title: str, rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        click.echo(f"{title}\n  nothing")
        return
    click.echo(title)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    for row in rows:
        head = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        click.echo(f"  {head}  {row[-1]}".rstrip())


def _unknown(discovery: Discovery, node_type: str) -> Exception:
    broken = [fault for fault in discovery.registry.refused if fault.place and _stem(fault) == node_type]
    if broken:
        error = PluginError(f"{node_type!r} could not be loaded")
        error.faults = tuple(broken)
        return error
    hint = did_you_mean(node_type, discovery.registry.ids, otherwise="`tradegraph nodes list` shows them all.")
    return PluginError(f"no node type {node_type!r}", code="TG201", hint=hint)


def _stem(fault: Fault) -> str:
    assert fault.place is not None
    return fault.place.file.rpartition("/")[2].removesuffix(".py")


def _is(node: NodeType, kind: str | None) -> bool:
    if kind is None or node.category == kind:
        return True
    if kind not in BY_NAME and kind not in _CATEGORIES:
        raise UsageError(f"--kind {kind}: no such kind", hint=did_you_mean(kind, (*_CATEGORIES, *BY_NAME)))
    return kind in _outputs(node).values()


def _mentions(node: NodeType, search: str | None) -> bool:
    return not search or search.casefold() in f"{node.id} {node.doc}".casefold()


def _kind(kind: Kind | Same) -> str:
    return kind.name if isinstance(kind, Kind) else "number"


def _outputs(node: NodeType) -> dict[str, str]:
    found = {}
    for output in node.outputs:
        same = output.kind.port or node.ports[0].name if isinstance(output.kind, Same) else ""
        found[output.name] = f"as {same}" if same else _kind(output.kind)
    return found


def _inputs(node: NodeType) -> str:
    return ", ".join(f"{port.name}{'?' if port.optional else ''}" for port in node.ports)


def _port_note(port: Port) -> str:
    note = _kind_note(_kind(port.kind))
    return f"{note}; may be left out" if port.optional else note


def _output_note(node: NodeType, name: str, kind: str) -> str:
    """What an output means, and its columns in SQL where they have other names."""
    note = _kind_note(kind)
    known = BY_NAME.get(kind)
    if known is None or not known.fields:
        return note
    prefix = "" if len(node.outputs) == 1 else f"{name}_"
    columns = " and ".join(prefix + field for field, _ in known.fields)
    return f"{note}; columns {columns}, wired as NODE.{prefix}{known.fields[0][0]}"


def _kind_note(name: str) -> str:
    if name.startswith("as "):
        return f"the kind that {name[3:]!r} gets"
    return BY_NAME[name].description if name in BY_NAME else ""


def _param_row(param: DeclaredParam) -> tuple[str, str, str, str, str]:
    default = "required" if param.required else f"= {param.default}"
    kind = type_name(param.type)
    limits = param.describe_range()
    return param.name, "choice" if kind.startswith("one of") else kind, default, limits, param.param.description


def _warmup(node: NodeType) -> str:
    """What is known of it before the params are: for the defaults, when all params have one."""
    tail = "; then every value depends on all bars before it" if node.recursive else ""
    if isinstance(node.warmup, int):
        return f"{counted(node.warmup, 'bar')}{tail}"
    defaults, faults = node.params.check({}, owner=node.id)
    if faults:
        return f"depends on the params{tail}"
    return f"{counted(node.warmup_of(defaults), 'bar')} with these defaults{tail}"


def _described(node: NodeType) -> dict[str, Any]:
    return {
        "id": node.id,
        "category": node.category,
        "style": node.style,
        "scope": node.scope,
        "summary": node.summary,
        "in": [{"name": p.name, "kind": _kind(p.kind), "optional": p.optional} for p in node.ports],
        "with": [_param(param) for param in node.params],
        "out": [{"name": name, "kind": kind} for name, kind in _outputs(node).items()],
        "warmup": _warmup(node),
        "recursive": node.recursive,
        "file": node.origin,
        "code": node.code,
    }


def _param(param: DeclaredParam) -> dict[str, Any]:
    return {
        "name": param.name,
        "type": type_name(param.type),
        "required": param.required,
        "default": None if param.required else param.default,
        "range": param.describe_range(),
        "description": param.param.description,
    }
