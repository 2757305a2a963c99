"""The page of a batch: its graphs side by side, ranked, and by symbol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.report.grid import Cell, grid_data
from pipeline.report.many import many_parts
from pipeline.report.markup import element
from pipeline.report.page import page, section
from pipeline.report.provenance import table
from pipeline.report.told import tell_run
from pipeline.report.words import counted
from pipeline.store.query import Database

__all__ = ["batch_page"]


def batch_page(database: Database, run_id: str, graphs: Sequence[str]) -> str:
    """The page of the graphs of a run."""
    told = tell_run(database, run_id, graphs[0])
    names = " ".join(graphs)
    mine = "run_id = ? and graph in (select unnest(string_split(?, ' ')))"
    runs = database.sql(
        f"select graph, status, computed, cached, failed, skipped, file from runs where {mine} order by graph",
        [run_id, names],
    ).to_dicts()
    long = database.sql(
        f"select graph, node, symbol, metric, value from metrics where {mine} order by graph, rowid", [run_id, names]
    )
    pairs = long.select("graph", "node").unique(maintain_order=True).rows()
    several = {graph for graph, _ in pairs if sum(one == graph for one, _ in pairs) > 1}
    # the run is failed when any of its graphs is
    status = {row["graph"]: "failed" if row["failed"] or row["skipped"] else _alone(row["status"]) for row in runs}
    cells = []
    for graph, node in pairs:
        label = f"{graph}.{node}" if graph in several else graph
        cells.append(Cell(label, {"graph": label}, status[graph]))
    place = pl.DataFrame(
        [(graph, node, at) for at, (graph, node) in enumerate(pairs)],
        schema={"graph": pl.String, "node": pl.String, "cell": pl.Int32},
        orient="row",
    )
    long = long.join(place, on=["graph", "node"], maintain_order="left").with_columns(node=pl.lit("account"))
    data: dict[str, Any] = {"kind": "batch", **grid_data(cells, long)}
    failures = database.sql(
        f"select graph, node, symbol, code, message from failures where {mine} and cause = '' order by graph, rowid",
        [run_id, names],
    )
    parts = many_parts(
        told,
        facts=counted(len(graphs), "graph"),
        failures=section(
            "failures",
            "Failures",
            table(
                ("graph", "node", "symbol", "code", "message"),
                [[g, n, s or "all", element("code", c), m] for g, n, s, c, m in failures.rows()],
                label="Failures",
            ),
        )
        if failures.height
        else None,
        stability=False,
        provenance=section(
            "graphs",
            "Graphs",
            table(
                ("graph", "status", "computed", "cached", "failed", "skipped"),
                [
                    [row["graph"], element("span", status[row["graph"]], class_=f"status {status[row['graph']]}")]
                    + [f"{row[name] or 0:,}" for name in ("computed", "cached", "failed", "skipped")]
                    for row in runs
                ],
                label="Graphs",
                numbers=(2, 3, 4, 5),
            ),
            note="tradegraph report RUN --graph NAME has all of one",
        ),
        luck=None,
    )
    return page(f"batch · {run_id}", parts, data)


def _alone(status: str) -> str:
    """The status of a graph none of whose nodes failed, in a run of this one."""
    return "ok" if status == "failed" else status
