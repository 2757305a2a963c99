"""Routes of plugins: listed, shown with forms, installed, switched, reloaded; what happened to them."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from pipeline.api.form import form_of
from pipeline.api.openapi import problems
from pipeline.api.problem import refusal
from pipeline.api.served import Project
from pipeline.api.shape import Body, FaultReply, Reply
from pipeline.api.tasks import Task
from pipeline.engine import Engine
from pipeline.errors import StoreError
from pipeline.execution.run import new_run_id
from pipeline.model.document import plain
from pipeline.plugins.discover import Discovery, PluginRecord
from pipeline.plugins.install import remove
from pipeline.plugins.overview import find_plugin, information
from pipeline.plugins.switch import switch

__all__ = ["router"]

router = APIRouter(prefix="/api/plugins", tags=["plugins"])

_FILE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\.py")
_PATIENCE = 20
"""An installation may take so many times `plugin_timeout`."""
Limit = Annotated[int, Query(ge=1, le=10_000)]


class PluginFile(Reply):
    """A file of the project, and what became of it."""

    file: str
    ids: list[str]
    status: Literal["loaded", "refused", "kept", "disabled"]
    signature: str
    digest: str
    fault: FaultReply | None


class PluginEntry(Reply):
    """A plugin of the guide's kind."""

    id: str
    name: str
    type: Literal["strategy", "indicator"]
    version: str
    author: str
    description: str
    status: str
    file: str


class PluginsReply(Reply):
    """Plugins, and all plugin files with those that were refused or are switched off."""

    plugins: list[PluginEntry]
    files: list[PluginFile]


class TimingReply(Reply):
    """How long calls took, those of nodes in graphs and those from Python."""

    plugin: str
    calls: int
    failed: int
    mean_ms: float | None
    median_ms: float | None
    max_ms: float | None


class PluginReply(PluginEntry):
    """All there is to know of a plugin."""

    form: dict[str, Any] = Field(description="JSON Schema of its parameters, made from its metadata.")
    inputs: dict[str, str] = Field(description="Columns that it takes besides those of bars.")
    outputs: list[str]
    dependencies: list[str]
    dataframe: Literal["adapter", "pandas"]
    signature: str
    code: str
    metadata: dict[str, Any] = Field(description="As the plugin gives it.")
    timings: TimingReply | None


class Installing(Body):
    """A plugin file. `signature` is the text of its .sig file."""

    name: str = Field(description="The name of the file: my_plugin.py")
    source: str = Field(max_length=1024 * 1024)
    signature: str = Field(default="", max_length=100_000)
    replace: bool = Field(default=False, description="Take the place of a file of this name.")


class Installed(Reply):
    """What came of an installation."""

    ids: list[str]
    file: str


class Removed(Reply):
    """The file that is gone."""

    file: str


class Switched(Reply):
    """A plugin and whether it is on now."""

    id: str
    on: bool
    changed: bool


class PluginEventReply(Reply):
    """Something that happened to a plugin file."""

    happened_at: dt.datetime
    event: str
    plugin: str
    path: str
    version: str | None
    signature: str | None
    code: str | None
    message: str | None
    hint: str | None
    line: int | None


class CertificateReply(Reply):
    """The verdict of the laws over a node type with certain params."""

    node_type: str
    category: str
    style: str
    code: str
    current: bool = Field(description="Whether its code is still the one that was put through the laws.")
    params: str
    verdict: Literal["lawful", "unlawful"]
    broken: str | None
    message: str | None
    laws: int | None
    tried: int | None
    rows: int | None
    warmup: int | None
    measured_warmup: int | None
    verified_at: dt.datetime


@router.get("")
def list_plugins(project: Project) -> PluginsReply:
    """List the project's plugins, and what became of each plugin file."""
    return _listed(project.engine.discovery)


@router.post("/reload")
def reload_plugins(project: Project) -> PluginsReply:
    """Look at all plugin files anew, whether or not they changed."""
    engine = project.engine
    found = engine.plugins.reload()
    engine.publish_events()
    return _listed(found)


@router.post("", status_code=201, responses=problems(409))
async def install_plugin(project: Project, body: Installing) -> Installed:
    """Install a plugin file. It is admitted first, in a process of its own: a refused one leaves nothing behind.

    A plugin runs with the rights of whoever serves: install only what you trust.
    """
    if not _FILE.fullmatch(body.name):
        hint = "Letters, digits and _, then .py."
        raise refusal("TG812", f"a plugin file cannot be called {body.name[:120]!r}", hint=hint)
    engine = project.engine
    before = await run_in_threadpool(_present, engine, body.name)
    with engine.plugins.held():
        task = project.tasks.submit(Task(new_run_id(), "install", body.name, {"do": "install", **body.model_dump()}))
        try:
            await asyncio.wait_for(task.end(), _PATIENCE * engine.project.settings.plugin_timeout)
        except TimeoutError:
            project.tasks.kill(task)
            await task.end()
        if task.state == "killed":
            await run_in_threadpool(_put_back, before)
    if task.error is not None:
        raise task.error
    if task.state != "ok":
        raise refusal("TG814", f"the installation of {body.name} was stopped", hint="Nothing was installed.")
    await run_in_threadpool(project.engine.plugins.current)
    return Installed(ids=list(task.result["ids"]), file=str(task.result["file"]))


