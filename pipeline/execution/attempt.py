"""An attempt: one call of a node, who carries it out, and what came of it.

A `Call` holds everything that a value depends on, so it can be made here, in another process, or later
again. A `Caller` never raises what the node raises: that stands in the `Outcome`. `InProcess` is the
caller of this process; the one that can stop a call is `pipeline.plugins.workers.host`.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from pipeline.errors import TradegraphError
from pipeline.execution.alarm import Overdue, alarm
from pipeline.execution.arguments import Argument, of_rows
from pipeline.execution.call import WrongValues, prepare
from pipeline.execution.call import call as call_node
from pipeline.execution.kernel import KernelCache
from pipeline.execution.protocols import Outputs
from pipeline.frame.library.gaps import Gap, recorded_fallbacks
from pipeline.frame.library.real import described
from pipeline.model.bars import Panel
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["Call", "Caller", "FailureKeeper", "Forgetful", "InProcess", "Outcome", "Raised", "attempt", "raised_by"]


@dataclass(frozen=True, slots=True)
class Call:
    """A node type with its arguments: a column, a bundle or None per port, checked params, the rows of the output.

    `columns` are the (name, dtype) of the value, none for a table. `axes` are the rows of the output and of each
    port of a panel node, whose ports have rows of their own; no other node has them.
    """

    node: NodeType
    ports: Sequence[Argument]
    params: Mapping[str, Any]
    columns: Sequence[tuple[str, Dtype]]
    panel: Panel
    axes: Sequence[pl.DataFrame | None] = ()

    def alone(self, symbol: str) -> Call:
        """The same call for the rows of one symbol of the panel."""
        at = self.panel.symbols.index(symbol)
        start, stop = self.panel.offsets[at : at + 2].tolist()
        ports = [of_rows(port, start, stop) for port in self.ports]
        panel = self.panel.alone(symbol, start, stop)
        return Call(self.node, ports, self.params, self.columns, panel)


@dataclass(frozen=True, slots=True)
class Raised:
    """Why a call gave no value: a code, a message, the traceback as text ("" when there is none).

    `of_values` says that the values are the reason, in an output that has the right form. `hint` and `line` are those
    of a fault, where it has any. `ended` says that the worker that made the call is gone.
    """

    code: str
    message: str
    traceback: str
    of_values: bool = False
    hint: str = ""
    line: int | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: its value, or what was raised. Times in milliseconds; compiling is part of neither."""

    value: Outputs | None = None
    raised: Raised | None = None
    ms: float = 0.0
    cpu_ms: float = 0.0
    compile_ms: float = 0.0
    fallback: str = ""
    """What the pandas adapter lacks, when the node was run again on real pandas for it."""
    isolation: str = ""
    """Where it was called: "" in process, else in a worker, and what held that in."""


class Caller(Protocol):
    """Who makes calls."""

    def call(self, call: Call, limit: float | None) -> Outcome:
        """Make a call; one that takes longer than `limit` seconds is stopped, with TG505. Ctrl-C passes through."""


class FailureKeeper(Protocol):
    """Who keeps the inputs of calls that failed, so that they can be made again."""

    def keep(self, run_id: str, users: Sequence[tuple[str, str]], call: Call, raised: Raised) -> None:
        """Keep a call of a step, which serves the (graph, node) pairs `users`. Raises StoreError when it cannot."""


class Forgetful:
    """A keeper that keeps nothing."""

    def keep(self, run_id: str, users: Sequence[tuple[str, str]], call: Call, raised: Raised) -> None:
        """Nothing is kept."""


_UNLIMITED = nullcontext()


class InProcess:
    """Makes calls in this process, where a limit ends Python code alone (see `alarm`), nothing that hangs in C.

    `begun` is told when a call is prepared and the node's own time begins.
    """

    def __init__(self, kernels: KernelCache, begun: Callable[[], None] = lambda: None) -> None:
        self._kernels = kernels
        self._begun = begun

    def call(self, call: Call, limit: float | None = None) -> Outcome:
        """Make a call and time it."""
        value, raised = None, None
        fallbacks: list[Gap] = []
        wall = cpu = preparing = time.perf_counter_ns()
        try:
            prepared = prepare(call.node, call.ports, call.params, call.panel, self._kernels, call.axes)
            self._begun()
            cpu = time.process_time_ns()
            wall = time.perf_counter_ns()
            with _UNLIMITED if limit is None else alarm(limit):
                if call.node.style == "frame":
                    with recorded_fallbacks() as fallbacks:
                        value = call_node(call.node, call.ports, call.params, call.columns, call.panel, prepared)
                else:
                    value = call_node(call.node, call.ports, call.params, call.columns, call.panel, prepared)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a node raises is its own failure
            raised = raised_by(error)
        except Overdue as error:
            message = f"{call.node.id!r} took longer than its limit of {limit:g} s{_where(error, call.node.origin)}"
            value, raised = None, Raised("TG505", message, "".join(traceback.format_exception(error)))
        if wall == preparing:  # it could not be prepared: the node has used no time
            return Outcome(raised=raised, compile_ms=(time.perf_counter_ns() - preparing) / 1e6)
        ms = (time.perf_counter_ns() - wall) / 1e6
        times = (ms, (time.process_time_ns() - cpu) / 1e6, (wall - preparing) / 1e6)
        return Outcome(value, raised, *times, fallback=described(fallbacks))


def attempt(caller: Caller, call: Call, *, limit: float | None, retry: int) -> list[Outcome]:
    """Make a call, and up to `retry` times again while it fails, without a pause. The last outcome counts."""
    tries = [caller.call(call, limit)]
    while tries[-1].raised is not None and len(tries) <= retry:
        tries.append(caller.call(call, limit))
    return tries


def raised_by(error: BaseException) -> Raised:
    """An exception for the record: its own code where it has one, else TG501 with its type."""
    text = "".join(traceback.format_exception(error))
    if isinstance(error, TradegraphError):
        fault = error.faults[0]
        line = fault.place.line if fault.place else None
        return Raised(fault.code, fault.message, text, isinstance(error, WrongValues), fault.hint, line)
    return Raised("TG501", f"{type(error).__name__}: {error}", text, isinstance(error, pl.exceptions.PolarsError))


def _where(error: BaseException, origin: str) -> str:
    """At which line of a node's own file something was raised, in words."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == origin]
    return f"; it was at line {lines[-1]} of {origin.rpartition('/')[2]}" if lines else ""
