"""The market of a project: bars of many symbols and timeframes in immutable parts."""

from __future__ import annotations

import datetime as dt
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from pipeline.errors import MarketError
from pipeline.market.action import NO_ACTIONS, Actions, encode_actions, ex_dates, same_actions
from pipeline.market.care import sweep, verify_all
from pipeline.market.facts import NO_FACTS, Facts, encode_facts
from pipeline.market.file import WRITERS, publish, sync_folder
from pipeline.market.finding import Finding
from pipeline.market.history import Difference, differences
from pipeline.market.manifest import (
    Entry,
    File,
    Head,
    Note,
    Sheet,
    folder,
    notes,
    prune,
    store_sheet,
    swap,
)
from pipeline.market.manifests import Manifests
from pipeline.market.merge import Draft, Merged, merge
from pipeline.market.panel import load_part, load_rows, panel_of
from pipeline.market.part import Floats, Part, Rows, encode_part, instant
from pipeline.market.request import (
    check_columns,
    choose,
    end_of,
    no_such_symbols,
    no_such_timeframe,
)
from pipeline.market.slower import columns_below, faster, of_faster, slower_panel
from pipeline.market.symbol import check_symbol, collision
from pipeline.model.bars import Adjust, BarsRequest, Offsets, Panel, ResolvedBars, timeframe_seconds
from pipeline.model.digest import digest_bytes

__all__ = ["Counts", "Coverage", "Incoming", "Market"]

ATTEMPTS = 200
"""Each lost attempt means that another writer got through, so this many in a row is no accident."""

_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """Bars of one symbol on their way in. `actions` None says that the source tells nothing about them.

    `adjusted` are the vendor's adjusted closes, for comparison alone.
    """

    rows: Rows
    actions: Actions | None = None
    source: str = ""
    adjusted: Floats | None = None


class Counts(NamedTuple):
    """What became of the rows of one symbol."""

    new: int = 0
    replaced: int = 0
    unchanged: int = 0


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


