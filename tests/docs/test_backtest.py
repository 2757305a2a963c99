"""The page about the back-test: its graph and its command run, its names are those of the nodes."""

import datetime as dt
import json
import re

import numpy as np
import polars as pl
import pytest

from nodes.kernels.measure import METRICS
from pipeline.engine import Engine
from pipeline.market import Market, synthesise
from pipeline.market.importing import import_frame

PAGE = "docs/backtest.md"
BARS = synthesise(3, "1d", dt.datetime(2009, 1, 5), 700, 1)


@pytest.fixture(scope="module")
def project(tmp_path_factory, blocks, request, sharing_kernels):
    """A project with the page's graph, the graphs that ship, and invented bars."""
    root = tmp_path_factory.mktemp("backtest")
    (root / "plugin_config.json").write_text("{}")
    (root / "graphs").mkdir()
    for path in (request.config.rootpath / "graphs").glob("*.yaml"):
        (root / "graphs" / path.name).write_text(path.read_text())
    (text,) = blocks(PAGE, "yaml")
    (root / "graphs" / "crossing.yaml").write_text(text)
    import_frame(Market(root / "market"), BARS, "1d", source="test")
    return Engine.open(sharing_kernels(root))


@pytest.mark.xdist_group("backtest")
def test_the_graph_of_the_page_runs_and_sql_has_what_the_page_says(project, page) -> None:
    done = project.run("crossing").run
    assert done.exit_status == 0
    named = re.findall(r"`crossing\.(\w+)`", page(PAGE))
    assert named == ["bt", "bt_metrics", "bt_trades", "bt_orders"]
    for name in named:
        assert project.sql(f"select * from crossing.{name}").height
    stored = project.sql(f"select count(*) from trades where run_id = '{done.id}'").item()
    assert stored == project.sql("select * from crossing.trades").height


@pytest.mark.xdist_group("backtest")
def test_every_graph_that_ships_says_what_it_is_for_and_trades(project, request, page) -> None:
    names = sorted(path.stem for path in (request.config.rootpath / "graphs").glob("*.yaml"))
    listed = re.findall(r"`(\w+)`", page(PAGE).rpartition("## Where to begin")[2])
    # two use the plugins of the examples, which are tested there
    assert sorted(listed) == [name for name in names if name not in ("ema_cross", "guide_plugins")]
    symbols = sorted(BARS["symbol"].unique())
    for name in listed:
        given = {"first": symbols[0], "second": symbols[1]} if name == "pairs" else {}
        graph = project.check(name, _overrides(given))
        assert len(graph.description) > 80, name
        done = project.run(graph)
        assert done.run.exit_status == 0, name
        assert not graph.warnings, name
        assert done.output("stats")["n_trades"].sum() > 0, name


def _overrides(params):
    from pipeline.engine import Overrides

    return Overrides(params=params)


def test_the_metrics_of_the_page_are_those_of_the_nodes(page) -> None:
    table = page(PAGE).partition("| metric | what |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    named = [name for cell in cells for name in re.findall("`(.+?)`", cell)]
    assert sorted(named) == sorted([*METRICS, "benchmark_return"])


@pytest.mark.xdist_group("backtest")
def test_the_command_of_the_page_writes_what_it_says(tmp_path, answer, blocks) -> None:
    rows = BARS.filter(pl.col("symbol") == BARS["symbol"][0]).drop("symbol").rename({"ts": "timestamp"})
    signal = np.random.default_rng(1).choice([-1, 0, 0, 0, 1], rows.height)
    rows.with_columns(pl.col("timestamp").dt.to_string("%Y-%m-%d"), signal=signal).write_csv(tmp_path / "signals.csv")
    (script,) = blocks(PAGE, "sh")
    answer(script, tmp_path)
    written = {path.name for path in (tmp_path / "result").iterdir()}
    assert written == {"trades.csv", "orders.csv", "equity.csv", "metrics.json"}
    trades = pl.read_csv(tmp_path / "result" / "trades.csv")
    assert trades.columns == [
        *("trade_id", "direction", "status", "entry_idx", "entry_time", "entry_price", "size", "entry_fee"),
        *("exit_idx", "exit_time", "exit_price", "exit_fee", "pnl", "return", "exit_reason"),
    ]
    equity = pl.read_csv(tmp_path / "result" / "equity.csv")
    assert (equity.columns, equity.height) == (["timestamp", "equity"], rows.height)
    metrics = json.loads((tmp_path / "result" / "metrics.json").read_text())
    assert metrics["n_trades"] == trades.height
    assert set(METRICS) < set(metrics)
