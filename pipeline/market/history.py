"""What the bars of one state of a market have otherwise than those of another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import MarketError, UsageError
from pipeline.market.manifest import Entry, Head, folder, is_kept, newest_heads
from pipeline.market.manifests import Manifests
from pipeline.market.panel import load_part
from pipeline.market.part import Part, Rows, instant
from pipeline.model.bars import timeframe_seconds

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs of one symbol between two states: bars that came, that went, and that have other values.

    `first` and `last` are the times of the first and last bar that differ.
    """

    timeframe: str
    symbol: str
    added: int
    removed: int
    changed: int
    first: dt.datetime
    last: dt.datetime


def differences(manifests: Manifests, old: int, new: int | None) -> list[Difference]:
    """What the bars of state `new` (now when None) have otherwise than those of `old`; 0 is the empty market.

    Only parts that the other state does not have are read. Raises UsageError TG001 for a state that is not kept.
    """
    heads = {0: Head(), **{head.number: head for head in newest_heads(manifests.root)}}
    wanted = (old, max(heads) if new is None else new)
    for number in wanted:
        if number not in heads:
            kept = f"Kept are 0 (empty), {', '.join(map(str, sorted(heads)[1:]))}; `tradegraph data log` lists them."
            raise UsageError(f"state {number} is not kept", hint=kept)
    before, after = (heads[number] for number in wanted)
    try:
        return _between(manifests, before, after)
    except MarketError:
        for head in (before, after):
            if not is_kept(manifests.root, head):
                hint = "`tradegraph data log` lists those that are."
                raise UsageError(f"state {head.number} is not kept any more", hint=hint) from None
        raise


def _between(manifests: Manifests, before: Head, after: Head) -> list[Difference]:
    found = []
    for timeframe in sorted({*before.sheets, *after.sheets}, key=timeframe_seconds):
        left, right = manifests.sheet(before, timeframe), manifests.sheet(after, timeframe)
        for symbol in sorted({*left.entries, *right.entries}):
            place = manifests.root / folder(timeframe, symbol)
            mine, theirs = _parts(left.entries, symbol), _parts(right.entries, symbol)
            gone = [load_part(place / part.name, part) for part in mine if part not in theirs]
            come = [load_part(place / part.name, part) for part in theirs if part not in mine]
            difference = _compared(timeframe, symbol, gone, come)
            if difference is not None:
                found.append(difference)
    return found


def _parts(entries: Mapping[str, Entry], symbol: str) -> tuple[Part, ...]:
    entry = entries.get(symbol)
    return entry.parts if entry else ()


def _compared(timeframe: str, symbol: str, gone: Sequence[Rows], come: Sequence[Rows]) -> Difference | None:
    none = np.zeros(0, dtype=np.int64)
    old, new = (Rows.join(list(rows)) if rows else Rows(none, (np.zeros(0),) * 5) for rows in (gone, come))
    shared, at_old, at_new = np.intersect1d(old.ts, new.ts, assume_unique=True, return_indices=True)
    same = np.ones(len(shared), dtype=bool)
    for was, now in zip(old.values, new.values, strict=True):
        a, b = was[at_old], now[at_new]
        same &= (a == b) | (np.isnan(a) & np.isnan(b))
    differing = np.concatenate([np.setxor1d(old.ts, new.ts, assume_unique=True), shared[~same]])
    if not len(differing):
        return None
    return Difference(
        timeframe,
        symbol,
        added=len(new) - len(shared),
        removed=len(old) - len(shared),
        changed=int((~same).sum()),
        first=instant(int(differing.min())),
        last=instant(int(differing.max())),
    )
