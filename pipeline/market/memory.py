"""A market without a disk: the same answers from polars frames, for tests and for plugin authors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline.errors import MarketError
from pipeline.market.action import Actions, actions_of, same_actions
from pipeline.market.clock import clocks_of, slower_digests
from pipeline.market.facts import Facts
from pipeline.market.panel import panel_of
from pipeline.market.part import Rows, Span, span_keys, spans_of
from pipeline.market.request import check_columns, choose, end_of, no_such_timeframe, symbol_digest
from pipeline.market.slower import columns_below, faster, slower_panel
from pipeline.model.bars import BarsRequest, Offsets, Panel, ResolvedBars

__all__ = ["MemoryMarket"]


class _Stored(NamedTuple):
    rows: Rows
    spans: tuple[Span, ...]
    actions: Actions


def _stored(frame: pl.DataFrame, timeframe: str) -> _Stored:
    rows = Rows.of(frame)
    dividend, split = (
        frame[name].cast(pl.Float64).fill_null(blank).to_numpy() if name in frame.columns else np.full(len(rows), blank)
        for name, blank in (("dividend", 0.0), ("split", 1.0))
    )
    actions = actions_of(rows.ts, dividend, split, rows.values[3])
    return _Stored(rows, spans_of(rows, span_keys(rows.ts, timeframe)), actions)


class MemoryMarket:
    """Bars by timeframe: frames with symbol, ts, open, high, low, close, volume and perhaps dividend, split."""

    def __init__(self, frames: Mapping[str, pl.DataFrame], facts: Mapping[str, Facts] | None = None) -> None:
        """Take the frames, in any order of rows; a repeated (symbol, ts) keeps its last row. `facts` are of symbols."""
        self._facts = facts or {}
        self._bars: dict[str, dict[str, _Stored]] = {}
        for timeframe, frame in frames.items():
            moments = pl.col("ts").cast(pl.Datetime("us"))
            frame = frame.with_columns(moments.dt.replace_time_zone("UTC"))
            frame = frame.unique(["symbol", "ts"], keep="last", maintain_order=True).sort("symbol", "ts")
            self._bars[timeframe] = {
                str(key[0]): _stored(piece, timeframe)
                for key, piece in frame.partition_by("symbol", as_dict=True, maintain_order=True).items()
            }

    def resolve(self, request: BarsRequest) -> ResolvedBars:
        """As `Market.resolve`, with the digests that a market has after one import of the same bars."""
        if request.resample:
            made_of = self.resolve(faster(request))
            clocks = clocks_of(request.resample, made_of.symbols, self._facts)
            return ResolvedBars(request, made_of.symbols, slower_digests(made_of.digests, clocks))
        stored = self._stored(request)
        symbols = choose(request, {symbol: bars.spans for symbol, bars in stored.items()})
        return ResolvedBars(request, symbols, tuple(self._digest(symbol, request) for symbol in symbols))

    def read(self, resolved: ResolvedBars, columns: Sequence[str]) -> Panel:
        """As `Market.read`; MarketError TG307 when the digests are not those of these bars."""
        request = resolved.request
        asked = check_columns(columns, request)
        if request.resample:
            digests = tuple(self._digest(symbol, faster(request)) for symbol in resolved.symbols)
            clocks = clocks_of(request.resample, resolved.symbols, self._facts)
            if slower_digests(digests, clocks) != resolved.digests:
                raise _gone()
            made_of = ResolvedBars(faster(request), resolved.symbols, digests)
            return slower_panel(self.read(made_of, columns_below(asked)), request, asked, clocks)
        stored = self._stored(request)
        if any(
            s not in stored or self._digest(s, request) != d
            for s, d in zip(resolved.symbols, resolved.digests, strict=True)
        ):
            raise _gone()
        rows = [stored[symbol].rows for symbol in resolved.symbols]
        end = end_of(request)

        def load(needed: Sequence[str]) -> tuple[pl.DataFrame, Offsets]:
            offsets = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
            return Rows.join(rows).frame().select("ts", *needed), offsets

        actions = {s: stored[s].actions.that_matter(request.adjust, end) for s in resolved.symbols}
        return panel_of(
            resolved.symbols, columns=asked, actions=actions, end=end, forward=request.adjust == "forward", load=load
        )

    def extended(self, resolved: ResolvedBars, end: dt.datetime | None) -> tuple[str | None, ...]:
        """As `Market.extended`."""
        if resolved.request.resample:  # a longer range has bars that are unfinished in this one
            return (None,) * len(resolved.symbols)
        request, longer = resolved.request, replace(resolved.request, end=end)
        stored = self._stored(request)
        found: list[str | None] = []
        for symbol in resolved.symbols:
            short, long = (stored[symbol].actions.that_matter(r.adjust, end_of(r)) for r in (request, longer))
            found.append(self._digest(symbol, longer) if same_actions(short, long) else None)
        return tuple(found)

    def _stored(self, request: BarsRequest) -> Mapping[str, _Stored]:
        if request.timeframe not in self._bars:
            raise no_such_timeframe(request.timeframe, self._bars)
        return self._bars[request.timeframe]

    def _digest(self, symbol: str, request: BarsRequest) -> str:
        stored, end = self._stored(request)[symbol], end_of(request)
        actions = stored.actions.that_matter(request.adjust, end)
        return symbol_digest(symbol, request.timeframe, spans=stored.spans, end=end, actions=actions)


def _gone() -> MarketError:
    return MarketError("the bars of this plan are not in this market", code="TG307", hint="Plan and run again.")
