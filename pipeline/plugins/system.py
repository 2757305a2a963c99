"""The plugins of one project as they are now: found, admitted, reloaded when their files change.

The one mutable cell of the room: a new state is built completely, then put in the place of the old one in a single
assignment. Whoever works with the old one goes on with it.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from pipeline.errors import PluginError, SettingsError
from pipeline.execution.attempt import Call
from pipeline.execution.execute import Guest
from pipeline.execution.kernel import KernelCache
from pipeline.execution.replay import KeptCall, Replay, changes, remake, replay
from pipeline.laws.trial import Evaluator
from pipeline.model.node import NodeType
from pipeline.model.registry import Registry
from pipeline.plugins.admit import Policy
from pipeline.plugins.apart import Apart
from pipeline.plugins.audit import AUDIT_FILE, AuditLog
from pipeline.plugins.compiled import compiled_folder
from pipeline.plugins.confine import Bounds
from pipeline.plugins.confinement import unconfined
from pipeline.plugins.describe import Absent
from pipeline.plugins.discover import Discovery, PluginRecord, build_registry, source_root
from pipeline.plugins.entry import entry_files
from pipeline.plugins.examination.profile import Profile, profile_plugin
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.here import type_here
from pipeline.plugins.lock import LOCK_NAME, Lock, Locked, read_lock
from pipeline.plugins.log import level_of, open_log
from pipeline.plugins.memory import Seen, read_seen, write_seen
from pipeline.plugins.monitor import EventName, EventSink, Monitor, PluginEvent
from pipeline.plugins.reading import descriptions_file
from pipeline.plugins.workers.forkserver import Shared, forkserver, shared_forkserver
from pipeline.plugins.workers.host import WorkerHost
from pipeline.settings import CONFIG_NAME, Project, Settings

__all__ = ["PluginSystem"]

_BARRED = frozenset({"TG714", "TG715"})
"""Refusals after which no earlier version goes on either: it must not run at all."""
_Stamp: TypeAlias = "tuple[tuple[str, int, int], ...]"
_log = logging.getLogger("tradegraph.plugin")


class PluginSystem:
    """Finds the plugins of a project, says what changed, and keeps a last good version of what is refused."""

    def __init__(self, project: Project, sink: EventSink) -> None:
        self.project = project
        self._sink = sink
        self._lock = threading.RLock()
        self._found: Discovery | None = None
        self._stamp: _Stamp = ()
        self._held = 0
        self._locked: Lock | None = None
        self._workers: WorkerHost | None = None
        self._said: tuple[Bounds, str, float] | None = None
        self.audit = AuditLog(project.root / AUDIT_FILE)
        self.monitor = Monitor(project.settings.performance_monitoring, sink, self._stopped)
        open_log(project.root, project.settings)

    @property
    def settings(self) -> Settings:
        return self.project.settings

    @property
    def workers(self) -> WorkerHost:
        """Who runs plugins that are confined; its workers stay warm from run to run."""
        with self._lock:
            said = (Bounds.usual(self.settings.memory_limit_mb), level_of(self.settings), self.settings.plugin_timeout)
            if self._workers is None or said != self._said:
                bounds, level, patience = self._said = said
                self._workers = WorkerHost(
                    self.project.plugin_directories,
                    self.project.private / "kernels",
                    bounds=bounds,
                    level=level,
                    patience=patience,
                )
            return self._workers

    @property
    def reloads(self) -> bool:
        """True when changed files are loaded again by themselves: `auto_reload`, or its override for developers."""
        return self.settings.auto_reload or self.settings.development_mode.enable_hot_reload

    @property
    def homes(self) -> tuple[Path, ...]:
        """The folders whose Python files plugins are made of: where they are found, and what relative imports reach."""
        folders = self.project.plugin_directories
        return tuple(dict.fromkeys(source_root(folder / "any.py", folder) for folder in folders))

    def current(self) -> Discovery:
        """What there is. Files that changed since are loaded again first, where the settings say so."""
        with self._lock:
            if self._found is None or (self.reloads and not self._held and self._stamp != self._stamps()):
                return self.reload()
            return self._found

    @contextmanager
    def held(self) -> Iterator[None]:
        """Load nothing by itself while the block lasts: somebody else writes a file that nobody has admitted yet."""
        with self._lock:
            self._held += 1
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1

    def take(self, found: Discovery) -> None:
        """Work with what somebody else has found, until files change."""
        with self._lock:
            self._found, self._stamp = found, self._stamps()

    def reload(self) -> Discovery:
        """Read settings and plugins anew, whether or not they changed. Settings that are faulty change nothing."""
        with self._lock:
            if self._found is not None:
                self._read_settings()
            open_log(self.project.root, self.settings)
            stamp = self._stamps()
            found = self.look()
            if self._found is not None:
                found = _kept(self._found, found)
            self._tell(found)
            self._found, self._stamp = found, stamp
            return found

    def forget(self) -> None:
        """Let go of all verdicts and descriptions, and of what was found: the next look is the first one."""
        with self._lock:
            for file in (self._policy_file, descriptions_file(self._policy_file)):
                file.unlink(missing_ok=True)
            self._found = None

    @property
    def _policy_file(self) -> Path:
        return self.project.private / "admission.json"

    def look(self) -> Discovery:
        """What a reload would find; nothing is told and nothing changes."""
        return build_registry(self.project.plugin_directories, policy=self._policy())

    def shared_workers(self, nodes: Iterable[NodeType]) -> Callable[[], Shared] | None:
        """What gives workers of a run what plugins are forked from; None when none of these nodes is a plugin's.

        It begins to start now, which takes a second. Raises OSError.
        """
        if not any(isinstance(node.fn, Absent) for node in nodes):
            return None
        forkserver()
        return shared_forkserver

    @property
    def aloof(self) -> bool:
        """True when a look runs no code in this process but that of the shipped nodes."""
        said = self._policy()
        confined = not any(entry.unconfined for entry in said.lock.plugins.values())
        return said.elsewhere is not None and not said.trusted and not said.installed and confined

    def let_go(self) -> None:
        """Forget the workers that there are: a process that is forked from this one has others."""
        with self._lock:
            if self._workers is not None:
                self._workers.close()
            self._workers = None

    def guest(self, node: NodeType) -> Guest:
        """How a node type is called in graphs: plugins with a time limit, in a worker if they were loaded in one."""
        if node.shipped:
            return Guest()
        return Guest(self.settings.plugin_timeout, confined=isinstance(node.fn, Absent))

    def expect(self) -> None:
        """Say that plugins may soon be loaded or called: what workers are forked from starts, if there are any."""
        if self.settings.isolation == "worker" and len(self._stamps()) > 1:
            self.workers.expect()

    def apart(self, here: Evaluator) -> Evaluator:
        """Who calls node types for the laws: workers those that were loaded in one, `here` the others."""
        return Apart(here, self.workers, self.settings.plugin_timeout)

    def replay(self, kept: KeptCall, call: Call, kernels: KernelCache, *, here: bool) -> Replay:
        """Make a kept call again: in a worker where the node type was loaded in one, unless it is to be `here`."""
        if here or not isinstance(call.node.fn, Absent):
            return replay(kept, replace(call, node=self.here(call.node)), kernels)
        call, changed = remake(kept, call), changes(kept, call.node)
        outcome, frames = self.workers.replay(call, self.settings.plugin_timeout * max(1, len(call.panel.symbols)))
        return Replay(kept, call, changed, outcome.ms, outcome.value, outcome.raised, frames)

    def profile(self, plugin: GuidePlugin, params: Mapping[str, Any], rows: int, *, lines: int = 10) -> Profile:
        """Profile a call of a plugin where it is called in graphs. Raises ParameterError, PluginError."""
        if plugin.home is None:
            return profile_plugin(plugin, params, rows, lines=lines)
        return self.workers.profile(plugin, params, rows, lines)

    def kernels_of(self, registry: Registry) -> set[str]:
        """The names of the folders of compiled kernels that may be needed: digests of code, or of a plugin's files."""
        return {node.code for node in registry} | {node.captured.digest for node in registry if node.captured}

    def _entry_of(self, origin: str) -> Locked | None:
        """What the lock says of a file, None for one that no marketplace gave."""
        if self._locked is None:
            self._locked = read_lock(self.project.root)
        return self._locked.at(self.project.root, Path(origin))

    @property
    def _has_market_plugins(self) -> bool:
        """True when something of a marketplace is installed that must be confined."""
        assert self._locked is not None
        return not all(entry.unconfined for entry in self._locked.plugins.values())

    def here(self, node: NodeType) -> NodeType:
        """A node type with its function in this process. Raises PluginError TG715 where it must not be."""
        self._check_here(node.id, node.origin)
        return type_here(node)

    def check_here(self, plugin: GuidePlugin) -> None:
        """Raise PluginError TG715 for a plugin that must not be called in this process, where nothing confines it."""
        self._check_here(plugin.id, plugin.path)

    def _check_here(self, plugin_id: str, origin: str) -> None:
        entry = self._entry_of(origin)
        if entry is not None and not entry.unconfined:
            hint = f"Use it in a graph; `tradegraph market allow {plugin_id}` lets Python call it too."
            said = f"{plugin_id!r} came from a marketplace, and nothing confines it in the process of its caller"
            raise PluginError(said, code="TG715", hint=hint)

    def told(self, event: PluginEvent) -> None:
        """Something was done to a plugin file by somebody: put it into log, audit log and sink."""
        _write(event)
        self._audit(event.event, event)
        self._sink.take([event], [])

    def _stopped(self, what: EventName, plugin: str, code: str, message: str) -> None:
        found = self._found
        path = found.registry[plugin].origin if found is not None and plugin in found.registry else ""
        self.told(PluginEvent(dt.datetime.now(dt.UTC), what, plugin, path, code=code, message=message))

    def _audit(self, name: str, event: PluginEvent) -> None:
        """Append to the audit log. One that cannot be written is complained of, and ends nothing."""
        row = event.row()
        about = {key: row[key] for key in ("plugin", "digest", "version", "signature", "code", "message")}
        try:
            self.audit.append(name, path=self._place(event.path), **about)
        except OSError as error:
            _log.warning("the audit log %s cannot be written: %s", self.audit.path, error)

    def failed(self, error: Exception) -> None:
        """Log what went wrong beside a plugin."""
        _log.warning("%s", error)

    def _policy(self) -> Policy:
        said = self.settings
        self._locked = read_lock(self.project.root)
        return Policy(
            examine=said.validate_plugins,
            limit=said.max_plugins,
            timeout=said.plugin_timeout,
            allow_unsigned=said.development_mode.allow_unsigned_plugins,
            keys=said.trusted_keys,
            trusted=frozenset(said.trusted_plugins),
            disabled=frozenset(said.disabled_plugins),
            memory=self._policy_file,
            compiled=compiled_folder(),
            installed=entry_files(),
            lock=self._locked,
            root=self.project.root,
            unconfined=unconfined(),
            elsewhere=self.workers if said.isolation == "worker" or self._has_market_plugins else None,
            only_market=said.isolation != "worker",
        )

    def _read_settings(self) -> None:
        try:
            project = Project.open(self.project.root)
        except SettingsError as error:
            _log.error("%s cannot be used, the settings stay as they were: %s", CONFIG_NAME, error)
            return
        if project != self.project:
            self.project = project
            self.monitor.settings = project.settings.performance_monitoring
            open_log(project.root, project.settings)

    def _stamps(self) -> _Stamp:
        """Size and time of everything that plugins are made from: their folders and the settings."""
        found = []
        files = [self.project.root / CONFIG_NAME, self.project.root / LOCK_NAME]
        for folder in self.homes:
            for place, _, names in os.walk(folder):
                files += [Path(place) / name for name in names if name.endswith((".py", ".sig"))]
        for file in sorted(files):
            try:
                state = file.stat()
            except OSError:  # gone meanwhile
                continue
            found.append((str(file), state.st_mtime_ns, state.st_size))
        return tuple(found)

    def _audit_change(self, before: Seen | None, event: PluginEvent) -> None:
        """A file that nobody has seen yet is discovered first; a loaded one whose code changed is reloaded."""
        if before is None:
            self._audit("discovered", replace(event, code="", message="", version=""))
        again = event.event == "loaded" and before is not None and before.status == "loaded"
        self._audit("reloaded" if again else event.event, event)

    def _place(self, path: str) -> str:
        """A file's place in the project, which may be moved; the path of one that lies elsewhere."""
        root = str(self.project.root) + os.sep
        return path.removeprefix(root)

    def _tell(self, found: Discovery) -> None:
        """Log and record what is new since anybody last looked at this project."""
        memory = self.project.private / "plugins.json"
        before = read_seen(memory)
        mine = {self._place(record.path): record for record in found.records if record.origin != "shipped"}
        now = {place: Seen.of(record) for place, record in mine.items()}
        changed = [place for place in mine if now[place] != before.get(place)]
        events = [_event(found, mine[place]) for place in changed]
        for place, event in zip(changed, events, strict=True):
            self._audit_change(before.get(place), event)
        gone = [_gone(place, seen) for place, seen in before.items() if place not in now]
        for event in gone:
            self._audit("gone", event)
        events += gone
        for event in events:
            _write(event)
        _log.debug("looked at %d plugin files, %d of them changed", len(now), len(events))
        if events:
            self._sink.take(events, [])
        if now != before:
            write_seen(memory, now)


