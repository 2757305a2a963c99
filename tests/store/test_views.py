"""What SQL sees of a graph: its latest run, through views, and its declared outputs as real tables."""

import duckdb
import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError


def shown(site, graph="g"):
    """Names in a graph's schema and what they are."""
    query = f"select table_name, table_type from information_schema.tables where table_schema = '{graph}' order by 1"
    return dict(site.engine().sql(query).rows())


def test_every_node_is_a_view_and_every_declared_output_a_table(ran) -> None:
    assert shown(ran) == {"a": "VIEW", "b": "VIEW", "c": "VIEW", "result": "BASE TABLE"}


def test_views_show_the_latest_run(ran) -> None:
    second = ran.run(ran.path, Overrides(params={"step": 5.0}))
    engine = ran.engine()
    row = engine.sql("select run_id, step, value from g.b limit 1").row(0)
    assert row == (second.run.id, 5.0, 106.0)
    assert engine.sql("select value from g.result limit 1").item() == 109.0
    third = ran.run(ran.path)
    row = ran.engine().sql("select run_id, step, value from g.b limit 1").row(0)
    assert row == (third.run.id, 2.0, 103.0)
    # the node that no run changed shows the latest one as well
    assert ran.engine().sql("select distinct run_id from g.a").item() == third.run.id


def test_older_runs_can_still_be_asked_for(ran) -> None:
    ran.run(ran.path, Overrides(params={"step": 5.0}))
    assert ran.first.output("b")["value"][0] == 103.0


def test_a_declared_output_answers_without_the_value_files(ran, tmp_path) -> None:
    copied = tmp_path / "copy.duckdb"
    copied.write_bytes(ran.database.read_bytes())
    for segment in ran.segments:
        segment.unlink()
    with duckdb.connect(str(copied), read_only=True) as plain:
        assert plain.sql("select count(*), min(value) from g.result").fetchall() == [(36, 106.0)]
        with pytest.raises(duckdb.Error):
            plain.sql("select count(*) from g.c").fetchall()


def test_a_node_that_is_gone_from_the_graph_is_gone_from_its_schema(ran) -> None:
    ran.run("a: {use: plus, in: daily.close, with: {by: 1}}", outputs="other: a")
    assert shown(ran) == {"a": "VIEW", "other": "BASE TABLE"}


def test_an_output_that_becomes_a_node_and_back_changes_its_kind(ran) -> None:
    ran.run("result: {use: plus, in: daily.close, with: {by: 1}}")
    assert shown(ran) == {"result": "VIEW"}
    ran.run("result: {use: plus, in: daily.close, with: {by: 1}}", outputs="result: result")
    assert shown(ran) == {"result": "BASE TABLE"}
    ran.run(ran.CHAIN, outputs="result: c")
    assert shown(ran)["result"] == "BASE TABLE"
    assert ran.engine().sql("select value from g.result limit 1").item() == 106.0


def test_a_part_of_a_node_may_be_an_output(site) -> None:
    site.node(
        "signals",
        """
        @strategy
        def always(x: Number) -> Signal:
            \"\"\"Buy, with a strength.\"\"\"
            return (x * 0 + 1).cast(pl.Int8), x * 0 + 0.25
        """,
    )
    result = site.run("s: {use: always, in: daily.close}", outputs="strength: s.strength\nwhole: s")
    engine = site.engine()
    assert engine.sql("select * from g.strength limit 1").columns == ["symbol", "ts", "strength"]
    assert engine.sql("select event, strength from g.whole limit 1").row(0) == (1, 0.25)
    assert engine.sql("select event, strength from g.s limit 1").row(0) == (1, 0.25)
    assert result.output("strength").columns == ["symbol", "ts", "strength"]


def test_a_view_shows_the_asked_range_alone(site) -> None:
    path = site.graph(site.CHAIN, bars="daily: {timeframe: 1d, from: 2020-01-09}", outputs="result: c")
    result = site.run(path)
    engine = site.engine()
    assert engine.sql("select count(*) from g.a").item() == 4 * 3
    assert engine.sql("select count(*) from g.result").item() == 4 * 3
    assert result.output("a").height == 4 * 3
    assert str(engine.sql("select min(ts) from g.a").item().date()) == "2020-01-09"
    # another range shows other rows of the same stored value
    site.calls()
    site.run(path, Overrides(bars={"from": "2020-01-11"}))
    assert site.calls() == []
    assert site.engine().sql("select count(*) from g.a").item() == 2 * 3
    assert site.engine().sql("select count(*) from g.result").item() == 2 * 3


