"""Which values a project keeps, and for how long.

Records of runs, their metrics and the tables of declared outputs are no values: they stay until `runs rm`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.graph.graph import Graph
from pipeline.model.kind import METRICS

__all__ = ["Retention", "StorePolicy", "kept"]

StorePolicy: TypeAlias = Literal["all", "outputs", "metrics"]


@dataclass(frozen=True, slots=True)
class Retention:
    """What a project says about it: which values, for how many days, in how many bytes of segment files.

    None sets no limit. The values of each graph's latest run are kept whatever the limits say.
    """

    store: StorePolicy = "all"
    keep_days: float | None = None
    keep_bytes: int | None = None

    @property
    def bounded(self) -> bool:
        """True when values are let go by age or size."""
        return self.keep_days is not None or self.keep_bytes is not None


def kept(policy: StorePolicy, graph: Graph, node: str) -> bool:
    """True when the value of a node is to be stored.

    `all`: always; `outputs`: when the graph declares it, or a part of it, as an output, and for metrics;
    `metrics`: for metrics alone.
    """
    if policy == "all" or METRICS in graph.nodes[node].kinds.values():
        return True
    return policy == "outputs" and any(node == name for name, _ in graph.outputs.values())
