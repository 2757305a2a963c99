"""A run: what happened, node by node."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import polars as pl

from pipeline.errors import Fault
from pipeline.execution.attempt import Outcome, Raised
from pipeline.execution.plan import Plan, Step
from pipeline.graph.cells import Cells

__all__ = ["Failure", "NodeRecord", "Rows", "Run", "RunSink", "Status", "Told", "Unheard", "named", "new_run_id"]

Status: TypeAlias = Literal["cached", "computed", "failed", "skipped"]
RunStatus: TypeAlias = Literal["ok", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a node has no value: a code, a message, the cause's node when it was skipped, the traceback."""

    code: str
    message: str
    cause: str
    traceback: str

    @classmethod
    def of(cls, raised: Raised) -> Failure:
        """A failure that nothing else is the cause of."""
        return cls(raised.code, raised.message, "", raised.traceback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What there is to tell of a step that is done.

    `ms` is wall time in milliseconds, `cpu_ms` time of all threads, both of the last try; None unless computed or
    failed. `retried` are the tries before it, which failed. `rows` and `bytes` are of the value that was stored,
    `stored` is its key (that of the step, unless symbols are missing in it); `started_at` is UTC. `symbols` says
    which symbols have no value, and why. `fallback` says what of pandas the adapter lacks, when real pandas stood in,
    `isolation` in what kind of worker it was called, "" for this process. `worker` is who computed it, "" the run
    itself.
    """

    status: Status
    ms: float | None = None
    cpu_ms: float | None = None
    rows: int | None = None
    bytes: int | None = None
    started_at: dt.datetime | None = None
    failure: Failure | None = None
    stored: str = ""
    symbols: Mapping[str, Failure] = field(default_factory=dict)
    retried: tuple[Outcome, ...] = ()
    fallback: str = ""
    worker: str = ""
    isolation: str = ""

    def told(self) -> dict[str, Any]:
        """All of it, by name."""
        return {item.name: getattr(self, item.name) for item in fields(Told)}

    @property
    def of_symbols(self) -> str:
        """What is said of symbols that have no value."""
        symbol, failure = next(iter(self.symbols.items()))
        return f"no value for {named(self.symbols)}; {symbol}: {failure.message}"

    @property
    def tries(self) -> int | None:
        """How often the node was tried; None unless computed or failed."""
        return None if self.ms is None else len(self.retried) + 1


class Rows(NamedTuple):
    """A table that a step gave: `height` rows of `table`, which may hold those of other steps too."""

    table: pl.DataFrame
    first: int
    height: int


@dataclass(frozen=True, slots=True)
class NodeRecord(Told):
    """What happened to a step."""

    step: Step


@dataclass
class Run:
    """One run of a plan. `records` has one entry per step, in plan order.

    `tables` holds the tables that are published row by row: by the name of their kind (metrics, trades), then by
    (index of the step, output). `compile_ms` is the time that compiling kernels took; it is part of no node's
    time. `cells` are those of the sweep that it is a run of. `peak_bytes` is the most memory that the process had
    while it ran, None where the system does not say. `apart` when workers carried it out.
    """

    id: str
    plan: Plan
    started_at: dt.datetime
    worker: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    cells: tuple[Cells, ...] = ()
    records: list[NodeRecord] = field(default_factory=list)
    status: RunStatus = "ok"
    finished_at: dt.datetime | None = None
    compile_ms: float = 0.0
    peak_bytes: int | None = None
    warnings: tuple[Fault, ...] = ()
    apart: bool = False
    tables: dict[str, dict[tuple[int, str], Rows]] = field(default_factory=dict)

    _revised: set[int] = field(default_factory=set, repr=False)

    def revise(self, record: NodeRecord) -> None:
        """Put another record in the place of the one that a step has."""
        self.records[record.step.index] = record
        self._revised.add(record.step.index)

    def revised(self, told: int) -> list[NodeRecord]:
        """Records among the first `told` that were changed since this was last asked."""
        found = [self.records[index] for index in sorted(self._revised) if index < told]
        self._revised.clear()
        return found

    def record(self, graph: str, node: str) -> NodeRecord:
        """What happened to a node of a graph."""
        return self.records[self.plan.step(graph, node).index]

    @property
    def counts(self) -> dict[str, int]:
        """How many nodes ended in each status; one that failed for some symbols alone counts as computed."""
        found = {"computed": 0, "cached": 0, "failed": 0, "skipped": 0}
        for record in self.records:
            found[record.status] += len(record.step.users)
        return found

    @property
    def exit_status(self) -> int:
        """0 all well, 1 a node failed, 130 interrupted."""
        return {"ok": 0, "failed": 1, "interrupted": 130}[self.status]


class RunSink(Protocol):
    """Who makes a run durable while it goes on."""

    def took(self, run: Run) -> None:
        """A step is done."""

    def checkpoint(self, run: Run) -> None:
        """What was computed so far is asked for by another run."""


class Unheard:
    """A sink that keeps nothing."""

    def took(self, run: Run) -> None:
        """Nothing is kept."""

    def checkpoint(self, run: Run) -> None:
        """Nothing is kept."""


def named(symbols: Collection[str]) -> str:
    """A few symbols, and how many more there are."""
    names = sorted(symbols)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more symbols" if len(names) > 3 else "")


def new_run_id() -> str:
    """An id that sorts by time: UTC to the second, the microsecond in five hex letters, four random ones."""
    now = dt.datetime.now(dt.UTC)
    return f"{now:%Y%m%dT%H%M%S}-{now.microsecond:05x}{os.urandom(2).hex()}"
