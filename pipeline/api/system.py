"""Routes of the project as a whole, and of its tasks."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from pydantic import Field

from pipeline.api.openapi import problems
from pipeline.api.problem import Problem, problem_of, refusal
from pipeline.api.served import Project, Served
from pipeline.api.shape import Reply
from pipeline.api.stream import STREAM, streamed
from pipeline.api.tasks import State, Task
from pipeline.errors import StoreError
from pipeline.model.document import plain
from pipeline.plugins.overview import overview
from pipeline.version import product_version

__all__ = ["TaskReply", "router", "task_reply"]

router = APIRouter(prefix="/api", tags=["system"])


class RefusedFile(Reply):
    """A plugin file that is not used."""

    file: str
    line: int | None
    code: str
    reason: str
    hint: str
    kept: bool


class SystemReply(Reply):
    """The project at a glance."""

    project: str
    version: str
    read_only: bool
    strategies: list[str]
    indicators: list[str]
    total_strategies: int
    total_indicators: int
    node_types: int
    files: int = Field(description="Plugin files of the project.")
    refused: list[RefusedFile]
    plugin_directories: list[str]
    log: str
    settings: dict[str, Any]
    performance: dict[str, dict[str, float]]
    symbols: int
    bars: int
    runs: int
    tasks: dict[str, int] = Field(description="Tasks of this server by their state.")


class TaskReply(Reply):
    """Long work: a run, a sweep, a batch, an installation, a verification."""

    id: str
    kind: str
    about: str
    state: State
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    result: dict[str, Any]
    error: Problem | None


def task_reply(task: Task) -> TaskReply:
    """A task as it is now."""
    return TaskReply(
        id=task.id,
        kind=task.kind,
        about=task.about,
        state=task.state,
        created_at=task.created_at,
        started_at=task.started_at,
        finished_at=task.finished_at,
        result=plain(task.result),
        error=problem_of(task.error, f"/api/tasks/{task.id}") if task.error else None,
    )


@router.get("/system")
def show_system(project: Project) -> SystemReply:
    """Show the project: plugins, settings, market, runs, tasks."""
    engine = project.engine
    coverage = engine.market.coverage()
    states: dict[str, int] = {}
    for task in project.tasks.all():
        states[task.state] = states.get(task.state, 0) + 1
    return SystemReply(
        **plain(overview(engine.plugins)),
        version=product_version() or "0",
        read_only=project.access.read_only,
        symbols=len({entry.symbol for entry in coverage}),
        bars=sum(entry.rows for entry in coverage),
        runs=_runs(project),
        tasks=states,
    )


@router.get("/tasks")
async def list_tasks(project: Project) -> list[TaskReply]:
    """List what this server was asked to do since it started, the newest first."""
    return [task_reply(task) for task in project.tasks.all()]


@router.get("/tasks/{task}", responses=problems(404))
async def show_task(project: Project, task: str) -> TaskReply:
    """Show a task."""
    return task_reply(_task(project, task))


@router.get("/tasks/{task}/events", response_class=StreamingResponse, responses={**STREAM, **problems(404)})
async def follow_task(
    project: Project, task: str, last: Annotated[str | None, Header(alias="Last-Event-ID")] = None
) -> StreamingResponse:
    """Follow a task until it is over."""
    return streamed(_task(project, task), last)


@router.post("/tasks/{task}/cancel", status_code=202, responses=problems(404, 409))
async def cancel_task(project: Project, task: str) -> TaskReply:
    """Stop a task: one that waits never begins, a run stores what it has."""
    found = _task(project, task)
    project.tasks.cancel(found)
    return task_reply(found)


def _task(project: Served, task_id: str) -> Task:
    task = project.tasks.get(task_id)
    if task is None:
        raise refusal("TG802", f"there is no task {task_id!r}", hint="`GET /api/tasks` lists those since it started.")
    return task


def _runs(project: Served) -> int:
    try:
        return int(project.engine.sql("select count(distinct run_id) as n from runs").item())
    except StoreError:  # nothing has been run
        return 0
