"""Rows that come in as files: merged with the stored parts of their symbols, and written where that makes new ones."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from pipeline.market.file import WRITERS, publish, sync_folder
from pipeline.market.incoming import Incoming
from pipeline.market.manifest import Sheet, folder
from pipeline.market.merge import Draft, Merged, merge
from pipeline.market.panel import load_part
from pipeline.market.part import Part, Rows, encode_part

__all__ = ["Outcome", "write_merged"]


class Outcome(NamedTuple):
    """One symbol's parts before and after, and how they came about."""

    before: tuple[Part, ...]
    parts: tuple[Part, ...]
    merged: Merged


def write_merged(root: Path, sheet: Sheet, batch: Mapping[str, Incoming], outcomes: dict[str, Outcome]) -> None:
    """Merge each symbol whose parts are not those of the last attempt, and write the new parts.

    `outcomes` holds what was done in earlier attempts, and afterwards what was done in this one.
    """
    todo: list[tuple[str, Merged]] = []
    for symbol, incoming in batch.items():
        entry = sheet.entries.get(symbol)
        before = entry.parts if entry else ()
        if symbol not in outcomes or outcomes[symbol].before != before:
            place = root / folder(sheet.timeframe, symbol)

            def read(part: Part, place: Path = place) -> Rows:
                return load_part(place / part.name, part)

            merged = merge(before, incoming.rows, timeframe=sheet.timeframe, read=read)
            outcomes[symbol] = Outcome(before, before, merged)
            if merged.drafts:
                todo.append((symbol, merged))
    jobs = [(folder(sheet.timeframe, symbol), draft) for symbol, merged in todo for draft in merged.drafts]
    written = iter(_write(root, jobs))
    for symbol, merged in todo:
        parts = [*merged.kept, *(next(written) for _ in merged.drafts)]
        parts.sort(key=lambda part: part.first)
        outcomes[symbol] = outcomes[symbol]._replace(parts=tuple(parts))


def _write(root: Path, jobs: Sequence[tuple[str, Draft]]) -> list[Part]:
    def write(job: tuple[str, Draft]) -> Part:
        place, (rows, spans) = job
        part, data = encode_part(rows, spans)
        while not publish(root, root / place / part.name, data):
            # the name belongs to an older file that may be about to go: never share it
            part, data = encode_part(rows, spans, salt=secrets.token_hex(4))
        return part

    if not jobs:
        return []
    with ThreadPoolExecutor(min(WRITERS, len(jobs)), thread_name_prefix="market-write") as pool:
        written = list(pool.map(write, jobs))
        places = {root / place for place, _ in jobs}
        list(pool.map(sync_folder, [*places, *{place.parent for place in places}, root / "bars"]))
    return written
