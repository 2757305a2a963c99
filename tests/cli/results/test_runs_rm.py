"""Letting runs go at the prompt."""

from __future__ import annotations

import pytest


@pytest.fixture
def two_runs(project, tradegraph):
    """Ids of two runs of `slope`, the older one first."""
    tradegraph("run", "slope", "-q")
    tradegraph("run", "slope", "-p", "lag=2", "-q")
    newest, oldest = (run["run_id"] for run in tradegraph("runs", "list", "--json").json)
    return oldest, newest


def test_what_was_removed_is_said(two_runs, tradegraph) -> None:
    oldest, newest = two_runs
    answer = tradegraph("runs", "rm", "latest~1")
    assert answer.status == 0
    assert answer.out.splitlines()[0] == f"removed  {oldest}  slope"
    assert "tradegraph cache gc" in answer.out
    assert [run["run_id"] for run in tradegraph("runs", "list", "--json").json] == [newest]


def test_a_dry_run_says_it_and_does_nothing(two_runs, tradegraph) -> None:
    answer = tradegraph("runs", "rm", "--graph", "slope", "--dry-run")
    assert [line.split()[:2] for line in answer.out.splitlines()] == [["would", "remove"]] * 2
    assert len(tradegraph("runs", "list", "--json").json) == 2


def test_ages_and_counts_select(two_runs, tradegraph) -> None:
    assert "nothing to remove" in tradegraph("runs", "rm", "--older-than", "30d").out
    assert tradegraph("runs", "rm", "--older-than", "30d", "--json").json == {"dry_run": False, "runs": []}
    document = tradegraph("runs", "rm", "--keep", 1, "--json").json
    assert document["runs"] == [{"run_id": two_runs[0], "graph": "slope"}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "which runs"),
        (("--graph", "slop"), "slope"),
        (("--older-than", "soon"), "12h, 30d or 2w"),
        (("--older-than", "9e9d"), "no age"),
        (("--older-than", f"{10**15}w"), "longer than there are dates"),
        (("1999",), "TG605"),
    ],
)
def test_what_means_nothing_is_refused(two_runs, tradegraph, given, said) -> None:
    answer = tradegraph("runs", "rm", *given)
    assert answer.status == 2
    assert said in answer.err
    assert len(tradegraph("runs", "list", "--json").json) == 2
