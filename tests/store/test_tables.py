"""A node with columns and tables at once: all of it is stored, reused, seen in SQL and published."""

import polars as pl
import pytest

from pipeline.errors import GraphError

LEDGER = '''
from pipeline import Axis, Metrics, Table, Trades


class Kept(NamedTuple):
    level: Number
    stats: Metrics
    deals: Trades
    notes: Table


@portfolio(style="table")
def ledger(axis: Axis, x: Number, *, by: Annotated[float, Param("What is added")] = 0.0) -> Kept:
    """Columns beside tables."""
    note(f"ledger {by:g}")
    symbols = axis["symbol"].unique(maintain_order=True)
    stats = pl.DataFrame({"symbol": symbols, "most": [float(i) for i in range(len(symbols))], "ruined": False})
    deals = pl.DataFrame({"symbol": symbols, "trade_id": 0, "pnl": by, "odd": "?"})
    return Kept(x + by, stats, deals, pl.DataFrame({"said": ["a", "b"]}))
'''
NODES = """
kept: {use: ledger, in: daily.close, with: {by: 2}}
after: {use: plus, in: kept.level, with: {by: 1}}
"""
OUTPUTS = "deals: kept.deals\nlevel: kept.level\nafter: after"


@pytest.fixture
def kept(site):
    site.node("ledger", LEDGER)
    site.path = site.graph(NODES, outputs=OUTPUTS)
    site.first = site.run(site.path)
    assert site.first.run.exit_status == 0, site.first.run.records
    site.calls()
    return site


def test_columns_and_tables_are_answered_by_name(kept) -> None:
    assert kept.first.output("kept").columns == ["symbol", "ts", "level"]
    assert kept.first.output("kept.level")["level"][0] == 102.0
    assert kept.first.output("kept.notes")["said"].to_list() == ["a", "b"]
    assert kept.first.output("deals")["pnl"].to_list() == [2.0] * 3
    assert kept.first.output("after")["value"][0] == 103.0


def test_sql_has_a_view_for_the_columns_and_one_for_each_table(kept) -> None:
    engine = kept.engine()
    assert engine.sql("select level from g.kept limit 1").item() == 102.0
    assert engine.sql("select said from g.kept_notes").height == 2
    assert engine.sql("select most from g.kept_stats").height == 3
    assert engine.sql("select pnl from g.deals").height == 3
    assert engine.sql("select count(*) from g.level").item() == 36


def test_metrics_and_trades_are_published_row_by_row_for_each_run(kept) -> None:
    again = kept.run(kept.path)
    assert again.run.counts["cached"] == 2
    engine = kept.engine()
    rows = engine.sql("select run_id, node, symbol, trade_id, pnl, status from trades order by 1, 3").rows()
    assert [row[0] for row in rows] == [kept.first.run.id] * 3 + [again.run.id] * 3
    assert rows[0][1:] == ("kept", "AAA", 0, 2.0, None)
    metrics = engine.sql("select metric, value from metrics where symbol = 'BBB' order by all").rows()
    assert metrics == [("most", 1.0), ("most", 1.0), ("ruined", 0.0), ("ruined", 0.0)]


def test_nothing_is_computed_twice_and_a_table_that_is_gone_is_made_again(kept) -> None:
    kept.run(kept.path)
    assert kept.calls() == []
    for segment in kept.segments:
        if pl.read_parquet_schema(segment).keys() == {"said"}:
            segment.unlink()
    done = kept.run(kept.path)
    assert kept.calls() == ["ledger 2"]
    assert done.output("kept.notes").height == 2


def test_a_node_called_like_a_table_of_another_goes_first(kept) -> None:
    nodes = NODES + "kept_notes: {use: plus, in: daily.close}"
    kept.run(nodes, outputs=OUTPUTS + "\nsame: kept_notes\nnotes: kept.notes")
    engine = kept.engine()
    assert engine.sql("select value from g.kept_notes limit 1").item() == 100.0
    assert engine.sql("select said from g.notes").height == 2


def test_a_table_cannot_be_wired(kept) -> None:
    with pytest.raises(GraphError, match=r"takes number, but kept\.stats"):
        kept.run("kept: {use: ledger, in: daily.close}\nb: {use: plus, in: kept.stats}")


def test_what_is_no_table_where_one_is_promised_fails_the_node(site) -> None:
    site.node("ledger", LEDGER.replace('pl.DataFrame({"said": ["a", "b"]})', '["a", "b"]'))
    run = site.run(NODES).run
    assert run.record("g", "kept").failure.message == "'ledger' gave list for 'notes', expected a polars DataFrame"
    site.node("ledger", LEDGER.replace("Kept(x + by, stats, deals,", "(x + by, stats,"))
    run = site.run(NODES).run
    assert run.record("g", "kept").failure.message == "'ledger' gave 3 results for 4 outputs"


def test_what_was_said_about_a_graph_is_stored_with_the_run(site) -> None:
    nodes = "a: {use: plus, in: daily.close}\nb: {use: plus, in: daily.close}"
    run = site.run(nodes, outputs="result: a").run
    rows = site.engine().sql("select run_id, graph, code, message, line from warnings").rows()
    assert rows == [(run.id, "g", "TG217", "no output depends on node 'b'", 7)]


def test_a_param_that_misleads_is_warned_of_at_check_time_and_in_the_record(site) -> None:
    site.node(
        "hasty",
        """
        @indicator(caution=lambda p: "it hurries" if p.fast else "")
        def hasty(x: Number, *, fast: Annotated[bool, Param("Hurry")] = False) -> Number:
            \"\"\"The same.\"\"\"
            return x
        """,
    )
    graph = site.graph("a: {use: hasty, in: daily.close, with: {fast: true}}\nb: {use: hasty, in: daily.close}")
    (fault,) = site.engine().check(graph).warnings
    assert (fault.code, fault.message, fault.severity) == ("TG225", "node 'a': it hurries", "warning")
    site.run(graph)
    assert site.engine().sql("select code, message from warnings").rows() == [("TG225", "node 'a': it hurries")]
