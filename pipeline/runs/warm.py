"""What a worker keeps from one task to the next: bars that it read, values that it was handed or handed over itself.

Tasks of a run want the same few values again and again; to read one from its file, checksum and all, takes longer than
many a node that uses it. What is kept is found by what it is (a content key, digests of bars), so it is never stale.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from pipeline.execution.holding import Holding
from pipeline.execution.part import Part
from pipeline.execution.protocols import BarSource, Value
from pipeline.model.bars import BarsRequest, Panel, ResolvedBars
from pipeline.model.kind import Dtype
from pipeline.store.segment import Segments

__all__ = ["WarmMarket", "WarmSegments", "Warmth"]


class Warmth:
    """Things of at most `limit` bytes together; what was not used for the longest time goes first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Any:
        """What is kept under a key, None when nothing is."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, thing: Any, size: int) -> None:
        """Keep a thing of so many bytes, if there can be room for it."""
        if size > self.limit or key in self._kept:
            return
        self._kept[key] = thing, size
        self._bytes += size
        while self._bytes > self.limit:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed


class WarmMarket:
    """Bars of a market, those that were read before from memory."""

    def __init__(self, market: BarSource, warmth: Warmth) -> None:
        self._market, self._warmth = market, warmth

    def resolve(self, request: BarsRequest) -> ResolvedBars:
        """As the market does: its files may change."""
        return self._market.resolve(request)

    def extended(self, resolved: ResolvedBars, end: dt.datetime | None) -> tuple[str | None, ...]:
        """As the market does."""
        return self._market.extended(resolved, end)

    def read(self, resolved: ResolvedBars, columns: Sequence[str]) -> Panel:
        """The whole history up to the request's end. Raises MarketError TG305."""
        key = resolved, tuple(columns)
        panel: Panel | None = self._warmth.get(key)
        if panel is None:
            panel = self._market.read(resolved, columns)
            size = sum(column.nbytes for column in panel.columns.values()) + 8 * len(panel)
            self._warmth.put(key, panel, size)
        return panel


class WarmSegments(Segments):
    """The store of a task's values, which reads those that it knows from memory: whole values of columns."""

    def __init__(self, *args: Any, warmth: Warmth, **options: Any) -> None:
        super().__init__(*args, **options)
        self._warmth = warmth

    def read(self, key: str, columns: Sequence[tuple[str, Dtype]], part: Part | None = None) -> Value | None:
        """The value of a key or a part of it, as `Segments.read` gives it."""
        if part is not None or not columns or self.known(key) is None:
            return super().read(key, columns, part)
        kept: Value | None = self._warmth.get(key)
        if kept is None:
            kept = super().read(key, columns)
            self._keep(key, kept)
        return kept

    def put(self, holding: Holding, value: Value, panel: Panel | None, *, keep: bool = True) -> int:
        """Take a value; the next task may want one that is handed over."""
        if holding.recipe in self.passed_on:
            self._keep(holding.key, value)
        return super().put(holding, value, panel, keep=keep)

    def _keep(self, key: str, value: Value | None) -> None:
        if isinstance(value, Mapping):
            self._warmth.put(key, dict(value), sum(column.nbytes for column in value.values()))
