"""Bars that come in, against the parts that are stored: what is new, what is corrected, what to write.

Rows with a stored ts replace the stored row, or change nothing when they are equal. Rows inside a
part's range rewrite that part; rows outside become parts of their own. Spans that no row falls
into keep their digest, also when their part is rewritten.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.market.part import Part, Rows, Span, part_keys, span_keys, spans_of

__all__ = ["Draft", "Merged", "merge"]

Draft: TypeAlias = tuple[Rows, tuple[Span, ...]]
"""A part to be written: its rows and their spans."""


@dataclass(slots=True)
class Merged:
    """The outcome for one symbol: parts that stay, parts that go, parts to write, and the counts of rows."""

    kept: list[Part] = field(default_factory=list)
    dropped: list[Part] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    new: int = 0
    replaced: int = 0
    unchanged: int = 0


def merge(parts: tuple[Part, ...], rows: Rows, *, timeframe: str, read: Callable[[Part], Rows]) -> Merged:
    """Merge `rows` (ascending, without repeats) into the stored `parts` of one symbol.

    Appends stay cheap for ever: an appended part absorbs the parts before it that are no longer
    than itself, so a thousand daily appends leave about ten parts.
    """
    result = Merged()
    owner = _owners(parts, rows)
    for index, part in enumerate(parts):
        mine = rows.take(owner == index)
        if not len(mine):
            result.kept.append(part)
            continue
        stored = read(part)
        changed = _count(result, stored, mine)
        if changed is None:
            result.kept.append(part)
        else:
            result.dropped.append(part)
            result.drafts.append(_rewrite(part, stored, changed))
    free = owner < 0
    outside = rows if free.all() else rows.take(free)
    result.new += len(outside)
    for run in _runs(parts, outside, timeframe):
        draft: Draft = (run, spans_of(run, span_keys(run.ts, timeframe)))
        result.drafts.append(_absorb(result, draft, timeframe, read))
    return result


def _owners(parts: tuple[Part, ...], rows: Rows) -> npt.NDArray[np.int64]:
    """The index of the part whose range holds each row, -1 where none does."""
    if not parts:
        return np.full(len(rows), -1, dtype=np.int64)
    firsts = np.array([part.first for part in parts])
    lasts = np.array([part.last for part in parts])
    at = np.searchsorted(firsts, rows.ts, side="right") - 1
    return np.where((at >= 0) & (rows.ts <= lasts[at]), at, -1)


def _count(result: Merged, stored: Rows, mine: Rows) -> Rows | None:
    """Count new, replaced and unchanged rows; the rows that make a difference, or None."""
    at = np.minimum(np.searchsorted(stored.ts, mine.ts), len(stored) - 1)
    known = stored.ts[at] == mine.ts
    equal = known.copy()
    for old, new in zip(stored.values, mine.values, strict=True):
        before = old[at]
        equal &= (before == new) | (np.isnan(before) & np.isnan(new))
    result.unchanged += int(equal.sum())
    result.replaced += int((known & ~equal).sum())
    result.new += int((~known).sum())
    return None if equal.all() else mine.take(~equal)


def _rewrite(part: Part, stored: Rows, changed: Rows) -> Draft:
    """The part with the changed rows in it; only the spans that they fall into get a new digest."""
    stays = ~np.isin(stored.ts, changed.ts, assume_unique=True, kind="sort")
    joined = Rows.join([stored.take(stays), changed])
    rows = joined.take(np.argsort(joined.ts))
    firsts = [span.first for span in part.spans]
    touched = {bisect_right(firsts, int(ts)) - 1 for ts in changed.ts}
    edges = [*np.searchsorted(rows.ts, firsts).tolist(), len(rows)]
    spans = []
    for index, span in enumerate(part.spans):
        if index in touched:
            piece = rows.take(slice(edges[index], edges[index + 1]))
            span = Span(int(piece.ts[0]), int(piece.ts[-1]), len(piece), piece.digest())
        spans.append(span)
    return rows, tuple(spans)


def _runs(parts: tuple[Part, ...], rows: Rows, timeframe: str) -> Iterator[Rows]:
    """Stretches of rows that no stored part interrupts and that belong to one period."""
    if not len(rows):
        return
    between = np.searchsorted(np.array([part.first for part in parts], dtype=np.int64), rows.ts)
    keys = part_keys(rows.ts, timeframe)
    cuts = np.flatnonzero((between[1:] != between[:-1]) | (keys[1:] != keys[:-1])) + 1
    edges = [0, *cuts.tolist(), len(rows)]
    for start, stop in pairwise(edges):
        yield rows.take(slice(start, stop))


def _absorb(result: Merged, draft: Draft, timeframe: str, read: Callable[[Part], Rows]) -> Draft:
    """The draft, together with the parts right before it that are no longer than it and share its period."""
    rows, spans = draft
    while result.kept and result.kept[-1].last < spans[0].first:
        last = result.kept[-1]
        ends = np.array([last.last, spans[0].first])
        keys = part_keys(ends, timeframe)
        fresh = any(last.last < other[1][0].first < spans[0].first for other in result.drafts)
        if last.rows > len(rows) or keys[0] != keys[1] or fresh:
            break
        result.dropped.append(result.kept.pop())
        rows, spans = Rows.join([read(last), rows]), (*last.spans, *spans)
    return rows, spans
