"""Node types whose code is not in this process, called for the laws: in workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.execution.attempt import Call, Caller
from pipeline.laws.trial import Evaluator, Outputs, as_numbers
from pipeline.model.bars import Panel
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType
from pipeline.plugins.describe import Absent

__all__ = ["Apart"]


@dataclass(frozen=True)
class Apart:
    """Calls absent node types by `workers`, each call at most `limit` seconds long, and all others by `here`."""

    here: Evaluator
    workers: Caller
    limit: float

    def __call__(
        self,
        node: NodeType,
        ports: Sequence[Argument],
        params: Mapping[str, Any],
        columns: Sequence[tuple[str, Dtype]],
        panel: Panel,
        *,
        axes: Sequence[pl.DataFrame | None] = (),
    ) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`. `axes` are as those of a call."""
        if not isinstance(node.fn, Absent):
            return self.here(node, ports, params, columns, panel, axes=axes)
        outcome = self.workers.call(Call(node, ports, params, columns, panel, axes), self.limit)
        if outcome.value is None:
            raised = outcome.raised
            raise NodeError(raised.message if raised else "it gave nothing", code=raised.code if raised else "TG502")
        return as_numbers(outcome.value)