def test_nodes_that_share_a_computation_each_show_their_own_range(site) -> None:
    result = site.run(
        "a: {use: plus, in: all.close}\nb: {use: plus, in: late.close}",
        bars="all: {timeframe: 1d}\nlate: {timeframe: 1d, from: 2020-01-11}",
    )
    assert site.calls() == ["plus 0"]
    assert (result.output("a").height, result.output("b").height) == (36, 6)
    engine = site.engine()
    assert engine.sql("select count(*) from g.a").item() == 36
    assert engine.sql("select count(*) from g.b").item() == 6


def test_params_stand_beside_the_values_but_never_hide_them(site) -> None:
    site.run(
        "a: {use: plus, in: daily.close, with: {by: $value}}\nb: {use: plus, in: a, with: {by: $ts}}\n"
        "c: {use: plus, in: a, with: {by: $quote}}",
        params="""
            value: {type: float, default: 3}
            ts: {type: float, default: 1}
            quote: {type: float, default: 0.5}
            text: {type: str, default: "it's"}
            day: {type: date, default: 2020-01-01}
            flag: {type: bool, default: true}
            nothing: {type: int, default: ~}
        """,
    )
    frame = site.engine().sql("select * from g.a limit 1")
    assert frame.columns == ["run_id", "symbol", "ts", "day", "flag", "nothing", "quote", "text", "value"]
    row = frame.row(0, named=True)
    assert (row["value"], row["quote"], row["text"], str(row["day"]), row["flag"]) == (
        103.0,
        0.5,
        "it's",
        "2020-01-01",
        True,
    )
    assert row["nothing"] is None


def test_a_table_node_shows_its_own_columns(site) -> None:
    site.run("m: {use: performance, in: {close: daily.close}}", outputs="stats: m", shipped=True)
    engine = site.engine()
    assert engine.sql("select symbol, bars from g.stats order by symbol").rows() == [
        ("AAA", 12),
        ("BBB", 12),
        ("CCC", 12),
    ]
    assert engine.sql("select symbol from g.m order by symbol")["symbol"].to_list() == ["AAA", "BBB", "CCC"]
    metrics = engine.sql("select symbol, value from metrics where node = 'm' and metric = 'bars' order by symbol")
    assert metrics.rows() == [("AAA", 12.0), ("BBB", 12.0), ("CCC", 12.0)]
    # a cached table is in the metrics of the later run too
    second = site.run(site.root / "graphs" / "g.yaml", shipped=True).run
    count = site.engine().sql(f"select count(*) from metrics where run_id = '{second.id}' and metric = 'bars'")
    assert count.item() == 3


def test_a_failed_node_has_no_view_and_the_error_helps(site) -> None:
    path = site.graph("a: {use: plus, in: daily.close}\nb: {use: fragile, in: a}")
    site.run(path)
    assert shown(site) == {"a": "VIEW", "b": "VIEW"}
    site.edit("arithmetic", "    breaking()\n", "    breaking()\n    x = x + 0\n")
    site.break_()
    site.run(path)
    assert shown(site) == {"a": "VIEW"}
    with pytest.raises(StoreError) as caught:
        site.engine().sql("select * from g.b")
    assert "graph.node" in caught.value.faults[0].hint


def test_what_did_not_change_is_not_made_again(ran) -> None:
    def made():
        with duckdb.connect(str(ran.database), read_only=True) as plain:
            rows = plain.sql("select view_name, view_oid from duckdb_views() where schema_name = 'g'").fetchall()
            return dict(rows), plain.sql("select table_oid from duckdb_tables() where schema_name = 'g'").fetchall()

    before = made()
    ran.run(ran.path)
    assert made() == before


def test_the_definitions_name_no_run_so_that_cached_runs_cost_nothing(ran) -> None:
    definitions = ran.engine().sql("select definition from shown where graph = 'g'")["definition"]
    assert len(definitions) == 4
    assert not any(f"'{ran.first.run.id}'" in text for text in definitions)
