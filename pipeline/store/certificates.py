"""Certificates on their way into the database: a journal of their own, and the landing that `publish` does."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl

from pipeline.laws.certificate import Certificate
from pipeline.store.journal import write_frames
from pipeline.store.quote import literal

__all__ = ["land_certificates", "write_certificates"]

_TABLE = "certificates"
_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    **dict.fromkeys(("node_type", "category", "style", "code", "params", "verdict", "broken"), pl.String),
    **dict.fromkeys(("law", "message", "output", "symbol"), pl.String),
    "bar": pl.Int64,
    "ts": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("expected", "got"), pl.Float64),
    **dict.fromkeys(("laws", "tried"), pl.Int32),
    **dict.fromkeys(("rows", "warmup", "measured_warmup"), pl.Int64),
    "drift": pl.Float64,
    "settled": pl.Int64,
    "versions": pl.String,
    "ms": pl.Float64,
    "verified_at": pl.Datetime("us", "UTC"),
}


def write_certificates(folder: Path, certificates: Iterable[Certificate]) -> Path:
    """Write a journal of certificates below `folder`; durable and visible as a whole when this returns.

    Raises StoreError TG601 when it cannot be written.
    """
    frame = pl.DataFrame([certificate.row() for certificate in certificates], schema=_SCHEMA, orient="row")
    name = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-laws-{os.urandom(4).hex()}"
    return write_frames(folder, name, {_TABLE: frame})


def land_certificates(connection: duckdb.DuckDBPyConnection, journal: Path) -> None:
    """Insert the certificates of a journal, if it has any; each replaces an older one of the same code and params."""
    file = journal / f"{_TABLE}.parquet"
    if not file.exists():
        return
    source = f"read_parquet({literal(str(file))})"
    same = "old.node_type = new.node_type and old.code = new.code and old.params = new.params"
    connection.execute(f"delete from certificates as old using {source} as new where {same}")
    connection.execute(f"insert into certificates by name select * from {source}")
