"""check and plan: every fault at once, and why a node is computed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.cli.console.target import find_graph
from pipeline.errors import GraphError
from pipeline.market import Market
from pipeline.market.importing import import_frame


def edit(project: Path, old: str, new: str) -> None:
    path = project / "graphs/slope.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("text", ["slope", "graphs/slope.yaml", "slope.yaml", "./graphs/slope.yaml"])
def test_a_graph_is_found_by_name_or_path_from_anywhere_in_the_project(project, monkeypatch, text) -> None:
    monkeypatch.chdir(project / "graphs" if text == "slope.yaml" else project)
    assert find_graph(text, project).samefile(project / "graphs/slope.yaml")
    monkeypatch.chdir(project / "nodes")
    if not text.startswith("."):
        assert find_graph(text, project).samefile(project / "graphs/slope.yaml")


def test_a_graph_deeper_down_is_found_by_its_name(project) -> None:
    (project / "graphs/more").mkdir()
    (project / "graphs/more/deep.yml").write_text("")
    assert find_graph("deep", project).samefile(project / "graphs/more/deep.yml")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("slop", "Did you mean 'slope'?"),
        ("graphs/slpe.yaml", "Did you mean 'slope'?"),
        ("graphs", "There is graphs/slope"),
    ],
)
def test_a_graph_that_is_not_there_is_answered_with_the_closest(project, text, hint) -> None:
    with pytest.raises(GraphError) as raised:
        find_graph(text, project)
    assert raised.value.faults[0].code == "TG110"
    assert hint in raised.value.hint or "There is" in raised.value.hint


def test_a_good_graph_is_ok(project, tradegraph) -> None:
    answer = tradegraph("check", "slope")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == "graphs/slope.yaml: ok, 3 nodes, 2 outputs\n"
    assert tradegraph("check", "slope", "--json").json["nodes"] == 3


def test_every_fault_is_told_at_once_with_source_and_count(project, tradegraph) -> None:
    edit(project, "use: diff", "use: dif")
    edit(project, "daily.open", "daily.opne")
    answer = tradegraph("check", "slope")
    assert answer.status == 2
    assert not answer.out
    assert "graphs/slope.yaml:8:15 TG201 no node type 'dif'" in answer.err
    assert "graphs/slope.yaml:10:27 TG203" in answer.err
    assert answer.err.count("^\n") == 2
    assert answer.err.endswith("2 errors in graphs/slope.yaml\n")
    faults = tradegraph("check", "slope", "--json").json["faults"]
    assert [fault["code"] for fault in faults] == ["TG201", "TG203"]


def test_warnings_are_told_and_leave_the_graph_ok(project, tradegraph) -> None:
    edit(project, "params:\n", "params:\n  spare: {type: int, default: 1}\n")
    answer = tradegraph("check", "slope")
    assert answer.status == 0
    assert "warning TG218" in answer.err


def test_bars_that_the_market_does_not_have_are_faults_with_a_place(project, tradegraph) -> None:
    edit(project, "symbols: all", "symbols: [AAA, ABA]")
    answer = tradegraph("check", "slope")
    assert answer.status == 2
    assert "TG301" in answer.err
    assert "Did you mean" in answer.err
    assert tradegraph("check", "slope", "--symbols", "AAA,BBB").status == 0
    assert tradegraph("check", "slope", "--symbols", "AAA", "--symbols", "BBB").status == 0


def test_without_any_bars_a_graph_can_still_be_checked(project, tradegraph) -> None:
    tradegraph("data", "rm", "AAA", "BBB", "--yes")
    answer = tradegraph("check", "slope")
    assert answer.status == 0
    assert "were not checked" in answer.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["-p", "lag=9"], "TG223"),
        (["-p", "lga=1"], "Did you mean 'lag'?"),
        (["--set", "move.periods=x"], "TG222"),
        (["--set", "mvoe.periods=1"], "Did you mean 'move'?"),
        (["--from", "yesterday"], "--from: expected date"),
        (["--from", "2031-01-01"], "TG303"),
    ],
)
def test_what_the_call_changes_is_checked_too(project, tradegraph, args, said) -> None:
    answer = tradegraph("check", "slope", *args)
    assert answer.status == 2
    assert said in answer.err


def actions(answer) -> dict[str, str]:
    return {step["node"]: step["action"] for step in answer.json["steps"]}


def changes(answer) -> dict[str, list[str]]:
    return {step["node"]: [reason["change"] for reason in step["because"]] for step in answer.json["steps"]}


def test_a_plan_says_what_would_be_computed_and_why(project, tradegraph) -> None:
    first = tradegraph("plan", "slope", "--json")
    assert set(actions(first).values()) == {"compute"}
    assert changes(first) == {"move": ["NEW"], "twice": ["NEW"], "other": ["NEW"]}
    tradegraph("run", "slope", "-q")
    assert set(actions(tradegraph("plan", "slope", "--json")).values()) == {"reuse"}
    edited = tradegraph("plan", "slope", "-p", "lag=2", "--json")
    assert actions(edited) == {"move": "compute", "twice": "compute", "other": "reuse"}
    assert changes(edited) == {"move": ["PARAM"], "twice": ["UPSTREAM"], "other": []}
    text = tradegraph("plan", "slope", "-p", "lag=2").out
    assert "PARAM periods is 2, it was 1" in text
    assert "3 steps: 2 to compute, 1 stored" in text
    assert "daily: 1d bars of AAA, BBB" in text


def test_why_is_answered_for_one_node(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    assert "other (scale): reuse\n  STORED" in tradegraph("plan", "slope", "--why", "other").out
    answer = tradegraph("plan", "slope", "--why", "move", "--set", "move.periods=3")
    assert "move (diff): compute\n  PARAM  periods is 3, it was 1" in answer.out
    unknown = tradegraph("plan", "slope", "--why", "mov")
    assert unknown.status == 2
    assert "Did you mean 'move'?" in unknown.err


BORROWED = '''
from pipeline import Number, SameKind, indicator
from .lib.factors import FACTOR


@indicator
def borrowed(x: Number) -> SameKind:
    """Multiply by what another file says."""
    return x * FACTOR
'''


def test_why_names_each_of_what_changed(project, tradegraph) -> None:
    helper = project / "nodes/custom/lib/factors.py"
    helper.parent.mkdir()
    helper.write_text("FACTOR = 2.0\n")
    (project / "nodes/custom/borrowed.py").write_text(BORROWED)
    edit(project, "nodes:", "nodes:\n  own: {use: borrowed, in: daily.close}\n  above: {use: diff, in: own}")
    assert tradegraph("run", "slope", "-q").status == 0

    def why(node: str, *options: str) -> list[str]:
        lines = tradegraph("plan", "slope", "--why", node, *options).out.splitlines()
        return [line.split()[0] for line in lines[1:] if line.strip()]

    assert [why("own"), why("above")] == [["STORED"], ["STORED"]]
    helper.write_text("FACTOR = 2.0  # a comment changes nothing\n")
    assert why("own") == ["STORED"]
    helper.write_text("FACTOR = 3.0\n")
    assert [why("own"), why("above")] == [["CODE"], ["UPSTREAM"]]
    assert why("above", "--set", "above.periods=2") == ["PARAM", "UPSTREAM"]
    helper.write_text("FACTOR = 2.0\n")
    mended = pl.read_parquet(next((project / "market/bars/1d/AAA").glob("*.parquet"))).tail(1)
    corrected = mended.with_columns(symbol=pl.lit("AAA"), close=pl.lit(112.0))
    import_frame(Market(project / "market"), corrected, "1d", source="mended")
    assert [why("own"), why("above")] == [["DATA"], ["DATA"]]


def test_a_plan_can_ask_for_more_than_is_due(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    assert changes(tradegraph("plan", "slope", "--refresh", "twice", "--json"))["twice"] == ["REFRESH"]
    assert set(actions(tradegraph("plan", "slope", "--no-cache", "--json")).values()) == {"compute"}


def test_a_narrow_terminal_gets_the_reasons_whole(project, tradegraph, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = tradegraph("plan", "slope").out
    assert "NEW the graph has not run" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("daily")) <= 60
