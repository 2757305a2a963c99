"""The benchmarks run, at the smallest size, and verify what they time; nothing here looks at how long it took."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as everything
from benchmarks import backtests, library, sweeps, universe, workers, yaml_reading
from benchmarks.engine import PHASES
from benchmarks.overhead import OURS
from benchmarks.report import Table
from benchmarks.workload import Shape, assert_expected
from pipeline.market import synthesise

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def daily_bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small invented universe, long enough for every warm-up of the first graph."""
    path = tmp_path_factory.mktemp("bars") / "bars.parquet"
    synthesise(3, "1d", dt.datetime(2015, 1, 1, tzinfo=dt.UTC), 300, seed=1).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def tables(daily_bars: Path) -> dict[str, Table]:
    """What one run of all benchmarks gives, by the first words of its titles."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the peers warn of is their own
        pytest.importorskip("hamilton")
        pytest.importorskip("pipefunc")
        found = everything.main([str(daily_bars), "--nodes", "3", "--rounds", "1"])
    return {table.title.partition(":")[0]: table for table in found}


def figures(table: Table, column: str) -> dict[str, Any]:
    return {row[table.columns[0]]: row.get(column) for row in table.rows}


def test_one_command_runs_them_all(tables):
    assert list(tables) == [
        "YAML of 3 nodes (0 KiB)",
        "pandas-style plugins, ms",
        "isolation",
        "workers",
        "16 nodes, 2 × 200 bars",
        "3 runs over 200 bars",
        "reading 3 symbols of 300 daily bars",
        "importing minutes (real minutes, if there are any, and invented ones)",
        "start-up",
        "chain of 3 nodes",
        "fan of 3 nodes",
        "chain, kernel nodes, in memory",
        "chain, polars nodes, in memory",
        "chain, kernel nodes, real store",
        "2 nodes of 1,000,000 floats",
        "runs of 2 nodes over 20 bars, each with new values",
        "bars.parquet through graphs/ema_cross.yaml",
    ]


@pytest.mark.parametrize("shape", ["chain", "fan"])
def test_every_engine_runs_every_shape(tables, shape):
    first = figures(tables[f"{shape} of 3 nodes"], "first run")
    assert len(first) == 9
    assert all(figure["min"] > 0 for figure in first.values())


def test_ratios_stand_against_ours(tables):
    assert figures(tables["chain of 3 nodes"], "× build + first")[OURS] == 1.0


def test_a_margin_tells_every_phase_apart(tables):
    cold = figures(tables["chain, kernel nodes, real store"], "cold 3")
    assert list(cold) == [*PHASES, "= counted", "= apart"]
    own = ("check", "plan", "journal", "insert", "output bytes", "publishing", "views")
    assert all(cold[phase]["min"] > 0 for phase in own)


def test_bars_are_read_and_taken_in_beside_peers(tables):
    closes = figures(tables["reading 3 symbols of 300 daily bars"], "all closes")
    assert {"tradegraph", "duckdb, a table"} <= closes.keys()
    seconds = figures(tables["importing minutes (real minutes, if there are any, and invented ones)"], "seconds")
    assert {"tradegraph, first import", "duckdb, a sorted table"} <= seconds.keys()


def test_a_universe_goes_through_every_phase(tables):
    seconds = figures(tables["bars.parquet through graphs/ema_cross.yaml"], "seconds")
    assert {"import", "first run, compiling", "run again, cached", "floor: plain polars"} <= seconds.keys()


def test_figures_can_be_had_as_json(capsys):
    yaml_reading.main(["--nodes", "3", "--rounds", "1", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["machine"]["versions"]["polars"]
    assert printed["tables"][0]["rows"][-1]["what"] == "check_text: both"


def test_a_universe_without_data_says_why(monkeypatch, capsys):
    monkeypatch.delenv(universe.VARIABLE, raising=False)
    assert universe.main([]) == []
    assert universe.VARIABLE in capsys.readouterr().out


def test_wrong_results_are_refused():
    shape = Shape("fan", 3)
    wrong = {**shape.expected, "n2": shape.expected["n1"]}
    with pytest.raises(AssertionError, match="n2"):
        assert_expected(shape, wrong, "nobody")
    with pytest.raises(AssertionError, match="2 results"):
        assert_expected(shape, {name: wrong[name] for name in ("n0", "n1")}, "nobody")


def test_the_library_is_timed_node_by_node(monkeypatch) -> None:
    monkeypatch.delenv(library.VARIABLE, raising=False)
    table, windows = library.main(["--symbols", "2", "--bars", "200", "--rounds", "1"])
    assert [row["node"] for row in windows.rows] == list(library.LONG)
    assert [row["node"] for row in table.rows[:-2]] == list(library.NODES)
    assert all(row["tradegraph"] and row["TA-Lib C"] for row in table.rows)
    assert table.rows[-1]["tradegraph"] == "1.0"


def test_back_tests_are_timed_by_case(monkeypatch) -> None:
    monkeypatch.delenv(backtests.VARIABLE, raising=False)
    (table,) = backtests.main(["--bars", "300", "--runs", "2", "--rounds", "1"])
    cases = [row["case"] for row in table.rows]
    assert cases == [f"{case}: {runs}" for case in backtests.CASES for runs in ("one run", "2 runs")]
    assert all(row["tradegraph"] > 0 for row in table.rows)
    assert backtests.VARIABLE in table.notes[-1]


def test_crossings_are_events_of_two_averages() -> None:
    close = library.bars(1, 400)["close"][0]
    (events,) = backtests.crossings(close, 1)
    above = np.convolve(close, np.ones(5) / 5, "valid")[15:] > np.convolve(close, np.ones(20) / 20, "valid")
    expected = np.zeros(400)
    expected[20:] = np.diff(above.astype(int))
    np.testing.assert_array_equal(events, expected)


def test_a_back_test_that_differs_is_refused() -> None:
    ours = np.ones((2, len(backtests.METRICS)))
    with pytest.raises(AssertionError, match="sharpe"):
        backtests.assert_agree("events", ours, np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.1], [1.0, 1.0]]))


def test_a_sweep_is_timed_and_its_averages_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sweeps.VARIABLE, raising=False)
    (table,) = sweeps.main(["--cells", "6", "--bars", "120", "--rounds", "1", "--json"])
    assert "vectorbt left out" in table.notes[1]
    assert [row["what"] for row in table.rows][:2] == ["the whole sweep", "graphs of all cells"]
    fast, slow = sweeps.windows(6)
    assert f"{len(fast) + len(slow)} averages computed for {len(fast) * len(slow)} cells" in table.notes[0]


@pytest.mark.heavy  # it starts processes
def test_workers_are_timed() -> None:
    tasks, sweep = workers.main(["--tasks", "3", "--cells", "6", "--symbols", "2", "--bars", "120", "--json"])
    assert [row["executor"] for row in tasks.rows] == ["inline", "processes", "dask"]
    assert [row["who"] for row in sweep.rows] == ["one plan", "1 process", "2 processes"]
