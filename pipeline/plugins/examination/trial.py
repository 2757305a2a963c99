"""An examination that is carried out in one process and told to another."""

from __future__ import annotations

import ast
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import CODES, Fault, Place
from pipeline.execution.alarm import alarm
from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.frame import recorded_spellings
from pipeline.laws.choice import base
from pipeline.model.node import NodeType
from pipeline.plugins.examination.examine import Examination, examine
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.examination.sample_call import other_inputs, sample_call

__all__ = ["Trial", "read_trial", "try_out"]

_SHORT, _LONG = 700, 10_000
_LINES = 1_000_000


@dataclass(frozen=True)
class Trial:
    """What an examination has found, the old spellings of pandas that were met, and the most memory of a call in bytes.

    `mutates` says that a call changed the frame that it was given. All but the examination is looked at in exhaustive
    trials alone.
    """

    examination: Examination
    spellings: tuple[str, ...] = ()
    peak: int = 0
    mutates: bool = False


def try_out(
    node: NodeType, tree: ast.Module, *, exhaustive: bool, limit: float, alive: Callable[[], None]
) -> dict[str, Any]:
    """Examine a node type in this process, and tell what was found as plain data."""
    caller = InProcess(KernelCache(None))
    with recorded_spellings() as spellings:
        found = examine(node, tree, caller, exhaustive=exhaustive, limit=limit, alive=alive)
    peak, mutates = 0, False
    if exhaustive and not found.faults:
        alive()
        peak = _peak(node, caller, limit)
        alive()
        with alarm(limit):
            mutates = _mutates(node)
    return {
        "faults": [[f.code, f.message, f.place.line if f.place else 1, f.hint] for f in found.faults],
        "numbers": [found.rows, found.cuts, found.ms, -1 if found.signals is None else found.signals, peak],
        "fallback": found.fallback,
        "infinite": found.infinite,
        "mutates": mutates,
        "spellings": sorted({f"{n.operation} (line {n.place.line if n.place else '?'})" for n in spellings}),
    }


def read_trial(told: Mapping[str, Any], node: NodeType) -> Trial:
    """What `try_out` has told. Raises KeyError, TypeError or ValueError for what is malformed."""
    faults = tuple(
        Fault(code if code in CODES else "TG413", str(said), Place(node.origin, min(int(line), _LINES)), str(hint))
        for code, said, line, hint in told["faults"]
    )
    rows, cuts, ms, signals, peak = map(float, told["numbers"])
    examination = Examination(
        faults,
        int(rows),
        int(cuts),
        ms,
        str(told["fallback"]),
        None if signals < 0 else int(signals),
        str(told["infinite"]),
    )
    return Trial(examination, tuple(map(str, told["spellings"])), int(peak), bool(told["mutates"]))


def _peak(node: NodeType, caller: InProcess, limit: float) -> int:
    call = sample_call(node, base(node), sample_bars(_LONG))
    tracemalloc.start()
    try:
        caller.call(call, limit)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _mutates(node: NodeType) -> bool:
    """True when the frame that the plugin was given has other columns or values after the call."""
    bars = sample_bars(_SHORT)
    before = {name: bars[name].to_numpy().copy() for name in bars.columns}
    with redirect_stdout(sys.stderr), suppress(Exception):  # that it raises is told elsewhere
        node.fn(bars, *other_inputs(node, bars), **base(node))
    return list(bars.columns) != list(before) or not all(
        np.array_equal(bars[name].to_numpy(), array) for name, array in before.items()
    )
