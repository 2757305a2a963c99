"""Steps that are called together: neighbours of one type on one axis.

A sweep over a thousand cells makes a thousand signals and back-tests of a few microseconds each. Called one by one,
what goes before and after each call takes most of the time. So kernels are called in a row, and of a node type of
which the metrics alone are wanted, it may say how those of many calls are made at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.execution.call import call, prepare
from pipeline.execution.inputs import Inputs
from pipeline.execution.kernel import KernelCache
from pipeline.execution.plan import Plan, Step
from pipeline.execution.protocols import Outputs
from pipeline.model.bars import Panel
from pipeline.model.column import Column, FloatArray, FullStrength
from pipeline.model.kind import METRICS

__all__ = ["Measured", "bundles", "called_in_a_row", "measured_at_once", "output_of"]

_BYTES = 64 * 1024 * 1024
"""Arguments of one call at the most: what it needs besides them is about as much."""
_SMALL = 16 * 1024 * 1024
"""Results of calls in a row at the most: where one alone is larger, it is its own time that counts."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one call for many steps gave: the rows of each below those of the one before; times are of each step."""

    steps: Sequence[Step]
    table: pl.DataFrame
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
    if step.action != "compute" or step.pieces or step.retry or step.timeout is not None:
        return False
    if step.type.cells is None:
        return step.type.style == "kernel"
    return not inputs.awaited(step) and step.parts == (step.tables[output_of(step)],)


def _alike(one: Step, other: Step) -> bool:
    bars = [[s and s.request for s in step.sources] for step in (one, other)]
    place, other_place = (one.axis, one.cut, one.rows), (other.axis, other.cut, other.rows)
    return one.type is other.type and place == other_place and bars[0] == bars[1]


def measured_at_once(
    steps: Sequence[Step], panel: Panel, inputs: Inputs, kernels: KernelCache, restore: Callable[[Step], None]
) -> Iterator[Measured]:
    """The metrics of steps of one type over one panel, as many in a call as memory allows.

    `restore` sees to it that what a step needs is at hand. Raises whatever the node raises, and NodeError TG502 for a
    wrong table.
    """
    own = sum(source is not None and source.step is not None for source in steps[0].sources)  # bars are for all
    most = _BYTES // max(len(panel) * 8 * own, 1)
    for first in range(0, len(steps) if most > 1 else 0, most):
        some = steps[first : first + most]
        for step in some:
            restore(step)
        yield _measured(some, [inputs.ports(step, panel) for step in some], panel, kernels)


def _measured(
    steps: Sequence[Step], ports: Sequence[Sequence[Argument]], panel: Panel, kernels: KernelCache
) -> Measured:
    node = steps[0].type
    assert node.cells is not None
    preparing = time.perf_counter_ns()
    prepare(node, ports[0], steps[0].node.params, panel, kernels)
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    axis = pl.DataFrame([panel.symbol_column, panel.ts.alias("ts")])
    calls = [(tuple(map(_arrays, given)), dict(step.node.params)) for step, given in zip(steps, ports, strict=True)]
    with redirect_stdout(sys.stderr):
        table = node.cells(axis, calls)
    if not isinstance(table, pl.DataFrame) or table.height % len(steps):
        raise NodeError(f"{node.id!r} gave no table for each of {len(steps)} calls", code="TG502")
    ms, cpu_ms = ((time.perf_counter_ns() - wall) / 1e6, (time.process_time_ns() - cpu) / 1e6)
    return Measured(steps, table, ms / len(steps), cpu_ms / len(steps), (wall - preparing) / 1e6)


def _arrays(port: Argument) -> Any:
    if port is None or isinstance(port, Column):
        return None if port is None else _array(port)
    return {name: _array(column) for name, column in port.items()}


def _array(column: Column) -> FloatArray | None:
    return None if isinstance(column, FullStrength) else column.array


def called_in_a_row(
    steps: Sequence[Step], panel: Panel, inputs: Inputs, kernels: KernelCache, restore: Callable[[Step], None]
) -> Iterator[tuple[Step, Outputs, float, float, float]]:
    """The values of kernel nodes of one type over one panel, each with its wall, CPU and compile time in ms.

    Nothing where one value is large. Raises whatever a kernel raises, NodeError for wrong values.
    """
    if len(panel) * 8 * len(steps[0].columns) * 2 > _SMALL:
        return
    for step in steps:
        restore(step)
        preparing = time.perf_counter_ns()
        prepared = prepare(step.type, inputs.ports(step, panel), step.node.params, panel, kernels)
        # one thread computes it, and to ask for the time of all takes as long as a kernel does
        cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
        value = call(step.type, (), step.node.params, step.columns, panel, prepared)
        ms, cpu_ms = (time.perf_counter_ns() - wall) / 1e6, (time.thread_time_ns() - cpu) / 1e6
        yield step, value, ms, cpu_ms, (wall - preparing) / 1e6
