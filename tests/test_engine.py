"""The engine as Python code uses it: check, plan, run, ask; and the same inputs give the same bytes."""

import datetime as dt
import json
import runpy
from pathlib import Path

import polars as pl
import pytest

from pipeline.engine import Engine, Overrides
from pipeline.errors import GraphError, SettingsError, StoreError, UsageError
from pipeline.execution.protocols import Silent
from pipeline.market import Market
from pipeline.market.synth import store_synthetic

CHECKOUT = Path(__file__).parents[1]
NOUNS = runpy.run_path(str(Path(__file__).parent / "execution" / "world.py"))
GRAPH = """
a: {use: plus, in: daily.close, with: {by: $step}}
b: {use: plus, in: a, with: {by: 2}}
"""
PARAMS = "step: {type: float, default: 1, min: 0, max: 50}"


@pytest.fixture(scope="module")
def stage(tmp_path_factory, compiled_kernels):
    """The project that `site` begins with."""
    made = NOUNS["Site"](tmp_path_factory.mktemp("stage") / "site", compiled_kernels)
    made.path = made.graph(GRAPH, params=PARAMS, outputs="result: b")
    made.snapshot()
    return made


@pytest.fixture
def site(stage, monkeypatch):
    """A project on disk: 3 symbols, 12 daily bars."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    return stage.restored()


class Heard(Silent):
    def __init__(self):
        self.steps = None
        self.said = []

    def started(self, *, steps, cached):
        self.steps = (steps, cached)

    def finished(self, *, node, status, ms, rows, message):
        self.said.append((node, status, rows))


def test_a_folder_that_is_no_project_is_refused(tmp_path) -> None:
    with pytest.raises(SettingsError) as caught:
        Engine.open(tmp_path)
    assert caught.value.faults[0].code == "TG002"
    assert list(tmp_path.iterdir()) == []


def test_opening_checking_and_planning_write_what_became_of_plugins_and_nothing_else(site) -> None:
    before = set(site.root.rglob("*"))
    engine = site.engine(shipped=True)
    engine.check(site.path)
    plan = engine.plan(site.path)
    assert [step.action for step in plan.steps] == ["compute", "compute"]
    private = site.root / ".tradegraph"
    kept = [private / name for name in ("journal", "admission.json", "descriptions.json", "plugins.json")]
    notes = (site.root / "logs", *kept)
    written = {path for path in set(site.root.rglob("*")) - before if not any(path.is_relative_to(n) for n in notes)}
    assert {path for path in written if path.name != "__pycache__" and path.suffix != ".pyc"} == set()
    assert site.calls() == []


def test_a_run_takes_a_path_its_text_or_a_checked_graph(site) -> None:
    engine = site.engine()
    for graph in (site.path, str(site.path), engine.check(site.path)):
        assert engine.run(graph).output("b")["value"][0] == 103.0
    assert site.calls() == ["plus 1", "plus 2"]


def test_a_graph_in_the_graphs_folder_is_found_by_its_name(site) -> None:
    path = site.graph(site.CHAIN)
    folder = site.root / "graphs"
    folder.mkdir(exist_ok=True)
    (folder / "by_name.yaml").write_text(path.read_text())
    assert site.engine().check("by_name").file == str(folder / "by_name.yaml")


def test_faults_of_a_graph_are_raised_all_at_once_and_nothing_runs(site) -> None:
    path = site.graph("a: {use: pluss, in: daily.close}\nb: {use: plus, in: nowhere, with: {bye: 1}}")
    with pytest.raises(GraphError) as caught:
        site.engine().run(path)
    assert {fault.code for fault in caught.value.faults} == {"TG201", "TG202", "TG221"}
    assert all(fault.place.file == str(path) for fault in caught.value.faults)
    assert not site.database.exists()


def test_symbols_and_ranges_that_the_market_lacks_are_faults_of_the_graph(site) -> None:
    engine = site.engine()
    for bars, code in (({"symbols": "AAA,ZZZ"}, "TG301"), ({"from": "2030-01-01"}, "TG303")):
        with pytest.raises(GraphError) as caught:
            engine.plan(site.path, Overrides(bars=bars))
        assert caught.value.faults[0].code == code
        assert caught.value.faults[0].place.file == str(site.path)


def test_overrides_reach_params_nodes_and_bars(site) -> None:
    overrides = Overrides(
        params={"step": "5"},
        settings={"b": {"by": 10.0, "times": "2"}},
        bars={"symbols": "AAA,CCC", "from": "2020-01-03", "to": "2020-01-04"},
    )
    result = site.engine().run(site.path, overrides)
    frame = result.output("b")
    assert frame["symbol"].to_list() == ["AAA", "AAA", "CCC", "CCC"]
    assert frame["value"].to_list() == [127.0, 128.0, 327.0, 328.0]
    assert frame["ts"].dt.date().to_list()[:2] == [dt.date(2020, 1, 3), dt.date(2020, 1, 4)]
    recorded = json.loads(site.engine().sql("select settings from runs").item())
    assert recorded == overrides.as_dict()
    assert recorded["set"] == {"b": {"by": 10.0, "times": "2"}}
    assert json.loads(site.engine().sql("select params from runs").item()) == {"step": 5.0}


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        (Overrides(params={"stepp": 1}), "TG206"),
        (Overrides(params={"step": 99}), "TG223"),
        (Overrides(params={"step": "many"}), "TG222"),
        (Overrides(settings={"z": {"by": 1}}), "TG206"),
        (Overrides(settings={"a": {"bye": 1}}), "TG221"),
        (Overrides(bars={"from": "yesterday"}), "TG222"),
    ],
    ids=["param", "range", "type", "node", "node's param", "date"],
)
def test_overrides_of_nothing_are_faults(site, overrides, code) -> None:
    with pytest.raises(GraphError) as caught:
        site.engine().plan(site.path, overrides)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_overrides_change_nothing_for_the_next_call(site) -> None:
    engine = site.engine()
    engine.run(site.path, Overrides(params={"step": 5.0}))
    assert engine.run(site.path).output("a")["value"][0] == 101.0
    assert Overrides().as_dict() == {"params": {}, "set": {}}


def test_a_node_to_refresh_that_is_not_there_is_a_fault_of_the_call(site) -> None:
    with pytest.raises(UsageError) as caught:
        site.engine().run(site.path, refresh=["bb"])
    assert "'bb'" in str(caught.value)
    assert "'b'" in caught.value.hint
    assert site.calls() == []


def test_asking_why_of_a_node_that_is_not_there_is_a_fault_of_the_call(site) -> None:
    engine = site.engine()
    planned = engine.plan(site.graph(site.CHAIN))
    with pytest.raises(UsageError, match="has no node 'bb'") as error:
        engine.why(planned, "bb")
    assert error.value.hint == "Did you mean 'b'?"


def test_options_of_a_run_reach_it(site) -> None:
    engine = site.engine()
    engine.run(site.path)
    assert site.calls() == ["plus 1", "plus 2"]
    engine.run(site.path, refresh=["b"])
    assert site.calls() == ["plus 2"]
    engine.run(site.path, cache=False)
    assert site.calls() == ["plus 1", "plus 2"]
    heard = Heard()
    engine.run(site.path, Overrides(settings={"b": {"by": 3.0}}), progress=heard)
    assert heard.steps == (2, 1)
    assert heard.said == [("a", "cached", None), ("b", "computed", 36)]


def test_an_output_is_a_frame_by_node_or_declared_name(site) -> None:
    result = site.engine().run(site.path)
    for name in ("b", "result"):
        frame = result.output(name)
        assert frame.columns == ["symbol", "ts", "value"]
        assert frame.schema["ts"] == pl.Datetime("us", "UTC")
        assert frame.height == 36
        assert frame["value"][0] == 103.0
    assert result.published.runs == (result.run.id,)
    assert result.graph.name == "g"


def test_parts_and_tables_are_outputs_too(site) -> None:
    site.node(
        "pair",
        """
        class Band(NamedTuple):
            low: Number
            high: Number

        @indicator
        def band(x: Number) -> Band:
            \"\"\"A band.\"\"\"
            return x - 1, x + 1
        """,
    )
    path = site.graph(
        "band: {use: band, in: daily.close}\nstats: {use: performance, in: {close: daily.close}}",
        outputs="high: band.high\ntable: stats\nvalue: stats.value",
    )
    result = site.engine(shipped=True).run(path)
    assert result.run.exit_status == 0, [record.failure for record in result.run.records]
    assert result.output("high").columns == ["symbol", "ts", "high"]
    assert result.output("band").row(0)[2:] == (99.0, 101.0)
    table = result.output("stats")
    assert table["symbol"].to_list() == ["AAA", "BBB", "CCC"]
    assert result.output("table").equals(table)
    assert result.output("value").equals(table)


def test_outputs_that_are_not_there_say_why(site) -> None:
    path = site.graph("a: {use: fragile, in: daily.close}\nb: {use: plus, in: a}")
    site.break_()
    result = site.engine().run(path)
    assert result.run.exit_status == 1
    for node, code in (("a", "TG603"), ("b", "TG603"), ("nothing", "TG605")):
        with pytest.raises(StoreError) as caught:
            result.output(node)
        assert caught.value.faults[0].code == code
        assert repr(node) in str(caught.value)


def test_an_older_result_keeps_its_values(site) -> None:
    engine = site.engine()
    first = engine.run(site.path)
    second = engine.run(site.path, Overrides(params={"step": 5.0}))
    assert (first.output("a")["value"][0], second.output("a")["value"][0]) == (101.0, 105.0)


def test_a_new_engine_finds_everything_again(site) -> None:
    site.engine().run(site.path)
    site.calls()
    engine = site.engine()
    assert engine.run(site.path).output("b")["value"][0] == 103.0
    assert site.calls() == []
    assert engine.sql("from runs").height == 2


def test_without_reloading_the_registry_is_a_snapshot_of_when_it_was_first_asked_for(site) -> None:
    (site.root / "plugin_config.json").write_text('{"auto_reload": false}')
    engine = Engine.open(site.root)
    assert engine.registry is engine.registry
    site.node("later", '@indicator\ndef later(x: Number) -> Number:\n    """Later."""\n    return x\n')
    assert engine.registry.get("later") is None
    assert Engine.open(site.root).registry.get("later") is not None


def test_the_table_of_plugins_lists_the_users_files_with_their_faults(site) -> None:
    site.write("broken", "1 / 0\n")
    site.engine(shipped=True).run(site.path)
    rows = site.engine().sql("select path, origin, status, reason from plugins order by path").rows()
    assert [(Path(path).name, origin, status) for path, origin, status, _ in rows] == [
        ("arithmetic.py", "user", "loaded"),
        ("broken.py", "user", "refused"),
    ]
    assert "ZeroDivisionError" in rows[1][3]


def bytes_of(site, result) -> dict[str, bytes]:
    """Every output's columns as raw bytes, and the value files'."""
    found = {}
    for node in result.graph.nodes:
        frame = result.output(node)
        for column in frame.iter_columns():
            buffer = column.to_physical().to_frame().write_ipc(None, compression="uncompressed")
            found[f"{node}.{column.name}"] = buffer.getvalue()
    found.update({path.name: path.read_bytes() for path in site.segments})
    return found


EVERY_STYLE = """
smooth: {use: ema, in: daily.close, with: {period: 12}}
momentum: {use: momentum_strategy, in: daily, with: {momentum_period: 20}}
up: {use: greater, in: {x: daily.close, y: smooth}}
moves: {use: diff, in: daily.close, with: {periods: 5}}
held: {use: position, in: momentum.event}
stats: {use: performance, in: {close: daily.close, weight: held}}
"""


def test_the_same_inputs_give_the_same_bytes_in_fresh_projects(tmp_path, compiled_kernels, monkeypatch) -> None:
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    # a run that takes longer than this makes parts of its values durable, so the clock says which file they are in
    monkeypatch.setattr("pipeline.store.recorder.EVERY", 1e9)
    plugin = (CHECKOUT / "examples" / "momentum_strategy_plugin.py").read_text()
    results = []
    for name in ("one", "two"):
        site = NOUNS["Site"](tmp_path / name, compiled_kernels)
        site.write("momentum_strategy_plugin", plugin)
        market = Market(site.root / "market")
        store_synthetic(market, n_symbols=4, timeframe="1d", start=dt.datetime(2010, 1, 4, tzinfo=dt.UTC), bars=300)
        bars = "daily: {timeframe: 1d, symbols: [SYN0001, SYN0002, SYN0003, SYN0004], from: 2010-06-01}"
        result = site.run(EVERY_STYLE, bars=bars, outputs="result: stats", shipped=True)
        assert result.run.exit_status == 0, [record.failure for record in result.run.records]
        assert {step.type.style for step in result.run.plan.steps} == {"kernel", "frame", "expression", "table"}
        results.append((bytes_of(site, result), [step.key for step in result.run.plan.steps]))
    (first, first_keys), (second, second_keys) = results
    assert first_keys == second_keys
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert len(first) > 20
