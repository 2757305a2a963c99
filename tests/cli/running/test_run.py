"""A run at the prompt: its result, its failures, its exit status, and what goes where."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from pipeline.cli.running.interrupt import Patience
from pipeline.cli.running.progress import Lines, Live
from pipeline.execution.protocols import Silent


def test_a_run_ends_with_results_times_and_where_to_look_next(project, tradegraph) -> None:
    answer = tradegraph("run", "slope")
    assert answer.status == 0
    assert "line = twice  (scale)" in answer.out
    # the close rises by 1 a day, so twice its difference is 2
    assert "AAA     2024-01-12      2" in answer.out
    assert "node times" in answer.out
    assert "3 nodes: 3 computed in" in answer.out
    assert 'tradegraph sql "select * from slope.' in answer.out
    run_id = tradegraph("runs", "list", "--json").json[0]["run_id"]
    assert f"tradegraph runs show {run_id}" in answer.out


def test_a_piped_run_has_a_plain_line_per_node_on_stderr(project, tradegraph) -> None:
    answer = tradegraph("run", "slope")
    lines = answer.err.splitlines()
    assert lines[0] == "3 steps, 3 to compute"
    assert [line.split()[:2] for line in lines[1:]] == [["computed", name] for name in ("move", "twice", "other")]
    assert all(line.endswith("24 rows") for line in lines[1:])
    again = tradegraph("run", "slope").err.splitlines()
    assert [line.split()[0] for line in again[1:]] == ["cached"] * 3


def test_quiet_says_nothing_when_all_is_well_and_only_errors_otherwise(project, tradegraph) -> None:
    well = tradegraph("run", "slope", "--quiet")
    assert (well.status, well.out, well.err) == (0, "", "")
    ill = tradegraph("run", "trouble", "--quiet")
    assert (ill.status, ill.out) == (1, "")
    assert "computed" not in ill.err
    assert "TG501 node 'broken'" in ill.err


def test_what_was_computed_is_not_computed_again_unless_asked(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    assert tradegraph("run", "slope", "--json").json["counts"]["cached"] == 3
    assert tradegraph("run", "slope", "-p", "lag=2", "--json").json["counts"] == {
        "computed": 2, "cached": 1, "failed": 0, "skipped": 0,
    }  # fmt: skip
    assert tradegraph("run", "slope", "--no-cache", "--json").json["counts"]["computed"] == 3
    assert tradegraph("run", "slope", "--refresh", "other", "--json").json["counts"]["computed"] == 1
    assert tradegraph("run", "slope", "--refresh", "othr").status == 2


def test_a_failed_node_fails_alone(project, tradegraph) -> None:
    answer = tradegraph("run", "trouble")
    assert answer.status == 1
    assert "graphs/trouble.yaml:7:3 TG501 node 'broken' (breaks): ZeroDivisionError: no luck" in answer.err
    assert "hint: It was raised at nodes/custom/mine.py:10." in answer.err
    assert "skipped because 'broken' failed: after" in answer.err
    assert "no value: after was skipped" in answer.out
    assert "AAA     2024-01-12    888" in answer.out  # beside: 111 * 2 * 4
    assert "2 computed, 1 failed, 1 skipped" in answer.out
    assert "Traceback" not in answer.err


def test_fail_fast_stops_at_the_first_failure(project, tradegraph) -> None:
    answer = tradegraph("run", "trouble", "--fail-fast")
    assert answer.status == 1
    assert "stopped at the first failure: 2 nodes not computed" in answer.err


def test_json_is_one_document_and_nothing_else_on_stdout(project, tradegraph) -> None:
    document = tradegraph("run", "trouble", "--json").json
    assert document["status"] == "failed"
    assert document["outputs"]["lost"] is None
    assert document["outputs"]["kept"]["rows"] == 12
    assert document["outputs"]["kept"]["last"][-1]["value"] == 888
    nodes = {node["node"]: node for node in document["nodes"]}
    assert nodes["broken"]["failure"] == {"code": "TG501", "message": "ZeroDivisionError: no luck", "cause": None}
    assert nodes["after"]["failure"]["cause"] == "broken"
    assert nodes["before"]["status"] == "computed"


def test_symbols_range_and_node_params_can_be_given(project, tradegraph) -> None:
    given = ["--symbols", "BBB", "--from", "2024-01-04", "--to", "2024-01-05", "--set", "other.factor=10"]
    document = tradegraph("run", "slope", *given, "--json").json
    assert document["outputs"]["line"]["rows"] == 2
    assert document["overrides"] == {
        "params": {}, "set": {"other": {"factor": "10"}}, "symbols": "BBB", "from": "2024-01-04", "to": "2024-01-05",
    }  # fmt: skip
    assert "--symbols BBB --from 2024-01-04 --to 2024-01-05" in tradegraph("runs", "show").out


def test_a_wide_table_lies_on_its_side_where_it_does_not_fit(project, tradegraph, monkeypatch) -> None:
    text = (project / "graphs/slope.yaml").read_text()
    stats = "  stats: {use: performance, in: {close: daily.close}}\noutputs:\n  numbers: stats.value\n"
    (project / "graphs/slope.yaml").write_text(text.replace("outputs:\n", stats))
    monkeypatch.setenv("COLUMNS", "70")
    narrow = tradegraph("run", "slope").out
    assert any(line.split() == ["bars", "12", "12"] for line in narrow.splitlines())
    assert any(line.split() == ["symbol", "AAA", "BBB"] for line in narrow.splitlines())
    assert any(line.split()[:1] == ["sharpe"] for line in narrow.splitlines())
    assert max(map(len, narrow.splitlines())) <= 100  # the SQL to look next is not broken
    monkeypatch.setenv("COLUMNS", "300")
    wide = tradegraph("run", "slope").out
    assert any(line.split()[:3] == ["symbol", "bars", "total_return"] for line in wide.splitlines())


def test_ctrl_c_keeps_what_was_computed_and_ends_with_130(project, process) -> None:
    # its node presses the key; in a worker of its own that would be its own trouble
    (project / "plugin_config.json").write_text('{"isolation": "none"}')
    done = process("run", "stop")
    assert done.returncode == 130
    assert "interrupted: 1 node stored, 3 not computed; run again to go on" in done.stderr
    assert "Traceback" not in done.stderr
    after = process("sql", "select status, computed, skipped from runs", "-f", "csv")
    assert after.stdout.splitlines()[1] == "interrupted,1,3"


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is turned by hand."""
    now = [100.0]
    monkeypatch.setattr("pipeline.runs.patience.time.monotonic", lambda: now[0])
    return now


