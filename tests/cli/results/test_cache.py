"""The cache at the prompt: listed, counted, collected, cleared."""

from __future__ import annotations

import pytest


@pytest.fixture
def two_runs(project, tradegraph):
    """A project with two runs of `slope`."""
    tradegraph("run", "slope", "-q")
    tradegraph("run", "slope", "-p", "lag=2", "-q")
    return project


def test_values_are_listed_by_graph_and_node(two_runs, tradegraph) -> None:
    rows = tradegraph("cache", "list", "--json").json
    assert {(row["node"], row["node_type"], row["values"], row["needed"]) for row in rows} == {
        ("move", "diff", 2, 2),
        ("twice", "scale", 2, 2),
        ("other", "scale", 1, 1),
    }
    files = (two_runs / ".tradegraph/segments").rglob("*.parquet")
    assert abs(sum(row["bytes"] for row in rows) - sum(file.stat().st_size for file in files)) < 10
    tradegraph("runs", "rm", "latest")
    lines = tradegraph("cache", "list").out.splitlines()
    assert "(removed runs)" in lines[-1]
    assert "no values of 'nope'" in tradegraph("cache", "list", "--graph", "nope").out


def test_stats_say_what_a_collection_would_free(two_runs, tradegraph) -> None:
    before = tradegraph("cache", "stats", "--json").json
    assert (before["values"], before["files"], before["unneeded"], before["runs"]) == (5, 2, 0, 2)
    tradegraph("runs", "rm", "latest")
    after = tradegraph("cache", "stats", "--json").json
    assert (after["unneeded"], after["runs"]) == (2, 1)
    assert "cache gc" in tradegraph("cache", "stats").out
    assert tradegraph("cache", "gc", "--json").json["bytes"] == after["unneeded_bytes"] > 0
    assert "all, for ever" in tradegraph("cache", "stats").out


def test_a_collection_says_what_it_removed(two_runs, tradegraph) -> None:
    assert "nothing to remove" in tradegraph("cache", "gc").out
    tradegraph("runs", "rm", "latest")
    assert "would remove 2 values, 1 file" in tradegraph("cache", "gc", "--dry-run").out
    assert "removed 2 values, 1 file" in tradegraph("cache", "gc").out
    assert tradegraph("run", "slope", "--json").json["counts"]["cached"] == 3


def test_a_cleared_cache_is_filled_again(two_runs, tradegraph) -> None:
    assert "removed 5 values, 2 files" in tradegraph("cache", "clear").out
    assert tradegraph("sql", "select count(*) as n from slope.line", "--json").json == [{"n": 24}]
    assert len(tradegraph("runs", "list", "--json").json) == 2
    assert tradegraph("run", "slope", "--json").json["counts"]["computed"] == 3


def test_nothing_is_stored_before_the_first_run(project, tradegraph) -> None:
    assert "no values are stored" in tradegraph("cache", "list").out
    assert tradegraph("cache", "list", "--json").json == []
    assert tradegraph("cache", "stats", "--json").json["values"] == 0
    assert "nothing to remove" in tradegraph("cache", "gc").out
    assert tradegraph("runs", "list", "--json").json == []
