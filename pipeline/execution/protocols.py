"""What execution needs from the rooms above it, and in-memory stand-ins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import polars as pl

from pipeline.execution.holding import Holding
from pipeline.execution.part import Part
from pipeline.model.bars import BarsRequest, Panel, ResolvedBars
from pipeline.model.column import Column
from pipeline.model.kind import Dtype

__all__ = ["BarSource", "MemoryObjects", "ObjectStore", "Outputs", "Progress", "Silent", "Value"]

Value: TypeAlias = "dict[str, Column] | pl.DataFrame"
"""What rests under one key: columns by name, or a table."""

Outputs: TypeAlias = "dict[str, Column | pl.DataFrame]"
"""What a step gives: its columns by their names, its tables by the names of their outputs."""


class BarSource(Protocol):
    """Where bars come from; `pipeline.market` has the real one."""

    def resolve(self, request: BarsRequest) -> ResolvedBars:
        """Symbols and data digests, from manifests alone. Raises MarketError."""

    def read(self, resolved: ResolvedBars, columns: Sequence[str]) -> Panel:
        """The whole history up to the request's end. Raises MarketError TG305 for damaged parts."""

    def extended(self, resolved: ResolvedBars, end: dt.datetime | None) -> tuple[str | None, ...]:
        """The digest of each symbol's bars up to a later `end`; None where that restates bars before the end."""


class ObjectStore(Protocol):
    """Where the values of steps rest, by content key: one for all columns of a step, one for each of its tables."""

    def find(self, wanted: Sequence[Holding]) -> Mapping[str, Sequence[Holding]]:
        """What is stored for each wanted recipe: the value of the wanted key alone if there is one, else the newest
        few of the recipe, the newest first.
        """

    def read(self, key: str, columns: Sequence[tuple[str, Dtype]], part: Part | None = None) -> Value | None:
        """The value of a key, `columns` being (name, dtype), or a part of it; None when it is gone or damaged."""

    def put(self, holding: Holding, value: Value, panel: Panel | None, *, keep: bool = True) -> int:
        """Take a value for storing and give its bytes; it is durable after `flush`, or gone with the run."""

    def put_rows(self, holdings: Sequence[Holding], table: pl.DataFrame) -> None:
        """Take the tables of many steps for storing, which lie in one, the same number of rows for each."""

    def alias(self, holding: Holding, part: Part, held: Holding) -> None:
        """Let a value be a part of another that is stored."""

    def claim(self, key: str) -> bool:
        """Say that this run computes a value; False when another run does so just now."""

    def wait(self, key: str) -> None:
        """Wait for the other run, and claim the value; all other claims are given up first."""

    def has_news(self) -> bool:
        """True when other runs have stored something since this was last asked, or since `find`."""

    def flush(self) -> None:
        """Make everything that was put durable."""

    @property
    def damaged(self) -> Sequence[str]:
        """What was found damaged or gone since the store was opened, a sentence each."""


class Progress(Protocol):
    """Who wants to hear how a run goes on."""

    def started(self, *, steps: int, cached: int) -> None:
        """The plan is made."""

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """A node is done: computed, cached, failed or skipped."""


class Silent:
    """Progress that nobody looks at."""

    def started(self, *, steps: int, cached: int) -> None:
        """Nothing is said."""

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """Nothing is said."""


@dataclass
class MemoryObjects:
    """An object store that forgets with the process; for tests and for runs that store nothing."""

    values: dict[str, Value] = field(default_factory=dict)
    panels: dict[str, Panel] = field(default_factory=dict)
    holdings: dict[str, Holding] = field(default_factory=dict)
    aliases: dict[str, tuple[str, Part]] = field(default_factory=dict)
    damaged: Sequence[str] = ()

    def find(self, wanted: Sequence[Holding]) -> Mapping[str, Sequence[Holding]]:
        """What is stored for each wanted recipe."""
        there = {
            key: holding for key, holding in self.holdings.items() if self.aliases.get(key, (key,))[0] in self.values
        }
        by_recipe: dict[str, list[Holding]] = {}
        for holding in reversed(there.values()):
            by_recipe.setdefault(holding.recipe, []).append(holding)
        return {
            holding.recipe: [there[holding.key]] if holding.key in there else by_recipe.get(holding.recipe, [])
            for holding in wanted
        }

    def read(self, key: str, columns: Sequence[tuple[str, Dtype]], part: Part | None = None) -> Value | None:  # noqa: ARG002
        """The value of a key, or a part of it."""
        if key in self.aliases:
            key, own = self.aliases[key]
            part = own if part is None else part.within(own)
        value = self.values.get(key)
        if value is None or part is None:
            return value
        if isinstance(value, pl.DataFrame):
            return part.of_table(value)
        panel = self.panels[key]
        rows = part.rows(panel.symbol_column, panel.ts)
        return {name: column.take(rows) for name, column in value.items()}

    def put(self, holding: Holding, value: Value, panel: Panel | None, *, keep: bool = True) -> int:  # noqa: ARG002
        """Keep a value."""
        self.holdings.pop(holding.key, None)
        self.holdings[holding.key] = holding
        self.values[holding.key] = value
        if panel is not None:
            self.panels[holding.key] = panel
        if isinstance(value, Mapping):
            return sum(column.nbytes for column in value.values())
        return int(value.estimated_size())

    def put_rows(self, holdings: Sequence[Holding], table: pl.DataFrame) -> None:
        """Keep a table each."""
        each = len(table) // len(holdings)
        for place, holding in enumerate(holdings):
            self.put(holding, table.slice(place * each, each), None)

    def alias(self, holding: Holding, part: Part, held: Holding) -> None:
        """Keep where the value is."""
        if holding.key == held.key:
            return
        held_key, own = self.aliases.get(held.key, (held.key, None))
        part = part if own is None else part.within(own)
        self.holdings[holding.key] = holding
        self.aliases[holding.key] = (held_key, part)

    def claim(self, key: str) -> bool:  # noqa: ARG002
        """Nobody else can see it."""
        return True

    def wait(self, key: str) -> None:
        """Nobody else can see it."""

    def has_news(self) -> bool:
        """Nobody else can see it."""
        return False

    def flush(self) -> None:
        """Nothing to do."""