@router.get("/events")
def plugin_events(project: Project, plugin: str | None = None, limit: Limit = 200) -> list[PluginEventReply]:
    """List what happened to plugin files, the newest first."""
    engine = project.engine
    engine.plugins.current()
    _tell(engine)
    names = ", ".join(PluginEventReply.model_fields)
    query = f"select {names} from plugin_events where ? is null or list_contains(string_split(plugin, ' '), ?)"
    rows = _rows(engine, f"{query} order by happened_at desc limit ?", [plugin, plugin, limit])
    return [PluginEventReply(**row) for row in rows]


@router.get("/timings")
def plugin_timings(project: Project) -> list[TimingReply]:
    """Say how long plugins took, the slowest in sum first."""
    engine = project.engine
    _tell(engine)
    mine = [node.id for node in engine.registry if not node.shipped]
    return _timings(engine, mine)


@router.get("/certificates")
def list_certificates(project: Project, node_type: str | None = None) -> list[CertificateReply]:
    """List what the laws say of node types: the latest verdict for each state of the code and set of params."""
    engine = project.engine
    fields = [name for name in CertificateReply.model_fields if name != "current"]
    query = f"select {', '.join(fields)} from certificates where ? is null or node_type = ?"
    rows = _rows(engine, f"{query} order by node_type, verified_at desc", [node_type, node_type])
    codes = {node.id: node.code for node in engine.registry}
    return [CertificateReply(**row, current=codes.get(row["node_type"]) == row["code"]) for row in rows]


@router.get("/{plugin_id}", responses=problems(404))
def show_plugin(project: Project, plugin_id: str) -> PluginReply:
    """Show a plugin: what it says of itself, the form of its parameters, how long its calls took."""
    engine = project.engine
    found = engine.discovery
    plugin = find_plugin(found, plugin_id)
    told = information(found, plugin)
    timings = _timings(engine, [plugin_id])
    return PluginReply(
        **_entry(told),
        form=form_of(plugin.metadata.name, plugin.params, plugin.metadata.parameters),
        timings=timings[0] if timings else None,
        metadata=_json(plugin.metadata.given),
        **{name: told[name] for name in ("inputs", "outputs", "dependencies", "dataframe", "signature", "code")},
    )


@router.delete("/{plugin_id}", responses=problems(409))
def remove_plugin(project: Project, plugin_id: str) -> Removed:
    """Delete the file of a plugin, and its signature."""
    engine = project.engine
    path = remove(engine.plugins, plugin_id)
    engine.publish_events()
    return Removed(file=str(path))


@router.post("/{plugin_id}/enable", responses=problems(404, 409))
def enable_plugin(project: Project, plugin_id: str) -> Switched:
    """Switch a plugin on again."""
    return _switched(project.engine, plugin_id, on=True)


@router.post("/{plugin_id}/disable", responses=problems(404, 409))
def disable_plugin(project: Project, plugin_id: str) -> Switched:
    """Switch a plugin off: its file stays and is not run."""
    return _switched(project.engine, plugin_id, on=False)


def _tell(engine: Engine) -> None:
    """Publish what waits. A project that may only be read is answered for as it is."""
    with suppress(StoreError):
        engine.publish_events()


def _switched(engine: Engine, plugin_id: str, *, on: bool) -> Switched:
    changed = switch(engine.plugins, plugin_id, on=on)
    engine.publish_events()
    return Switched(id=plugin_id, on=on, changed=changed)


def _listed(found: Discovery) -> PluginsReply:
    files = [_file(record) for record in found.records if record.origin != "shipped"]
    return PluginsReply(
        plugins=[PluginEntry(**_entry(information(found, plugin))) for plugin in found.plugins.values()], files=files
    )


def _entry(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in PluginEntry.model_fields}


def _file(record: PluginRecord) -> PluginFile:
    fault = FaultReply.model_validate(record.fault.as_dict()) if record.fault else None
    return PluginFile(
        file=record.path,
        ids=list(record.ids),
        status=record.status,
        signature=record.signature,
        digest=record.digest,
        fault=fault,
    )


def _json(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a plugin gave as its metadata: it may hold types and other things of Python."""
    found: dict[str, Any] = plain({key: value.__name__ if isinstance(value, type) else value
                                   for key, value in given.items()})  # fmt: skip
    return found


def _timings(engine: Engine, ids: list[str]) -> list[TimingReply]:
    rows = _rows(
        engine,
        "select plugin, count(*) as calls, count(*) filter (failed) as failed, avg(ms) as mean_ms,"
        " median(ms) as median_ms, max(ms) as max_ms from ("
        "select node_type as plugin, ms, status = 'failed' as failed from node_timings where ms is not null"
        " union all select plugin, ms, code <> '' as failed from plugin_calls)"
        " where list_contains(?, plugin) group by plugin order by sum(ms) desc, plugin",
        [ids],
    )
    return [TimingReply(**row) for row in rows]


def _rows(engine: Engine, query: str, given: list[Any]) -> list[dict[str, Any]]:
    """The answer of the database; nothing while nothing was published."""
    try:
        return engine.database.sql(query, given).to_dicts()
    except StoreError as error:
        if error.faults[0].code != "TG605":
            raise
        return []


def _present(engine: Engine, name: str) -> dict[Path, bytes | None]:
    """Files that an installation may write, as they are."""
    places = [folder / file for folder in engine.project.plugin_directories for file in (name, f"{name}.sig")]
    return {path: path.read_bytes() if path.is_file() else None for path in places}


def _put_back(files: Mapping[Path, bytes | None]) -> None:
    """After an installation was killed: what it wrote must not be found, for nobody has admitted it."""
    for path, data in files.items():
        if data is None:
            path.unlink(missing_ok=True)
        elif not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
