"""Steps that are called together: neighbours of one type on one axis, of which the metrics alone are wanted.

A sweep over a thousand cells ends in a thousand back-tests of a few microseconds each. Called one by one, making
their tables takes most of the time; so a node type may say how the metrics of many calls are made at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.execution.call import prepare
from pipeline.execution.inputs import Inputs
from pipeline.execution.kernel import KernelCache
from pipeline.execution.plan import Plan, Step
from pipeline.model.bars import Panel
from pipeline.model.kind import METRICS

__all__ = ["Together", "bundles", "call_together", "most_of", "output_of"]

_BYTES = 64 * 1024 * 1024
"""Arguments of one call at the most: what it needs besides them is about as much."""


@dataclass(frozen=True, slots=True)
class Together:
    """What a call of many gave: a table of metrics per step; times are of each, compiling is in none."""

    tables: Sequence[pl.DataFrame]
    ms: float
    cpu_ms: float
    compile_ms: float


def bundles(plan: Plan, inputs: Inputs) -> Iterator[list[Step]]:
    """The steps of a plan in order, those that may be called together in one list."""
    bundle: list[Step] = []
    for step in plan.steps:
        if bundle and not (_fits(step, inputs) and _alike(bundle[0], step)):
            yield bundle
            bundle = []
        bundle.append(step)
        if not _fits(step, inputs):
            yield bundle
            bundle = []
    if bundle:
        yield bundle


def output_of(step: Step) -> str:
    """The name of the metrics that a type which can be called together gives."""
    return next(output.name for output in step.type.outputs if output.kind is METRICS)


def _fits(step: Step, inputs: Inputs) -> bool:
    if step.type.cells is None or step.action != "compute" or step.retry or step.timeout is not None:
        return False
    return not step.pieces and not inputs.awaited(step) and step.parts == (step.tables[output_of(step)],)


def _alike(one: Step, other: Step) -> bool:
    bars = [[s and s.request for s in step.sources] for step in (one, other)]
    place, other_place = (one.axis, one.cut, one.rows), (other.axis, other.cut, other.rows)
    return one.type is other.type and place == other_place and bars[0] == bars[1]


def most_of(panel: Panel, step: Step) -> int:
    """How many calls over a panel may be made at once."""
    return max(_BYTES // max(len(panel) * 8 * len(step.sources), 1), 1)


def call_together(
    steps: Sequence[Step], ports: Sequence[Sequence[Argument]], panel: Panel, kernels: KernelCache
) -> Together:
    """Call steps of one type at once. Raises whatever the node raises, and NodeError TG502 for a wrong table."""
    node = steps[0].type
    assert node.cells is not None
    preparing = time.perf_counter_ns()
    prepare(node, ports[0], steps[0].node.params, panel, kernels)
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    axis = pl.DataFrame([panel.symbol_column, panel.ts.alias("ts")])
    given = [tuple(map(_arrays, found)) for found in ports]
    calls = [(one, dict(step.node.params)) for one, step in zip(given, steps, strict=True)]
    with redirect_stdout(sys.stderr):
        table = node.cells(axis, calls)
    each = table.height // len(steps) if isinstance(table, pl.DataFrame) else 0
    if not isinstance(table, pl.DataFrame) or table.height != each * len(steps):
        raise NodeError(f"{node.id!r} gave no table for each of {len(steps)} calls", code="TG502")
    tables = [table.slice(place * each, each) for place in range(len(steps))]
    ms, cpu_ms = ((time.perf_counter_ns() - wall) / 1e6, (time.process_time_ns() - cpu) / 1e6)
    return Together(tables, ms / len(steps), cpu_ms / len(steps), (wall - preparing) / 1e6)


def _arrays(port: Argument) -> Any:
    if isinstance(port, Mapping):
        return {name: column.array for name, column in port.items()}
    return None if port is None else port.array
