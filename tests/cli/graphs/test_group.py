"""graph new, list, show, fmt, diff, dot; and runs of a part of a graph."""

from __future__ import annotations

import json

import pytest

NESTED = """\
tradegraph: 1
name: nested
graphs:
  pair:
    params: {by: {type: float, default: 2}}
    in: {x: number}
    out: {one: first, two: second}
    nodes:
      first: {use: scale, in: $x, with: {factor: $by}}
      second: {use: scale, in: first, with: {factor: $by}}
bars:
  daily: {timeframe: 1d, symbols: all}
nodes:
  up: {use: pair, in: daily.close, tags: big}
  same: {use: scale, in: daily.close, with: {factor: 2}}
  sum: {use: add, in: {x: up.two, y: same}}
outputs: {sum: sum, one: up.one}
"""


@pytest.fixture
def nested(project):
    (project / "graphs/nested.yaml").write_text(NESTED)
    return project


def test_a_new_graph_is_legal_and_its_child_too(project, tradegraph) -> None:
    assert tradegraph("graph", "new", "mine").status == 0
    assert tradegraph("graph", "new", "child", "--extends", "mine").status == 0
    assert tradegraph("check", "mine", "child").status == 0
    assert (
        (project / "graphs/mine.yaml")
        .read_text()
        .startswith("# yaml-language-server: $schema=../.tradegraph/graph.schema.json\n")
    )
    assert (project / ".tradegraph/graph.schema.json").exists()
    assert "already" in tradegraph("graph", "new", "mine").err
    assert tradegraph("graph", "new", "Mine!").status == 2


def test_graphs_are_listed_with_their_state(nested, tradegraph) -> None:
    (nested / "graphs/broken.yaml").write_text("tradegraph: 1\n")
    rows = {row["graph"]: row for row in json.loads(tradegraph("graph", "list", "--json").out)}
    assert (rows["nested"]["nodes"], rows["nested"]["status"], rows["broken"]["status"]) == (4, "ok", "2 faults")


def test_a_graph_is_drawn(nested, tradegraph) -> None:
    drawn = tradegraph("graph", "show", "nested").out.splitlines()
    assert "up.first" in drawn[1]
    assert "⇒ one" in drawn[1]
    assert "factor=2" in drawn[1]
    document = json.loads(tradegraph("graph", "show", "nested", "--json").out)
    assert document["outputs"] == {"sum": "sum", "one": "up.first"}
    assert document["nodes"]["up.second"]["tags"] == ["big"]


def test_a_graph_is_exported(nested, tradegraph) -> None:
    assert tradegraph("graph", "dot", "nested").out.startswith('digraph "nested" {')
    assert tradegraph("graph", "dot", "nested", "--mermaid").out.startswith("flowchart LR")


def test_files_are_laid_out(nested, tradegraph) -> None:
    file = nested / "graphs/nested.yaml"
    file.write_text(NESTED.replace("tags: big}", "tags:   big}   # mine"))
    assert tradegraph("graph", "fmt", "--check", "nested").status == 1
    assert tradegraph("graph", "fmt", "nested").status == 0
    text = file.read_text()
    assert "tags: big" in text
    assert "# mine" in text
    assert text.index("bars:") < text.index("graphs:")
    assert tradegraph("graph", "fmt", "--check", "nested").status == 0


def test_graphs_are_compared_by_meaning(nested, tradegraph) -> None:
    other = NESTED.replace(
        "same: {use: scale, in: daily.close, with: {factor: 2}}",
        "like: {use: scale, in: daily.close, with: {factor: 2.0}}  # c",
    )
    (nested / "graphs/other.yaml").write_text(
        other.replace("y: same", "y: like").replace("name: nested", "name: other")
    )
    document = json.loads(tradegraph("graph", "diff", "nested", "other", "--json").out)
    assert [(row["node"], row["change"]) for row in document["nodes"]] == [("like", "renamed")]
    assert "mean the same" in tradegraph("graph", "diff", "nested").out
    said = tradegraph("graph", "diff", "nested", "--set", "up.by=3").out
    assert "PARAM factor is 3.0, it was 2.0" in said
    assert "1 node unchanged, 3 nodes different" in said


def test_a_run_with_sub_graphs_is_seen_in_sql_and_shares_equal_steps(nested, tradegraph) -> None:
    done = json.loads(tradegraph("run", "nested", "--json").out)
    assert done["status"] == "ok" or done["counts"]["failed"] == 0
    keys = {node["node"]: node["key"] for node in done["nodes"]}
    assert keys["up.first"] == keys["same"]
    assert tradegraph("sql", 'select count(*) from nested."up.first"').status == 0
    assert tradegraph("sql", "select value from nested.one limit 1").status == 0
    listed = tradegraph("sql", "select distinct node from node_timings where graph = 'nested' order by 1").out
    assert "up.second" in listed
    assert tradegraph("plan", "nested", "--why", "up.first", "--set", "up.first.factor=4").status == 0
    because = tradegraph("plan", "nested", "--why", "up", "--set", "up.first.factor=4").out
    assert "up.first (scale): compute\n  PARAM  factor is 4.0, it was 2.0" in because
    assert "up.second (" in because
    answers = json.loads(tradegraph("plan", "nested", "--why", "up", "--json").out)["nodes"]
    assert [(answer["node"], answer["action"]) for answer in answers] == [("up.first", "reuse"), ("up.second", "reuse")]
    planned = json.loads(tradegraph("plan", "nested", "--refresh", "up", "--json").out)
    refreshed = {step["node"]: [reason["change"] for reason in step["because"]] for step in planned["steps"]}
    assert refreshed["up.second"] == ["REFRESH"]
    assert "did you mean 'up'" in tradegraph("plan", "nested", "--why", "upp").err.lower()
    assert tradegraph("run", "nested", "--refresh", "up.second", "--quiet").status == 0


def test_a_part_of_a_graph_is_planned_and_run(nested, tradegraph) -> None:
    planned = json.loads(tradegraph("plan", "nested", "--select", "up", "--json").out)
    assert [step["node"] for step in planned["steps"]] == ["up.first", "up.second"]
    assert tradegraph("run", "nested", "--select", "+sum", "--exclude", "sum", "--quiet").status == 0
    planned = json.loads(tradegraph("plan", "nested", "--select", "state:new", "--json").out)
    assert [step["node"] for step in planned["steps"] if step["action"] == "compute"] == ["sum"]
    assert "no node" in tradegraph("run", "nested", "--select", "tag:small").err
    assert "means no node" in tradegraph("plan", "nested", "--exclude", "*").err
