"""Packs: many small tables of one form in one file, as sweeps leave them.

A file per table would cost a sweep of a thousand cells a thousand fsyncs. A pack has the key of its table in each
row; that a file is one is said by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.store.quote import identifier, literal

__all__ = ["MOST", "is_pack", "packed", "select_from", "unpacked"]

MOST = 256
"""Tables of a pack."""
_MARK = ".pack"
_KEY = "tradegraph.key"


def is_pack(path: Path) -> bool:
    """True for the file of a pack."""
    return _MARK in path.suffixes


def packed(tables: Sequence[tuple[Sequence[str], pl.DataFrame]]) -> pl.DataFrame:
    """Tables of one form as one, each with the keys of those that lie in it, the same number of rows for each."""
    rows = [key for keys, table in tables for key in keys for _ in range(table.height // len(keys))]
    return pl.concat([pl.DataFrame({_KEY: rows}), pl.concat([table for _, table in tables])], how="horizontal")


def unpacked(path: Path) -> dict[str, pl.DataFrame]:
    """The tables of a pack by key; an empty one is not in it."""
    parts = pl.read_parquet(path).partition_by(_KEY, as_dict=True, include_key=False)
    return {str(key[0]): table for key, table in parts.items()}


def select_from(path: Path, key: str) -> str:
    """What SQL reads one of its tables from."""
    source = f"read_parquet({literal(str(path))})"
    return f"(select * exclude ({identifier(_KEY)}) from {source} where {identifier(_KEY)} = {literal(key)})"
