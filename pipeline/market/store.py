"""The market of a project: bars of many symbols and timeframes in immutable parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.market.account import Account, accounts, keep_verified
from pipeline.market.action import NO_ACTIONS, encode_actions, same_actions
from pipeline.market.care import sweep, verify_all
from pipeline.market.change import Counted, describe_symbols, remove_bars, store_bars
from pipeline.market.clock import clocks_of
from pipeline.market.facts import Facts
from pipeline.market.finding import Finding
from pipeline.market.history import Difference, differences
from pipeline.market.incoming import Counts, Incoming
from pipeline.market.manifest import Head, Note, folder, notes
from pipeline.market.manifests import Manifests
from pipeline.market.panel import load_rows, panel_of
from pipeline.market.part import instant
from pipeline.market.request import check_columns, choose, end_of, no_such_timeframe
from pipeline.market.slower import columns_below, faster, slower_panel
from pipeline.model.bars import Adjust, BarsRequest, Offsets, Panel, ResolvedBars, timeframe_seconds

__all__ = ["Coverage", "Market"]

_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is stored of one symbol in one timeframe."""

    timeframe: str
    symbol: str
    rows: int
    first: dt.datetime
    last: dt.datetime
    parts: int
    source: str
    synthetic: bool


class Market:
    """Bars and corporate actions under one folder, for any number of readers and writers at once."""

    def __init__(self, root: Path) -> None:
        """Open the market at `root`; the folder need not exist before the first import."""
        self.root = root
        self._manifests = Manifests(root)

    def resolve(self, request: BarsRequest) -> ResolvedBars:
        """Which symbols `request` means, with a digest of each one's bars before its end.

        Reads the manifest and the actions, no bars. Named symbols without a bar before the end are
        left out as long as another has one. Raises MarketError TG301 (unknown symbols, all of them),
        TG302 (timeframe), TG303 (no bar in the range), TG306 (no timeframe at all).
        """
        stored = faster(request)

        def resolved(head: Head) -> ResolvedBars:
            if stored.timeframe not in head.sheets:
                raise no_such_timeframe(stored.timeframe, head.sheets)
            entries = self._manifests.sheet(head, stored.timeframe).entries
            symbols = choose(stored, {symbol: entry.spans for symbol, entry in entries.items()})
            return ResolvedBars(request, symbols, self._manifests.digests(head, request, symbols))

        return self._manifests.now(resolved)

    def read(self, resolved: ResolvedBars, columns: Sequence[str]) -> Panel:
        """The bars that were resolved: `columns` of all rows before the end, adjusted, by (symbol, ts).

        Gives the very data that the digests name, also when imports came in between (up to 32 of
        them). Raises MarketError TG305 when a part is missing or damaged, TG307 when the data has
        since gone; UsageError TG001 for a column that bars do not have.
        """
        request, symbols = resolved.request, resolved.symbols
        asked = check_columns(columns, request)

        def panel(head: Head) -> Panel:
            if request.resample is None:
                return self._stored(head, request, symbols, asked)
            made_of = self._stored(head, faster(request), symbols, columns_below(asked))
            clocks = clocks_of(request.resample, symbols, self._manifests.facts(head))
            return slower_panel(made_of, request, asked, clocks)

        return self._manifests.then(resolved, panel)

    def _stored(self, head: Head, request: BarsRequest, symbols: tuple[str, ...], columns: Sequence[str]) -> Panel:
        end = end_of(request)
        entries = self._manifests.sheet(head, request.timeframe).entries
        files, counts = [], []
        for symbol in symbols:
            parts = [part for part in entries[symbol].parts if end is None or part.first < end]
            place = f"{self.root}/{folder(request.timeframe, symbol)}"
            files += [(f"{place}/{part.name}", part) for part in parts]
            counts.append(sum(part.rows for part in parts))

        def load(needed: Sequence[str]) -> tuple[pl.DataFrame, Offsets]:
            return load_rows(files, needed), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

        actions = self._manifests.that_matter(head, request, symbols)
        return panel_of(
            symbols, columns=columns, actions=actions, end=end, forward=request.adjust == "forward", load=load
        )

    def extended(self, resolved: ResolvedBars, end: dt.datetime | None) -> tuple[str | None, ...]:
        """The digest of each symbol's bars up to a later `end`, as the market is now.

        None where an action between the two ends restates bars before the first, so that the longer
        range does not begin with the bars of `resolved`; None for all when a symbol has gone.
        """
        if resolved.request.resample:  # a longer range has bars that are unfinished in this one
            return (None,) * len(resolved.symbols)
        request, longer = resolved.request, replace(resolved.request, end=end)

        def digests(head: Head) -> tuple[str | None, ...]:
            there = self._manifests.sheet(head, request.timeframe).entries
            if any(symbol not in there for symbol in resolved.symbols):
                return (None,) * len(resolved.symbols)
            short, long = (self._manifests.that_matter(head, r, resolved.symbols) for r in (request, longer))
            found = self._manifests.digests(head, longer, resolved.symbols)
            return tuple(
                digest if same_actions(short.get(symbol), long.get(symbol)) else None
                for symbol, digest in zip(resolved.symbols, found, strict=True)
            )

        return self._manifests.now(digests)

    def coverage(self) -> list[Coverage]:
        """What is stored, by timeframe and symbol."""
        return self._manifests.now(
            lambda head: [
                Coverage(t, s, e.rows, instant(e.first), instant(e.last), len(e.parts), e.source, e.synthetic)
                for t in sorted(head.sheets, key=timeframe_seconds)
                for s, e in sorted(self._manifests.sheet(head, t).entries.items())
            ]
        )

    def show(self, symbol: str, timeframe: str, *, limit: int | None = 20, adjust: Adjust = "none") -> pl.DataFrame:
        """The last `limit` bars of a symbol (all when None): ts, open, high, low, close, volume."""
        resolved = self.resolve(BarsRequest(timeframe, (symbol,), adjust=adjust))
        panel = self.read(resolved, ("open", "high", "low", "close", "volume"))
        frame = pl.DataFrame([panel.ts, *(column.series.alias(name) for name, column in panel.columns.items())])
        return frame if limit is None else frame.tail(limit)

    def actions(self, symbol: str | None = None) -> pl.DataFrame:
        """The dividends and splits of a symbol, or of all, by ex-date: symbol, ts, dividend, split, close."""
        table = self._manifests.now(self._manifests.actions)
        return pl.read_parquet(encode_actions(table if symbol is None else {symbol: table.get(symbol, NO_ACTIONS)}))

    def verify(self) -> list[Finding]:
        """What is damaged, and what looks odd, in all that is stored. Changes and deletes no bar.

        What was found is kept among `accounts` until it is verified anew.
        """
        state, findings = verify_all(self._manifests)
        if state:
            # who may only read this market is told all the same
            with suppress(OSError):
                keep_verified(self.root, findings, state)
        return findings

    def accounts(self) -> list[Account]:
        """What imports took, dropped and found, newest first (of the newest 256), and what was last verified."""
        return accounts(self.root)

    def store(
        self,
        timeframe: str,
        batch: Mapping[str, Incoming],
        *,
        synthetic: bool = False,
        account: Counted | None = None,
    ) -> dict[str, Counts]:
        """Add bars, or correct stored ones, in one step that a reader sees whole or not at all.

        A row whose ts is stored replaces the stored row; an equal row changes nothing. Actions are
        replaced at the instants of the rows that come in. `account` is kept with the change. Raises MarketError
        TG308 for a symbol that cannot be stored, TG307 when other writers win again and again, TG305 when a stored
        part that must be merged is damaged.
        """
        return store_bars(self._manifests, timeframe, batch, synthetic=synthetic, account=account)

    def remove(self, symbol: str, timeframe: str) -> None:
        """Forget the bars of a symbol in a timeframe, and its actions when no timeframe has it any more."""
        remove_bars(self._manifests, symbol, timeframe)

    def describe(self, symbols: Sequence[str], **facts: object) -> None:
        """Keep facts of symbols (see `Facts`); those that are not given stay. Raises UsageError, MarketError TG309."""
        describe_symbols(self._manifests, symbols, **facts)

    def facts(self) -> dict[str, Facts]:
        """What is known about symbols besides their bars; symbols of which nothing is known are left out."""
        return self._manifests.now(self._manifests.facts)

    def log(self) -> list[tuple[int, Note]]:
        """Every change, newest first: its number and what was done."""
        return notes(self.root)

    def diff(self, old: int, new: int | None = None) -> list[Difference]:
        """What the bars of state `new` (now when None) have otherwise than those of state `old`.

        The newest 32 states are kept, 0 is the empty market. Raises UsageError TG001 for one that is not.
        """
        return differences(self._manifests, old, new)

    def sweep(self, *, older_than: float = _A_DAY) -> list[Path]:
        """Delete files that no kept head names, left by killed writers, if older than so many seconds."""
        return sweep(self._manifests, older_than=older_than)
