"""Warm-up drift: how far a recursive value is off when history begins late, and how long that can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.laws.breach import TOLERANCE
from pipeline.laws.trial import Trial

__all__ = ["Drift", "measure_drift"]


@dataclass(frozen=True, slots=True)
class Drift:
    """`first` is the difference of the first value after the warm-up, relative to the largest value of the column (1
    where it is missing in one of the two);
    `settled` how many bars after the warm-up no difference above 1e-9 is left, None when one still is.
    """

    first: float
    settled: int | None


def measure_drift(trial: Trial) -> Drift | None:
    """The drift of a node over the longest symbol of its sample, the worst of its outputs.

    None for table nodes, and where the warm-up leaves too few bars to measure.
    """
    begin = trial.rows // 4
    if trial.node.style == "table" or begin + trial.warmup + 2 > trial.rows:
        return None
    sample = trial.lively.alone(0)
    whole = trial.outputs(sample)
    late = trial.outputs(sample.since(begin))
    first, settled = 0.0, 0
    for name, array in whole.items():
        expected = array[begin + trial.warmup :]
        found = late[name][trial.warmup :]
        size = float(np.nanmax(np.abs(expected), initial=0.0)) or 1.0
        off = np.abs(found - expected) / size
        off = np.where(np.isnan(found) & np.isnan(expected), 0.0, np.where(np.isnan(off), 1.0, off))
        first = max(first, float(off[0]))
        last = np.flatnonzero(off > TOLERANCE)
        settled = max(settled, int(last[-1]) + 1 if len(last) else 0)
    return Drift(first, settled if settled < trial.rows - begin - trial.warmup else None)
