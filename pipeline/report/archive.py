"""Where reports find everything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.market.store import Market
from pipeline.store.query import Database

__all__ = ["Archive"]


@dataclass(frozen=True)
class Archive:
    """A project as reports see it: its folder, the published database with the values of runs, and the market."""

    root: Path
    database: Database
    market: Market
