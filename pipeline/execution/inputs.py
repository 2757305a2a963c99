"""The values that steps feed on: bars read when first needed, stored values loaded when a computation
needs them, computed ones released after their last consumer.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.execution.memory import Shelf
from pipeline.execution.part import Columns, joined
from pipeline.execution.plan import Plan, Source, Step
from pipeline.execution.protocols import BarSource, ObjectStore
from pipeline.execution.span import Span
from pipeline.model.bars import BarsRequest, Panel
from pipeline.model.column import FullStrength
from pipeline.model.kind import EVENT, SIGNAL
from pipeline.model.rows import axis_frame, made_rows

__all__ = ["Inputs"]


class Inputs:
    """Values of one run in memory, by step and by bars request; those of steps within `limit` bytes."""

    def __init__(self, plan: Plan, market: BarSource, store: ObjectStore, *, limit: int | None = None) -> None:
        self._plan = plan
        self.market = market
        self._store = store
        self._panels: dict[BarsRequest, Panel] = {}
        self._made: dict[int, Panel] = {}
        self._spans: dict[tuple[BarsRequest, int | None], Span] = {}
        self._values = Shelf(limit, self._next_use, self._put_aside)
        self._resting: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._surplus: list[int] = []
        self._fields = _fields_needed(plan)
        # who waits for each value, the first one last
        self._consumers: list[list[int]] = [[] for _ in plan.steps]
        # as it was planned: a step that another run computes meanwhile is no longer computed here
        self._feeding = {step.index for step in plan.steps if step.action == "compute"}
        for step in reversed(plan.steps):
            if step.action == "compute":
                for index in step.upstream:
                    self._consumers[index].append(step.index)

    def panel(self, step: Step) -> Panel:
        """The rows of a step's output."""
        return self._span(step).panel if step.cut else self._rows(step.axis, step.rows)

    def lost(self, step: Step) -> list[Step]:
        """The steps right above `step` whose values are neither here nor in the store, however they were planned."""
        found = []
        for index in step.upstream:
            upstream = self._plan.steps[index]
            if index not in self._values:
                value = self._stored(upstream)
                if value is not None:
                    self.hold(upstream, value)
                else:
                    found.append(upstream)
        return found

    def ports(self, step: Step, panel: Panel) -> list[Argument]:
        """The arguments of a step over `panel`, of whose upstream values none is `lost`."""
        rows = None if step.type.style == "panel" else len(panel)
        return [
            None if source is None else self._argument(step, source, rows, port.takes is SIGNAL)
            for port, source in zip(step.type.ports, step.sources, strict=True)
        ]

    def axes(self, step: Step) -> list[pl.DataFrame | None]:
        """Of each port of a panel step the rows: symbol, ts and end, before any cut of the step itself."""
        return [None if source is None else self._axis(source) for source in step.sources]

    def awaited(self, step: Step) -> bool:
        """True when a step that is to be computed needs the value of this one."""
        return bool(self._consumers[step.index])

    def holds(self, step: Step) -> bool:
        """True when the value of a step is in memory."""
        return step.index in self._values

    def hold(self, step: Step, value: Columns) -> None:
        """Hold a value for its consumers; until the next `release` when it has none."""
        self._values.put(step.index, value)
        if not self._consumers[step.index]:
            self._surplus.append(step.index)

    def keep(self, step: Step, value: Columns) -> None:
        """Hold a computed value if somebody waits for it."""
        if self._consumers[step.index]:
            self.hold(step, value)

    def release(self, step: Step) -> None:
        """A step is done: let go of upstream values that nobody else waits for."""
        if step.index in self._feeding:
            for index in step.upstream:
                self._consumers[index].pop()
                if not self._consumers[index]:
                    self._values.drop(index)
        while self._surplus:
            self._values.drop(self._surplus.pop())

    def rests(self, step: Step, key: str, symbols: tuple[str, ...] | None) -> None:
        """Say under which key a value is stored when `symbols` alone have one; None is all, under the step's key."""
        if symbols is not None:
            self._resting[step.index] = key, symbols

    def _next_use(self, index: int) -> int:
        waiting = self._consumers[index]
        return waiting[-1] if waiting else -1  # it was loaded for the step at hand

    def _put_aside(self, index: int, value: Columns) -> None:
        """See to it that the store can give a value back when it is needed."""
        step = self._plan.steps[index]
        if "" not in step.parts:
            self._resting.pop(index, None)
            self._store.put(self._plan.holding(step), value, self.panel(step), keep=False)
        self._store.flush()  # what waits to be written is in memory as well

    def _stored(self, step: Step) -> Columns | None:
        key, symbols = self._resting.get(step.index, (step.key, None))
        value = self._store.read(key, step.columns)
        if not isinstance(value, dict):
            return None
        return value if symbols is None else joined(self.panel(step), [(symbols, value)], step.columns)

    def _argument(self, step: Step, source: Source, rows: int | None, signal: bool) -> Argument:
        wire = source.wire
        if source.request is not None:
            found = self._panel(source.request).columns
            full = True
        else:
            assert source.step is not None
            upstream = self._plan.steps[source.step]
            found = self._values[upstream.index]
            full = not upstream.cut
        columns = [found[name] for name in wire.columns]
        if rows is None:  # a panel step takes each port with the rows that it has
            return dict(zip([name for name, _ in wire.kind.fields] or wire.columns, columns, strict=True))
        if step.cut and full:
            span = self._span(step)
            columns = [span.cut(column) for column in columns]
        if any(len(column) != rows for column in columns):
            raise NodeError(
                f"input {wire.port!r} has {len(columns[0])} rows, the axis has {rows}",
                code="TG502",
                hint="Two bars sources of one node hold different bars.",
            )
        if wire.kind.fields:
            return {name: column for (name, _), column in zip(wire.kind.fields, columns, strict=True)}
        if signal and wire.kind is EVENT:
            return {"event": columns[0], "strength": FullStrength(columns[0])}
        return columns[0]

    def _panel(self, request: BarsRequest) -> Panel:
        panel = self._panels.get(request)
        if panel is None:
            fields = sorted(self._fields.get(request, ()))
            panel = self._panels[request] = self.market.read(self._plan.bars[request], fields)
        return panel

    def _rows(self, request: BarsRequest, maker: int | None) -> Panel:
        """The rows of a bars source, or what the step `maker` makes of its first port's: of the full ones always."""
        if maker is None:
            return self._panel(request)
        if maker not in self._made:
            step = self._plan.steps[maker]
            first = step.sources[0]
            assert first is not None
            self._made[maker] = made_rows(step.type, step.node.params, self._axis(first, full=True))
        return self._made[maker]

    def _axis(self, source: Source, *, full: bool = False) -> pl.DataFrame:
        if source.request is not None:
            return axis_frame(self._panel(source.request), source.request.timeframe)
        assert source.step is not None
        step = self._plan.steps[source.step]
        panel = self._rows(step.axis, step.rows) if full else self.panel(step)
        return axis_frame(panel, step.axis.timeframe)

    def _span(self, step: Step) -> Span:
        place = step.axis, step.rows
        if place not in self._spans:
            self._spans[place] = Span.of(self._rows(*place), step.axis.start)
        return self._spans[place]


def _fields_needed(plan: Plan) -> dict[BarsRequest, set[str]]:
    """Bar columns that some step may read, per request."""
    needed: dict[BarsRequest, set[str]] = {}
    for source in _bar_sources(plan.steps):
        assert source.request is not None
        needed.setdefault(source.request, set()).update(source.wire.columns)
    return needed


def _bar_sources(steps: Iterable[Step]) -> Iterable[Source]:
    return (source for step in steps for source in step.sources if source is not None and source.request is not None)
