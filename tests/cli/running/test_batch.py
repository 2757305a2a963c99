"""`tradegraph batch`: many graphs as one plan, what fails in them, and going on with one."""

import json

import pytest


@pytest.fixture
def batched(project):
    """Two graphs that share a node, beside those of the project."""
    base = (project / "graphs/slope.yaml").read_text()
    (project / "graphs/steep.yaml").write_text(
        base.replace("name: slope", "name: steep").replace("factor: 3", "factor: 9")
    )
    return project


def test_equal_nodes_of_several_graphs_are_one_step(batched, tradegraph):
    dry = tradegraph("batch", "graphs/s*p*.yaml", "--symbols", "AAA", "--dry-run")
    assert dry.out.splitlines()[:3] == [
        "3 graphs",
        "10 nodes, 2 of them shared: 8 steps to go through",
        "8 to compute, 0 stored",
    ]
    told = tradegraph("batch", "slope", "steep", "--json").json
    assert (told["status"], told["steps"]) == ("ok", 4)
    assert [row["graph"] for row in told["graphs"]] == ["slope", "steep"]
    assert tradegraph("sql", "select count(*) from steep.line").out.split()[-1] == "24"
    # what is no declared output is not kept
    assert tradegraph("sql", "select * from steep.move").status != 0


def test_changes_go_to_the_graphs_that_take_them(batched, tradegraph):
    answer = tradegraph("batch", "slope", "trouble", "-p", "lag=2", "--set", "beside.factor=5", "--json")
    assert answer.status == 1  # trouble has a node that fails
    said = tradegraph("sql", "select params from runs where graph = 'slope'").out
    assert json.loads(said.splitlines()[-1]) == {"lag": 2}
    answer = tradegraph("batch", "slope", "steep", "-p", "lga=2")
    assert answer.status == 2
    assert "no graph of the batch has a param or node 'lga'" in answer.err


def test_a_node_that_fails_comes_with_the_command_that_runs_its_graph_alone(batched, tradegraph):
    answer = tradegraph("batch", "trouble", "slope", "--symbols", "AAA")
    assert answer.status == 1
    assert "TG501 trouble.broken: ZeroDivisionError: no luck" in answer.err
    assert "alone: tradegraph run graphs/trouble.yaml --symbols AAA" in answer.err
    rows = {line.split()[0]: line.split()[1:6] for line in answer.out.splitlines() if line}
    assert rows["trouble"] == ["failed", "2", "0", "1", "1"]
    assert rows["slope"][0] == "ok"
    stopped = tradegraph("batch", "trouble", "slope", "--fail-fast", "--no-cache", "--json").json
    assert stopped["graphs"][1]["skipped"] == 3


def test_a_graph_with_faults_is_left_out_or_refuses_the_batch(batched, tradegraph):
    (batched / "graphs/odd.yaml").write_text(
        "tradegraph: 1\nbars: {d: {timeframe: 3d}}\nnodes: {a: {use: diff, in: d.close}}\n"
    )
    (batched / "graphs/bad.yaml").write_text("tradegraph: 1\nbars: {d: {timeframe: 1d}}\nnodes: {a: {use: nope}}\n")
    answer = tradegraph("batch", "bad", "odd", "slope", "--json")
    assert answer.status == 1
    assert [row["graph"] for row in answer.json["graphs"]] == ["slope"]
    assert "TG201" in answer.err
    assert "TG302" in answer.err
    refused = tradegraph("batch", "bad", "odd", "slope", "--fail-fast")
    assert refused.status == 2
    assert {"TG201", "TG302"} <= set(refused.err.split())


def test_a_batch_is_resumed_as_it_was_changed(batched, tradegraph):
    first = tradegraph("batch", "slope", "steep", "-p", "lag=3", "--symbols", "BBB", "--json").json
    again = tradegraph("batch", "--resume", first["run_id"], "--json").json
    assert [(row["graph"], row["cached"]) for row in again["graphs"]] == [("slope", 3), ("steep", 3)]
    assert "Give nothing else" in tradegraph("batch", "slope", "--resume", "latest").err
    file = batched / "graphs/steep.yaml"
    file.write_text(file.read_text().replace("factor: 9", "factor: 8"))
    edited = tradegraph("batch", "--resume", first["run_id"], "--json")
    assert edited.err.count("TG525") == 1
    assert [(row["graph"], row["computed"]) for row in edited.json["graphs"]] == [("slope", 0), ("steep", 1)]


def test_a_grid_sweeps_the_graphs_that_have_the_param(batched, tradegraph):
    (batched / "graphs/ups.yaml").write_text(
        "tradegraph: 1\nname: ups\nparams:\n  lag: {type: int, default: 2, min: 1}\n"
        "bars:\n  daily: {timeframe: 1d}\nnodes:\n"
        "  moved: {use: diff, in: daily.close, with: {periods: $lag}}\n"
        "  mark: {use: above, in: moved, with: {level: 0}}\n  never: {use: below, in: moved, with: {level: -99}}\n"
        "  entry: {use: long_flat, in: {enter: mark, exit: never}}\n"
        "  bt: {use: backtest, in: {bars: daily, signal: entry}}\n"
    )
    dry = tradegraph("batch", "ups", "-p", "lag=1:4", "--where", "lag <> 2", "--dry-run")
    assert dry.out.splitlines()[0] == "1 graph, 3 cells"
    facts = tradegraph("batch", "ups", "-p", "lag=1:4", "--where", "lag <> 2", "--dry-run", "--json").json
    assert (facts["cells"], facts["kept"], facts["executor"]) == ({"ups": 4}, {"ups": 3}, "here")
    told = tradegraph("batch", "ups", "-p", "lag=1:4", "--where", "lag <> 2", "--executor", "inline", "--json").json
    assert [(row["graph"], row["status"]) for row in told["graphs"]] == [("ups.sweep", "ok")]
    assert tradegraph("sql", "select count(distinct lag) from ups.sweep").out.split()[-1] == "3"
    left_out = tradegraph("batch", "slope", "ups", "-p", "lag=1,2", "--json")
    assert "has no metrics" in left_out.err  # slope has the param as well, and nothing to rank cells by
    assert (left_out.status, [row["graph"] for row in left_out.json["graphs"]]) == (1, ["ups.sweep"])


def test_a_universe_is_one_of_the_project(batched, tradegraph):
    (batched / "plugin_config.json").write_text('{"project": {"universes": {"mine": ["BBB"]}}}')
    assert tradegraph("batch", "slope", "--universe", "mine", "--quiet").status == 0
    assert tradegraph("sql", "select distinct symbol from slope.line").out.split()[-1] == "BBB"
    assert "TG311" in tradegraph("batch", "slope", "--universe", "mien").err


def test_events_are_lines_of_json(batched, tradegraph):
    answer = tradegraph("batch", "slope", "steep", "--json=stream")
    events = [json.loads(line)["event"] for line in answer.out.splitlines()]
    assert events == ["started", *["step"] * 4, "finished"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no graph is named"),
        (["graphs/x*.yaml"], "no graph file matches 'graphs/x*.yaml'"),
        (["a**b"], "'a**b' is no pattern"),
        ([""], "no graph is named"),
        (["graphs"], "is a folder, not a graph file"),
        (["slope", "-p", "lag=1:3:0"], "has a step of 0"),
        (["slop"], "Did you mean 'slope'?"),
    ],
)
def test_what_is_no_batch_is_said(batched, tradegraph, words, said):
    answer = tradegraph("batch", *words)
    assert answer.status == 2
    assert said in answer.err
