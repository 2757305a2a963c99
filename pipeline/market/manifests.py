"""The manifests of a market, read once each: they never change under their name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

from pipeline.errors import MarketError
from pipeline.market.action import NO_ACTIONS, Actions, decode_actions
from pipeline.market.clock import clocks_of, slower_digests
from pipeline.market.facts import Facts, decode_facts
from pipeline.market.manifest import KEPT, File, Head, Sheet, is_kept, load_file, newest_heads
from pipeline.market.request import end_of, symbol_digest
from pipeline.market.slower import faster
from pipeline.model.bars import Adjust, BarsRequest, ResolvedBars

__all__ = ["Manifests"]

_IN_MEMORY = 16
T = TypeVar("T")


_Seen: TypeAlias = tuple[File | None, File | None, Adjust, int | None]
"""What a digest depends on besides the symbol: sheet, actions, adjustment, end."""


class Manifests:
    """Heads, sheets and the action table of the market at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sheets: dict[str, Sheet] = {}
        self._digests: dict[_Seen, dict[str, str]] = {}
        self._actions: tuple[File, dict[str, Actions]] | None = None

    def head(self) -> Head:
        """The state of the market now."""
        return next(iter(newest_heads(self.root)))

    def now(self, answer: Callable[[Head], T]) -> T:
        """What `answer` makes of the newest head; again from a newer one if its files were pruned meanwhile."""
        while True:
            head = self.head()
            try:
                return answer(head)
            except MarketError:
                if is_kept(self.root, head):
                    raise

    def sheet(self, head: Head, timeframe: str) -> Sheet:
        """The sheet that `head` names for a timeframe, an empty one if it names none."""
        file = head.sheets.get(timeframe)
        if file is None:
            return Sheet(timeframe)
        sheet = self._sheets.get(file.path)
        if sheet is None:
            sheet = Sheet.decode(load_file(self.root, file), timeframe, self.root / file.path)
            while len(self._sheets) >= _IN_MEMORY:
                self._sheets.pop(next(iter(self._sheets)), None)
            self._sheets[file.path] = sheet
        return sheet

    def actions(self, head: Head) -> dict[str, Actions]:
        """The actions of every symbol."""
        if head.actions is None:
            return {}
        kept = self._actions
        if kept is None or kept[0] != head.actions:
            kept = head.actions, decode_actions(load_file(self.root, head.actions))
            self._actions = kept
        return kept[1]

    def facts(self, head: Head) -> dict[str, Facts]:
        """What is known about symbols besides their bars."""
        return decode_facts(load_file(self.root, head.facts)) if head.facts else {}

    def that_matter(self, head: Head, request: BarsRequest, symbols: Iterable[str]) -> dict[str, Actions]:
        """The actions that a request looks at, by symbol."""
        if request.adjust == "none":
            return {}
        table, end = self.actions(head), end_of(request)
        return {s: table[s].that_matter(request.adjust, end) for s in symbols if s in table}

    def digests(self, head: Head, request: BarsRequest, symbols: Sequence[str]) -> tuple[str, ...]:
        """The digest of each symbol's bars, as a request sees them in `head`."""
        if request.resample:
            made_of = self.digests(head, faster(request), symbols)
            return slower_digests(made_of, clocks_of(request.resample, symbols, self.facts(head)))
        end = end_of(request)
        state = (head.sheets.get(request.timeframe), head.actions if request.adjust != "none" else None)
        known = self._digests.setdefault((*state, request.adjust, end), {})
        missing = [symbol for symbol in symbols if symbol not in known]
        if missing:
            entries = self.sheet(head, request.timeframe).entries
            actions = self.that_matter(head, request, missing)
            for symbol in missing:
                found = actions.get(symbol, NO_ACTIONS)
                spans = entries[symbol].spans
                known[symbol] = symbol_digest(symbol, request.timeframe, spans=spans, end=end, actions=found)
            while len(self._digests) > _IN_MEMORY:
                self._digests.pop(next(iter(self._digests)), None)
        return tuple(known[symbol] for symbol in symbols)

    def then(self, resolved: ResolvedBars, answer: Callable[[Head], T]) -> T:
        """What `answer` makes of the newest head in which the digests of `resolved` hold. Raises MarketError TG307."""
        for head in newest_heads(self.root):
            try:
                if self._holds(head, resolved):
                    return answer(head)
            except MarketError:
                if is_kept(self.root, head):
                    raise
                # pruned meanwhile; while this head was read, newer ones with the same bars may have come
                return self.then(resolved, answer)
        raise MarketError(
            f"the {resolved.request.timeframe} bars of this plan are no longer in the market: "
            f"they were removed, or corrected more than {KEPT} imports ago",
            code="TG307",
            hint="Plan and run again.",
        )

    def _holds(self, head: Head, resolved: ResolvedBars) -> bool:
        request, symbols = resolved.request, resolved.symbols
        there = self.sheet(head, faster(request).timeframe).entries
        return all(s in there for s in symbols) and self.digests(head, request, symbols) == resolved.digests
