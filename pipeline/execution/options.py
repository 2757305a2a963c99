"""How a plan is carried out: who is told, who calls, what is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.execution.attempt import Caller, FailureKeeper, Forgetful
from pipeline.execution.protocols import Progress, Silent
from pipeline.execution.run import RunSink, Unheard
from pipeline.graph.cells import Cells
from pipeline.model.kind import METRICS, TRADES, Kind
from pipeline.model.node import NodeType

__all__ = ["Computed", "Guest", "Options"]


@dataclass(frozen=True, slots=True)
class Computed:
    """What is known of a step that another process computed."""

    ms: float | None
    cpu_ms: float | None
    rows: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Guest:
    """How code that does not ship with the product is called: `limit` is in seconds per symbol of the call,
    `confined` says by `Options.limited`.
    """

    limit: float | None = None
    confined: bool = False


@dataclass(frozen=True)
class Options:
    """How to carry out a plan: `fail_fast` stops at the first failed node; `settings` are recorded.

    Nodes with a timeout are called by `limited`; without one they are called in process, with no limit. Values that
    wait in memory for others take at most `memory` bytes, the rest is read from the store when it is needed. Tables of
    the kinds in `published` are noted in the run. `cells` are those of the sweep that the plan is of. Steps
    whose keys are in `elsewhere` were computed for this run by another process, from `began` on. `guest`
    says how a node type is called when its node says nothing of a timeout. `run_id` is the id of the run, where
    whoever asked for it has given one out already.
    """

    run_id: str = ""
    fail_fast: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)
    sink: RunSink = field(default_factory=Unheard)
    limited: Caller | None = None
    failures: FailureKeeper = field(default_factory=Forgetful)
    memory: int | None = None
    published: frozenset[Kind] = frozenset((METRICS, TRADES))
    cells: Cells | None = None
    began: dt.datetime | None = None
    elsewhere: Mapping[str, Computed] = field(default_factory=dict)
    guest: Callable[[NodeType], Guest] = lambda _node: Guest()
