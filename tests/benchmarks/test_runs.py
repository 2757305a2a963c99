"""The benchmarks run and verify what they time; nothing here looks at a time."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from pathlib import Path

import pytest

from benchmarks import __main__ as everything
from benchmarks import overhead, universe, yaml_reading
from benchmarks.engine import PHASES, in_store
from benchmarks.workload import Shape, assert_expected
from pipeline.market import synthesise

NODES, LARGE = 6, 12


@pytest.fixture(scope="module")
def daily_bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small invented universe, long enough for every warm-up of the first graph."""
    path = tmp_path_factory.mktemp("bars") / "bars.parquet"
    synthesise(3, "1d", dt.datetime(2015, 1, 1, tzinfo=dt.UTC), 300, seed=1).write_parquet(path)
    return path


@pytest.fixture
def _peers() -> None:
    """Peers are optional, and what they warn of is their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("hamilton")
        pytest.importorskip("pipefunc")


@pytest.mark.usefixtures("_peers")
@pytest.mark.filterwarnings("ignore")
def test_every_engine_gives_the_results_of_the_shape() -> None:
    chain, fan = overhead.rivals(NODES, 1)
    assert [row["engine"] for row in chain.rows] == [row["engine"] for row in fan.rows]
    assert len(chain.rows) == 9
    assert all(row["first run"]["min"] > 0 for table in (chain, fan) for row in table.rows)


def test_a_margin_tells_every_phase_apart() -> None:
    *_, stored = overhead.margins(NODES, LARGE, 1, store_rounds=1)
    assert [row["phase"] for row in stored.rows] == [*PHASES, "= counted", "= apart"]


def test_every_phase_of_the_real_store_takes_time(tmp_path: Path) -> None:
    cold, cached = in_store(Shape("chain", NODES), overhead.KERNEL, tmp_path)
    assert cold.seconds.keys() == set(PHASES)
    assert cached.seconds.keys() == set(PHASES) - {"check"}
    assert all(cold.seconds[phase] > 0 for phase in ("check", "plan", "journal", "insert", "publishing", "views"))


def test_reading_is_measured_beside_its_floor(capsys: pytest.CaptureFixture[str]) -> None:
    yaml_reading.main(["--nodes", str(NODES), "--rounds", "1", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["machine"]["versions"]["polars"]
    assert [row["what"] for row in printed["tables"][0]["rows"]][-1] == "read + check"


def test_a_universe_agrees_with_plain_polars(daily_bars: Path) -> None:
    table = universe.universe(daily_bars, 1)
    assert {"import", "first run, compiling", "run again, cached"} <= {row["phase"] for row in table.rows}


def test_a_universe_without_data_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv(universe.VARIABLE, raising=False)
    assert universe.main([]) == []
    assert universe.VARIABLE in capsys.readouterr().out


def test_wrong_results_are_refused() -> None:
    shape = Shape("fan", 3)
    wrong = {**shape.expected, "n2": shape.expected["n1"]}
    with pytest.raises(AssertionError, match="n2"):
        assert_expected(shape, wrong, "nobody")
    with pytest.raises(AssertionError, match="2 results"):
        assert_expected(shape, {name: wrong[name] for name in ("n0", "n1")}, "nobody")


def test_one_command_runs_them_all() -> None:
    assert callable(everything.main)
