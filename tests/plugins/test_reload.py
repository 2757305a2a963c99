"""An engine that runs on sees what changed, computes that anew and nothing else, and keeps what was good."""

from __future__ import annotations

import os

import pytest

from pipeline.engine import Engine

NODES = "i: {use: my_custom_indicator, in: daily, with: {period: 3}}\nb: {use: sma, in: daily.close, with: {period: 2}}"


@pytest.fixture
def engine(site, guide) -> Engine:
    """An engine with the guide's indicator in a graph of two nodes that ran once."""
    site.write("my_custom_indicator", guide("indicator"))
    site.graph(NODES)
    opened = Engine.open(site.root)
    assert opened.run("g").run.counts == {"computed": 2, "cached": 0, "failed": 0, "skipped": 0}
    return opened


def edit(site, old: str, new: str) -> None:
    site.edit("my_custom_indicator", old, new)
    path = site.nodes / "my_custom_indicator.py"
    os.utime(path, (2_000_000_000, 2_000_000_000))  # two writes may be closer together than the file system tells


@pytest.fixture(autouse=True)
def _here(site, monkeypatch) -> None:
    monkeypatch.chdir(site.root)


def test_an_edit_is_loaded_before_the_next_run_and_only_that_is_computed_anew(engine, site) -> None:
    before = engine.sql("select value from g.i where symbol = 'AAA' order by ts")["value"].to_list()
    edit(site, "mean()", "max()")
    counts = engine.run("g").run.counts
    assert (counts["computed"], counts["cached"]) == (1, 1)
    after = engine.sql("select value from g.i where symbol = 'AAA' order by ts")["value"].to_list()
    assert [later - sooner for later, sooner in zip(after[2:], before[2:], strict=True)] == [1.0] * 10


def test_a_comment_computes_nothing(engine, site) -> None:
    edit(site, "# Your calculation logic here", "# Words")
    assert engine.run("g").run.counts["cached"] == 2


def test_a_broken_edit_keeps_the_last_good_version_and_says_so_in_sql(engine, site) -> None:
    edit(site, "return data['close']", "return data['close'")
    run = engine.run("g").run
    assert (run.status, run.counts["cached"]) == ("ok", 2)
    rows = engine.sql(
        "select status, code, line, ids from plugins where path like '%my_custom_indicator.py' order by run_id"
    )
    assert rows.rows()[0] == ("loaded", None, None, "my_custom_indicator")
    assert rows.rows()[1][:2] == ("kept", "TG402")
    assert rows.rows()[1][2] > 10
    assert engine.sql("select event, code from plugin_events where event <> 'loaded'").rows() == [("kept", "TG402")]


def test_a_new_file_is_there_for_the_next_check(engine, site, guide) -> None:
    site.write("another", guide("indicator").replace("'my_custom_indicator'", "'another'"))
    site.graph("i: {use: another, in: daily, with: {period: 3}}")
    assert engine.check("g").nodes["i"].type.id == "another"
