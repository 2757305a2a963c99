"""Carry out a plan: compute what must be computed, load only what a computation needs, record it all."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import Fault, NodeError, StoreError
from pipeline.execution.arguments import taken
from pipeline.execution.attempt import Call, InProcess, Raised, raised_by
from pipeline.execution.evaluate import Evaluation, evaluate
from pipeline.execution.holding import Piece
from pipeline.execution.inputs import Inputs
from pipeline.execution.kernel import KernelCache
from pipeline.execution.memory import peak_bytes, reset_peak
from pipeline.execution.options import Computed, Elsewhere, Guest, Options
from pipeline.execution.part import Columns, Part, apart, joined, selected
from pipeline.execution.plan import Plan, Step
from pipeline.execution.protocols import BarSource, ObjectStore, Outputs
from pipeline.execution.run import Failure, NodeRecord, Rows, Run, named
from pipeline.execution.together import bundles, called_in_a_row, measured_at_once, output_of
from pipeline.model.bars import Panel
from pipeline.model.garbage import survivors_frozen
from pipeline.model.rows import axis_frame

__all__ = ["Computed", "Elsewhere", "Guest", "Options", "execute"]


def execute(
    plan: Plan, run_id: str, market: BarSource, store: ObjectStore, kernels: KernelCache, *, options: Options
) -> Run:
    """Run the steps of `plan` in order and give the record of it.

    A node that fails is a failed step: what depends on it is skipped with the cause, everything else goes
    on. Ctrl-C ends the run as interrupted; what was computed by then is kept. Values are durable when
    this returns.
    """
    run = Run(
        run_id, plan, options.began or dt.datetime.now(dt.UTC), worker=f"pid {os.getpid()}", settings=options.settings
    )
    run.cells, run.apart = options.cells, options.elsewhere is not None
    reset_peak()
    executor = _Execution(run, Inputs(plan, market, store, limit=options.memory), store, kernels, options)
    try:
        with survivors_frozen():
            executor.walk()
    except KeyboardInterrupt:
        if options.elsewhere is not None and options.elsewhere.interrupted:
            raise  # it is the second time: nobody waits for the record
        run.status = "interrupted"
        executor.skip_rest("TG504", "the run was interrupted")
    there = options.elsewhere or Elsewhere()
    run.status = "interrupted" if there.interrupted else run.status
    run.compile_ms += there.compile_ms
    run.warnings += there.warnings
    store.flush()
    run.warnings += tuple(Fault("TG603", said, severity="warning") for said in store.damaged)
    run.peak_bytes = max(peak_bytes() or 0, there.peak_bytes) or None
    run.finished_at = dt.datetime.now(dt.UTC)
    return run


class _Execution:
    def __init__(self, run: Run, inputs: Inputs, store: ObjectStore, kernels: KernelCache, options: Options) -> None:
        self.run = run
        self.inputs = inputs
        self.store = store
        self.inline = InProcess(kernels)
        self._kernels = kernels
        self.options = options
        self._failed: dict[int, str] = {}  # step index → name of the node that is the cause
        self._dead: dict[int, dict[str, str]] = {}  # the same, by symbol, where others have values

    def walk(self) -> None:
        steps = self.run.plan.steps
        cached = sum(step.action == "reuse" for step in steps)
        if self.options.elsewhere is None:
            self.options.progress.started(steps=len(steps), cached=cached)
        for bundle in bundles(self.run.plan, self.inputs):
            for step in bundle:
                self._share(step)
            found = self._together(bundle) if len(bundle) > 1 else {}
            for step in bundle:
                record = found.get(step.index) or self._record(step)
                self._take(record)
                self.inputs.release(step)
                self.options.sink.took(self.run)
                if record.status == "failed" and self.options.fail_fast:
                    self.skip_rest("TG503", f"the run stopped at the failed node {step.node.name!r}")
                    return

    def _record(self, step: Step) -> NodeRecord:
        elsewhere = self.options.elsewhere
        there = elsewhere.steps.get(step.key) if elsewhere else None
        if there is not None:
            return self._told(step, there)
        record = self._skipped(step)
        if elsewhere and step.action == "compute" and (record is None or elsewhere.interrupted):
            return NodeRecord(step, status="skipped", failure=elsewhere.rest)
        return record or (self._reused(step) if step.action == "reuse" else self._compute(step)[0])

    def _told(self, step: Step, there: Computed) -> NodeRecord:
        """The record of a step that another process carried out; its tables are read where it left them."""
        key = there.stored or step.key
        named = {name: f"{key}.{suffix}" if suffix else key for name, suffix in step.tables.items()}
        wanted = [name for name, suffix in step.tables.items() if suffix in step.parts and there.stored]
        found = {name: self.store.read(named[name], ()) for name in wanted if self._is_published(step, name)}
        if any(not isinstance(table, pl.DataFrame) for table in found.values()):
            return self._compute(step)[0]  # damaged since
        self._publish(step, {name: table for name, table in found.items() if isinstance(table, pl.DataFrame)})
        return there.record(step)

    def _together(self, bundle: Sequence[Step]) -> dict[int, NodeRecord]:
        """The records of steps that were called together; of others of the bundle, and where that fails, none."""
        todo = [step for step in bundle if step.action == "compute" and not self._skipped(step)]
        todo = [step for step in todo if not self._dead_above(step)]
        todo = [] if self.options.elsewhere is not None else todo
        records: dict[int, NodeRecord] = {}
        if len(todo) < 2 or self.options.guest(todo[0].type) != Guest():  # a limit is for one call
            return records
        started = dt.datetime.now(dt.UTC)
        try:
            panel = self.inputs.panel(todo[0])
            what = todo, panel, self.inputs, self._kernels, self._restore
            for found in measured_at_once(*what) if todo[0].type.cells is not None else ():
                self.run.compile_ms += found.compile_ms
                told: dict[str, Any] = {"ms": found.ms, "cpu_ms": found.cpu_ms, "started_at": started}
                told |= self._keep_rows(found.steps, found.table)
                records |= {s.index: NodeRecord(s, status="computed", stored=s.key, **told) for s in found.steps}
            for step, value, ms, cpu_ms, compile_ms in called_in_a_row(*what) if todo[0].type.cells is None else ():
                self.run.compile_ms += compile_ms
                _, kept = self._keep(step, value, panel, {})
                told = {"ms": ms, "cpu_ms": cpu_ms, "started_at": started}
                records[step.index] = NodeRecord(step, status="computed", **told, **kept)
                started = dt.datetime.now(dt.UTC)
        except (Exception, SystemExit):  # noqa: BLE001 - each is called alone then, and says itself what is wrong
            return records
        return records

    def _keep_rows(self, steps: Sequence[Step], table: pl.DataFrame) -> dict[str, Any]:
        """Store the metrics of steps, which lie in one table; gives what their records say of that."""
        output, each = output_of(steps[0]), table.height // len(steps)
        suffix = steps[0].tables[output]
        self.store.put_rows([self.run.plan.holding(step).of(suffix) for step in steps], table)
        for place, step in enumerate(steps):
            self._note(step, output, Rows(table, place * each, each))
        return {"rows": each, "bytes": int(table.estimated_size()) // len(steps)}

    def _share(self, step: Step) -> None:
        """Leave a step to another run that computes it just now, and take what others have stored meanwhile."""
        if step.action == "reuse" or step.forced or self.options.elsewhere is not None:
            return
        if not self.store.claim(step.key):
            # whoever waits holds nothing back: what was computed so far is there for others
            self.options.sink.checkpoint(self.run)
            self.store.wait(step.key)
        if self.store.has_news():
            self.run.plan.renew(self.run.plan.steps[step.index :], self.inputs.market, self.store)

    def skip_rest(self, code: str, message: str) -> None:
        for step in self.run.plan.steps[len(self.run.records) :]:
            self._take(NodeRecord(step, status="skipped", failure=Failure(code, message, "", "")))

    def _take(self, record: NodeRecord) -> None:
        self.run.records.append(record)
        name = record.step.node.name
        message = record.failure.message if record.failure else ""
        if record.status in ("failed", "skipped"):
            self._failed[record.step.index] = (record.failure.cause if record.failure else "") or name
        elif record.symbols:
            self._dead[record.step.index] = {s: f.cause or name for s, f in record.symbols.items()}
            message = record.of_symbols
        if message and self.run.status == "ok":
            self.run.status = "failed"
        if self.options.elsewhere is not None and record.step.key in self.options.elsewhere.steps:
            return  # whoever carried it out told of it
        # of many graphs a thousand may share a step: it is told of once
        many = len(self.run.plan.graphs) > 1
        for _, node in record.step.users[: 1 if many else None]:
            self.options.progress.finished(
                node=node, status=record.status, ms=record.ms, rows=record.rows, message=message
            )

    def _skipped(self, step: Step) -> NodeRecord | None:
        if step.action == "reuse":
            return None
        cause = next((self._failed[index] for index in step.upstream if index in self._failed), None)
        if cause is not None:
            message = f"it needs {cause!r}, which failed"
        elif (dead := self._dead_above(step)) and (step.type.scope != "symbol" or step.type.style == "panel"):
            # without them it would be another value than its key says
            cause = next(iter(dead.values()))
            message = f"it needs all symbols of {cause!r}, which failed for {named(dead)}"
        else:
            return None
        return NodeRecord(step, status="skipped", failure=Failure("TG503", message, cause, ""))

    def _dead_above(self, step: Step) -> dict[str, str]:
        """Symbols for which something that the step needs has failed, each with the node that is the cause."""
        dead: dict[str, str] = {}
        for index in step.upstream:
            dead.update(self._dead.get(index, {}))
        return dead

    def _reused(self, step: Step) -> NodeRecord:
        if not step.pieces:  # nobody needs it, and it is not kept
            return NodeRecord(step, status="cached")
        piece = step.pieces[0]
        if len(step.pieces) > 1:
            return self._compute(step)[0]
        whole, part = self.run.plan.holding(step), _part(step, piece)
        tables: dict[str, pl.DataFrame] = {}
        for suffix in step.objects:
            self.store.alias(whole.of(suffix), part, piece.holding.of(suffix))
        for name, suffix in step.tables.items():
            if suffix not in step.objects:
                continue
            table = self.store.read(whole.of(suffix).key, ())
            if not isinstance(table, pl.DataFrame):  # gone or damaged since it was planned
                return self._compute(step)[0]
            tables[name] = table
        self._publish(step, tables)
        return NodeRecord(step, status="cached", stored=step.key)

    def _compute(self, step: Step) -> tuple[NodeRecord, Columns | None]:
        """Compute what of a step is not stored, and store the whole."""
        started = dt.datetime.now(dt.UTC)
        dead = self._dead_above(step)
        try:
            panel = self.inputs.panel(step)
            found = self._found(step, panel, dead)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a step without inputs is a failed step, recorded
            failure = Failure.of(raised_by(error))
            return NodeRecord(step, status="failed", ms=0.0, cpu_ms=0.0, started_at=started, failure=failure), None
        self.run.compile_ms += found.compile_ms
        for call, raised in found.failed:
            self._keep_call(step, call, raised)
        told: dict[str, Any] = {"ms": found.ms, "cpu_ms": found.cpu_ms, "started_at": started}
        told |= {"retried": found.retried, "isolation": found.isolation}
        if found.value is None:
            failure = Failure.of(found.failed[0][1])
            return NodeRecord(step, status="failed", failure=failure, **told), None
        failures = {symbol: Failure.of(raised) for symbol, raised in found.raised.items()}
        for symbol, cause in dead.items():
            failures[symbol] = Failure("TG503", f"it needs {cause!r}, which failed", cause, "")
        columns, kept = self._keep(step, found.value, panel, failures)
        if found.untouched:
            return NodeRecord(step, status="cached", stored=kept["stored"], symbols=failures), columns
        told |= {"symbols": failures, "fallback": found.fallback}
        return NodeRecord(step, status="computed", **told, **kept), columns

    def _found(self, step: Step, panel: Panel, dead: Mapping[str, str]) -> Evaluation:
        """What the step gives over `panel`: stored pieces and what is computed now."""
        pieces = self._pieces(step)
        served = {symbol for symbols, _ in pieces for symbol in symbols}
        todo = [symbol for symbol in panel.symbols if symbol not in served and symbol not in dead]
        found = Evaluation(untouched=True)
        tables: dict[str, pl.DataFrame] = {}
        if todo:
            self._restore(step)
            ports, some = self.inputs.ports(step, panel), panel
            if len(todo) < len(panel.symbols):
                some, rows = selected(panel, todo)
                ports = [taken(port, rows) for port in ports]
            call = Call(step.type, ports, step.node.params, step.columns, some, self._axes(step, some))
            guest = self.options.guest(step.type)
            caller = self.options.confined if guest.confined else None
            if step.timeout is not None:
                caller = caller or self.options.limited
            limit = step.timeout
            if limit is None and guest.limit is not None:
                limit = guest.limit * max(1, len(some.symbols))
            found = evaluate(call, caller or self.inline, limit=limit, retry=step.retry)
            if some is panel:
                return found
            if found.value is not None:
                columns, tables = apart(found.value)
                if not columns:
                    return found
                pieces.append((some.symbols, columns))
        elif not pieces:
            cause = next(iter(dead.values()))
            raise NodeError(f"it needs {cause!r}, which failed for every symbol", code="TG503")
        if pieces:
            whole = joined(panel, pieces, step.columns)
            if whole is None:
                raise NodeError("a stored value has other rows than its axis", code="TG603")
            found.value = {**whole, **tables}
        return found

    def _axes(self, step: Step, panel: Panel) -> list[pl.DataFrame | None]:
        """Of a panel step the rows of its output and of each port; nothing of others, whose ports have one axis."""
        if step.type.style != "panel":
            return []
        return [axis_frame(panel, step.axis.timeframe), *self.inputs.axes(step)]

    def _pieces(self, step: Step) -> list[tuple[tuple[str, ...], Columns]]:
        """The stored columns that serve a step; a step with tables is taken whole or computed."""
        found = []
        for piece in step.pieces if not step.tables else ():
            stored = self.store.read(piece.holding.key, step.columns, _part(step, piece))
            if isinstance(stored, Mapping):
                found.append((piece.symbols, stored))
        return found

    def _keep(
        self, step: Step, given: Outputs, panel: Panel, failures: Mapping[str, Failure]
    ) -> tuple[Columns, dict[str, Any]]:
        """Store what a step gave, under the key of the symbols that it has; gives its columns and what its record says.

        That is the key, the rows that it is counted with, and the bytes of all.
        """
        alive = tuple(symbol for symbol in panel.symbols if symbol not in failures) if failures else None
        holding = self.run.plan.holding(step, alive)
        columns, tables = apart(given)
        size = sum(column.nbytes for column in columns.values())
        if columns:
            self.inputs.keep(step, columns)
            self.inputs.rests(step, holding.key, alive)
            stored = columns
            if alive is not None:
                panel, rows = selected(panel, alive)
                stored = {name: column.take(rows) for name, column in columns.items()}
            if "" in step.parts:
                self.store.put(holding, stored, panel)
        for name, suffix in step.tables.items():
            if name not in tables:  # it was not asked for
                continue
            size += int(tables[name].estimated_size())
            if suffix in step.parts:
                self.store.put(holding.of(suffix), tables[name], None)
        self._publish(step, tables)
        key = holding.key if step.kept else ""
        height = len(panel) if columns else sum(table.height for table in tables.values())
        return columns, {"stored": key, "rows": height, "bytes": size}

    def _keep_call(self, step: Step, call: Call, raised: Raised) -> None:
        try:
            self.options.failures.keep(self.run.id, step.users, call, raised)
        except StoreError as error:  # the failure itself is recorded all the same
            fault = error.faults[0]
            self.run.warnings += (Fault(fault.code, fault.message, fault.place, fault.hint, "warning"),)

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

    def _recompute(self, step: Step) -> Columns:
        """Compute a step that was to be reused but whose value is gone or damaged; the record says so."""
        record, value = self._compute(step)
        if step.index < len(self.run.records):
            self.run.revise(record)
        if value is None:
            message = record.failure.message if record.failure else ""
            raise NodeError(f"{step.node.name!r} had to be computed again and failed: {message}")
        return value

    def _publish(self, step: Step, tables: Mapping[str, pl.DataFrame]) -> None:
        """Note metrics and trades in the run: they have tables of their own in the published file."""
        for name, table in tables.items():
            self._note(step, name, Rows(table, 0, table.height))

    def _note(self, step: Step, name: str, rows: Rows) -> None:
        if self._is_published(step, name):
            self.run.tables.setdefault(step.node.kinds[name].name, {})[step.index, name] = rows

    def _is_published(self, step: Step, name: str) -> bool:
        return step.node.kinds[name] in self.options.published


def _part(step: Step, piece: Piece) -> Part:
    """What of a stored value a piece is."""
    held = piece.holding.coverage
    symbols = None if piece.symbols == held.symbols else piece.symbols
    return Part(symbols, None if held.ends == step.coverage.ends else step.axis.end)
