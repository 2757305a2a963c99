"""What happens to plugins, and how long their calls take: told to the log, and kept for SQL by a sink."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from pipeline.errors import Fault, TradegraphError
from pipeline.execution.run import Run, RunSink
from pipeline.settings import PerformanceMonitoring

__all__ = ["EventName", "EventSink", "MemoryEvents", "Monitor", "PluginCall", "PluginEvent", "Watched"]

EventName: TypeAlias = Literal[
    "loaded",
    "refused",
    "kept",
    "disabled",
    "gone",
    "installed",
    "removed",
    "killed",
    "held",
    "updated",
    "yanked",
    "revoked",
    "restored",
]
_STOPPED: Mapping[str, EventName] = {"TG505": "killed", "TG506": "killed", "TG417": "held", "TG418": "held"}


@dataclass(frozen=True, slots=True)
class PluginEvent:
    """Something that happened to a plugin file. `kept` is a refused new version whose predecessor goes on.

    `killed` is a call that was ended, `held` one that its worker's confinement said no to; `yanked` and `revoked` are
    what a marketplace says of an installed version, `restored` that it says so no longer.
    """

    happened_at: dt.datetime
    event: EventName
    plugin: str
    path: str
    digest: str = ""
    version: str = ""
    signature: str = ""
    code: str = ""
    message: str = ""
    hint: str = ""
    line: int | None = None

    def row(self) -> dict[str, Any]:
        """The event as the table `plugin_events` holds it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PluginCall:
    """One call of a plugin through the Python API; those of nodes stand in `node_timings`. Times in milliseconds."""

    called_at: dt.datetime
    plugin: str
    rows: int
    ms: float
    slow: bool
    code: str = ""
    message: str = ""

    def row(self) -> dict[str, Any]:
        """The call as the table `plugin_calls` holds it."""
        return asdict(self)


class EventSink(Protocol):
    """Who keeps what is told of plugins."""

    def take(self, events: Sequence[PluginEvent], calls: Sequence[PluginCall]) -> None:
        """Keep these. Must not raise: no plugin fails because its record cannot be written."""


@dataclass
class MemoryEvents:
    """A sink that forgets with the process."""

    events: list[PluginEvent] = field(default_factory=list)
    calls: list[PluginCall] = field(default_factory=list)

    def take(self, events: Sequence[PluginEvent], calls: Sequence[PluginCall]) -> None:
        """Remember these."""
        self.events += events
        self.calls += calls


class Monitor:
    """Tells log and sink of calls, as `performance_monitoring` asks, and `stopped` of those that were stopped."""

    def __init__(
        self,
        settings: PerformanceMonitoring,
        sink: EventSink,
        stopped: Callable[[EventName, str, str, str], None] = lambda *_: None,
    ) -> None:
        self.settings = settings
        self._stopped = stopped
        self._sink = sink
        self._log = logging.getLogger("tradegraph.plugin")
        self._told: dict[str, list[float]] = {}

    @contextmanager
    def timed(self, plugin: str, rows: int) -> Iterator[None]:
        """Time a call through the Python API; what it raises passes through."""
        began = time.perf_counter()
        code = message = ""
        try:
            yield
        except Exception as error:
            code = error.faults[0].code if isinstance(error, TradegraphError) else "TG501"
            message = f"{type(error).__name__}: {error}"
            raise
        finally:
            ms = (time.perf_counter() - began) * 1e3
            slow = self.called(plugin, rows, ms, code=code, message=message)
            if self.settings.enable_metrics:
                call = PluginCall(dt.datetime.now(dt.UTC), plugin, rows, ms, slow, code, message)
                self._sink.take([], [call])

    def called(self, plugin: str, rows: int, ms: float, *, node: str = "", code: str = "", message: str = "") -> bool:
        """Log a call over `rows` bars, by a node of a graph or by nobody; True when it was too slow.

        `code` and `message` say how it failed.
        """
        limit = self.settings.max_execution_time_ms
        slow = ms > limit
        where = f" node={node}" if node else ""
        if self.settings.enable_metrics:
            self._told.setdefault(plugin, []).append(ms)
        if self.settings.log_execution_time:
            self._log.info("plugin=%s execution_time=%.3fms rows=%d%s", plugin, ms, rows, where)
        if slow:
            text = "plugin=%s is slow: execution_time=%.3fms is more than max_execution_time_ms=%g%s"
            self._log.warning(text, plugin, ms, limit, where)
        if code:
            self._log.error("plugin=%s failed: %s %s%s", plugin, code, message, where)
        if code in _STOPPED:
            self._stopped(_STOPPED[code], plugin, code, message)
        return slow

    def summary(self) -> dict[str, dict[str, float]]:
        """Calls of this process by plugin: how many, and the mean and longest time in milliseconds."""
        return {
            plugin: {"calls": len(times), "mean_ms": sum(times) / len(times), "max_ms": max(times)}
            for plugin, times in sorted(self._told.items())
        }


class Watched:
    """A run's sink that tells a monitor of each step that called a plugin, and hands everything on."""

    def __init__(self, sink: RunSink, monitor: Monitor) -> None:
        self._sink = sink
        self._monitor = monitor

    def took(self, run: Run) -> None:
        """A step is done."""
        self._sink.took(run)
        record = run.records[-1]
        kind = record.step.node.type
        if record.ms is None or kind.shipped:
            return
        failure = record.failure or next(iter(record.symbols.values()), None)
        quick = failure is None and record.ms <= self._monitor.settings.max_execution_time_ms
        if quick and kind.style != "frame":  # a line for each of ten thousand small nodes would cost more than they do
            return
        plugin, (graph, node) = kind.id, record.step.users[0]
        code, message = (failure.code, failure.message) if failure else ("", "")
        if self._monitor.called(
            plugin, record.rows or 0, record.ms, node=f"{graph}.{node}", code=code, message=message
        ):
            limit = self._monitor.settings.max_execution_time_ms
            said = f"node {node!r}: {plugin} took {record.ms:.0f} ms, max_execution_time_ms is {limit:g}"
            run.warnings += (Fault("TG508", said, severity="warning"),)

    def checkpoint(self, run: Run) -> None:
        """What was computed so far is asked for by another run."""
        self._sink.checkpoint(run)
