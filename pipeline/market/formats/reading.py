"""What a format gives, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from pipeline.errors import MarketError
from pipeline.market.formats.sample import Sample

__all__ = ["Choice", "Format", "Reading", "refusal"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user says about files; None leaves it to the file.

    `columns` maps our names (ts, open … volume, symbol, dividend, split) to the file's; `zone` is where times
    without a zone were written.
    """

    format: str | None = None
    symbol: str | None = None
    timeframe: str | None = None
    zone: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as its columns by our names, still as the vendor wrote them.

    `first_line` is the line of the first row, `symbol` and `timeframe` what the file's name says, `zone` where
    times without a zone were written (None: UTC), `notes` what was ignored or assumed.
    """

    columns: Mapping[str, pl.Series]
    first_line: int = 1
    symbol: str | None = None
    timeframe: str | None = None
    zone: str | None = None
    notes: tuple[str, ...] = ()


class Format(Protocol):
    """One vendor's way to write bars."""

    @property
    def name(self) -> str:
        """What `--format` says."""

    def claims(self, sample: Sample) -> bool:
        """True when the file looks like one of this vendor's."""

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The file. Raises MarketError TG304 when it cannot be read."""


def refusal(path: Path, fact: str, hint: str) -> MarketError:
    """The error of a file that cannot be imported."""
    return MarketError(f"{path}: {fact}", code="TG304", hint=hint)
