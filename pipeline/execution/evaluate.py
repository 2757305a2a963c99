"""Evaluate a step: one call for all symbols, and one per symbol when that fails, so that a symbol fails alone."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence

import polars as pl

from pipeline.errors import TradegraphError
from pipeline.execution.arguments import Argument, of_rows
from pipeline.execution.call import WrongValues, call, prepare
from pipeline.execution.kernel import KernelCache
from pipeline.execution.part import Columns, joined
from pipeline.execution.plan import Step
from pipeline.execution.protocols import Value
from pipeline.execution.run import Failure
from pipeline.model.bars import Panel

__all__ = ["Clock", "evaluate", "failure_of"]


class Clock:
    """Wall and CPU time of the calls of one step, in milliseconds, and what preparing them took."""

    __slots__ = ("_cpu", "_wall", "cpu_ms", "ms", "prepare_ms")

    def __init__(self) -> None:
        self._wall = self._cpu = 0
        self.ms = self.cpu_ms = self.prepare_ms = 0.0

    def __enter__(self) -> Clock:
        self._cpu = time.process_time_ns()
        self._wall = time.perf_counter_ns()
        return self

    def __exit__(self, *_: object) -> None:
        self.ms += (time.perf_counter_ns() - self._wall) / 1e6
        self.cpu_ms += (time.process_time_ns() - self._cpu) / 1e6


def evaluate(
    step: Step, ports: Sequence[Argument], panel: Panel, kernels: KernelCache, clock: Clock
) -> tuple[Value | None, dict[str, Failure]]:
    """The step's value over `panel`, and why symbols have none: their rows are null then; None when no symbol has one.

    Raises what the node raises where the failure is not that of a symbol.
    """
    try:
        return _called(step, ports, panel, kernels, clock), {}
    except (Exception, SystemExit) as error:
        if not _is_of_a_symbol(step, error):
            raise
        if len(panel.symbols) == 1:
            return None, {panel.symbols[0]: failure_of(error)}
    pieces: list[tuple[Sequence[str], Columns]] = []
    failures: dict[str, Failure] = {}
    for symbol, start, stop in zip(panel.symbols, panel.offsets[:-1].tolist(), panel.offsets[1:].tolist(), strict=True):
        alone = panel.alone(symbol, start, stop)
        try:
            value = _called(step, [of_rows(port, start, stop) for port in ports], alone, kernels, clock)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a node raises is its own failure, recorded
            failures[symbol] = failure_of(error)
        else:
            assert not isinstance(value, pl.DataFrame)
            pieces.append(((symbol,), value))
    return (joined(panel, pieces, step.columns) if pieces else None), failures


def failure_of(error: BaseException) -> Failure:
    """An exception for the record of a run."""
    text = "".join(traceback.format_exception(error))
    if isinstance(error, TradegraphError):
        fault = error.faults[0]
        return Failure(fault.code, fault.message, "", text)
    return Failure("TG501", f"{type(error).__name__}: {error}", "", text)


def _called(step: Step, ports: Sequence[Argument], panel: Panel, kernels: KernelCache, clock: Clock) -> Value:
    began = time.perf_counter()
    prepared = prepare(step.type, ports, step.node.params, panel, kernels)
    clock.prepare_ms += (time.perf_counter() - began) * 1e3
    with clock:
        return call(step.type, ports, step.node.params, step.columns, panel, prepared)


def _is_of_a_symbol(step: Step, error: BaseException) -> bool:
    """True when another symbol may do better: the node works symbol by symbol, and met the values when it failed."""
    if step.type.scope != "symbol" or step.is_table:
        return False
    # the function of an expression node sees no values: only polars and the check of its output's values do
    return step.type.style != "expression" or isinstance(error, WrongValues | pl.exceptions.PolarsError)