class _Outcome(NamedTuple):
    before: tuple[Part, ...]
    parts: tuple[Part, ...]
    merged: Merged


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
        if request.resample:
            return of_faster(self.resolve(faster(request)), request)
        head = self._manifests.head()
        if request.timeframe not in head.sheets:
            raise no_such_timeframe(request.timeframe, head.sheets)
        entries = self._manifests.sheet(head, request.timeframe).entries
        symbols = choose(request, {symbol: entry.spans for symbol, entry in entries.items()})
        return ResolvedBars(request, symbols, self._manifests.digests(head, request, symbols))

    def read(self, resolved: ResolvedBars, columns: Sequence[str]) -> Panel:
        """The bars that were resolved: `columns` of all rows before the end, adjusted, by (symbol, ts).

        Gives the very data that the digests name, also when imports came in between (up to 32 of
        them). Raises MarketError TG305 when a part is missing or damaged, TG307 when the data has
        since gone; UsageError TG001 for a column that bars do not have.
        """
        request, end = resolved.request, end_of(resolved.request)
        asked = check_columns(columns, request)
        if request.resample:
            made_of = of_faster(resolved, faster(request))
            return slower_panel(self.read(made_of, columns_below(asked)), request, asked)
        head = self._manifests.head_of(resolved)
        entries = self._manifests.sheet(head, request.timeframe).entries
        files, counts = [], []
        for symbol in resolved.symbols:
            parts = [part for part in entries[symbol].parts if end is None or part.first < end]
            files += [(self._path(request.timeframe, symbol, part), part) for part in parts]
            counts.append(sum(part.rows for part in parts))

        def load(needed: Sequence[str]) -> tuple[pl.DataFrame, Offsets]:
            return load_rows(files, needed), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

        actions = self._manifests.that_matter(head, request, resolved.symbols)
        return panel_of(
            resolved.symbols, columns=asked, actions=actions, end=end, forward=request.adjust == "forward", load=load
        )

    def extended(self, resolved: ResolvedBars, end: dt.datetime | None) -> tuple[str | None, ...]:
        """The digest of each symbol's bars up to a later `end`, as the market is now.

        None where an action between the two ends restates bars before the first, so that the longer
        range does not begin with the bars of `resolved`; None for all when a symbol has gone.
        """
        if resolved.request.resample:  # a longer range has bars that are unfinished in this one
            return (None,) * len(resolved.symbols)
        head, request = self._manifests.head(), resolved.request
        longer = replace(request, end=end)
        there = self._manifests.sheet(head, request.timeframe).entries
        if any(symbol not in there for symbol in resolved.symbols):
            return (None,) * len(resolved.symbols)
        short, long = (self._manifests.that_matter(head, r, resolved.symbols) for r in (request, longer))
        digests = self._manifests.digests(head, longer, resolved.symbols)
        return tuple(
            digest if same_actions(short.get(symbol), long.get(symbol)) else None
            for symbol, digest in zip(resolved.symbols, digests, strict=True)
        )

    def coverage(self) -> list[Coverage]:
        """What is stored, by timeframe and symbol."""
        head = self._manifests.head()
        return [
            Coverage(t, s, e.rows, instant(e.first), instant(e.last), len(e.parts), e.source, e.synthetic)
            for t in sorted(head.sheets, key=timeframe_seconds)
            for s, e in sorted(self._manifests.sheet(head, t).entries.items())
        ]

    def show(self, symbol: str, timeframe: str, *, limit: int | None = 20, adjust: Adjust = "none") -> pl.DataFrame:
        """The last `limit` bars of a symbol (all when None): ts, open, high, low, close, volume."""
        resolved = self.resolve(BarsRequest(timeframe, (symbol,), adjust=adjust))
        panel = self.read(resolved, ("open", "high", "low", "close", "volume"))
        frame = pl.DataFrame([panel.ts, *(column.series.alias(name) for name, column in panel.columns.items())])
        return frame if limit is None else frame.tail(limit)

    def actions(self, symbol: str) -> pl.DataFrame:
        """The dividends and splits of a symbol by ex-date: symbol, ts, dividend, split, close."""
        found = self._manifests.actions(self._manifests.head()).get(symbol, NO_ACTIONS)
        return pl.read_parquet(encode_actions({symbol: found}))

    def all_actions(self) -> pl.DataFrame:
        """The dividends and splits of all symbols: symbol, ts, dividend, split, close."""
        return pl.read_parquet(encode_actions(self._manifests.actions(self._manifests.head())))

    def verify(self) -> list[Finding]:
        """What is damaged, and what looks odd, in all that is stored. Changes and deletes nothing."""
        return verify_all(self._manifests)

    def store(self, timeframe: str, batch: Mapping[str, Incoming], *, synthetic: bool = False) -> dict[str, Counts]:
        """Add bars, or correct stored ones, in one step that a reader sees whole or not at all.

        A row whose ts is stored replaces the stored row; an equal row changes nothing. Actions are
        replaced at the instants of the rows that come in. Raises MarketError TG308 for a symbol that
        cannot be stored, TG307 when other writers win `ATTEMPTS` times, TG305 when a stored part
        that must be merged is damaged.
        """
        timeframe_seconds(timeframe)
        batch = {check_symbol(symbol): incoming for symbol, incoming in batch.items() if len(incoming.rows)}
        outcomes: dict[str, _Outcome] = {}

        def change(head: Head) -> Head:
            sheet = self._manifests.sheet(head, timeframe)
            if clash := collision([*sheet.entries, *batch]):
                raise MarketError(
                    f"symbols {clash[0]!r} and {clash[1]!r} differ only in case",
                    code="TG308",
                    hint="Some file systems cannot keep them apart: rename one with --symbol.",
                )
            self._merge(sheet, batch, outcomes)
            entries, dropped = dict(sheet.entries), []
            for symbol, incoming in batch.items():
                outcome = outcomes[symbol]
                if outcome.parts == outcome.before:
                    continue
                old = entries.get(symbol)
                invented = synthetic or (old is not None and old.synthetic)
                entries[symbol] = Entry(incoming.source, invented, outcome.parts)
                dropped += [f"{folder(timeframe, symbol)}/{part.name}" for part in outcome.merged.dropped]
            return self._with_actions(self._with_sheet(head, sheet, entries, dropped), timeframe, batch)

        def note() -> Note:
            merged = [outcomes[symbol].merged for symbol in batch]
            sources = list(dict.fromkeys(incoming.source for incoming in batch.values()))
            label = sources[0] if len(sources) == 1 else f"{len(sources)} sources"
            counts = sum(m.new for m in merged), sum(m.replaced for m in merged)
            return Note(_now(), "import", timeframe, label, tuple(sorted(batch)), *counts)

        self._advance(change, note)
        merged = {symbol: outcomes[symbol].merged for symbol in batch}
        return {symbol: Counts(m.new, m.replaced, m.unchanged) for symbol, m in merged.items()}

    def remove(self, symbol: str, timeframe: str) -> None:
        """Forget the bars of a symbol in a timeframe, and its actions when no timeframe has it any more."""
        rows = 0

        def change(head: Head) -> Head:
            nonlocal rows
            if timeframe not in head.sheets:
                raise no_such_timeframe(timeframe, head.sheets)
            sheet = self._manifests.sheet(head, timeframe)
            if symbol not in sheet.entries:
                raise no_such_symbols([symbol], timeframe, sheet.entries)
            rows = sheet.entries[symbol].rows
            entries = {name: entry for name, entry in sheet.entries.items() if name != symbol}
            gone = [f"{folder(timeframe, symbol)}/{part.name}" for part in sheet.entries[symbol].parts]
            new = self._with_sheet(head, sheet, entries, gone)
            if any(symbol in self._manifests.sheet(new, other).entries for other in new.sheets):
                return new
            table = {name: found for name, found in self._manifests.actions(head).items() if name != symbol}
            return self._with_table(new, table)

        self._advance(change, lambda: Note(_now(), "remove", timeframe, "", (symbol,), removed=rows))

    def describe(self, symbols: Sequence[str], **facts: object) -> None:
        """Keep facts of symbols (see `Facts`); those that are not given stay. Raises UsageError, MarketError TG309."""

        def change(head: Head) -> Head:
            table = self._manifests.facts(head)
            new = {**table, **{symbol: table.get(symbol, NO_FACTS).updated(**facts) for symbol in symbols}}
            if new == table:
                return head
            data = encode_facts(new)
            file = File(f"facts/{secrets.token_hex(12)}.json", digest_bytes(data))
            publish(self.root, self.root / file.path, data)
            return replace(head, facts=file, dropped=(*head.dropped, *([head.facts.path] if head.facts else [])))

        said = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
        self._advance(change, lambda: Note(_now(), "describe", "", said, tuple(sorted(symbols))))

    def facts(self) -> dict[str, Facts]:
        """What is known about symbols besides their bars; symbols of which nothing is known are left out."""
        return self._manifests.facts(self._manifests.head())

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

    def _path(self, timeframe: str, symbol: str, part: Part) -> Path:
        return self.root / folder(timeframe, symbol) / part.name

    def _advance(self, change: Callable[[Head], Head], note: Callable[[], Note]) -> None:
        """Put what `change` makes of the head in its place; again from the new head if another was first."""
        for attempt in range(ATTEMPTS):
            base = replace(self._manifests.head(), dropped=(), note=None)
            new = change(base)
            if new is base:
                return
            new = replace(new, note=note())
            for name in ("sheets", "actions", "facts"):
                sync_folder(self.root / name)
            if swap(self.root, base, new):
                sync_folder(self.root / "heads")
                prune(self.root)
                if base.number % 64 == 63:
                    self.sweep()
                return
            time.sleep(secrets.randbelow(1 + min(attempt, 20)) / 1_000)
        raise MarketError(
            f"{self.root} was changed by other writers {ATTEMPTS} times while this import tried to finish",
            code="TG307",
            hint="Import again, with fewer imports at once.",
        )

    def _merge(self, sheet: Sheet, batch: Mapping[str, Incoming], outcomes: dict[str, _Outcome]) -> None:
        """Merge each symbol whose parts are not those of the last attempt, and write the new parts."""
        todo: list[tuple[str, Merged]] = []
        for symbol, incoming in batch.items():
            entry = sheet.entries.get(symbol)
            before = entry.parts if entry else ()
            if symbol not in outcomes or outcomes[symbol].before != before:

                def read(part: Part, symbol: str = symbol) -> Rows:
                    return load_part(self._path(sheet.timeframe, symbol, part), part)

                merged = merge(before, incoming.rows, timeframe=sheet.timeframe, read=read)
                outcomes[symbol] = _Outcome(before, before, merged)
                if merged.drafts:
                    todo.append((symbol, merged))
        jobs = [(folder(sheet.timeframe, symbol), draft) for symbol, merged in todo for draft in merged.drafts]
        written = iter(self._write(jobs))
        for symbol, merged in todo:
            parts = [*merged.kept, *(next(written) for _ in merged.drafts)]
            parts.sort(key=lambda part: part.first)
            outcomes[symbol] = outcomes[symbol]._replace(parts=tuple(parts))

    def _write(self, jobs: Sequence[tuple[str, Draft]]) -> list[Part]:
        def write(job: tuple[str, Draft]) -> Part:
            place, (rows, spans) = job
            part, data = encode_part(rows, spans)
            while not publish(self.root, self.root / place / part.name, data):
                # the name belongs to an older file that may be about to go: never share it
                part, data = encode_part(rows, spans, salt=secrets.token_hex(4))
            return part

        if not jobs:
            return []
        with ThreadPoolExecutor(min(WRITERS, len(jobs)), thread_name_prefix="market-write") as pool:
            written = list(pool.map(write, jobs))
            places = {self.root / place for place, _ in jobs}
            list(pool.map(sync_folder, [*places, *{place.parent for place in places}, self.root / "bars"]))
        return written

    def _with_sheet(self, head: Head, sheet: Sheet, entries: dict[str, Entry], dropped: list[str]) -> Head:
        """The head with another sheet; the same head when the sheet says the same."""
        if entries == sheet.entries:
            return head
        old = head.sheets.get(sheet.timeframe)
        sheets = {timeframe: file for timeframe, file in head.sheets.items() if timeframe != sheet.timeframe}
        if entries:
            new = Sheet(sheet.timeframe, entries)
            sheets[sheet.timeframe] = store_sheet(self.root, new)
        return replace(head, sheets=sheets, dropped=(*head.dropped, *dropped, *([old.path] if old else [])))

    def _with_actions(self, head: Head, timeframe: str, batch: Mapping[str, Incoming]) -> Head:
        table = self._manifests.actions(head)
        daily = timeframe_seconds(timeframe) == _A_DAY
        changed: dict[str, Actions] = {}
        for symbol, incoming in batch.items():
            old = table.get(symbol, NO_ACTIONS)
            new, days = old, ex_dates(incoming.rows.ts)
            if incoming.actions is not None:
                new = old.merged(incoming.actions, days)
            elif daily and len(old):
                new = old.with_closes(days, incoming.rows.values[3])
            if not new.equals(old):
                changed[symbol] = new
        return self._with_table(head, {**table, **changed}) if changed else head

    def _with_table(self, head: Head, table: Mapping[str, Actions]) -> Head:
        if table == self._manifests.actions(head):
            return head
        data = encode_actions(table)
        file = File(f"actions/{secrets.token_hex(12)}.parquet", digest_bytes(data))
        publish(self.root, self.root / file.path, data)
        gone = (head.actions.path,) if head.actions else ()
        return replace(head, actions=file, dropped=(*head.dropped, *gone))


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
