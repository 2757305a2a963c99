"""How a plan is carried out: who is told, who calls, what is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import Fault
from pipeline.execution.attempt import Caller, FailureKeeper, Forgetful
from pipeline.execution.plan import Step
from pipeline.execution.protocols import Progress, Silent
from pipeline.execution.run import Failure, NodeRecord, RunSink, Told, Unheard
from pipeline.graph.cells import Cells
from pipeline.model.kind import METRICS, TRADES, Kind
from pipeline.model.node import NodeType

__all__ = ["Computed", "Elsewhere", "Guest", "Options"]


@dataclass(frozen=True, slots=True)
class Computed(Told):
    """What another process, or this one at another time, tells of a step, by its key, that it carried out for a run."""

    key: str

    @classmethod
    def of(cls, record: NodeRecord, worker: str) -> Computed:
        """What there is to tell of a record."""
        return cls(record.step.key, **record.told() | {"worker": worker})

    def record(self, step: Step) -> NodeRecord:
        """The record of the step."""
        return NodeRecord(step, **self.told())


@dataclass(frozen=True)
class Elsewhere:
    """Steps that were carried out for this run by others, by key; `rest` is said of steps that nobody got to.

    `interrupted` when that is because the run was. `peak_bytes` is the most memory that one of them had.
    """

    steps: Mapping[str, Computed] = field(default_factory=dict)
    rest: Failure | None = None
    interrupted: bool = False
    peak_bytes: int = 0
    compile_ms: float = 0.0
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Guest:
    """How code that does not ship with the product is called: `limit` is in seconds per symbol of the call,
    `confined` says by `Options.confined`.
    """

    limit: float | None = None
    confined: bool = False


@dataclass(frozen=True)
class Options:
    """How to carry out a plan: `fail_fast` stops at the first failed node; `settings` are recorded.

    Nodes with a timeout are called by `limited`, those that `guest` says so of by `confined`; all others in process.
    Values that wait in memory for others take at most `memory` bytes, the rest is read from the store when needed.
    Tables of the kinds in `published` are noted in the run. `cells` are the sweeps that the plan is of, if any. With
    `elsewhere` nothing is computed here: others did, from `began` on, and told `progress` of it. `guest` says how a
    node type is called; its limit holds where the node says nothing of a timeout. `run_id` is the id of
    the run, where whoever asked for it has given one out already.
    """

    run_id: str = ""
    fail_fast: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)
    sink: RunSink = field(default_factory=Unheard)
    limited: Caller | None = None
    confined: Caller | None = None
    failures: FailureKeeper = field(default_factory=Forgetful)
    memory: int | None = None
    published: frozenset[Kind] = frozenset((METRICS, TRADES))
    cells: tuple[Cells, ...] = ()
    began: dt.datetime | None = None
    elsewhere: Elsewhere | None = None
    guest: Callable[[NodeType], Guest] = lambda _node: Guest()
