"""Evaluate a call: at once for all symbols, and one by one when that fails, so that a symbol fails alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.execution.attempt import Call, Caller, Outcome, Raised, attempt
from pipeline.execution.part import Columns, apart, joined
from pipeline.execution.protocols import Outputs

__all__ = ["Evaluation", "evaluate"]


@dataclass
class Evaluation:
    """What came of a call. `value` is None when it failed for all; symbols in `raised` have null rows in it.

    `retried` are the tries before the last one; times are of that one and of the calls for single symbols.
    `fallback` is what the pandas adapter lacks, when real pandas stood in, `isolation` where it was called. `failed`
    are the calls that gave nothing, of single symbols where it came to that; `untouched` says that no call was needed.
    """

    value: Outputs | None = None
    raised: dict[str, Raised] = field(default_factory=dict)
    retried: tuple[Outcome, ...] = ()
    ms: float = 0.0
    cpu_ms: float = 0.0
    compile_ms: float = 0.0
    fallback: str = ""
    isolation: str = ""
    failed: Sequence[tuple[Call, Raised]] = ()
    untouched: bool = False

    def count(self, outcomes: Sequence[Outcome]) -> Outcome:
        """Add the times of the last of some tries, and what compiling took in all of them; gives the last."""
        last = outcomes[-1]
        self.ms += last.ms
        self.cpu_ms += last.cpu_ms
        self.fallback = self.fallback or last.fallback
        self.isolation = self.isolation or last.isolation
        self.compile_ms += sum(outcome.compile_ms for outcome in outcomes)
        return last


def evaluate(call: Call, caller: Caller, *, limit: float | None, retry: int) -> Evaluation:
    """Make a call, again where `retry` allows, and symbol by symbol where a symbol may be the reason of its failure."""
    found = Evaluation()
    outcomes = attempt(caller, call, limit=limit, retry=retry)
    found.retried = tuple(outcomes[:-1])
    last = found.count(outcomes)
    found.value = last.value
    if last.raised is None:
        return found
    found.failed = [(call, last.raised)]
    if not _may_be_of_a_symbol(call, last):
        return found
    if len(call.panel.symbols) == 1:
        found.raised[call.panel.symbols[0]] = last.raised
        return found
    pieces: list[tuple[Sequence[str], Columns]] = []
    failed: list[tuple[Call, Raised]] = []
    for symbol in call.panel.symbols:
        alone = call.alone(symbol)
        one = found.count(attempt(caller, alone, limit=limit, retry=retry))
        if one.raised is not None:
            found.raised[symbol] = one.raised
            failed.append((alone, one.raised))
        elif one.value is not None:
            pieces.append(((symbol,), apart(one.value)[0]))
    if pieces:
        whole = joined(call.panel, pieces, call.columns)
        found.value = None if whole is None else {**whole}
    found.failed = failed
    return found


def _may_be_of_a_symbol(call: Call, outcome: Outcome) -> bool:
    """True when another symbol may do better: the node works symbol by symbol, and met the values when it failed."""
    raised = outcome.raised
    if raised is None or call.node.scope != "symbol" or call.node.tables or call.axes:
        return False
    if not outcome.ms or raised.ended or raised.code == "TG505":  # it was not called, or took its worker with it
        return False
    # the function of an expression node sees no values: only polars and the check of its output's values do
    return call.node.style != "expression" or raised.of_values
