"""Routes of graph files: listed, read, saved, checked, planned, completed."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Response
from pydantic import Field

from pipeline.api.files import MOST_TEXT, GraphFiles, etag_of
from pipeline.api.given import Given
from pipeline.api.openapi import problems
from pipeline.api.outline import CheckReply, checked
from pipeline.api.served import Project, Served
from pipeline.api.shape import Body, Reply
from pipeline.engine import Overrides
from pipeline.errors import GraphError
from pipeline.execution.why import Reason, why
from pipeline.graph.complete import Market, complete
from pipeline.graph.library import load_text
from pipeline.graph.read import role_of
from pipeline.model.document import plain

__all__ = ["router"]

router = APIRouter(prefix="/api/graphs", tags=["graphs"])

GraphName = Annotated[str, Path(description="`trend`, or `base/trend` for a file in a folder below graphs.")]
Match = Annotated[str | None, Header(alias="If-Match", description="The ETag that the file must have.")]
NoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="`*`: only if there is no such file.")]
Text = Annotated[str, Field(max_length=MOST_TEXT, description="YAML, as in a graph file.")]


class GraphEntry(Reply):
    """A graph file."""

    name: str
    file: str = Field(description="Its place in the project.")
    role: Literal["graph", "library", "sub-graph"]
    size: int = Field(description="Bytes.")
    modified_at: dt.datetime


class GraphReply(Reply):
    """A graph file with its text, and what a check finds in it."""

    name: str
    file: str
    text: str
    etag: str
    check: CheckReply


class Saved(Body):
    """The text of a graph file."""

    text: Text


class Checking(Given):
    """A text to check, and what is changed in it. `name` says where it stands: files that it names lie beside it."""

    text: Text
    name: str = "unsaved"


class Planning(Given):
    """A saved graph, and what is changed in it."""

    graph: str


class Completing(Body):
    """A text with a cursor; lines and columns count from 1, the cursor stands before its column."""

    text: Text
    line: int = Field(ge=1)
    column: int = Field(ge=1)


class Candidate(Reply):
    """What could stand at the cursor."""

    label: str
    kind: Literal["key", "type", "node", "bars", "param", "value"]
    detail: str


class CompleteReply(Reply):
    """Candidates, the likeliest first; they take the place of the text from `column` to the cursor."""

    column: int
    candidates: list[Candidate]


class ReasonReply(Reply):
    """Why a step is computed."""

    change: str
    detail: str


class StepReply(Reply):
    """A step of a plan."""

    node: str
    type: str
    params: dict[str, Any]
    warmup: int
    action: Literal["compute", "reuse"]
    key: str
    because: list[ReasonReply]


class PlanReply(Reply):
    """What a run would compute, and what it would take from the store."""

    graph: str
    compute: int
    reuse: int
    steps: list[StepReply]


@router.get("")
def list_graphs(project: Project) -> list[GraphEntry]:
    """List the graph files of the project."""
    engine = project.engine
    found = []
    for name, path in GraphFiles(engine.project.root):
        try:
            text = load_text(path)
            state = path.stat()
        except (GraphError, OSError):  # it cannot be read, or is gone meanwhile
            continue
        found.append(
            GraphEntry(
                name=name,
                file=path.relative_to(engine.project.root).as_posix(),
                role=role_of(text),
                size=state.st_size,
                modified_at=dt.datetime.fromtimestamp(state.st_mtime, dt.UTC),
            )
        )
    return found


@router.post("/validate", responses=problems())
def validate_graph(project: Project, body: Checking) -> CheckReply:
    """Check a text: every fault at once, each with its place. Nothing is saved and nothing is computed."""
    engine = project.engine
    place = GraphFiles(engine.project.root).place(body.name)
    return checked(engine, body.text, place, body.overrides())


@router.post("/complete", responses=problems())
def complete_graph(project: Project, body: Completing) -> CompleteReply:
    """Say what could stand at a cursor: keys, node types, inputs, params, wires, symbols."""
    engine = project.engine
    coverage = engine.market.coverage()
    market = Market(
        tuple(dict.fromkeys(entry.timeframe for entry in coverage)),
        tuple(sorted({entry.symbol for entry in coverage})),
        tuple(engine.project.settings.project.universes),
    )
    column, found = complete(body.text, body.line, body.column, engine.registry, market)
    return CompleteReply(column=column, candidates=[Candidate(**asdict(one)) for one in found])


@router.post("/plan", responses=problems(404))
def plan_graph(project: Project, body: Planning) -> PlanReply:
    """Say what a run of a saved graph would compute and why. No bar is read."""
    engine = project.engine
    graph = engine.check(GraphFiles(engine.project.root).find(body.graph), body.overrides())
    planned = engine.plan(graph)
    latest = engine.database.latest(graph.name)
    rows = engine.database.nodes_of(latest) if latest else []
    before = {row["node"]: row for row in rows if row["graph"] == graph.name}
    steps = []
    for name in graph.nodes:
        step = planned.step(graph.name, name)
        because: list[Reason] = [] if step.action == "reuse" else why(planned, step, before.get(name))
        steps.append(
            StepReply(
                node=name,
                type=step.type.id,
                params=plain(step.node.params),
                warmup=step.node.warmup,
                action=step.action,
                key=step.key,
                because=[ReasonReply(**asdict(reason)) for reason in because],
            )
        )
    reuse = sum(step.action == "reuse" for step in steps)
    return PlanReply(graph=graph.name, compute=len(steps) - reuse, reuse=reuse, steps=steps)


@router.get("/{name:path}", responses=problems(404))
def get_graph(project: Project, name: GraphName, response: Response) -> GraphReply:
    """Read a graph file and check it."""
    found = _reply(project, name)
    response.headers["ETag"] = found.etag
    return found


@router.put("/{name:path}", responses={201: {"model": GraphReply}, **problems(412, 413)})
def put_graph(
    project: Project,
    name: GraphName,
    body: Saved,
    response: Response,
    *,
    match: Match = None,
    none_match: NoneMatch = None,
) -> GraphReply:
    """Save a graph file, faulty or not: what a check finds in it is in the reply.

    Plugins that a graph uses are run when it runs, so saving one is as good as running code. With `If-Match` nothing
    that others changed meanwhile is overwritten.
    """
    files = GraphFiles(project.engine.project.root)
    if files.write(name, body.text, match=match, new=none_match == "*"):
        response.status_code = 201
    found = _reply(project, name)
    response.headers["ETag"] = found.etag
    return found


@router.delete("/{name:path}", status_code=204, responses=problems(404, 412))
def delete_graph(project: Project, name: GraphName, match: Match = None) -> None:
    """Delete a graph file. Its runs stay."""
    GraphFiles(project.engine.project.root).remove(name, match=match)


def _reply(project: Served, name: str) -> GraphReply:
    engine = project.engine
    files = GraphFiles(engine.project.root)
    path, text = files.find(name), files.read(name)
    return GraphReply(
        name=name,
        file=path.relative_to(engine.project.root).as_posix(),
        text=text,
        etag=etag_of(text),
        check=checked(engine, text, path, Overrides()),
    )
