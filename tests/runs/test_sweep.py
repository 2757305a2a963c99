"""Sweeps: many choices of params as one plan, in which nothing is computed twice and of which little is kept."""

import runpy
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pipeline.engine import Engine, Overrides
from pipeline.errors import GraphError, UsageError
from pipeline.runs.crew import Crew
from pipeline.runs.sweep import Search
from pipeline.store.remove import Selection

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))
PARAMS = """
fast: {type: float, default: 1, min: 0, max: 900}
slow: {type: float, default: 3, min: 0, max: 900}
"""
GRAPH = """
fast: {use: plus, in: daily.close, with: {by: $fast}}
slow: {use: plus, in: daily.open, with: {by: $slow}}
entry: {use: cross, in: {fast: fast, slow: slow}}
bt: {use: backtest, in: {bars: daily, signal: entry}, with: {fee: 0.001}}
unasked: {use: plus, in: fast, with: {by: 500}}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory, compiled_kernels):
    """The project that `site` begins with: bars that go up and down."""
    made = NOUNS["Site"](tmp_path_factory.mktemp("stage") / "site", compiled_kernels)
    bars = NOUNS["bars"](("AAA", "BBB"), 60)
    wave = pl.Series([(7 * (n % 9) + 5 * (n % 7)) % 23 - 10 for n in range(120)], dtype=pl.Float64)
    made.put(bars.with_columns(open=bars["open"] + wave, high=bars["high"] + 30, low=bars["low"] - 30))
    # the nodes count their calls in this process, and some are made to fail in it
    (made.root / "plugin_config.json").write_text('{"isolation": "none"}')
    made.path = made.graph(GRAPH, params=PARAMS, outputs="stats: bt.metrics")
    made.snapshot()
    return made


@pytest.fixture
def site(stage, monkeypatch):
    """The project on disk."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    return stage.restored()


@pytest.fixture
def engine(site, registries, monkeypatch) -> Engine:
    """The project, opened."""
    monkeypatch.setattr("pipeline.plugins.system.build_registry", registries)
    return site.engine(shipped=True)


GRID = Search({"fast": "0:4", "slow": "2:6:2"})


def test_equal_nodes_of_all_cells_are_computed_once(engine, site) -> None:
    swept = engine.sweep("g", GRID)
    assert swept.run.status == "ok"
    assert len(swept.cells.cells) == 15
    # five fast lines and three slow ones, and nothing that no metric needs
    assert Counter(site.calls()) == Counter(f"plus {by}" for by in (0, 1, 2, 3, 4, 2, 4, 6))


def test_a_cell_has_the_metrics_that_a_run_of_it_alone_has(engine) -> None:
    table = engine.sweep("g", GRID).table()
    assert table.height == 15 * 3
    for fast, slow in ((0.0, 2.0), (4.0, 6.0)):
        alone = engine.run("g", Overrides({"fast": fast, "slow": slow}), cache=False).output("stats")
        mine = table.filter(fast=fast, slow=slow)
        assert mine["symbol"].to_list() == alone["symbol"].to_list()
        for name in ("total_return", "sharpe", "max_drawdown", "n_trades", "final_equity"):
            assert mine[name].to_list() == alone[name].cast(pl.Float64).to_list(), name


def test_sql_has_the_latest_sweep_as_one_view_with_typed_params(engine) -> None:
    engine.sweep("g", Search({"fast": [9], "slow": [1]}))
    swept = engine.sweep("g", GRID)
    found = engine.sql("select * from g.sweep order by cell, symbol")
    assert found["run_id"].unique().to_list() == [swept.run.id]
    assert found.columns[:7] == ["run_id", "cell", "status", "fast", "slow", "node", "symbol"]
    assert found["fast"].dtype == pl.Float64
    expected = swept.table().sort("cell", "symbol")
    assert found.select("cell", "fast", "slow", "symbol", "sharpe", "n_trades").equals(
        expected.select("cell", "fast", "slow", "symbol", "sharpe", "n_trades")
    )
    heat = engine.sql("pivot (select fast, slow, sharpe from g.sweep) on slow using avg(sharpe) order by fast")
    assert heat.shape == (5, 4)


