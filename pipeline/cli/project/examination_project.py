"""What `tradegraph doctor` looks at in a project: settings, folders, data, results, plugins, graphs."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.cli.console.figure import counted, size
from pipeline.cli.console.session import CONFIG_NAME, Session, shown_path
from pipeline.cli.console.target import known_graphs
from pipeline.cli.project.examination import Finding, Level
from pipeline.cli.project.examination_market import examine_audit, examine_marketplaces
from pipeline.engine import Engine
from pipeline.errors import TradegraphError
from pipeline.execution.kernel_folder import VARIABLE, shared_folder, unfit
from pipeline.plugins.confine import available
from pipeline.settings import Project
from pipeline.store.tables import SCHEMA_VERSION

__all__ = ["examine_project"]

_SCARCE = 1_000_000_000
_TOO_LITTLE = 100_000_000


def examine_project(session: Session) -> Iterator[Finding]:
    """Every check of a project; the first alone when there is none or its settings are wrong."""
    try:
        project = session.open_project()
    except TradegraphError as error:
        # outside of a project the installation alone is looked at; settings that are wrong are a failure
        level: Level = "warn" if error.faults[0].code == "TG002" and session.project is None else "fail"
        for fault in error.faults:
            place = f"{shown_path(fault.place.file)}:{fault.place.line} " if fault.place else ""
            yield Finding(level, "project", f"{place}{fault.code} {fault.message}", fault.hint)
        return
    engine = Engine(project)
    yield Finding("ok", "project", f"{project.root}, {CONFIG_NAME} is in order")
    yield from _folders(project)
    checks: tuple[tuple[str, Callable[[Engine], Iterator[Finding]]], ...] = (
        ("market", _market),
        ("database", _database),
        ("kernels", _kernels),
        ("lock", _lock),
        ("plugins", _plugins),
        ("isolation", _isolation),
        ("marketplace", examine_marketplaces),
        ("audit log", examine_audit),
        ("graphs", _graphs),
        ("disk", _disk),
    )
    for subject, check in checks:
        try:
            yield from check(engine)
        except TradegraphError as error:
            for fault in error.faults:
                yield Finding("fail", subject, f"{fault.code} {fault.message}", fault.hint)
        except OSError as error:
            detail = f"{error.filename or subject}: {(error.strerror or str(error)).lower()}"
            yield Finding("fail", subject, detail, "Check the owner and the permissions.")


def _folders(project: Project) -> Iterator[Finding]:
    """The folders that the engine reads and those that it writes."""
    for folder in (project.root, project.private, project.market):
        if folder.exists():
            yield _writable(folder, linked=folder == project.market)
        else:
            yield Finding("ok", "folder", f"{_named(folder)} is not there yet; it is made when it is needed")
    for folder in (project.root / "graphs", *project.plugin_directories):
        if folder.exists() and not (folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)):
            yield Finding("fail", "folder", f"{_named(folder)} cannot be read", _rights(folder))


def _writable(folder: Path, *, linked: bool) -> Finding:
    """Make a file there for a moment, and a hard link where the market advances by one."""
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=folder) as inside:
            probe = Path(inside) / "probe"
            probe.write_bytes(b"")
            if linked:
                (Path(inside) / "link").hardlink_to(probe)
    except OSError as error:
        if linked and isinstance(error.filename2, str):
            hint = "The market needs a file system with hard links: keep the project on a local disk."
            return Finding("fail", "folder", f"{_named(folder)} takes no hard links", hint)
        what = (error.strerror or str(error)).lower()
        return Finding("fail", "folder", f"{_named(folder)} cannot be written: {what}", _rights(folder))
    return Finding("ok", "folder", f"{_named(folder)} can be written")


def _named(folder: Path) -> str:
    shown = shown_path(folder)
    return str(folder) if shown == "." else shown


def _rights(folder: Path) -> str:
    try:
        state = folder.stat()
    except OSError:
        return "Check the owner and the permissions of the folder above it."
    return f"It belongs to user {state.st_uid}, mode {state.st_mode & 0o777:o}; you are user {os.getuid()}."


def _market(engine: Engine) -> Iterator[Finding]:
    entries = engine.market.coverage()
    if not entries:
        yield Finding("warn", "market", "no bars are stored", "tradegraph data import FILES --timeframe 1d")
        return
    symbols, made_up = {e.symbol for e in entries}, {e.symbol for e in entries if e.synthetic}
    frames = ", ".join(dict.fromkeys(e.timeframe for e in entries))
    note = f", {len(made_up):,} of them synthetic" if made_up else ""
    bars = counted(sum(e.rows for e in entries), "bar")
    yield Finding("ok", "market", f"{counted(len(symbols), 'symbol')}{note}, {bars}, {frames}")


def _database(engine: Engine) -> Iterator[Finding]:
    path = engine.database.path
    waiting = [p for p in (engine.project.private / "journal").glob("*") if not p.name.startswith(".")]
    if waiting:
        hint = "The next run publishes them."
        yield Finding("warn", "database", f"{counted(len(waiting), 'run')} not published yet", hint)
    if not path.exists():
        yield Finding("ok", "database", f"{path.name} is not there yet; the first run makes it")
        return
    schema = engine.sql("select schema_version from store").item()
    runs = engine.sql("select count(distinct run_id) from runs").item()
    detail = f"{path.name}, schema {schema}, {counted(runs, 'run')}, {size(path.stat().st_size)}"
    if schema > SCHEMA_VERSION:
        hint = "Use the tradegraph that wrote it, or move the file away."
        yield Finding("fail", "database", f"{detail}; this version knows schema {SCHEMA_VERSION}", hint)
    else:
        yield Finding("ok", "database", detail)


def _kernels(engine: Engine) -> Iterator[Finding]:
    """Where compiled kernels rest; what keeps a folder from being shared costs each new project seconds."""
    folder = shared_folder()
    why = unfit(folder) if folder is not None else ""
    if folder is None:
        yield Finding("ok", "kernels", f"kept in {_named(engine.project.private)}, for this project alone")
    elif why:
        hint = f"Make it yours and closed to others (chmod 700), or name another one in ${VARIABLE}."
        yield Finding("warn", "kernels", f"{folder} is not used, the project keeps them: {why}", hint)
    else:
        yield Finding("ok", "kernels", f"shared by your projects in {folder}")


def _lock(engine: Engine) -> Iterator[Finding]:
    path = engine.project.private / "publish.lock"
    if not path.exists():
        return
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield Finding("warn", "lock", "another process is publishing just now", "It is freed when that one ends.")
            return
    yield Finding("ok", "lock", "free")


def _plugins(engine: Engine) -> Iterator[Finding]:
    discovery = engine.discovery
    mine = [record for record in discovery.records if record.origin != "shipped" and record.status == "loaded"]
    own = f", {counted(len(mine), 'file')} of your own" if mine else ""
    yield Finding("ok", "plugins", f"{counted(len(discovery.registry), 'node type')}{own}")
    for fault in discovery.registry.refused:
        place = f"{shown_path(fault.place.file)}:{fault.place.line} " if fault.place else ""
        level: Level = "warn" if fault.severity == "warning" else "fail"
        yield Finding(level, "plugin", f"{place}{fault.code} {fault.message}", fault.hint)


def _isolation(engine: Engine) -> Iterator[Finding]:
    """What holds plugins in: the settings, and what this system can enforce."""
    what = available()
    if engine.project.settings.isolation == "none":
        hint = 'Take `"isolation": "none"` out of the settings, unless all plugins are your own.'
        yield Finding("warn", "isolation", "plugins run in this process, with your rights", hint)
    elif what.complete:
        yield Finding("ok", "isolation", f"plugins run in workers: {what}")
    for lacking in () if engine.project.settings.isolation == "none" else what.lacking:
        yield Finding("warn", "isolation", lacking, "A Linux kernel from 5.13 on has all of it, on x86-64 and arm64.")


def _graphs(engine: Engine) -> Iterator[Finding]:
    known = known_graphs(engine.project.root / "graphs")
    good = 0
    for path in known:
        try:
            engine.check(path)
            good += 1
        except TradegraphError as error:
            found = counted(len(error.faults), "fault")
            hint = f"tradegraph check {shown_path(path)}"
            yield Finding("fail", "graph", f"{shown_path(path)} has {found}: {error.faults[0].message}", hint)
    if good or not known:
        yield Finding("ok", "graphs", f"{counted(good, 'graph')} without fault")


def _disk(engine: Engine) -> Iterator[Finding]:
    free = shutil.disk_usage(engine.project.root).free
    if free < _TOO_LITTLE:
        yield Finding("fail", "disk", f"{size(free)} free", "Free some space: results could not be written.")
    elif free < _SCARCE:
        yield Finding("warn", "disk", f"{size(free)} free", "Free some space before a large run.")
    else:
        yield Finding("ok", "disk", f"{size(free)} free")
