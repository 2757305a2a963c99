"""What can be done to a market: bars stored or corrected, bars removed, symbols described. Each is one step."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pipeline.errors import MarketError
from pipeline.market.account import keep_account
from pipeline.market.action import NO_ACTIONS, Actions, encode_actions, ex_dates
from pipeline.market.advance import advance
from pipeline.market.facts import NO_FACTS, encode_facts
from pipeline.market.file import publish
from pipeline.market.incoming import Counts, Incoming
from pipeline.market.manifest import Entry, File, Head, Note, Sheet, folder, store_sheet
from pipeline.market.manifests import Manifests
from pipeline.market.request import no_such_symbols, no_such_timeframe
from pipeline.market.symbol import check_symbol, collision
from pipeline.market.write import Outcome, write_merged
from pipeline.model.bars import timeframe_seconds
from pipeline.model.digest import digest_bytes

__all__ = ["Counted", "describe_symbols", "remove_bars", "store_bars"]

Counted = Callable[[Mapping[str, Counts]], bytes]
"""The account of an import, once it is known what became of each symbol's rows."""


def store_bars(
    manifests: Manifests,
    timeframe: str,
    batch: Mapping[str, Incoming],
    *,
    synthetic: bool = False,
    account: Counted | None = None,
) -> dict[str, Counts]:
    """As `Market.store`."""
    timeframe_seconds(timeframe)
    batch = {check_symbol(symbol): incoming for symbol, incoming in batch.items() if len(incoming.rows)}
    outcomes: dict[str, Outcome] = {}

    def change(head: Head) -> Head:
        sheet = manifests.sheet(head, timeframe)
        if clash := collision([*sheet.entries, *batch]):
            raise MarketError(
                f"symbols {clash[0]!r} and {clash[1]!r} differ only in case",
                code="TG308",
                hint="Some file systems cannot keep them apart: rename one with --symbol.",
            )
        write_merged(manifests.root, sheet, batch, outcomes)
        entries, dropped = dict(sheet.entries), []
        for symbol, incoming in batch.items():
            outcome = outcomes[symbol]
            if outcome.parts == outcome.before:
                continue
            old = entries.get(symbol)
            invented = synthetic or (old is not None and old.synthetic)
            entries[symbol] = Entry(incoming.source, invented, outcome.parts)
            dropped += [f"{folder(timeframe, symbol)}/{part.name}" for part in outcome.merged.dropped]
        return _with_actions(manifests, _with_sheet(manifests, head, sheet, entries, dropped), timeframe, batch)

    def counts() -> dict[str, Counts]:
        merged = {symbol: outcomes[symbol].merged for symbol in batch}
        return {symbol: Counts(m.new, m.replaced, m.unchanged) for symbol, m in merged.items()}

    def note() -> Note:
        counted = counts().values()
        sources = list(dict.fromkeys(incoming.source for incoming in batch.values()))
        label = sources[0] if len(sources) == 1 else f"{len(sources)} sources"
        path = keep_account(manifests.root, account(counts())) if account else ""
        new, replaced = sum(c.new for c in counted), sum(c.replaced for c in counted)
        return Note(_now(), "import", timeframe, label, tuple(sorted(batch)), new, replaced, account=path)

    changed = advance(manifests, change, note)
    if account and not changed:
        keep_account(manifests.root, account(counts()), changed=False)
    return counts()


def remove_bars(manifests: Manifests, symbol: str, timeframe: str) -> None:
    """As `Market.remove`."""
    rows = 0

    def change(head: Head) -> Head:
        nonlocal rows
        if timeframe not in head.sheets:
            raise no_such_timeframe(timeframe, head.sheets)
        sheet = manifests.sheet(head, timeframe)
        if symbol not in sheet.entries:
            raise no_such_symbols([symbol], timeframe, sheet.entries)
        rows = sheet.entries[symbol].rows
        entries = {name: entry for name, entry in sheet.entries.items() if name != symbol}
        gone = [f"{folder(timeframe, symbol)}/{part.name}" for part in sheet.entries[symbol].parts]
        new = _with_sheet(manifests, head, sheet, entries, gone)
        if any(symbol in manifests.sheet(new, other).entries for other in new.sheets):
            return new
        table = {name: found for name, found in manifests.actions(head).items() if name != symbol}
        return _with_table(manifests, new, table)

    advance(manifests, change, lambda: Note(_now(), "remove", timeframe, "", (symbol,), removed=rows))


def describe_symbols(manifests: Manifests, symbols: Sequence[str], **facts: object) -> None:
    """As `Market.describe`."""
    root = manifests.root

    def change(head: Head) -> Head:
        table = manifests.facts(head)
        new = {**table, **{symbol: table.get(symbol, NO_FACTS).updated(**facts) for symbol in symbols}}
        if new == table:
            return head
        data = encode_facts(new)
        file = File(f"facts/{secrets.token_hex(12)}.json", digest_bytes(data))
        publish(root, root / file.path, data)
        return replace(head, facts=file, dropped=(*head.dropped, *([head.facts.path] if head.facts else [])))

    said = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
    advance(manifests, change, lambda: Note(_now(), "describe", "", said, tuple(sorted(symbols))))


def _with_sheet(manifests: Manifests, head: Head, sheet: Sheet, entries: dict[str, Entry], dropped: list[str]) -> Head:
    """The head with another sheet; the same head when the sheet says the same."""
    if entries == sheet.entries:
        return head
    old = head.sheets.get(sheet.timeframe)
    sheets = {timeframe: file for timeframe, file in head.sheets.items() if timeframe != sheet.timeframe}
    if entries:
        new = Sheet(sheet.timeframe, entries)
        sheets[sheet.timeframe] = store_sheet(manifests.root, new)
    return replace(head, sheets=sheets, dropped=(*head.dropped, *dropped, *([old.path] if old else [])))


def _with_actions(manifests: Manifests, head: Head, timeframe: str, batch: Mapping[str, Incoming]) -> Head:
    table = manifests.actions(head)
    daily = timeframe_seconds(timeframe) == timeframe_seconds("1d")
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
    return _with_table(manifests, head, {**table, **changed}) if changed else head


def _with_table(manifests: Manifests, head: Head, table: Mapping[str, Actions]) -> Head:
    if table == manifests.actions(head):
        return head
    data = encode_actions(table)
    file = File(f"actions/{secrets.token_hex(12)}.parquet", digest_bytes(data))
    publish(manifests.root, manifests.root / file.path, data)
    gone = (head.actions.path,) if head.actions else ()
    return replace(head, actions=file, dropped=(*head.dropped, *gone))


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
