"""Which stored values the kept runs need."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from pipeline.store.retention import Retention, StorePolicy

__all__ = ["Need", "Stored", "needed", "stored"]

_RESTS = "coalesce(n.stored, n.key)"
_ALL = f"select n.run_id, n.graph, {_RESTS} from nodes n"
_METRICS = f"{_ALL} where n.kinds like '%: \"metrics\"%'"
_VALUES: dict[StorePolicy, str] = {
    "all": _ALL,
    "outputs": f"{_ALL} semi join outputs o on o.run_id = n.run_id and o.graph = n.graph"
    f" and split_part(o.node, '.', 1) = n.node union {_METRICS}",
    "metrics": _METRICS,
}
"""The values that runs need, by what the project keeps; as `retention.kept` says it of a graph."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of `objects`: its value rests in the columns of `holder`, itself unless it was cut from another."""

    key: str
    holder: str
    segment: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed: keys of values, and the runs (with their graph) whose values are kept."""

    keys: frozenset[str]
    runs: frozenset[tuple[str, str]]


def stored(connection: duckdb.DuckDBPyConnection) -> dict[str, Stored]:
    """Every value that the published file knows and that was not let go, by key; a table's key is `key.table`."""
    rows = connection.execute(
        "select key, coalesce(holder, key), segment, bytes from objects where segment <> ''"
    ).fetchall()
    return {row[0]: Stored(*row) for row in rows}


def needed(connection: duckdb.DuckDBPyConnection, retention: Retention, now: dt.datetime) -> Need:
    """What the runs of the published file need, within the limits that the project sets.

    Runs are taken from the newest to the oldest until one is too old or its segment files would exceed the
    size; the latest run of each graph is always taken, and first.
    """
    objects = stored(connection)
    parts: dict[str, set[str]] = {}  # a node may have given several tables
    for key in objects:
        parts.setdefault(key.partition(".")[0], set()).add(key)
    values: dict[tuple[str, str], set[str]] = {}
    for run_id, graph, key in connection.execute(_VALUES[retention.store]).fetchall():
        values.setdefault((run_id, graph), set()).update(parts.get(key, ()))
    # times as microseconds: DuckDB needs another library to give them with their zone
    runs = connection.execute(
        """
        select run_id, graph, epoch_us(started_at),
               row_number() over (partition by graph order by started_at desc, run_id desc) as place
        from runs order by place > 1, started_at desc, run_id desc, graph
        """
    ).fetchall()
    keys: set[str] = set()
    taken: set[tuple[str, str]] = set()
    sizes: dict[str, int] = {}
    age = None if retention.keep_days is None else retention.keep_days * 86_400e6
    for run_id, graph, started_at, place in runs:
        own = _with_holders(values.get((run_id, graph), set()), objects)
        files = {objects[key].segment: objects[key].bytes for key in own if key in objects}
        if place > 1:
            total = sum({**sizes, **files}.values())
            if age is not None and now.timestamp() * 1e6 - started_at > age:
                break
            if retention.keep_bytes is not None and total > retention.keep_bytes:
                break
        keys |= own
        sizes |= files
        taken.add((run_id, graph))
    return Need(frozenset(keys), frozenset(taken))


def _with_holders(keys: set[str], objects: dict[str, Stored]) -> set[str]:
    found = set(keys)
    waiting = list(keys)
    while waiting:
        row = objects.get(waiting.pop())
        if row is not None and row.holder not in found:
            found.add(row.holder)
            waiting.append(row.holder)
    return found
