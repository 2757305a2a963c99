"""The pages of sweeps and batches hold what the database has of every cell."""

import json

import numpy as np
import polars as pl
import pytest

from pipeline.errors import UsageError
from pipeline.report.grid import VALUES, Cell, grid_data

pytestmark = pytest.mark.xdist_group("report")


def test_a_sweep_has_every_cell_and_its_params(site):
    data = site.report("sweep").data
    assert [(param["name"], param["values"], param["numeric"]) for param in data["params"]] == [
        ("fast", [5, 10, 20], True),
        ("slow", [30, 60], True),
    ]
    rows = site.engine.sql(f"select cell, params from cells where run_id = '{site.runs['sweep']}' order by cell").rows()
    values = [param["values"] for param in data["params"]]
    found = [[v[at] for v, at in zip(values, cell["at"], strict=True)] for cell in data["cells"]]
    told = [{"fast": fast, "slow": slow} for fast, slow in found]
    assert told == [json.loads(params) for _, params in rows]
    assert data["symbols"] == ["NASDAQ", "SPX"]
    assert {"sharpe", "total_return", "n_trades"} <= set(data["metrics"])
    assert len(data["columns"]) == len(data["packed"]["columns"])


def test_a_sweep_shows_what_it_ran_with(site):
    page = site.report("sweep").page
    assert "use: backtest" in page
    assert 'id="stability"' in page
    assert 'id="heat-map"' in page
    assert "6 cells over fast, slow" in page


def test_a_batch_ranks_graphs(site):
    report = site.report("batch")
    assert [cell["name"] for cell in report.data["cells"]] == ["measured", "trading"]
    assert report.data["kind"] == "batch"
    assert 'id="stability"' not in report.page


def test_one_graph_of_a_batch_has_its_own_page(site):
    report = site.report("batch", "one", graph="trading")
    assert report.data["kind"] == "run"
    assert [account["name"] for account in report.data["accounts"]] == ["bt"]


def test_a_single_run_can_be_shown_as_a_batch(site):
    assert site.report("trading", "single", batch=True).data["kind"] == "batch"
    with pytest.raises(UsageError, match="--symbols"):
        site.report("batch", symbols=["SPX"])


def test_too_many_results_are_told_by_their_means():
    cells = [Cell(str(at), {"a": at}, "ok") for at in range(100)]
    symbols = [f"S{at}" for at in range(VALUES // 100 + 1)]
    long = pl.DataFrame({"cell": [7] * len(symbols), "node": "bt", "symbol": symbols, "metric": "sharpe"})
    long = long.with_columns(value=pl.Series(np.arange(len(symbols), dtype=float)))
    data = grid_data(cells, long)
    assert (data["symbols"], data["means"], data["columns"]) == ([], True, [[0, 0, -1]])


def test_metrics_of_two_names_and_one_meaning_are_one():
    long = pl.DataFrame(
        {"cell": [0, 1], "node": "x", "symbol": None, "metric": ["n_trades", "trades"], "value": [3.0, 4.0]},
        schema_overrides={"symbol": pl.String},
    )
    assert grid_data([Cell("a", {"g": "a"}, "ok"), Cell("b", {"g": "b"}, "ok")], long)["metrics"] == ["n_trades"]
