"""The values that steps feed on: bars read when first needed, stored values loaded when a computation
needs them, computed ones released after their last consumer.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.execution.part import Columns, joined
from pipeline.execution.plan import Plan, Source, Step
from pipeline.execution.protocols import BarSource, ObjectStore
from pipeline.execution.span import Span
from pipeline.model.bars import BarsRequest, Panel
from pipeline.model.column import Column
from pipeline.model.kind import EVENT, SIGNAL

__all__ = ["Inputs"]


class Inputs:
    """Values of one run in memory, by step and by bars request."""

    def __init__(self, plan: Plan, market: BarSource, store: ObjectStore) -> None:
        self._plan = plan
        self._market = market
        self._store = store
        self._panels: dict[BarsRequest, Panel] = {}
        self._spans: dict[BarsRequest, Span] = {}
        self._values: dict[int, Columns] = {}
        self._resting: dict[int, tuple[str, tuple[str, ...]]] = {}
        self._surplus: list[int] = []
        self._fields = _fields_needed(plan)
        self._consumers = [0] * len(plan.steps)
        for step in plan.steps:
            if step.action == "compute":
                for index in step.upstream:
                    self._consumers[index] += 1

    def panel(self, step: Step) -> Panel:
        """The rows of a step's output."""
        return self._span(step.axis).panel if step.cut else self._panel(step.axis)

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
        rows = len(panel)
        return [
            None if source is None else self._argument(step, source, rows, port.takes is SIGNAL)
            for port, source in zip(step.type.ports, step.sources, strict=True)
        ]

    def holds(self, step: Step) -> bool:
        """True when the value of a step is in memory."""
        return step.index in self._values

    def hold(self, step: Step, value: Columns) -> None:
        """Hold a value for its consumers; until the next `release` when it has none."""
        self._values[step.index] = value
        if not self._consumers[step.index]:
            self._surplus.append(step.index)

    def keep(self, step: Step, value: Columns) -> None:
        """Hold a computed value if somebody waits for it."""
        if self._consumers[step.index]:
            self.hold(step, value)

    def release(self, step: Step) -> None:
        """A step is done: let go of upstream values that nobody else waits for."""
        if step.action == "compute":
            for index in step.upstream:
                self._consumers[index] -= 1
                if not self._consumers[index]:
                    self._values.pop(index, None)
        while self._surplus:
            self._values.pop(self._surplus.pop(), None)

    def rests(self, step: Step, key: str, symbols: tuple[str, ...] | None) -> None:
        """Say under which key a value is stored when `symbols` alone have one; None is all, under the step's key."""
        if symbols is not None:
            self._resting[step.index] = key, symbols

    def _stored(self, step: Step) -> Columns | None:
        key, symbols = self._resting.get(step.index, (step.key, None))
        value = self._store.read(key, step.columns)
        if not isinstance(value, dict):
            return None
        return value if symbols is None else joined(self.panel(step), [(symbols, value)], step.columns)

    def _argument(self, step: Step, source: Source, rows: int, signal: bool) -> Argument:
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
        if step.cut and full:
            span = self._span(step.axis)
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
            return {"event": columns[0], "strength": _full_strength(columns[0])}
        return columns[0]

    def _panel(self, request: BarsRequest) -> Panel:
        panel = self._panels.get(request)
        if panel is None:
            fields = sorted(self._fields.get(request, ()))
            panel = self._panels[request] = self._market.read(self._plan.bars[request], fields)
        return panel

    def _span(self, request: BarsRequest) -> Span:
        if request not in self._spans:
            self._spans[request] = Span.of(self._panel(request), request.start)
        return self._spans[request]


def _fields_needed(plan: Plan) -> dict[BarsRequest, set[str]]:
    """Bar columns that some step may read, per request."""
    needed: dict[BarsRequest, set[str]] = {}
    for source in _bar_sources(plan.steps):
        assert source.request is not None
        needed.setdefault(source.request, set()).update(source.wire.columns)
    return needed


def _bar_sources(steps: Iterable[Step]) -> Iterable[Source]:
    return (source for step in steps for source in step.sources if source is not None and source.request is not None)


def _full_strength(event: Column) -> Column:
    """Strength 1 where there is an event, null where there is none."""
    one = pl.select(pl.when(event.series.is_not_null()).then(pl.lit(1.0))).to_series()
    return Column(series=one)
