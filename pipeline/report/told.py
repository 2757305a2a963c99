"""What the published database says of one run of one graph."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import polars as pl

from pipeline.errors import StoreError
from pipeline.model.kind import BY_NAME
from pipeline.store.query import Database

__all__ = ["Node", "Row", "Told", "tell", "tell_run"]

Row: TypeAlias = "dict[str, Any]"

_MINE = "run_id = ? and graph = ?"


@dataclass(frozen=True)
class Node:
    """A node of a run: its row in `nodes`, its whole row in `node_timings`, and what it is wired to.

    `wires` are (port, source, is a bars source, columns); `kinds` the kinds of its outputs by name, `columns` those
    of its value.
    """

    name: str
    row: Row
    timing: Row
    wires: tuple[tuple[str, str, bool, tuple[str, ...]], ...]
    kinds: Mapping[str, str]
    columns: tuple[str, ...]

    @property
    def type(self) -> str:
        """The id of its node type."""
        return str(self.row["node_type"])

    @property
    def status(self) -> str:
        """computed, cached, failed or skipped."""
        return str(self.timing.get("status", "skipped"))

    @property
    def ms(self) -> float | None:
        """Wall time of its last try; None unless computed or failed."""
        return self.timing.get("ms")

    @property
    def has_value(self) -> bool:
        """True when the run left a value of it."""
        return self.status in ("computed", "cached")

    def kind_of(self, column: str) -> str:
        """The kind of a column of its value: of an output, or of a field of an output that is a bundle."""
        for output, name in self.kinds.items():
            kind = BY_NAME[name]
            prefix = "" if len(self.kinds) == 1 else f"{output}_"
            for field, inner in kind.fields:
                if column == prefix + field:
                    return inner.name
        return self.kinds.get(column, "number")


@dataclass(frozen=True)
class Told:
    """One run of one graph, as the tables have it."""

    run: Row
    nodes: tuple[Node, ...]
    failures: Sequence[Row]
    retries: Sequence[Row]
    warnings: Sequence[Row]
    outputs: Sequence[Row]
    certificates: Mapping[str, Row]
    metrics: pl.DataFrame
    trades: pl.DataFrame

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.run["run_id"])

    @property
    def graph(self) -> str:
        """The graph's name."""
        return str(self.run["graph"])

    @cached_property
    def by_name(self) -> dict[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def sources(self) -> dict[str, Row]:
        """What each bars source asked of the market; {} for runs of versions that did not keep it."""
        return dict(json.loads(self.run["bars"] or "{}"))

    def upstream(self, name: str) -> list[str]:
        """The nodes that a node depends on, the nearest first."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            ends = [source for at in waiting for _, source, bars, _ in self.by_name[at].wires if not bars]
            waiting = [end for end in dict.fromkeys(ends) if end not in found and end in self.by_name]
            found |= dict.fromkeys(waiting)
        return list(found)


def tell_run(database: Database, run_id: str, graph: str) -> Told:
    """The run alone, without its nodes. Raises StoreError TG605 when it has no such graph."""
    runs = database.sql(f"select * from runs where {_MINE}", [run_id, graph]).to_dicts()
    if not runs:
        hint = "`tradegraph runs show` lists them."
        raise StoreError(f"run {run_id} has no graph {graph!r}", code="TG605", hint=hint)
    return Told(runs[0], (), (), (), (), (), {}, pl.DataFrame(), pl.DataFrame())


def tell(database: Database, run_id: str, graph: str) -> Told:
    """Everything that the tables have of a graph in a run. Raises StoreError TG605 when it is in none."""
    mine = _MINE

    def rows(query: str) -> pl.DataFrame:
        return database.sql(query, [run_id, graph])

    told = tell_run(database, run_id, graph)
    timings = rows(f"select * from node_timings where {mine} and symbol is null").to_dicts()
    by_node = {row["node"]: row for row in timings}
    # in the order in which the run came to them
    found = rows(f"select * from nodes where {mine} order by rowid").to_dicts()
    codes = " ".join(sorted({row["code"] for row in found}))
    certificates = database.sql(
        "select * from certificates where code in (select unnest(string_split(?, ' '))) order by verified_at", [codes]
    ).to_dicts()
    return Told(
        run=told.run,
        nodes=tuple(_node(row, by_node.get(row["node"], {})) for row in found),
        failures=rows(f"select * from failures where {mine} order by rowid").to_dicts(),
        retries=rows(f"select * from retries where {mine} order by rowid").to_dicts(),
        warnings=rows(f"select * from warnings where {mine} order by rowid").to_dicts(),
        outputs=rows(f"select * from outputs where {mine} order by rowid").to_dicts(),
        certificates={row["code"]: row for row in certificates},
        metrics=rows(f"select node, symbol, metric, value from metrics where {mine} order by rowid"),
        trades=rows(
            f"select * exclude (run_id, graph, cell) from trades where {mine} order by node, symbol, trade_id, rowid"
        ),
    )


def _node(row: Row, timing: Row) -> Node:
    upstream: dict[str, Any] = json.loads(row["upstream"])
    return Node(
        name=row["node"],
        row=row,
        timing=timing,
        wires=tuple((port, end[0], not end[1], tuple(end[2])) for port, end in upstream.items()),
        kinds=json.loads(row["kinds"]),
        columns=tuple(json.loads(row["columns"])),
    )
