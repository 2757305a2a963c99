"""Routes of node types: what a graph may use, each with the form of its params."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from pipeline.api.form import form_of
from pipeline.api.openapi import problems
from pipeline.api.served import Project
from pipeline.api.shape import Body, FaultReply, Reply
from pipeline.api.system import TaskReply, task_reply
from pipeline.api.tasks import Task
from pipeline.errors import PluginError, did_you_mean
from pipeline.execution.run import new_run_id
from pipeline.laws.named import types_named
from pipeline.model.kind import Kind, Same
from pipeline.model.node import NodeType
from pipeline.plugins.discover import Discovery

__all__ = ["router"]

router = APIRouter(prefix="/api/nodes", tags=["nodes"])

Category = Literal["indicator", "strategy", "portfolio"]


class PortReply(Reply):
    """An input."""

    name: str
    kind: str = Field(description="The widest kind that it takes.")
    means: str
    optional: bool


class OutputReply(Reply):
    """An output; `same_as` names the input whose kind it has."""

    name: str
    kind: str | None
    same_as: str | None
    columns: list[str] = Field(description="Its columns, as in SQL and in wires; none for a table.")


class NodeEntry(Reply):
    """A node type."""

    id: str
    category: Category
    style: str
    scope: Literal["symbol", "cross-section"]
    summary: str
    shipped: bool
    inputs: list[PortReply]
    outputs: list[OutputReply]


class NodeReply(NodeEntry):
    """A node type with its documentation and the form of its params."""

    doc: str
    form: dict[str, Any] = Field(description="JSON Schema of `with`.")
    warmup: int | None = Field(description="With the defaults; null where a param has none.")
    recursive: bool
    file: str
    code: str = Field(description="Digest of its code and all that it imports.")


class NodesReply(Reply):
    """Node types, and why files could not be loaded."""

    nodes: list[NodeEntry]
    refused: list[FaultReply]


class Verifying(Body):
    """Which node types: all when none is named; `talib.*` names a group."""

    types: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=1_000)
    whole: bool = Field(default=False, description="Draw params from their whole range as well, not only their ends.")


@router.get("")
def list_nodes(
    project: Project,
    category: Category | None = None,
    search: Annotated[str | None, Query(description="A word in id or documentation.")] = None,
) -> NodesReply:
    """List the node types that graphs may use."""
    registry = project.engine.registry
    word = (search or "").casefold()
    found = [
        node for node in registry if category in (None, node.category) and word in f"{node.id} {node.doc}".casefold()
    ]
    refused = [FaultReply.model_validate(fault.as_dict()) for fault in registry.refused]
    return NodesReply(nodes=[NodeEntry(**_entry(node)) for node in found], refused=refused)


@router.post("/verify", status_code=202, responses=problems(404))
async def verify_nodes(project: Project, body: Verifying) -> TaskReply:
    """Put node types through the laws: a task. Its events name each verdict, `/api/plugins/certificates` lists them."""
    await run_in_threadpool(lambda: types_named(project.engine.registry, body.types))
    about = ", ".join(body.types) or "all node types"
    return task_reply(project.tasks.submit(Task(new_run_id(), "laws", about, {"do": "laws", **body.model_dump()})))


@router.get("/{node_type}", responses=problems(404))
def show_node(project: Project, node_type: str) -> NodeReply:
    """Show a node type: what it takes and gives, and the form of its params."""
    found = project.engine.discovery
    node = found.registry.get(node_type)
    if node is None:
        hint = did_you_mean(node_type, found.registry.ids)
        raise PluginError(f"no node type {node_type!r}", code="TG201", hint=hint)
    return NodeReply(
        **_entry(node),
        doc=node.doc.strip(),
        form=form_of(node.id, node.params, _said(found, node_type)),
        warmup=_warmup(node),
        recursive=node.recursive,
        file=node.origin,
        code=node.code,
    )


def _said(found: Discovery, node_type: str) -> dict[str, Any]:
    """What the metadata of a plugin of the guide say of its params."""
    plugin = found.plugins.get(node_type)
    return dict(plugin.metadata.parameters) if plugin else {}


def _entry(node: NodeType) -> dict[str, Any]:
    ports = [
        PortReply(name=port.name, kind=port.takes.name, means=port.takes.description, optional=port.optional)
        for port in node.ports
    ]
    return {
        "id": node.id,
        "category": node.category,
        "style": node.style,
        "scope": node.scope,
        "summary": node.summary,
        "shipped": node.shipped,
        "inputs": ports,
        "outputs": [_output(node, output.name, output.kind) for output in node.outputs],
    }


def _output(node: NodeType, name: str, kind: Kind | Same) -> OutputReply:
    if isinstance(kind, Same):
        return OutputReply(name=name, kind=None, same_as=kind.port or node.ports[0].name, columns=[name])
    prefix = "" if len(node.outputs) == 1 else f"{name}_"
    columns = [f"{prefix}{field}" for field, _ in kind.fields] or ([name] if kind.on_axis else [])
    return OutputReply(name=name, kind=kind.name, same_as=None, columns=columns)


def _warmup(node: NodeType) -> int | None:
    defaults, faults = node.params.check({}, owner=node.id)
    return None if faults else node.warmup_of(defaults)
