"""The whole of a market looked after: every bar checked, and files swept that killed writers left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.errors import MarketError
from pipeline.market.account import accounts_kept
from pipeline.market.across import across, quiet_of
from pipeline.market.action import NO_ACTIONS
from pipeline.market.facts import NO_FACTS
from pipeline.market.file import INCOMING
from pipeline.market.finding import Finding
from pipeline.market.manifest import Head, folder, is_kept, newest_heads, notes
from pipeline.market.manifests import Manifests
from pipeline.market.panel import load_part
from pipeline.market.part import Rows
from pipeline.market.verify import check_bars, damage_of
from pipeline.model.bars import timeframe_seconds

__all__ = ["sweep", "verify_all"]


def verify_all(manifests: Manifests) -> tuple[int, list[Finding]]:
    """Number of the newest state, and what is damaged or looks odd in all that is stored in it."""
    head, findings = manifests.now(lambda head: (head, _findings(manifests, head)))
    if any(finding.check == "damaged_part" for finding in findings) and not is_kept(manifests.root, head):
        return verify_all(manifests)  # what was missing had been pruned meanwhile
    return head.number, findings


def _findings(manifests: Manifests, head: Head) -> list[Finding]:
    findings: list[Finding] = []
    table, facts = manifests.actions(head), manifests.facts(head)
    for timeframe in sorted(head.sheets, key=timeframe_seconds):
        quiet = []
        for symbol, entry in sorted(manifests.sheet(head, timeframe).entries.items()):
            pieces = []
            for part in entry.parts:
                try:
                    pieces.append(load_part(manifests.root / folder(timeframe, symbol) / part.name, part))
                except MarketError as error:
                    findings.append(damage_of(symbol, timeframe, part, error))
            if pieces:
                rows, actions = Rows.join(pieces), table.get(symbol, NO_ACTIONS)
                calendar = facts.get(symbol, NO_FACTS).calendar
                findings += check_bars(symbol, timeframe, rows, actions, calendar)
                quiet.append(quiet_of(rows.ts, timeframe))
        findings += across(timeframe, quiet)
    return findings


def sweep(manifests: Manifests, *, older_than: float) -> list[Path]:
    """Delete files that no kept head names, if older than so many seconds."""
    root = manifests.root
    named = {*accounts_kept(root, notes(root))}
    for head in newest_heads(root):
        try:
            named |= {*head.dropped, *_named(manifests, head)}
        except MarketError:
            if is_kept(root, head):
                raise
    oldest, swept = time.time() - older_than, []
    for place in (INCOMING, "sheets", "actions", "facts", "accounts", "bars"):
        for path in sorted((root / place).rglob("*")):
            if path.is_dir() or path.relative_to(root).as_posix() in named:
                continue
            with suppress(FileNotFoundError):  # other writers' files come and go
                if path.stat().st_mtime <= oldest:
                    path.unlink()
                    swept.append(path)
    return swept


def _named(manifests: Manifests, head: Head) -> Iterator[str]:
    """The files that a head names."""
    yield from (file.path for file in (*head.sheets.values(), head.actions, head.facts) if file)
    for timeframe in head.sheets:
        for symbol, entry in manifests.sheet(head, timeframe).entries.items():
            yield from (f"{folder(timeframe, symbol)}/{part.name}" for part in entry.parts)
