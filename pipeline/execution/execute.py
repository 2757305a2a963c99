"""Carry out a plan: compute what must be computed, load only what a computation needs, record it all."""

from __future__ import annotations

import datetime as dt
import os
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.errors import NodeError, TradegraphError
from pipeline.execution.call import call, prepare
from pipeline.execution.inputs import Inputs
from pipeline.execution.kernel import KernelCache
from pipeline.execution.panels import panel_arguments
from pipeline.execution.plan import Plan, Step
from pipeline.execution.protocols import BarSource, ObjectStore, Progress, Silent, Value
from pipeline.execution.run import Failure, NodeRecord, Run
from pipeline.model.garbage import survivors_frozen
from pipeline.model.kind import METRICS
from pipeline.model.rows import axis_frame

__all__ = ["Options", "execute"]


@dataclass(frozen=True)
class Options:
    """How to carry out a plan: `fail_fast` stops at the first failed node; `settings` are recorded."""

    fail_fast: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)


def execute(
    plan: Plan, run_id: str, market: BarSource, store: ObjectStore, kernels: KernelCache, *, options: Options
) -> Run:
    """Run the steps of `plan` in order and give the record of it.

    A node that fails is a failed step: what depends on it is skipped with the cause, everything else goes
    on. Ctrl-C ends the run as interrupted; what was computed by then is kept. Values are durable when
    this returns.
    """
    run = Run(run_id, plan, dt.datetime.now(dt.UTC), worker=f"pid {os.getpid()}", settings=options.settings)
    executor = _Execution(run, Inputs(plan, market, store), store, kernels, options)
    try:
        with survivors_frozen():
            executor.walk()
    except KeyboardInterrupt:
        run.status = "interrupted"
        executor.skip_rest("TG504", "the run was interrupted")
    store.flush()
    run.finished_at = dt.datetime.now(dt.UTC)
    return run


class _Execution:
    def __init__(self, run: Run, inputs: Inputs, store: ObjectStore, kernels: KernelCache, options: Options) -> None:
        self.run = run
        self.inputs = inputs
        self.store = store
        self.kernels = kernels
        self.options = options
        self._failed: dict[int, str] = {}  # step index → name of the node that is the cause

    def walk(self) -> None:
        steps = self.run.plan.steps
        cached = sum(step.action == "reuse" for step in steps)
        self.options.progress.started(steps=len(steps), cached=cached)
        for step in steps:
            record = self._skipped(step) or (self._reused(step) if step.action == "reuse" else self._computed(step))
            self._take(record)
            self.inputs.release(step)
            if record.status == "failed" and self.options.fail_fast:
                self.skip_rest("TG503", f"the run stopped at the failed node {step.node.name!r}")
                return

    def skip_rest(self, code: str, message: str) -> None:
        for step in self.run.plan.steps[len(self.run.records) :]:
            self._take(NodeRecord(step, "skipped", failure=Failure(code, message, "", "")))

    def _take(self, record: NodeRecord) -> None:
        self.run.records.append(record)
        if record.status in ("failed", "skipped"):
            cause = record.failure.cause if record.failure and record.failure.cause else record.step.node.name
            self._failed[record.step.index] = cause
            if self.run.status == "ok":
                self.run.status = "failed"
        message = record.failure.message if record.failure else ""
        for _, node in record.step.users:
            self.options.progress.finished(
                node=node, status=record.status, ms=record.ms, rows=record.rows, message=message
            )

    def _skipped(self, step: Step) -> NodeRecord | None:
        cause = next((self._failed[index] for index in step.upstream if index in self._failed), None)
        if cause is None or step.action == "reuse":
            return None
        return NodeRecord(step, "skipped", failure=Failure("TG503", f"it needs {cause!r}, which failed", cause, ""))

    def _reused(self, step: Step) -> NodeRecord:
        if step.is_table:
            value = self.store.read(step.key, ())
            if not isinstance(value, pl.DataFrame):  # gone or damaged since it was planned
                return self._computed(step)
            self._keep_metrics(step, value)
        return NodeRecord(step, "cached")

    def _computed(self, step: Step) -> NodeRecord:
        return self._compute(step)[0]

    def _compute(self, step: Step) -> tuple[NodeRecord, Value | None]:
        started = dt.datetime.now(dt.UTC)
        clock = _Clock()
        try:
            self._restore(step)
            panel = self.inputs.panel(step)
            ports = self.inputs.ports(step, panel)
            began = time.perf_counter()
            if step.type.style == "panel":
                prepared: Any = panel_arguments(ports, self.inputs.axes(step), axis_frame(panel, step.axis.timeframe))
            else:
                prepared = prepare(step.type, ports, step.node.params, panel, self.kernels)
            self.run.compile_ms += (time.perf_counter() - began) * 1e3
            clock.start()
            value = call(step.type, ports, step.node.params, step.columns, panel, prepared)
            clock.stop()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a node raises is its own failure, recorded
            clock.stop()
            failure = _failure(error)
            return NodeRecord(step, "failed", clock.ms, clock.cpu_ms, started_at=started, failure=failure), None
        self.inputs.keep(step, value)
        if isinstance(value, pl.DataFrame):
            size, rows = self.store.put(step.key, value, None), len(value)
            self._keep_metrics(step, value)
        else:
            size, rows = self.store.put(step.key, value, panel), len(panel)
        return NodeRecord(step, "computed", clock.ms, clock.cpu_ms, rows, size, started), value

    def _restore(self, step: Step) -> None:
        """Have the values above `step` at hand: load them, compute anew what is lost, the farthest first."""
        waiting = [step]
        while waiting:
            if lost := self.inputs.lost(waiting[-1]):
                waiting += lost
                continue
            above = waiting.pop()
            if above is not step and not self.inputs.holds(above):
                self.inputs.hold(above, self._recompute(above))

    def _recompute(self, step: Step) -> Value:
        """Compute a step that was to be reused but whose value is gone or damaged; the record says so."""
        record, value = self._compute(step)
        if step.index < len(self.run.records):
            self.run.records[step.index] = record
        if value is None:
            message = record.failure.message if record.failure else ""
            raise NodeError(f"{step.node.name!r} had to be computed again and failed: {message}")
        return value

    def _keep_metrics(self, step: Step, value: pl.DataFrame) -> None:
        if METRICS in step.node.kinds.values():
            for user in step.users:
                self.run.tables[user] = value


class _Clock:
    """Wall and CPU time of one call; zero until started."""

    __slots__ = ("_cpu", "_wall", "cpu_ms", "ms")

    def __init__(self) -> None:
        self._wall = self._cpu = -1
        self.ms = self.cpu_ms = 0.0

    def start(self) -> None:
        self._cpu = time.process_time_ns()
        self._wall = time.perf_counter_ns()

    def stop(self) -> None:
        if self._wall >= 0:
            self.ms = (time.perf_counter_ns() - self._wall) / 1e6
            self.cpu_ms = (time.process_time_ns() - self._cpu) / 1e6
            self._wall = -1


def _failure(error: BaseException) -> Failure:
    text = "".join(traceback.format_exception(error))
    if isinstance(error, TradegraphError):
        fault = error.faults[0]
        return Failure(fault.code, fault.message, "", text)
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    return Failure("TG501", f"{type(error).__name__}: {error}{notes}", "", text)
