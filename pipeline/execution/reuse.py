"""Reuse: which stored values serve a step, whole or in part.

A value serves under its own key. Beyond that, a step that works symbol by symbol takes each symbol from
any stored value of the same recipe whose bars of that symbol are the same; and where the node types are
proven causal, from a value over a longer range that begins with the same bars.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipeline.execution.holding import Coverage, Holding, Piece
from pipeline.execution.protocols import BarSource
from pipeline.model.bars import BarsRequest, ResolvedBars

__all__ = ["Reuse"]

NEWEST = 8
"""Stored values of one recipe that are looked at; a graph that runs daily leaves one a day."""


class Reuse:
    """Finds pieces for the steps of one plan. `sources` gives the resolved bars of each request by its token."""

    def __init__(self, market: BarSource) -> None:
        self._market = market
        self._longer: dict[tuple[BarsRequest, str], tuple[str | None, ...]] = {}
        self._matching: dict[tuple[int, str, bool], frozenset[str]] = {}

    def pieces(
        self,
        coverage: Coverage,
        bars: Sequence[tuple[str, ResolvedBars]],
        holdings: Sequence[Holding],
        *,
        single: bool,
        causal: bool,
    ) -> tuple[Piece, ...]:
        """Stored values that serve the symbols of `coverage`, each symbol once, the newest value first.

        `bars` are the step's bars by token. `single` asks for one value that serves all symbols, or none;
        `causal` allows the beginning of a longer range.
        """
        if not coverage.digests:
            return ()
        left = set(coverage.symbols)
        found: list[Piece] = []
        for holding in holdings[:NEWEST]:
            serves = self._serves(coverage, bars, holding.coverage, causal=causal)
            if single and len(serves) < len(coverage.symbols):
                continue
            taken = left & serves
            if taken:
                found.append(Piece(holding, tuple(s for s in coverage.symbols if s in taken)))
                left -= taken
            if not left:
                break
        return tuple(found)

    def _serves(
        self, wanted: Coverage, bars: Sequence[tuple[str, ResolvedBars]], held: Coverage, *, causal: bool
    ) -> frozenset[str]:
        """The symbols whose bars below a held value are those that are wanted, or begin with them."""
        known = self._matching.get((id(wanted), held.data, causal))
        if known is None:
            there = held.by_symbol
            same = {s for s, digest in wanted.by_symbol.items() if there.get(s) == digest}
            if causal and len(same) < len(wanted.symbols):
                same |= self._begun(bars, held)
            known = self._matching[id(wanted), held.data, causal] = frozenset(same)
        return known

    def _begun(self, bars: Sequence[tuple[str, ResolvedBars]], held: Coverage) -> set[str]:
        """The symbols whose held bars go on beyond the wanted ones and are still what the market has."""
        ends = dict(held.ends)
        # over several sources a digest is of all of them: each must end later, and no case needs that yet
        if len(bars) != 1 or len(ends) != 1 or bars[0][0] not in ends:
            return set()
        token, resolved = bars[0]
        if not _later(ends[token], resolved.request.end):
            return set()
        longer = self._longer.get((resolved.request, ends[token]))
        if longer is None:
            longer = self._market.extended(resolved, _instant(ends[token]))
            self._longer[resolved.request, ends[token]] = longer
        there = held.by_symbol
        return {s for s, digest in zip(resolved.symbols, longer, strict=True) if digest and there.get(s) == digest}


def _later(end: str, than: dt.datetime | None) -> bool:
    held = _instant(end)
    return than is not None and (held is None or held > than)


def _instant(end: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(end) if end else None
