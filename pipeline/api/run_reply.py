"""What is told of runs: heads, steps one by one and in sums, two of them side by side."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field

from pipeline.api.problem import Problem
from pipeline.api.shape import Reply
from pipeline.store.crowd import CROWD, Crowd

__all__ = [
    "CellSum",
    "CompareReply",
    "DifferenceReply",
    "FailureReply",
    "FailureSum",
    "MetricPair",
    "MetricSum",
    "NodeSum",
    "NodeTiming",
    "RunEntry",
    "RunReply",
    "SideReply",
    "SumsReply",
    "sums_of",
]


class RunEntry(Reply):
    """A run of a graph; one that waits, or could not begin, has a state and little else."""

    id: str
    graph: str
    status: str = Field(description="queued, running, ok, failed, interrupted, killed, cancelled or error.")
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    seconds: float | None = None
    computed: int | None = None
    cached: int | None = None
    failed: int | None = None
    skipped: int | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict, description="What was changed.")
    versions: dict[str, Any] = Field(default_factory=dict)
    file: str = ""


class NodeTiming(Reply):
    """What became of a node, and how long it took; `symbol` where it is told of one alone."""

    graph: str
    node: str
    node_type: str
    status: str
    ms: float | None
    cpu_ms: float | None
    rows: int | None
    bytes: int | None
    key: str | None
    tries: int | None


class FailureReply(Reply):
    """Why a node has no value; `cause` is the node that failed before it."""

    graph: str
    node: str
    code: str | None
    message: str | None
    cause: str | None


class NodeSum(Reply):
    """The steps of a node in all cells of a sweep, or in all of a run of very many: how many ended how."""

    graph: str
    node: str
    node_type: str
    steps: int
    computed: int
    cached: int
    failed: int
    skipped: int
    ms: float | None = Field(description="Of all of them.")
    median_ms: float | None


class CellSum(Reply):
    """How many cells of a sweep ended so."""

    graph: str
    status: str
    cells: int


class MetricSum(Reply):
    """How a metric lies over all cells and symbols."""

    graph: str
    node: str
    metric: str
    count: int
    least: float
    median: float
    most: float


class FailureSum(Reply):
    """An error, and how many steps had it."""

    graph: str
    node: str
    code: str | None
    message: str | None
    steps: int


class SumsReply(Reply):
    """A sweep, or a run of more than 200 steps, in sums; the commonest errors come first."""

    nodes: list[NodeSum]
    cells: list[CellSum]
    metrics: list[MetricSum]
    failures: list[FailureSum]


class RunReply(Reply):
    """One run. `nodes` and `failures` are a page: those from `offset` on, `limit` of them."""

    id: str
    status: str
    graphs: list[RunEntry]
    steps: int = Field(default=0, description="Rows of `nodes` that there are.")
    nodes: list[NodeTiming]
    failures: list[FailureReply]
    sums: SumsReply | None = Field(default=None, description="Of a sweep, and of a run of very many steps.")
    error: Problem | None = Field(default=None, description="Why it could not be carried out.")


class SideReply(Reply):
    """A node in one of two runs."""

    key: str
    status: str
    ms: float | None
    node_type: str


class DifferenceReply(Reply):
    """A node in two runs; `changed` is empty where its value is the same."""

    graph: str
    node: str
    changed: list[dict[str, str]]
    a: SideReply | None
    b: SideReply | None


class MetricPair(Reply):
    """A metric in two runs."""

    node: str
    symbol: str | None
    metric: str
    a: float | None
    b: float | None


class CompareReply(Reply):
    """Run `b` against run `a`."""

    a: str
    b: str
    nodes: list[DifferenceReply]
    metrics: list[MetricPair]


def sums_of(found: Crowd) -> SumsReply:
    """The sums of a run, with its commonest errors."""
    return SumsReply(
        nodes=[NodeSum(**row) for row in found.nodes.to_dicts()],
        cells=[CellSum(**row) for row in found.cells.to_dicts()],
        metrics=[MetricSum(**row) for row in found.metrics.to_dicts()],
        failures=[FailureSum(**row) for row in found.failures.head(CROWD).to_dicts()],
    )