def test_a_sweep_leaves_the_views_and_the_latest_run_of_its_graph_alone(engine) -> None:
    before = engine.run("g")
    engine.sweep("g", GRID)
    assert engine.database.latest("g") == before.run.id
    assert engine.sql("select distinct run_id from g.fast").item() == before.run.id
    assert engine.sql("select distinct graph from runs order by 1")["graph"].to_list() == ["g", "g.sweep"]


def test_what_is_kept_of_a_sweep_is_its_metrics_and_a_row_per_step(engine, site) -> None:
    swept = engine.sweep("g", GRID)
    for table in ("nodes", "node_timings"):
        assert engine.sql(f"select count(*) from {table}").item() == len(swept.run.plan.steps)
    kept = engine.sql("select key from objects")["key"].to_list()
    assert all(key.endswith(".metrics") for key in kept)
    assert engine.sql("select count(*) from trades").item() == 0
    assert engine.sql("select count(*) from cells where status = 'ok'").item() == 15


def test_a_sweep_that_was_done_is_not_done_again_and_a_wider_one_does_the_rest(engine, site) -> None:
    first = engine.sweep("g", GRID)
    site.calls()
    again = engine.sweep("g", GRID)
    assert site.calls() == []
    assert again.table().equals(first.table())
    wider = engine.sweep("g", Search({"fast": "0:5", "slow": "2:6:2"}))
    states = Counter(r.status for r in wider.run.records if r.step.type.id == "backtest")
    assert states == {"cached": 15, "computed": 3}


def test_a_node_that_fails_takes_its_cells_with_it_and_no_other(engine, site) -> None:
    site.node("picky", '''
        @indicator(style="frame")
        def picky(close: Price, *, by: Annotated[float, Param("Shift")] = 0.0) -> Price:
            """Refuse to shift by two."""
            if by == 2.0:
                raise ValueError("not by two")
            return close + by
    ''')  # fmt: skip
    graph = GRAPH.replace("fast: {use: plus, in: daily.close,", "fast: {use: picky, in: daily.close,")
    path = site.graph(graph, params=PARAMS, name="p")
    swept = site.engine(shipped=True).sweep(path, GRID)
    assert swept.run.status == "failed"
    cells = engine.sql("select * from cells order by cell")
    bad = cells.filter(status="failed")
    assert [row["params"] for row in bad.to_dicts()] == [f'{{"fast": 2.0, "slow": {slow}}}' for slow in (2.0, 4.0, 6.0)]
    assert bad["node"].unique().to_list() == ["fast"]
    assert "not by two" in bad["message"][0]
    table = swept.table()
    assert table.filter(status="failed")["sharpe"].null_count() == 3
    assert table.filter(status="ok")["cell"].n_unique() == 12


def test_a_node_param_is_swept_as_well_as_one_of_the_graph(engine) -> None:
    table = engine.sweep("g", Search({"bt.fee": "0,0.01", "fast": [1, 2]})).table()
    assert table.filter(symbol="AAA").select("bt.fee", "fast").rows() == [
        (0.0, 1.0),
        (0.0, 2.0),
        (0.01, 1.0),
        (0.01, 2.0),
    ]
    assert engine.sql('select distinct "bt.fee" from g.sweep order by 1')["bt.fee"].to_list() == [0.0, 0.01]
    paid = table.group_by("bt.fee").agg(pl.col("fees_paid").sum()).sort("bt.fee")["fees_paid"]
    assert paid[0] == 0 < paid[1]


def test_what_the_file_says_is_swept_and_a_call_changes_it(engine, site) -> None:
    text = site.path.read_text() + "sweep:\n  grid: {fast: [1, 2, 3], slow: [2, 4]}\n  where: slow > fast\n"
    site.path.write_text(text)
    cells, size = engine.cells("g")
    assert ([tuple(cell.values.values()) for cell in cells.cells], size) == ([(1, 2), (1, 4), (2, 4), (3, 4)], 6)
    cells, size = engine.cells("g", Search({"slow": [9]}, where="fast <> 2"))
    assert ([tuple(cell.values.values()) for cell in cells.cells], size) == ([(1, 9), (3, 9)], 3)
    # what a call fixes is swept no more
    cells, _ = engine.cells("g", None, Overrides({"slow": 4}))
    assert [cell.values for cell in cells.cells] == [{"fast": 1.0}, {"fast": 2.0}, {"fast": 3.0}]
    assert {graph.params["slow"] for graph in cells.graphs} == {4.0}


