"""Looking back at runs: listed, shown, compared."""

from __future__ import annotations

import pytest


@pytest.fixture
def two_runs(project, tradegraph):
    """Ids of two runs of `slope` with lag 1 and 2, the second one failing nowhere."""
    tradegraph("run", "slope", "-q")
    tradegraph("run", "slope", "-p", "lag=2", "-q")
    newest, oldest = (run["run_id"] for run in tradegraph("runs", "list", "--json").json)
    return oldest, newest


def test_runs_are_listed_the_newest_first(two_runs, tradegraph) -> None:
    lines = tradegraph("runs", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["run", two_runs[1], two_runs[0]]
    assert "lag=2" in lines[1]
    assert "1 older run" in tradegraph("runs", "list", "--limit", 1).out
    assert "no runs of 'other'" in tradegraph("runs", "list", "--graph", "other").out


def test_no_runs_yet_is_no_error(project, tradegraph) -> None:
    answer = tradegraph("runs", "list")
    assert answer.status == 0
    assert "no runs yet" in answer.out
    assert tradegraph("runs", "list", "--json").json == []


def test_a_run_is_shown_by_id_beginning_or_latest(two_runs, tradegraph) -> None:
    oldest, newest = two_runs
    assert oldest in tradegraph("runs", "show", oldest).out
    shown = tradegraph("runs", "show").out
    assert newest in shown
    assert "run with  -p lag=2" in shown
    assert tradegraph("runs", "show", "latest~1", "--json").json["run_id"] == oldest
    unknown = tradegraph("runs", "show", "1999")
    assert unknown.status == 2
    assert "TG605" in unknown.err


def test_a_failure_is_shown_with_its_message(project, tradegraph) -> None:
    tradegraph("run", "trouble", "-q")
    shown = tradegraph("runs", "show")
    assert "TG501 broken: ZeroDivisionError: no luck" in shown.out
    assert tradegraph("runs", "show", "--json").json["failures"][0]["node"] == "broken"


def test_a_comparison_names_what_changed_of_every_node(two_runs, tradegraph) -> None:
    document = tradegraph("runs", "compare", *two_runs, "--json").json
    changed = {node["node"]: [reason["change"] for reason in node["changed"]] for node in document["nodes"]}
    assert changed == {"move": ["PARAM"], "twice": ["UPSTREAM"], "other": []}
    text = tradegraph("runs", "compare").out
    assert "PARAM periods is 2, it was 1" in text
    assert "2 of 3 nodes differ" in text


def test_a_comparison_sees_data_and_nodes_that_came_and_went(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    tradegraph("data", "rm", "BBB", "--yes")
    path = project / "graphs/slope.yaml"
    path.write_text(path.read_text().replace("other", "added"))
    tradegraph("run", "slope", "-q")
    document = tradegraph("runs", "compare", "--json").json
    changed = {node["node"]: {reason["change"] for reason in node["changed"]} for node in document["nodes"]}
    assert changed["added"] == {"NEW"}
    assert changed["other"] == {"GONE"}
    assert changed["move"] == {"DATA"}


def test_metrics_that_differ_are_set_side_by_side(project, tradegraph) -> None:
    path = project / "graphs/slope.yaml"
    stats = "  stats: {use: performance, in: {close: daily.close}}\noutputs:\n  numbers: stats\n"
    path.write_text(path.read_text().replace("outputs:\n", stats))
    tradegraph("run", "slope", "-q")
    tradegraph("run", "slope", "-q")
    assert "metrics: all " in tradegraph("runs", "compare").out
    tradegraph("run", "slope", "--to", "2024-01-06", "-q")
    document = tradegraph("runs", "compare", "--json").json
    bars = next(m for m in document["metrics"] if m["metric"] == "bars" and m["symbol"] == "AAA")
    assert (bars["a"], bars["b"], bars["b - a"]) == (12, 6, -6)
    assert "metrics that differ" in tradegraph("runs", "compare").out


def test_runs_of_different_graphs_are_not_compared(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    tradegraph("run", "trouble", "-q")
    answer = tradegraph("runs", "compare", "latest~1", "latest")
    assert answer.status == 2
    assert "no graph in common" in answer.err


def test_without_ids_the_latest_run_is_compared_with_the_one_of_its_graph_before(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    first = tradegraph("runs", "compare")
    assert first.status == 2
    assert "is the first run of its graph" in first.err
    tradegraph("run", "trouble", "-q")
    tradegraph("run", "slope", "-p", "lag=2", "-q")
    runs = [run["run_id"] for run in tradegraph("runs", "list", "--graph", "slope", "--json").json]
    document = tradegraph("runs", "compare", "--json").json
    assert (document["a"], document["b"]) == (runs[1], runs[0])
