"""Which values a project keeps, and for how long.

Records of runs, their metrics and the tables of declared outputs are no values: they stay until `runs rm`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.graph.graph import Graph
from pipeline.model.kind import METRICS
from pipeline.settings import ProjectSettings

__all__ = ["Retention", "StorePolicy", "kept", "only_metrics"]

StorePolicy: TypeAlias = Literal["all", "outputs", "metrics"]


@dataclass(frozen=True, slots=True)
class Retention:
    """What a project says about it: which values, for how many days, in how many bytes of segment files.

    None sets no limit. The values of each graph's latest run are kept whatever the limits say.
    """

    store: StorePolicy = "all"
    keep_days: float | None = None
    keep_bytes: int | None = None

    @classmethod
    def of(cls, said: ProjectSettings) -> Retention:
        """What the settings of a project say about it."""
        return cls(said.store, said.keep_days, said.keep_bytes)

    @property
    def bounded(self) -> bool:
        """True when values are let go by age or size."""
        return self.keep_days is not None or self.keep_bytes is not None


def kept(policy: StorePolicy, graph: Graph, node: str) -> Collection[str]:
    """The outputs of a node that are to be stored, all of them or none.

    `all`: those of every node; `outputs`: of what the graph declares, or a part of it, as an output, and of what
    has metrics; `metrics`: of what has metrics.
    """
    kinds = graph.nodes[node].kinds
    declared = policy == "outputs" and any(node == name for name, _ in graph.outputs.values())
    return kinds if policy == "all" or METRICS in kinds.values() or declared else ()


def only_metrics(graph: Graph, node: str) -> Collection[str]:
    """Of a node's outputs the metrics alone: what is stored of a sweep."""
    return [name for name, kind in graph.nodes[node].kinds.items() if kind is METRICS]