def test_ctrl_c_while_results_are_stored_is_noted_first_and_obeyed_when_repeated(capsys, clock) -> None:
    with Patience(Silent(), nodes=1) as patience:
        patience.finished(node="a", status="computed", ms=1.0, rows=1, message="")
        press()
        assert patience.pressed
        assert "Ctrl-C again drops it" in capsys.readouterr().err
        clock[0] += 1
        with pytest.raises(KeyboardInterrupt):
            press()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_ends_at_once_and_two_at_the_same_time_are_one(clock) -> None:
    with Patience(Silent(), nodes=2) as patience:
        patience.finished(node="a", status="computed", ms=1.0, rows=1, message="")
        with pytest.raises(KeyboardInterrupt):
            press()  # b is still to come: the engine stores what it has
        clock[0] += 0.1
        press()  # the same, passed on by a parent
        patience.finished(node="b", status="skipped", ms=None, rows=None, message="")
        clock[0] += 1
        with pytest.raises(KeyboardInterrupt):
            press()


def test_where_ctrl_c_is_ignored_it_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Patience(Silent(), nodes=1) as patience:
            press()
        assert not patience.pressed
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_reader_that_leaves_early_is_no_trouble(project, process) -> None:
    done = process(
        "runs", script="$TRADEGRAPH list | head -0; echo ${PIPESTATUS[0]}; $TRADEGRAPH list --json | head -0"
    )
    assert done.stderr == ""
    gone = process("run", "slope", script="exec 3>&1; { $TRADEGRAPH 2>&1 1>&3; } | head -1")
    assert "Traceback" not in gone.stdout + gone.stderr
    assert "3 nodes: 3 computed" in gone.stdout


def test_progress_lines_survive_a_closed_stderr(project, monkeypatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", buffering=1) as broken:
        monkeypatch.setattr(sys, "stderr", broken)
        Lines(["a"]).finished(node="a", status="computed", ms=1.0, rows=3, message="")
        monkeypatch.undo()
        with pytest.raises(BrokenPipeError):
            broken.write("x\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), broken.fileno())


def test_the_live_line_names_the_node_at_work_and_keeps_failures(capsys) -> None:
    live = Live(["first", "second [red]"])
    live.started(steps=2, cached=0)
    assert live.bar.tasks[0].description.strip() == "first"
    live.finished(node="first", status="failed", ms=1.0, rows=None, message="no [luck]\nsecond line")
    assert "second" in live.bar.tasks[0].description
    assert live.bar.tasks[0].completed == 1
    said = capsys.readouterr().err
    assert "failed  first  no [luck]" in said
    assert "second line" not in said
    live.finished(node="second [red]", status="computed", ms=1.0, rows=1, message="")
    assert live.bar.tasks[0].description.strip() == "storing"
