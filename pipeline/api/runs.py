"""Routes of runs: begun, followed, stopped, listed, shown, compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from pipeline.api.files import GraphFiles
from pipeline.api.given import Given
from pipeline.api.openapi import problems
from pipeline.api.problem import problem_of, refusal
from pipeline.api.run_reply import (
    CompareReply,
    DifferenceReply,
    FailureReply,
    MetricPair,
    NodeTiming,
    RunEntry,
    RunReply,
    SideReply,
    sums_of,
)
from pipeline.api.served import Project, Served
from pipeline.api.shape import FaultReply, Reply
from pipeline.api.stream import STREAM, streamed
from pipeline.api.tasks import Task
from pipeline.api.worker import given_of, search_of
from pipeline.engine import Engine
from pipeline.errors import StoreError
from pipeline.execution.run import new_run_id
from pipeline.graph.sweep import Sampler
from pipeline.model.document import plain
from pipeline.runs.selection import nodes_meant
from pipeline.runs.sweep import Search
from pipeline.store.comparison import Difference, compared, pair_of
from pipeline.store.crowd import CROWD, crowd_of, is_crowd
from pipeline.store.past import listed, past_of, steps_of

__all__ = ["router"]

router = APIRouter(prefix="/api", tags=["runs"])


class Running(Given):
    """A graph to run, as `tradegraph run` does."""

    graph: str = Field(description="The name of a graph file.")
    select: list[str] = Field(default_factory=list, description="Only these nodes and what they need.")
    exclude: list[str] = Field(default_factory=list)
    refresh: list[str] = Field(default_factory=list, description="Compute these though they are stored.")
    cache: bool = Field(default=True, description="Take what is stored.")
    fail_fast: bool = Field(default=False, description="Stop at the first node that fails.")


class Sweeping(Given):
    """A graph to run for many choices of its params, as `tradegraph sweep` does."""

    graph: str
    values: dict[str, list[Any] | str] = Field(
        default_factory=dict, description="What is tried, by param or `node.param`: a list, or text like `8:24:4`."
    )
    where: str = Field(default="", description="A condition in SQL over params.")
    most: int | None = Field(default=None, ge=1, description="Try at most so many cells.")
    sampler: Sampler = "grid"
    seed: int = Field(default=0, ge=0, lt=2**32)
    objective: str = Field(default="sharpe", description="The metric that `optuna` looks for the best of.")
    least: bool = Field(default=False, description="The smallest is the best.")
    cache: bool = True
    fail_fast: bool = False


class Batching(Given):
    """Graphs to run as one plan, as `tradegraph batch` does."""

    graphs: list[str] = Field(min_length=1, max_length=1_000)
    cache: bool = True
    fail_fast: bool = Field(default=False, description="Refuse the batch for a faulty graph, stop at a failed node.")


class Accepted(Reply):
    """A task that was taken. `events` is the path of its stream."""

    id: str
    kind: str
    state: str
    events: str
    faults: list[FaultReply] = Field(default_factory=list, description="Warnings, and faults of graphs left out.")


@router.get("/runs")
def list_runs(
    project: Project,
    graph: Annotated[str | None, Query(description="Only runs of this graph.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
) -> list[RunEntry]:
    """List runs, the newest first; those that wait or go on come first."""
    rows = listed(project.engine.database, graph, limit=limit)
    known = {row["run_id"] for row in rows}
    new = [
        _of_task(task)
        for task in project.tasks.all()
        if task.kind in _KINDS
        and task.id not in known
        and graph in (None, task.about)
        # one that landed is in the table, perhaps beyond the limit
        and task.state in ("queued", "running", "cancelled", "error", "killed")
    ]
    return [*new, *(_entry(row) for row in rows)][:limit]


@router.post("/runs", status_code=202, responses=problems(404))
async def begin_run(project: Project, body: Running) -> Accepted:
    """Run a graph. The reply comes at once and has the id of the run; its events tell how it goes on."""

    def prepared(engine: Engine) -> tuple[dict[str, Any], list[FaultReply]]:
        given = body.overrides()
        file = GraphFiles(engine.project.root).find(body.graph)
        graph = engine.check(file, given)
        engine.plan(graph, cache=False)  # raises for bars that there are not
        nodes_meant(graph, body.refresh, "refresh")
        if body.select or body.exclude:
            engine.select(graph, body.select, body.exclude)
        order = {**body.as_order(), **body.model_dump(include={"select", "exclude", "refresh", "cache", "fail_fast"})}
        return {**order, "file": str(file)}, [FaultReply.model_validate(f.as_dict()) for f in graph.warnings]

    order, warnings = await run_in_threadpool(prepared, project.engine)
    return _begun(project, "run", body.graph, order, warnings)


@router.post("/sweeps", status_code=202, responses=problems(404))
async def begin_sweep(project: Project, body: Sweeping) -> Accepted:
    """Run a graph for many choices of its params. Its metrics are in SQL as GRAPH.sweep."""

    def prepared(engine: Engine) -> dict[str, Any]:
        file = GraphFiles(engine.project.root).find(body.graph)
        rest = {*(item.name for item in fields(Search)), "cache", "fail_fast"}
        order = {**body.as_order(), **body.model_dump(include=rest), "file": str(file)}
        engine.cells(file, search_of(order), given_of(order))
        return order

    return _begun(project, "sweep", body.graph, await run_in_threadpool(prepared, project.engine))


@router.post("/batches", status_code=202, responses=problems(404))
async def begin_batch(project: Project, body: Batching) -> Accepted:
    """Run many graphs as one plan, in which what is equal is computed once."""

    def prepared(engine: Engine) -> tuple[dict[str, Any], list[FaultReply]]:
        files = [GraphFiles(engine.project.root).find(name) for name in dict.fromkeys(body.graphs)]
        selected = engine.gather(files, body.overrides(), keep_going=not body.fail_fast)
        order = {**body.as_order(), **body.model_dump(include={"cache", "fail_fast"}), "files": list(map(str, files))}
        return order, [FaultReply.model_validate(fault.as_dict()) for fault in selected.faults]

    order, faults = await run_in_threadpool(prepared, project.engine)
    return _begun(project, "batch", ", ".join(body.graphs), order, faults)


@router.get("/runs/compare", responses=problems(404))
def compare_runs(
    project: Project,
    a: Annotated[str | None, Query(description="Left out: the run of the same graph before `b`.")] = None,
    b: str = "latest",
) -> CompareReply:
    """Compare two runs: nodes whose values can differ and why, and all metrics side by side."""
    database = project.engine.database
    found = compared(database, *pair_of(database, a, b))
    metrics = [MetricPair(**{name: row[name] for name in MetricPair.model_fields}) for row in found.metrics.to_dicts()]
    return CompareReply(a=found.a, b=found.b, nodes=[_difference(one) for one in found.nodes], metrics=metrics)


@router.get("/runs/{run}", responses=problems(404))
def show_run(
    project: Project,
    run: str,
    limit: Annotated[int, Query(ge=0, le=10_000)] = CROWD,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> RunReply:
    """Show a run: an id, the beginning of one, `latest`, or `latest~1` for the one before it.

    A sweep has a step for each node of each cell: `sums` tells of all of them, `limit` and `offset` turn the pages.
    """
    task, database = project.tasks.get(run), project.engine.database
    error = problem_of(task.error, f"/api/runs/{run}") if task is not None and task.error else None
    try:
        with database.hold():
            past = past_of(database, run, limit=limit, offset=offset)
            steps = steps_of(database, past.run_id)
            crowd = crowd_of(database, past.run_id) if is_crowd(database, past.run_id) else None
    except StoreError:
        if task is None:
            raise
        return RunReply(id=task.id, status=task.state, graphs=[_of_task(task)], nodes=[], failures=[], error=error)
    heads = [_entry(row) for row in past.graphs]
    return RunReply(
        id=past.run_id,
        status="running" if task is not None and not task.over else heads[0].status,
        graphs=heads,
        steps=steps,
        nodes=[NodeTiming(**row) for row in past.nodes.to_dicts()],
        failures=[FailureReply(**row) for row in past.failures.to_dicts()],
        sums=None if crowd is None else sums_of(crowd),
        error=error,
    )


@router.get("/runs/{run}/events", response_class=StreamingResponse, responses={**STREAM, **problems(404)})
async def follow_run(
    project: Project, run: str, last: Annotated[str | None, Header(alias="Last-Event-ID")] = None
) -> StreamingResponse:
    """Follow a run that this server began: events as of `--json=stream`, until it is over."""
    return streamed(_task(project, run), last)


@router.post("/runs/{run}/cancel", status_code=202, responses=problems(404, 409))
async def cancel_run(project: Project, run: str) -> Accepted:
    """Stop a run that this server began. What was computed by then is stored, and its status is `interrupted`."""
    task = _task(project, run)
    project.tasks.cancel(task)
    return _accepted(task)


_KINDS: frozenset[Literal["run", "sweep", "batch"]] = frozenset({"run", "sweep", "batch"})


def _begun(
    project: Served, kind: str, about: str, order: Mapping[str, Any], faults: list[FaultReply] | None = None
) -> Accepted:
    task = project.tasks.submit(Task(new_run_id(), kind, about, {"do": kind, **plain(order)}))
    return _accepted(task, faults)


def _accepted(task: Task, faults: list[FaultReply] | None = None) -> Accepted:
    events = f"/api/runs/{task.id}/events"
    return Accepted(id=task.id, kind=task.kind, state=task.state, events=events, faults=faults or [])


def _task(project: Served, run: str) -> Task:
    task = project.tasks.get(run)
    if task is None or task.kind not in _KINDS:
        hint = "It tells of runs that were begun here since it started; `GET /api/runs` lists all."
        raise refusal("TG802", f"this server did not begin a run {run!r}", hint=hint)
    return task


def _entry(row: Mapping[str, Any]) -> RunEntry:
    fields = {name: row[name] for name in RunEntry.model_fields if name in row}
    return RunEntry(id=row["run_id"], **fields)


def _of_task(task: Task) -> RunEntry:
    return RunEntry(
        id=task.id, graph=task.about, status=task.state, started_at=task.started_at, finished_at=task.finished_at
    )


def _difference(one: Difference) -> DifferenceReply:
    def side(row: Mapping[str, Any] | None) -> SideReply | None:
        return None if row is None else SideReply(**{name: row[name] for name in SideReply.model_fields})

    return DifferenceReply(
        graph=one.name[0],
        node=one.name[1],
        changed=[{name: str(value) for name, value in asdict(reason).items()} for reason in one.reasons],
        a=side(one.old),
        b=side(one.new),
    )
