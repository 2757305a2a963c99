"""Node types whose code is not in this process, called for the laws: in workers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import NodeError
from pipeline.execution.attempt import Call, Caller
from pipeline.laws.trial import Evaluator, Outputs, as_numbers
from pipeline.plugins.describe import Absent

__all__ = ["Apart"]


@dataclass(frozen=True)
class Apart:
    """Calls absent node types by `workers`, each call at most `limit` seconds long, and all others by `here`."""

    here: Evaluator
    workers: Caller
    limit: float

    def __call__(self, call: Call) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`."""
        if not isinstance(call.node.fn, Absent):
            return self.here(call)
        outcome = self.workers.call(call, self.limit)
        if outcome.value is None:
            raised = outcome.raised
            raise NodeError(raised.message if raised else "it gave nothing", code=raised.code if raised else "TG502")
        return as_numbers(outcome.value)
