"""What execution needs from the rooms above it, and in-memory stand-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import polars as pl

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


class ObjectStore(Protocol):
    """Where the values of steps rest, by content key: one for all columns of a step, one for each of its tables."""

    def find(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that are stored."""

    def read(self, key: str, columns: Sequence[tuple[str, Dtype]]) -> Value | None:
        """The value of a step, `columns` being (name, dtype); None when it is gone or damaged."""

    def put(self, key: str, value: Value, panel: Panel | None) -> int:
        """Take a value for storing and give its bytes; it is durable after `flush`."""

    def flush(self) -> None:
        """Make everything that was put durable."""


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

    def find(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that are stored."""
        return {key for key in keys if key in self.values}

    def read(self, key: str, columns: Sequence[tuple[str, Dtype]]) -> Value | None:  # noqa: ARG002
        """The value of a step."""
        return self.values.get(key)

    def put(self, key: str, value: Value, panel: Panel | None) -> int:  # noqa: ARG002
        """Keep a value."""
        self.values[key] = value
        if isinstance(value, Mapping):
            return sum(column.nbytes for column in value.values())
        return int(value.estimated_size())

    def flush(self) -> None:
        """Nothing to do."""
