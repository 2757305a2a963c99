"""A breach: where a node broke a law, and how two runs of it are compared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.laws.sample import Sample
from pipeline.laws.trial import Outputs
from pipeline.model.column import FloatArray

__all__ = ["Breach", "TOLERANCE", "differing", "first_difference"]

TOLERANCE = 1e-9
"""Relative to the largest value of the column."""


@dataclass(frozen=True, slots=True)
class Breach:
    """The first offending row of a law: `row` counts within the symbol, from 0; None where there is no one row."""

    message: str
    output: str = ""
    symbol: str = ""
    row: int | None = None
    ts: dt.datetime | None = None
    expected: float | None = None
    got: float | None = None

    @classmethod
    def at(cls, sample: Sample, row: int, output: str, message: str, *values: float) -> Breach:
        """A breach at a row of the panel of `sample`; `values` are what was expected there and what came."""
        index = int(np.searchsorted(sample.panel.offsets, row, side="right")) - 1
        start = int(sample.panel.offsets[index])
        known = [None if np.isnan(value) else float(value) for value in values]
        return cls(message, output, sample.panel.symbols[index], row - start, sample.panel.ts[row], *known)


def differing(ours: FloatArray, theirs: FloatArray, size: float) -> npt.NDArray[np.bool_]:
    """Rows in which two columns differ: one is missing, or by more than the tolerance."""
    gone = np.isnan(ours) != np.isnan(theirs)
    with np.errstate(invalid="ignore"):
        far = ~(np.abs(ours - theirs) <= TOLERANCE * size) & (ours != theirs)
    return np.asarray(gone | (far & ~np.isnan(ours) & ~np.isnan(theirs)))


def first_difference(
    sample: Sample,
    expected: Outputs,
    got: Outputs,
    message: str,
    among: npt.NDArray[np.bool_] | None = None,
    *,
    exact: bool = False,
) -> Breach | None:
    """The first row of `sample` in which `got` is not `expected`; `among` says which rows count."""
    for name, theirs in expected.items():
        ours = got[name]
        if len(ours) != len(theirs):
            return Breach(f"{message}: {len(ours)} rows, expected {len(theirs)}", name)
        size = 0.0 if exact else float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0.0))
        wrong = differing(ours, theirs, size)
        if among is not None:
            wrong &= among
        if wrong.any():
            row = int(np.argmax(wrong))
            if row >= len(sample.panel):  # a table: its rows are not those of the bars
                return Breach(message, name)
            return Breach.at(sample, row, name, message, float(theirs[row]), float(ours[row]))
    return None
