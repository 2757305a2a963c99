"""Spreading a plan over workers: who is asked for what, and what becomes of tasks that fail.

The plan is cut into cones, which share values through the store and nothing else. Cones become tasks when all that
they need is there. A task that takes its workers with it is halved until the step is found that does it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import Fault
from pipeline.execution.cone import Cone, cones
from pipeline.execution.execute import Computed, Elsewhere
from pipeline.execution.executor import MOST_DEATHS, Done, Executor
from pipeline.execution.plan import Plan, Step
from pipeline.execution.protocols import Progress
from pipeline.execution.run import Failure
from pipeline.graph.sweep import Cell
from pipeline.runs.pace import MOST_CONES, Pace
from pipeline.runs.task import Report, Share, Task, Wanted
from pipeline.store.segment import Found, Segments

__all__ = ["Spread"]


@dataclass
class Spread:
    """One plan on its way through an executor. `cells` has the name of the file's graph and the cell of each swept one.

    `held` are values that are there besides those that the plan knows of, `lasting` steps that other plans may need.
    """

    plan: Plan
    segments: Segments
    executor: Executor
    pace: Pace
    progress: Progress
    cells: Mapping[str, tuple[str, Cell]]
    held: Sequence[Found] = ()
    fail_fast: bool = False
    lasting: Collection[int] = ()
    _told: dict[str, Computed] = field(default_factory=dict)
    _out: dict[int, list[Cone]] = field(default_factory=dict)
    _ready: list[tuple[int, int]] = field(default_factory=list)
    _cone: dict[int, Cone] = field(default_factory=dict)
    _waiting: dict[int, int] = field(default_factory=dict)
    _above: dict[int, list[int]] = field(default_factory=dict)
    _where: dict[str, Found] = field(default_factory=dict)
    _tried: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _tasks: int = 0
    _peak: int = 0
    _warnings: list[Fault] = field(default_factory=list)
    _compile_ms: float = 0.0

    def carry_out(self) -> Elsewhere:
        """Have all of it computed, and close the executor; what was stored can be read from the segments then."""
        rest, interrupted = Failure("TG503", "the run stopped before it", "", ""), False
        try:
            self._begin()
            self._hand_out()
            for done in self.executor.as_completed():
                failed = self._hear(done)
                if failed and self.fail_fast:
                    rest = Failure("TG503", f"the run stopped at the failed node {failed!r}", "", "")
                    self.executor.cancel()
                    break
                self._hand_out()
        except KeyboardInterrupt:
            rest, interrupted = Failure("TG504", "the run was interrupted", "", ""), True
            self.executor.cancel()
        finally:
            self.executor.close()
        return Elsewhere(self._told, rest, interrupted, self._peak, self._compile_ms, tuple(self._warnings))

    def _begin(self) -> None:
        there = {found.row.key: found for found in self.held}
        self._where.update(there)
        self.segments.adopt(self.held)
        found = cones(self.plan, there, self.lasting)
        due = {index for cone in found for index in cone.steps}
        idle = [step for step in self.plan.steps if step.action == "compute" and step.index not in due]
        self._told.update((step.key, Computed(step.key, status="cached")) for step in idle)
        cached = len(self.plan.steps) - len(due)
        self.progress.started(steps=len(self.plan.steps), cached=cached)
        for step in idle:
            self.progress.finished(node=step.node.name, status="cached", ms=None, rows=None, message="")
        for cone in found:
            self._add(cone)

    def _add(self, cone: Cone) -> None:
        self._cone[cone.top] = cone
        self.pace.add(cone)
        self._waiting[cone.top] = len(cone.above)
        for top in cone.above:
            self._above.setdefault(top, []).append(cone.top)
        if not cone.above:
            heapq.heappush(self._ready, (cone.level, cone.top))

    def _hand_out(self) -> None:
        """Make tasks of what is ready, as long as somebody wants one: so they are sized by what was learnt last."""
        while self._ready and self.executor.room > 0:
            first = heapq.nsmallest(MOST_CONES * self.pace.workers, self._ready)
            count = self.pace.take([self._cone[top] for _, top in first])
            self._submit([self._cone[heapq.heappop(self._ready)[1]] for _ in range(count)])

    def _submit(self, some: list[Cone], *, lives: int = MOST_DEATHS, tried: tuple[int, ...] = ()) -> None:
        self._tasks += 1
        self._out[self._tasks] = some
        task = Task(self._tasks, self._shares(some), tuple(self._held(some)), tried)
        self._tried[self._tasks] = (*tried, self._tasks)
        self.executor.submit(self._tasks, task, lives=lives, near=[found.row.key for found in task.held])

    def _shares(self, some: Sequence[Cone]) -> tuple[Share, ...]:
        shares: dict[str, list[Wanted]] = {}
        for cone in some:
            graph = self.plan.steps[cone.top].users[0][0]
            for index in cone.steps:
                step = self.plan.steps[index]
                node = next(node for name, node in step.users if name == graph)
                kept = tuple(o.name for o in step.type.outputs if set(step.parts_of([o.name])) <= set(step.parts))
                handed = cone.handed and index == cone.top
                one = Wanted(node, step.key, kept, handed, step.retry, step.timeout)
                shares.setdefault(graph, []).append(one)
        places = {graph: self.cells.get(graph, (graph, None)) for graph in shares}
        return tuple(Share(name, cell, tuple(shares[graph])) for graph, (name, cell) in places.items())

    def _held(self, some: Sequence[Cone]) -> Iterator[Found]:
        """Where the values rest that cones need: what other cones made, and what was stored before."""
        told: set[str] = set()
        for cone in some:
            for index in {*cone.above, *cone.needs, *cone.steps}:
                step = self.plan.steps[index]
                for found in self._stored(step):
                    if found.row.key not in told:
                        told.add(found.row.key)
                        yield found

    def _stored(self, step: Step) -> Iterator[Found]:
        record = self._told.get(step.key)
        own = self._where.get(record.stored or step.key if record else step.key)
        if own is not None:
            yield own
        for piece in step.pieces:
            for suffix in step.objects:
                found = self.segments.known(piece.holding.of(suffix).key)
                if found is not None:
                    yield found

    def _hear(self, done: Done) -> str:
        """Take note of what came of a task; gives the name of a node that failed, "" when none did."""
        some = self._out.pop(done.task)
        if isinstance(done.result, Report):
            return self._take(some, done.result)
        if done.quarantined and (len(some) > 1 or len(some[0].steps) > 1):
            self._halve(some, self._tried[done.task])
            return ""
        code = "TG506" if done.quarantined else "TG522"
        first, *others = [self.plan.steps[index] for cone in some for index in cone.steps]
        failure = Failure(code, done.error, "", "")
        for step in (first, *others) if not done.quarantined else (first,):
            self._tell(Computed(step.key, status="failed", ms=0.0, cpu_ms=0.0, failure=failure), step)
        self._finish(some)
        return first.node.name

    def _halve(self, some: list[Cone], tried: tuple[int, ...]) -> None:
        if len(some) > 1:
            middle = len(some) // 2
            for half in (some[:middle], some[middle:]):
                self._submit(half, lives=MOST_DEATHS if len(half) == 1 else 1, tried=tried)
            return
        (cone,) = some  # each step for itself, then
        self.pace.drop(cone)
        for index in cone.steps:
            upstream = set(self.plan.steps[index].upstream)
            above = upstream & set(cone.steps)
            handed = cone.handed or index != cone.top
            self._add(Cone((index,), tuple(sorted(above)), tuple(sorted(upstream - above)), handed, cone.level))

    def _take(self, some: list[Cone], report: Report) -> str:
        self.segments.adopt(report.stored)
        self._where.update((found.row.key, found) for found in report.stored)
        self._peak = max(self._peak, report.peak_bytes)
        self._compile_ms += report.compile_ms
        self._warnings += report.warnings
        by_key = {step.key: step for cone in some for step in map(self.plan.steps.__getitem__, cone.steps)}
        self.pace.learn(report.steps, [by_key[one.key].type.id for one in report.steps], report.seconds)
        failed = ""
        for one in report.steps:
            self._tell(one, by_key[one.key])
            if one.status == "failed":
                failed = failed or by_key[one.key].node.name
        self._finish(some)
        return failed

    def _tell(self, one: Computed, step: Step) -> None:
        self._told[one.key] = one
        message = one.failure.message if one.failure else ""
        self.progress.finished(node=step.node.name, status=one.status, ms=one.ms, rows=one.rows, message=message)

    def _finish(self, some: Sequence[Cone]) -> None:
        """Cones are done: those that waited for them are ready, unless there is no value, and then never."""
        for cone in some:
            self.pace.drop(cone)
            if self._told[self.plan.steps[cone.top].key].status in ("failed", "skipped"):
                continue
            for top in self._above.get(cone.top, ()):
                self._waiting[top] -= 1
                if not self._waiting[top]:
                    heapq.heappush(self._ready, (self._cone[top].level, top))
