"""The answer to a query as a frame: as much of it as is asked for, within the time that it may take."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import StoreError
from pipeline.store.connect import refuse_writes
from pipeline.store.quote import identifier

__all__ = ["Answer", "Limits", "answered", "bounded"]


_AGAIN = 0.05
"""Seconds from one interruption to the next."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may take: rows of its answer, seconds, bytes of memory, bytes of its answer."""

    rows: int
    seconds: float
    memory: int
    size: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, and whether there are more of them."""

    frame: pl.DataFrame
    more: bool


def answered(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()) -> pl.DataFrame:
    """The whole answer. Raises StoreError TG604 with DuckDB's message."""
    try:
        relation = _relation(connection, query, parameters)
        return pl.DataFrame() if relation is None else pl.DataFrame(_Stream(_holdable(relation)))
    except (duckdb.Error, pl.exceptions.PolarsError) as error:
        raise _failed(error) from error


def bounded(connection: duckdb.DuckDBPyConnection, query: str, limits: Limits) -> Answer:
    """The first rows of an answer. Raises StoreError TG604 with DuckDB's message, TG808 when it takes too much."""
    try:
        with _in_time(connection, limits.seconds):
            relation = _relation(connection, query)
            if relation is None:
                return Answer(pl.DataFrame(), more=False)
            frame = pl.DataFrame(_Stream(_holdable(relation.limit(limits.rows + 1))))
    except duckdb.InterruptException as error:
        message = f"the query took longer than {limits.seconds:g} s and was stopped"
        raise StoreError(message, code="TG808", hint="Ask for less, or give it more time.") from error
    except duckdb.OutOfMemoryException as error:
        message = f"the query needs more than {limits.memory / 1e6:,.0f} MB of memory"
        raise StoreError(message, code="TG808", hint="Ask for fewer rows or groups.") from error
    except (duckdb.Error, pl.exceptions.PolarsError) as error:
        raise _failed(error) from error
    if frame.estimated_size() > limits.size:
        message = f"the answer has {frame.estimated_size() / 1e6:,.0f} MB, {limits.size / 1e6:,.0f} are allowed"
        raise StoreError(message, code="TG808", hint="Ask for fewer rows or columns.")
    return Answer(frame.head(limits.rows), more=frame.height > limits.rows)


@contextmanager
def _in_time(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt what the connection does when the time is over, and never after the block.

    DuckDB forgets an interruption that comes before it has begun to compute: it is told again until it ends.
    """
    lock, over = threading.Lock(), threading.Event()

    def ring() -> None:
        over.wait(seconds)
        while not over.is_set():
            with lock:
                if not over.is_set():
                    connection.interrupt()
            over.wait(_AGAIN)

    threading.Thread(target=ring, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            over.set()


def _relation(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any] = ()
) -> duckdb.DuckDBPyRelation | None:
    """The query, not carried out yet; None for a statement without rows."""
    refuse_writes(connection, query)
    return connection.sql(query, params=list(parameters)) if parameters else connection.sql(query)


def _failed(error: Exception) -> StoreError:
    return StoreError(str(error), code="TG604", hint=_hint(str(error)))


class _Stream:
    """A relation that shows its Arrow face alone: polars, given the relation, asks DuckDB for polars in turn."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._relation.__arrow_c_stream__(requested_schema)


def _holdable(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The relation as polars can hold it: equal names numbered, intervals and unions (at which it panics) as text."""
    names = _distinct(relation.columns)
    foreign = [any(name in str(kind) for name in ("INTERVAL", "UNION")) for kind in relation.types]
    if names == relation.columns and not any(foreign):
        return relation
    columns = [
        f"{f'cast(#{at} as varchar)' if text else f'#{at}'} as {identifier(name)}"
        for at, (name, text) in enumerate(zip(names, foreign, strict=True), start=1)
    ]
    return relation.project(", ".join(columns))


def _distinct(names: Sequence[str]) -> list[str]:
    """`value, value` as `value, value_1`; a name that is there already is not made a second time."""
    found: dict[str, None] = {}
    for name in names:
        candidates = (f"{name}_{n}" for n in range(1, len(names) + 1))
        new = name if name not in found else next(c for c in candidates if c not in found and c not in names)
        found[new] = None
    return list(found)


def _hint(message: str) -> str:
    if "Permission" in message or "disabled" in message:
        return "Queries may read this project's tables and views only."
    if "does not exist" in message:
        return (
            "`show all tables` lists what there is; a node is `graph.node`. A node that failed in its graph's latest"
            " run has none: `tradegraph runs show latest`."
        )
    return ""
