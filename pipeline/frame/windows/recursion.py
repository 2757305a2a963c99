"""y[i] = x[i] + keep · y[i - 1], what exponential weights are made of, without a loop over rows.

Divided by keep^i it is a running sum, and numpy's running sums are compiled: x is multiplied by keep^-i, summed, and
multiplied by keep^i. Its rounding is that of the recursion, term by term. The powers must stay within a double, so
the column is taken in blocks in which they grow to 1e120; what a block leaves to the next one is added to as many rows
as it can still change. Where a sum leaves the range of a double all the same, the rows are added one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["Recursion", "scan", "scan_aged"]

_FADED = 1e-30
"""What is left of a carry that changes no digit, were it 1e11 times as large as what comes after it."""
_PIECE = 16_384
_GROWTH = 1e120
_CLIFF = 1e-100
"""A row that keeps less begins a block of its own."""

_Floats = npt.NDArray[np.float64]


class Recursion:
    """The recursion over a column of `rows`, piece by piece, so that what is made of it stays in the cache."""

    __slots__ = ("_block", "_fallen", "_grown", "_keep", "_last", "_reach", "_size", "_spare")

    def __init__(self, keep: float, rows: int) -> None:
        self._keep = keep
        self._last = 0.0
        fall = -math.log(keep) if keep > 0.0 else math.inf
        self._block = min(_PIECE, max(1, int(math.log(_GROWTH) / fall))) if fall else _PIECE
        reach = math.ceil(-math.log(_FADED) / fall) if fall else _PIECE
        # blocks that a carry does not outlive go side by side, and it is added to them afterwards
        self._reach = reach if reach < self._block or self._block == 1 else 0
        self._size = _PIECE // self._block * self._block
        self._grown, self._fallen = _powers(keep, min(self._block, rows))
        self._spare = np.empty(min(self._size, rows))

    def pieces(self, rows: int) -> Iterator[slice]:
        """The pieces of a column, in the order in which they must be run."""
        return (slice(start, min(start + self._size, rows)) for start in range(0, rows, self._size))

    def run(self, piece: _Floats) -> None:
        """Put y in the place of x. Pieces are those of `pieces`."""
        if self._keep == 0.0:
            return
        whole = len(piece) // self._block * self._block
        with np.errstate(over="ignore", invalid="ignore"):
            if whole:
                self._run(piece[:whole].reshape(-1, self._block))
            if whole < len(piece):
                self._run(piece[whole:].reshape(1, -1))

    def _run(self, blocks: _Floats) -> None:
        width = blocks.shape[1]
        sums = self._spare[: blocks.size].reshape(blocks.shape)
        np.multiply(blocks, self._grown[:width], out=sums)
        if not self._reach:
            sums[0, 0] += self._keep * self._last
        np.add.accumulate(sums, axis=1, out=sums)
        if not np.isfinite(sums[:, -1]).all():
            self._one_by_one(blocks.reshape(-1))
            return
        np.multiply(sums, self._fallen[:width], out=blocks)
        if self._reach:
            wake = self._fallen[: self._reach] * self._keep
            if len(blocks) > 1:
                blocks[1:, : self._reach] += blocks[:-1, -1:] * wake[:width]
            blocks[0, : self._reach] += self._last * wake[:width]
        self._last = float(blocks[-1, -1])

    def _one_by_one(self, x: _Floats) -> None:
        for row, value in enumerate(x.tolist()):
            self._last = x[row] = value + self._keep * self._last


@lru_cache(maxsize=64)
def _powers(keep: float, block: int) -> tuple[_Floats, _Floats]:
    """keep^-i and keep^i for the rows of a block."""
    fallen = np.power(keep, np.arange(block, dtype=np.float64))
    # a block of nothing kept has one row, which stays what it is
    return 1.0 / np.where(fallen > 0.0, fallen, 1.0), fallen


def scan(x: _Floats, keep: float) -> _Floats:
    """The recursion over a whole column."""
    out = np.array(x)
    recursion = Recursion(keep, len(x))
    for part in recursion.pieces(len(x)):
        recursion.run(out[part])
    return out


def scan_aged(x: _Floats, keep: _Floats) -> _Floats:
    """y[i] = x[i] + keep[i] · y[i - 1]."""
    out = np.empty(len(x))
    cliff = keep < _CLIFF
    fall = -np.log(np.where(cliff, 1.0, keep))
    number = (np.cumsum(fall) / math.log(_GROWTH)).astype(np.int64) + np.cumsum(cliff)
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    last = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(x)], strict=True):
            fallen = np.array(keep[start:stop])
            carry, fallen[0] = float(fallen[0]) * last, 1.0
            np.multiply.accumulate(fallen, out=fallen)
            sums = x[start:stop] / fallen
            sums[0] += carry
            np.add.accumulate(sums, out=sums)
            sums *= fallen
            if not math.isfinite(sums[-1]):
                sums = _aged_one_by_one(x[start:stop], keep[start:stop], last)
            out[start:stop] = sums
            last = float(sums[-1])
    return out


def _aged_one_by_one(x: _Floats, keep: _Floats, last: float) -> _Floats:
    out = np.empty(len(x))
    for row, (value, share) in enumerate(zip(x.tolist(), keep.tolist(), strict=True)):
        last = out[row] = value + share * last
    return out