def _write(event: PluginEvent) -> None:
    """The line of an event in the log."""
    level = logging.ERROR if event.event in ("refused", "kept") else logging.INFO
    at = f"{event.path}:{event.line}" if event.line else event.path
    hint = f"hint: {event.hint}" if event.hint else ""
    said = " ".join(part for part in (event.version, event.signature, event.code, event.message, hint) if part)
    _log.log(level, "%s plugin=%s %s %s", event.event, event.plugin, at, said)


def _event(found: Discovery, record: PluginRecord) -> PluginEvent:
    versions = [found.plugins[name].metadata.version for name in record.ids if name in found.plugins]
    fault = record.fault
    return PluginEvent(
        happened_at=dt.datetime.now(dt.UTC),
        event=record.status,
        plugin=" ".join(record.ids) or Path(record.path).stem,
        path=record.path,
        digest=record.digest,
        version=" ".join(dict.fromkeys(versions)),
        signature=record.signature,
        code=fault.code if fault else "",
        message=fault.message if fault else "",
        hint=fault.hint if fault else "",
        line=fault.place.line if fault and fault.place else None,
    )


def _gone(path: str, seen: Seen) -> PluginEvent:
    return PluginEvent(dt.datetime.now(dt.UTC), "gone", seen.ids or Path(path).stem, path, seen.digest)


def _kept(before: Discovery, after: Discovery) -> Discovery:
    """`after`, in which a refused file whose version before was good keeps that one, as far as ids allow."""
    good = {record.path: record for record in before.records if record.status in ("loaded", "kept")}
    types = {node.id: node for node in after.registry}
    plugins = dict(after.plugins)
    records: list[PluginRecord] = []
    for record in after.records:
        old = good.get(record.path)
        barred = record.fault is not None and record.fault.code in _BARRED
        if (
            record.status != "refused"
            or record.origin == "shipped"
            or old is None
            or barred
            or set(old.ids) & set(types)
        ):
            records.append(record)
            continue
        types.update({name: before.registry[name] for name in old.ids})
        plugins.update({name: before.plugins[name] for name in old.ids if name in before.plugins})
        records.append(replace(record, status="kept", ids=old.ids))
    registry = Registry(types.values(), refused=after.registry.refused, contested=after.registry.contested)
    return Discovery(registry, tuple(records), dict(sorted(plugins.items())))
