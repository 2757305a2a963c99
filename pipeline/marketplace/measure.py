"""Step 4, performance: time and memory of a call over ten and a hundred thousand bars."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Mapping

from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.laws.choice import base
from pipeline.marketplace.step import Remark
from pipeline.model.node import NodeType
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.examination.sample_call import sample_call

__all__ = ["Figures", "compare", "judge", "measure"]

Figures = Mapping[str, float]
_ROWS = (10_000, 100_000)
_MOST_MS = {10_000: 1_000.0, 100_000: 10_000.0}
_MOST_MB = {10_000: 64.0, 100_000: 512.0}
_CALLS = 3


def measure(node: NodeType, limit: float) -> dict[str, float]:
    """`ms_10000`, `mb_10000`, `ms_100000`, `mb_100000`: the quickest of three calls, and what one allocates at most.

    A figure is missing where the call failed.
    """
    caller, found = InProcess(KernelCache(None)), {}
    for rows in _ROWS:
        call = sample_call(node, base(node), sample_bars(rows))
        outcomes = [caller.call(call, limit)]
        if outcomes[0].raised is None:
            outcomes += [caller.call(call, limit) for _ in range(_CALLS - 1)]
            found[f"ms_{rows}"] = round(min(outcome.ms for outcome in outcomes), 3)
            tracemalloc.start()
            try:
                caller.call(call, limit)
                found[f"mb_{rows}"] = round(tracemalloc.get_traced_memory()[1] / 1e6, 3)
            finally:
                tracemalloc.stop()
    return found


def judge(figures: Figures) -> Iterator[Remark]:
    """Figures against the limits of a marketplace."""
    for rows in _ROWS:
        ms, mb = figures.get(f"ms_{rows}"), figures.get(f"mb_{rows}")
        if ms is None or mb is None:
            yield Remark("time", "wrong", f"it gave nothing for {rows:,} bars within its time")
            continue
        slow, large = ms > _MOST_MS[rows], mb > _MOST_MB[rows]
        yield Remark("time", "wrong" if slow else "ok", f"{ms:.1f} ms for {rows:,} bars, allowed {_MOST_MS[rows]:,.0f}")
        yield Remark(
            "memory", "wrong" if large else "ok", f"{mb:.1f} MB for {rows:,} bars, allowed {_MOST_MB[rows]:,.0f}"
        )
    short, long = figures.get("ms_10000", 0.0), figures.get("ms_100000", 0.0)
    if long > 30 * short and long > 200:
        yield Remark("time", "note", "it grows faster than the bars: is there a loop in a loop?")


def compare(figures: Figures, before: Figures) -> Iterator[Remark]:
    """Figures against those of the version before, both measured now, on this machine."""
    for name, old in before.items():
        new, unit = figures.get(name), name[:2]
        floor = 20.0 if unit == "ms" else 5.0
        if new is not None and new > 2 * old and new - old > floor:
            rows = f"{int(name[3:]):,} bars"
            yield Remark("version before", "note", f"{new:.1f} {unit} for {rows}, the version before took {old:.1f}")
    if before:
        yield Remark("version before", "ok", "measured beside it")
