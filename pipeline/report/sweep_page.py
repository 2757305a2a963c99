"""The page of a sweep: heat maps over two params, a ranking, and how steady the best is."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from pipeline.report.grid import Cell, grid_data
from pipeline.report.many import many_parts
from pipeline.report.markup import element
from pipeline.report.page import page, section
from pipeline.report.provenance import draw_provenance, table
from pipeline.report.told import tell_run
from pipeline.report.words import counted, short
from pipeline.store.query import Database

__all__ = ["sweep_page"]

MOST = 50
"""Failed cells that are listed."""


def sweep_page(database: Database, run_id: str, name: str) -> str:
    """The page of a sweep, whose runs are called `name`."""
    told = tell_run(database, run_id, name)
    rows = database.sql(
        "select cell, status, node, message, params from cells where run_id = ? and graph = ? order by cell",
        [run_id, name],
    ).to_dicts()
    cells = [Cell(str(row["cell"]), json.loads(row["params"]), row["status"]) for row in rows]
    place = pl.DataFrame(
        {"cell": [row["cell"] for row in rows], "at": list(range(len(rows)))}, schema={"cell": pl.Int32, "at": pl.Int32}
    )
    long = database.sql(
        "select cell, node, symbol, metric, value from metrics where run_id = ? and graph = ? order by rowid",
        [run_id, name],
    )
    long = long.join(place, on="cell", how="inner", maintain_order="left").drop("cell").rename({"at": "cell"})
    asked = json.loads(told.run["settings"] or "{}").get("sweep", {})
    data: dict[str, Any] = {"kind": "sweep", **grid_data(cells, long)}
    data |= {"objective": asked.get("objective"), "least": bool(asked.get("least"))}
    failed = [row for row in rows if row["status"] not in ("ok", "computed", "cached")]
    listed = [
        [
            str(row["cell"]),
            ", ".join(f"{k} {short(v)}" for k, v in json.loads(row["params"]).items()),
            row["node"] or "–",
            row["message"] or row["status"],
        ]
        for row in failed[:MOST]
    ]
    note = counted(len(failed), "cell") if failed else ""
    parts = many_parts(
        told,
        facts=f"{counted(len(cells), 'cell')} over {', '.join(cells[0].params) if cells else 'nothing'}",
        failures=section(
            "failures", "Failed cells", table(("cell", "params", "node", "why"), listed, label="Failed"), note=note
        )
        if failed
        else None,
        stability=True,
        provenance=section("provenance", "Provenance", draw_provenance(told)),
        luck=element(
            "p", "The best of many cells is partly luck: look at its neighbours and at the median.", class_="dim"
        ),
    )
    return page(f"{name} · {run_id}", parts, data)
