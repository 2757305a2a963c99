"""Batches over workers, with grids, and resumed: the results of one process, nothing computed twice."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from pipeline.engine import Engine
from pipeline.runs.batch import recorded
from pipeline.runs.crew import Crew
from pipeline.runs.sweep import Search

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))
PARAMS = "by: {type: float, default: 1, min: 0, max: 900}"
LINES = """
base: {use: plus, in: daily.close, with: {by: 7}}
line: {use: plus, in: base, with: {by: $by}}
up: {use: plus, in: line, with: {by: 3}}
"""
TRADED = """
base: {use: plus, in: daily.close, with: {by: 7}}
line: {use: plus, in: base, with: {by: $by}}
entry: {use: cross, in: {fast: line, slow: daily.open}}
bt: {use: backtest, in: {bars: daily, signal: entry}}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory, compiled_kernels):
    """A project with three graphs that share nodes."""
    made = NOUNS["Site"](tmp_path_factory.mktemp("stage") / "site", compiled_kernels)
    made.paths = [
        made.graph(LINES, params=PARAMS, outputs="up: up", name="lines"),
        made.graph(LINES.replace("by: 3", "by: 4"), params=PARAMS, outputs="up: up\nline: line", name="others"),
        made.graph(TRADED, params=PARAMS, outputs="stats: bt.metrics", name="traded"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NOUNS["CALLS"], str(made.root.with_name("calls")))
        assert Engine.open(made.root).registry.get("plus")  # examined, so that no worker need do it
    made.snapshot()
    return made


@pytest.fixture
def site(stage, monkeypatch):
    """The project on disk."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    return stage.restored()


@pytest.fixture
def engine(site) -> Engine:
    """The project, opened."""
    return Engine.open(site.root)


def outputs(engine):
    """All that the batch declared, and its metrics."""
    tables = {
        name: engine.sql(f"select symbol, ts, value from {name} order by all") for name in ("lines.up", "others.line")
    }
    return tables | {"metrics": engine.sql("select graph, symbol, metric, value from metrics order by all")}


def test_tasks_of_a_batch_compute_shared_nodes_once_and_give_what_one_plan_gives(engine, site) -> None:
    plain = engine.batch(engine.gather(site.paths))
    expected = outputs(engine)
    calls = site.calls()
    assert Counter(calls) == {"plus 7": 1, "plus 1": 1, "plus 3": 1, "plus 4": 1}
    site.restored()
    fresh = Engine.open(site.root)
    spread = fresh.batch(fresh.gather(site.paths), workers=Crew("inline"))
    assert spread.run.status == plain.run.status == "ok"
    assert sorted(site.calls()) == sorted(calls)
    assert all(outputs(fresh)[name].equals(table) for name, table in expected.items())
    kept = fresh.sql("select distinct node from nodes join objects using (key)")["node"].to_list()
    assert sorted(kept) == ["bt", "line", "up"]
    again = fresh.batch(fresh.gather(site.paths), workers=Crew("inline"))
    assert {record.status for record in again.run.records} == {"cached"}


def test_a_grid_sweeps_the_graphs_that_have_its_params(engine, site) -> None:
    selected = engine.gather(site.paths[2:], search=Search({"by": "1:4", "bt.fee": "0,0.01"}, where="by <> 3"))
    done = engine.batch(selected, workers=Crew("inline"))
    assert done.run.status == "ok"
    assert done.table()["graph"].to_list() == ["traded.sweep"]
    found = engine.sql('select "by", "bt.fee" as fee, symbol, total_return from traded.sweep order by all')
    assert found.height == 3 * 2 * 3
    assert found["by"].unique().sort().to_list() == [1.0, 2.0, 4.0]
    assert Counter(site.calls()) == {"plus 7": 1, "plus 1": 1, "plus 2": 1, "plus 4": 1}
    (found,) = recorded(engine.database, done.run.id)
    assert (found.file, found.given.params, found.edited) == (site.paths[2], {}, False)
    assert found.search == Search({"by": "1:4", "bt.fee": "0,0.01"}, where="by <> 3")


def test_graphs_and_cells_are_one_plan_and_one_record(engine, site) -> None:
    plain = engine.gather(site.paths[:1])
    swept = engine.gather(site.paths[2:], search=Search({"by": [1, 2]}))
    from pipeline.runs.batch import joined

    done = engine.batch(joined([plain, swept]))
    assert Counter(site.calls()) == {"plus 7": 1, "plus 1": 1, "plus 2": 1, "plus 3": 1}
    assert done.table().select("graph", "status").rows() == [("lines", "ok"), ("traded.sweep", "ok")]
    rows = engine.sql("select graph, count(*) as n from node_timings group by graph order by graph").rows()
    assert rows == [("lines", 3), ("traded.sweep", 7)]  # base and the first line serve both
    assert engine.sql("select count(*) from lines.up").item() == 36


def test_a_node_that_fails_in_a_worker_is_told_as_it_would_be_here(engine, site) -> None:
    site.graph("bad: {use: fragile, in: daily.close}\nafter: {use: plus, in: bad}", name="bad", outputs="o: after")
    site.break_()
    selected = engine.gather([site.root / "graphs/bad.yaml", site.paths[0]])
    done = engine.batch(selected, workers=Crew("inline"))
    assert done.table().select("graph", "status", "failed", "skipped").rows() == [
        ("bad", "failed", 1, 1),
        ("lines", "ok", 0, 0),
    ]
    assert Counter(site.calls())["fragile 0"] <= 4  # whole, then symbol by symbol: in the worker alone
    failure = done.run.record("bad", "bad").failure
    assert failure.code == "TG501"
    assert "broken on purpose" in failure.message
    assert engine.failed_call(done.run.id, "bad").head["node_type"] == "fragile"
