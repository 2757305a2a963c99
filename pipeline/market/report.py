"""What an import did: per file, per symbol, and why rows were dropped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import MarketError
from pipeline.market.finding import Finding

__all__ = ["Dropped", "FileReport", "ImportReport", "SymbolReport"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows that were not taken: why, how many, and the first one's line (row of a Parquet file), from 1.

    `symbol` is whose they are, None when that is unknown.
    """

    reason: str
    count: int
    first_line: int
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file that was imported. `notes` say what was ignored or assumed."""

    path: Path
    rows: int
    symbols: int
    notes: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class SymbolReport:
    """One symbol of an import; `findings` are about the rows that came in."""

    symbol: str
    read: int
    new: int
    replaced: int
    unchanged: int
    dropped: tuple[Dropped, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def taken(self) -> int:
        return self.new + self.replaced + self.unchanged


@dataclass(frozen=True, slots=True)
class ImportReport:
    """A whole import. Files in `refused` left no row behind; all others went in together.

    `findings` are about all symbols that came in together; those of one symbol are with it.
    """

    timeframe: str
    files: tuple[FileReport, ...]
    symbols: tuple[SymbolReport, ...]
    refused: tuple[MarketError, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def read(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def taken(self) -> int:
        return sum(symbol.taken for symbol in self.symbols)

    @property
    def new(self) -> int:
        return sum(symbol.new for symbol in self.symbols)

    @property
    def replaced(self) -> int:
        return sum(symbol.replaced for symbol in self.symbols)

    @property
    def unchanged(self) -> int:
        return sum(symbol.unchanged for symbol in self.symbols)

    @property
    def dropped(self) -> int:
        return sum(drop.count for file in self.files for drop in file.dropped)

    def raise_refused(self) -> None:
        """Raise one MarketError that carries every refusal, if there is any."""
        if self.refused:
            error = MarketError(self.refused[0].faults[0].message, code="TG304")
            error.faults = tuple(fault for refusal in self.refused for fault in refusal.faults)
            raise error
