"""Node types at the prompt, and the YAML that their pages offer."""

from __future__ import annotations

import pytest

from pipeline.cli.nodes.snippet import snippet
from pipeline.graph.check import check
from pipeline.graph.read import read_text
from pipeline.plugins.discover import build_registry


@pytest.fixture(scope="module")
def registry():
    return build_registry([]).registry


STAND_INS = {
    "event": "{use: cross, in: {fast: daily.close, slow: daily.open}}",
    "signal": "{use: cross, in: {fast: daily.close, slow: daily.open}}",
    "condition": "{use: greater, in: {x: daily.close, y: daily.open}}",
    "ratio": "{use: returns, in: daily.close}",
    "returns": "{use: returns, in: daily.close}",
    "weight": "{use: position, in: entry}",
}
HELPERS = "  entry: {use: cross, in: {fast: daily.close, slow: daily.open}}\n"


def graph_with(text: str) -> str:
    """A graph of a snippet and, for each stand-in that its comments ask for, a node of the kind."""
    lines = text.splitlines()
    needed = [line.removeprefix("# ").split(": a node of yours that gives ") for line in lines if line.startswith("#")]
    nodes = [f"  {name}: {STAND_INS[said.split()[0]]}" for name, said in needed]
    nodes += [f"  {line}" for line in lines if not line.startswith("#")]
    head = "tradegraph: 1\nname: offered\nbars: {daily: {timeframe: 1d}}\nnodes:\n"
    return head + HELPERS + "\n".join(nodes) + "\n"


def test_the_yaml_that_is_offered_for_every_node_type_is_a_legal_graph(registry) -> None:
    assert len(registry) > 30
    for node in registry:
        graph = check(read_text(graph_with(snippet(node)), node.id), registry)
        assert graph.nodes[f"my_{node.id.replace('.', '_')}"].type.id == node.id


def test_long_yaml_is_broken_into_lines(registry) -> None:
    assert max(len(line) for node in registry for line in snippet(node).splitlines() if line[0] != "#") <= 110


def test_the_list_can_be_searched_and_narrowed(project, tradegraph) -> None:
    events = tradegraph("nodes", "list", "--kind", "event", "--json").json["nodes"]
    assert {node["id"] for node in events} >= {"cross"}
    assert all({"kind": "event", "name": node["out"][0]["name"]} in node["out"] for node in events)
    portfolio = tradegraph("nodes", "list", "--kind", "portfolio", "--json").json["nodes"]
    assert {node["category"] for node in portfolio} == {"portfolio"}
    assert "rsi" in tradegraph("nodes", "list", "--search", "wilder").out
    assert "0 node types" in tradegraph("nodes", "list", "--search", "no such thing").out
    unknown = tradegraph("nodes", "list", "--kind", "evnt")
    assert unknown.status == 2
    assert "Did you mean 'event'?" in unknown.err


def test_the_page_of_a_node_type_has_all_there_is_to_know(project, tradegraph) -> None:
    page = tradegraph("nodes", "show", "rsi").out
    for part in ("Weigh recent gains", "close  price", "period  int", "= 14", "Wilder smoothing length", "percent",
                 "warm-up  14 bars", "nodes/indicators/rsi.py", "my_rsi: {use: rsi, in: daily.close"):  # fmt: skip
        assert part in page
    code = tradegraph("nodes", "show", "rsi", "--json").json["code"]
    assert f"code     {code}" in page
    assert len(code) == 32


def test_a_node_of_ones_own_is_listed_with_its_file(project, tradegraph) -> None:
    assert "nodes/custom/mine.py" in tradegraph("nodes", "show", "breaks").out
    assert "1 file of your own" in tradegraph("nodes", "list").out


def test_an_unknown_node_type_is_answered_with_the_closest(project, tradegraph) -> None:
    answer = tradegraph("nodes", "show", "rsy")
    assert answer.status == 2
    assert "TG201 no node type 'rsy'\n  hint: Did you mean 'rsi'?" in answer.err


def test_a_file_that_cannot_be_loaded_is_named_with_the_reason(project, tradegraph) -> None:
    (project / "nodes/custom/torn.py").write_text("def (\n")
    listed = tradegraph("nodes", "list")
    assert listed.status == 0
    assert "1 file could not be loaded" in listed.err
    assert "nodes/custom/torn.py:1:5 TG402" in listed.err
    shown = tradegraph("nodes", "show", "torn")
    assert shown.status == 2
    assert "TG402" in shown.err
    assert tradegraph("nodes", "list", "--json").json["refused"][0]["code"] == "TG402"