@pytest.mark.parametrize("search", [GRID, Search({"bt.fee": "0,0.01", "fast": [1, 2]})])
def test_cells_that_are_bound_are_those_that_are_checked_whole(engine, search) -> None:
    bound, _ = engine.cells("g", search)
    whole, _ = engine.cells("g", search, Overrides(settings={"entry": {}}))
    assert [cell.values for cell in bound.cells] == [cell.values for cell in whole.cells]
    for one, other in zip(bound.graphs, whole.graphs, strict=True):
        assert one.params == other.params
        assert {name: (n.params, n.warmup, n.wires) for name, n in one.nodes.items()} == {
            name: (n.params, n.warmup, n.wires) for name, n in other.nodes.items()
        }


def test_a_param_of_bars_or_of_a_sub_graph_is_swept_too(engine, site) -> None:
    path = site.graph(
        """
        line: {use: shifted, in: daily.close, with: {much: $fast}}
        slow: {use: plus, in: daily.open, with: {by: 3}}
        entry: {use: cross, in: {fast: line, slow: slow}}
        bt: {use: backtest, in: {bars: daily, signal: entry}}
        """,
        bars="daily: {timeframe: 1d, symbols: $names}",
        params='fast: {type: float, default: 1}\nnames: {type: str, default: AAA}',
        name="h",
    )  # fmt: skip
    inner = "graphs:\n  shifted:\n    params: {much: {type: float}}\n    in: {x: price}\n    out: moved\n"
    path.write_text(path.read_text() + inner + "    nodes: {moved: {use: plus, in: $x, with: {by: $much}}}\n")
    table = engine.sweep(path, Search({"fast": [1, 2], "names": "AAA,BBB"})).table()
    assert table.select("fast", "names", "symbol").rows() == [
        (1.0, "AAA", "AAA"), (1.0, "BBB", "BBB"), (2.0, "AAA", "AAA"), (2.0, "BBB", "BBB"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("search", "words"),
    [
        (Search(), "nothing to sweep"),
        (Search({"fats": "1:3"}), "has no param 'fats'"),
        (Search({"fast": "1:3:0"}), "step of 0"),
        (Search({"fast": "1,x"}), "expected number, got 'x'"),
        (Search({"fast": [1, 5000]}), "allowed: 0.0 … 900.0"),
        (Search({"btt.fee": "0,1"}), "no node 'btt'"),
        (Search({"bt.fees": "0,1"}), "no param 'fees'"),
    ],
)
def test_a_search_that_means_nothing_is_refused(engine, search, words) -> None:
    with pytest.raises(UsageError, match=words):
        engine.cells("g", search)


def test_cells_that_do_not_fit_a_node_are_faults_that_name_them(engine, site) -> None:
    site.path.write_text(site.path.read_text().replace("fast: {type: float, default: 1, min: 0, max: 900}",
                                                       "fast: {type: float, default: 1}"))  # fmt: skip
    with pytest.raises(GraphError, match=r"in the cell fast=-5000\.0 slow=2") as caught:
        engine.cells("g", Search({"fast": [1, -5000], "slow": [2]}))
    assert [fault.code for fault in caught.value.faults] == ["TG223"]


def test_a_graph_without_metrics_has_no_sweep(engine, site) -> None:
    path = site.graph("a: {use: plus, in: daily.close, with: {by: $fast}}", params=PARAMS, name="bare")
    with pytest.raises(UsageError, match="has no metrics"):
        engine.cells(path, Search({"fast": "1:2"}))


def test_removing_the_last_sweep_removes_its_view(engine) -> None:
    engine.run("g")
    swept = engine.sweep("g", GRID)
    engine.remove_runs(Selection(runs=(swept.run.id,)))
    shown = engine.sql("select name from shown where graph like 'g%'")["name"].to_list()
    assert "sweep" not in shown
    assert "fast" in shown
    assert engine.sql("select count(*) from cells").item() == 0


def test_a_thousand_cells_over_sixty_four_lines_compute_sixty_four_lines(engine, site) -> None:
    site.path.write_text(
        site.path.read_text().replace("in: daily.open, with: {by: $slow}", "in: daily.close, with: {by: $slow}")
    )
    swept = engine.sweep("g", Search({"fast": "0:39", "slow": "39:63"}), Overrides(bars={"symbols": "AAA"}))
    assert len(swept.cells.cells) == 1000
    assert len(site.calls()) == 64
    assert {record.status for record in swept.run.records} == {"computed"}
    # the metrics of a thousand cells are a few files, not a thousand
    assert len(list((site.root / ".tradegraph/segments").rglob("*.parquet"))) < 8
    assert swept.table()["cell"].n_unique() == 1000


def test_back_tests_are_called_together_and_each_has_its_own_bits(engine, site, monkeypatch) -> None:
    together = engine.sweep("g", GRID).table()
    monkeypatch.setattr("pipeline.execution.together._BYTES", 0)
    alone = engine.sweep("g", GRID, cache=False).table()
    assert together.equals(alone)


@pytest.mark.parametrize(
    ("node", "more"),
    [
        ("backtest_weights", {"bt.bars_per_year": [252.0, 365.0]}),
        ("backtest_portfolio", {"bt.rebalance": "bar,week"}),
    ],
)
def test_accounts_on_weights_are_called_together_and_each_has_its_own_bits(
    engine, site, monkeypatch, node, more
) -> None:
    path = site.graph(
        "fast: {use: plus, in: daily.close, with: {by: $fast}}\n"
        "entry: {use: cross, in: {fast: fast, slow: daily.open}}\n"
        "side: {use: position, in: entry, with: {direction: both}}\n"
        "size: {use: scale, in: side, with: {factor: 0.7}}\n"
        f"bt: {{use: {node}, in: {{bars: daily, weight: size}}, with: {{fee: 0.001}}}}",
        params=PARAMS,
        name="w",
    )
    fills = "next_open,same_close"
    search = Search({"fast": "0:18:3", "bt.fill": fills, "bt.cash": "1000,5000", **more})
    together = engine.sweep(path, search)
    assert together.run.status == "ok"
    assert together.table()["n_trades"].sum() > 100
    monkeypatch.setattr("nodes.kernels.weight_statement._ROWS", 300)  # two or three calls at once
    monkeypatch.setattr("pipeline.execution.together._BYTES", 0)
    alone = engine.sweep(path, search, cache=False)
    assert alone.table().equals(together.table())


def test_a_call_of_many_that_fails_is_made_one_by_one(engine, monkeypatch) -> None:
    together = engine.sweep("g", GRID).table()
    asked = []

    def refuse(steps, *_):
        asked.append(len(steps))
        raise ValueError("not together")

    monkeypatch.setattr("pipeline.execution.execute.measured_at_once", refuse)
    monkeypatch.setattr("pipeline.execution.execute.called_in_a_row", refuse)
    alone = engine.sweep("g", GRID, cache=False)
    assert asked == [15, 15]  # the signals, and the back-tests on them
    assert alone.run.status == "ok"
    assert alone.table().equals(together)


def test_steps_of_a_call_for_many_are_timed_and_counted_each(engine) -> None:
    run = engine.sweep("g", GRID).run
    kinds = [record.step.type.id for record in run.records]
    assert kinds == sorted(kinds, key=("plus", "cross", "backtest").index)  # those of one type side by side
    for record in run.records:
        assert record.ms > 0.0
        assert record.rows == (3 if record.step.type.id == "backtest" else 132)
    starts = [record.started_at for record in run.records if record.step.type.id == "cross"]
    assert starts == sorted(set(starts))


def test_metrics_of_a_pack_are_read_by_runs_and_views_and_outlive_a_collection(engine, site) -> None:
    path = site.graph(
        "line: {use: plus, in: daily.close, with: {by: $fast}}\n"
        "weight: {use: scale, in: line, with: {factor: 0.001}}\n"
        "sized: {use: position, in: {event: up}}\n"
        "up: {use: cross, in: {fast: line, slow: daily.open}}\n"
        "earned: {use: position_returns, in: {close: daily.close, weight: sized}}\n"
        "stats: {use: performance, in: {close: daily.close, returns: earned, weight: sized}}",
        params=PARAMS,
        name="k",
    )
    swept = engine.sweep(path, Search({"fast": [1, 2, 3]}))
    engine.collect()
    run = engine.run(path, Overrides({"fast": 2}))
    assert run.run.record("k", "stats").status == "cached"
    mine = swept.table().filter(fast=2)["total_return"].to_list()
    assert run.output("stats")["total_return"].to_list() == mine
    assert engine.sql("select total_return from k.stats")["total_return"].to_list() == mine
    assert run.output("stats").columns == engine.run(path, Overrides({"fast": 2}), cache=False).output("stats").columns


def test_a_sampler_leaves_a_record_like_any_other_sweep(engine, site) -> None:
    search = Search({"fast": "0.5:9.5", "slow": "2:8:2"}, most=24, sampler="optuna", objective="total_return")
    swept = engine.sweep("g", search)
    assert len(swept.cells.cells) == 24
    calls = Counter(site.calls())
    assert set(calls.values()) == {1}
    assert Counter(r.status for r in swept.run.records)["failed"] == 0
    assert engine.sql("select count(*) from g.sweep where sharpe is not null or n_trades = 0").item() == 72
    again = engine.sweep("g", search)
    assert again.table().equals(swept.table())
    assert site.calls() == []
    with pytest.raises(UsageError, match="Did you mean 'sharpe'") as caught:
        engine.sweep("g", Search({"fast": "0:9"}, most=3, sampler="optuna", objective="sharp"))
    assert caught.value.faults[0].code == "TG136"


def test_values_that_a_sweep_keeps_are_views_over_all_its_cells(engine, site) -> None:
    swept = engine.sweep("g", GRID, store="all")
    assert engine.sql("select name from shown where graph = 'g.sweep' order by name")["name"].to_list() == [
        "sweep", "sweep_bt", "sweep_entry", "sweep_fast", "sweep_slow", "sweep_unasked",
    ]  # fmt: skip
    shared = engine.sql("select * from g.sweep_fast")
    assert shared.columns == ["run_id", "cell", "symbol", "ts", "fast", "slow", "value"]
    assert shared.height == 15 * 132  # five lines serve fifteen cells
    assert engine.sql("select count(*) from cell_keys where node = 'fast'").item() == 5
    for fast, slow in ((0.0, 2.0), (4.0, 6.0)):
        cell = f"fast = {fast} and slow = {slow}"
        engine.run("g", Overrides({"fast": fast, "slow": slow}), cache=False)
        for node in ("entry", "bt", "unasked"):
            query = "select * exclude (run_id, fast, slow) from {} order by symbol, ts"
            alone = engine.sql(query.format(f"g.{node}"))
            mine = engine.sql(query.format(f"g.sweep_{node} where {cell}")).drop("cell")
            assert mine.equals(alone), node
    heat = engine.sql("pivot (select fast, slow, equity from g.sweep_bt) on slow using max(equity) order by fast")
    assert heat.shape == (5, 4)
    # what is kept of the next one is its metrics alone
    again = engine.sweep("g", GRID)
    assert engine.sql("select name from shown where graph = 'g.sweep'")["name"].to_list() == ["sweep"]
    engine.remove_runs(Selection(runs=(again.run.id,)))
    assert engine.sql("select distinct run_id from g.sweep_bt").item() == swept.run.id


def test_outputs_that_are_kept_are_views_and_a_node_of_such_a_name_goes_first(engine, site) -> None:
    path = site.graph(
        GRAPH.replace("unasked", "sweep_entry"), params=PARAMS, outputs="line: fast\nentries: entry", name="k"
    )
    engine.sweep(path, Search({"fast": [1, 2], "slow": [4]}), store="outputs", workers=Crew("inline"))
    shown = "select name from shown where graph = 'k.sweep' order by name"
    assert engine.sql(shown)["name"].to_list() == ["sweep", "sweep_bt", "sweep_entry", "sweep_fast"]
    engine.run(path)
    assert engine.sql(shown)["name"].to_list() == ["sweep", "sweep_bt", "sweep_fast"]
    assert engine.sql("select * from k.sweep_entry").height == 132
    engine.sweep(path, Search({"fast": [1, 2], "slow": [5]}), store="outputs")
    assert engine.sql(shown)["name"].to_list() == ["sweep", "sweep_bt", "sweep_fast"]


def test_what_is_stored_of_a_sweep_is_a_choice(engine, site) -> None:
    search = Search({"fast": [1, 2], "slow": [4]})
    engine.sweep("g", search, store="all")
    site.calls()
    run = engine.run("g", Overrides({"fast": 2, "slow": 4}))
    assert {record.status for record in run.run.records} == {"cached"}
    assert site.calls() == []
    assert engine.sql("select count(*) from g.sweep").item() == 6
