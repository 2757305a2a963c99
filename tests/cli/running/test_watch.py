"""A graph that is watched at the prompt: what each save says, in words and as JSON, and how it ends."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from pipeline.market import Market
from pipeline.market.importing import import_frame
from pipeline.watch import QUIET, Watcher
from tests.cli.conftest import bars


@pytest.fixture
def watching(tradegraph, project, monkeypatch):
    """`watching(edits, "slope", …)`: the command, while somebody makes these edits one by one and presses Ctrl-C."""

    def call(edits, *args):
        waiting = iter(edits)

        class Scripted(Watcher):
            """Looks by itself, at a clock that the test turns; its events are the edits."""

            def __init__(self, places):
                self.now = 0.0
                super().__init__(places, clock=lambda: self.now)

            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass

            def wait(self):
                for edit in waiting:
                    edit(project)
                    self.look()
                    self.now += QUIET
                    if changes := self.look():
                        return changes
                raise KeyboardInterrupt

        monkeypatch.setattr("pipeline.watch.Watcher", Scripted)
        return tradegraph("watch", *args)

    return call


def edit(file, old, new):
    """An edit of a file of the project."""

    def done(project: Path) -> None:
        text = (project / file).read_text()
        assert old in text
        (project / file).write_text(text.replace(old, new))

    return done


SLOPE = "graphs/slope.yaml"
DOUBLE = edit(SLOPE, "factor: 2", "factor: 4")
BREAK = edit(SLOPE, "use: diff", "use: dif")
MEND = edit(SLOPE, "use: dif,", "use: diff,")


def test_a_save_shows_what_was_computed_and_what_moved(watching):
    said = watching([DOUBLE], "slope")
    assert said.status == 130
    assert "watching graphs/slope.yaml" in said.out
    assert "graphs/slope.yaml saved: 1 computed, 2 cached in" in said.out
    assert "line: 22 of 24 rows differ" in said.out
    assert "value  2 → 4" in said.out
    assert "rest: " not in said.out.partition("saved")[2]
    assert "2 results, 4 steps computed; the last good result is run 2" in said.err


def test_faults_are_shown_in_place_and_the_last_good_result_stays(watching):
    said = watching([BREAK, MEND], "slope")
    assert "graphs/slope.yaml:8:" in said.err
    assert "TG201" in said.err
    assert "use: dif," in said.err
    assert "saved: error, the last good result stays" in said.out
    assert "all outputs are equal" in said.out
    assert "1 error" in said.err


def test_the_line_that_is_shown_is_that_of_the_file_as_it_is_now(watching):
    said = watching([BREAK, edit(SLOPE, "use: dif,", "use: diffs,")], "slope")
    assert "use: dif," in said.err
    assert "use: diffs," in said.err


def test_a_comment_computes_nothing(watching):
    said = watching([edit(SLOPE, "name: slope", "name: slope  # steep")], "slope")
    assert "nothing to compute, the result is the same" in said.out


def test_a_broken_plugin_keeps_its_last_good_version(watching):
    said = watching([edit("nodes/custom/mine.py", "return x", "retrun x")], "slope")
    assert "mine.py:17:12 TG402" in said.err
    assert "the last good version of breaks interrupts stays" in said.err
    assert "the result is the same" in said.out


def test_an_import_is_a_change_of_bars(watching):
    def imported(project):
        import_frame(Market(project / "market"), bars(["AAA", "BBB"], rows=14), "1d", source="more bars")

    said = watching([imported], "slope")
    assert "bars saved: 3 computed in" in said.out
    assert "line: 4 of 28 rows differ" in said.out


def test_a_file_that_the_graph_came_to_name_is_watched_too(watching):
    lag = "params:\n  lag: {type: int, default: 1, min: 1, max: 5}\n"

    def split(project):
        (project / "graphs/base.yaml").write_text(f"tradegraph: 1\nname: base\n{lag}")
        edit(SLOPE, lag, "extends: ./base.yaml\n")(project)

    said = watching([split, edit("graphs/base.yaml", "default: 1", "default: 2")], "slope")
    assert "graphs/slope.yaml saved: nothing to compute" in said.out
    assert "graphs/base.yaml saved: 2 computed, 1 cached in" in said.out


def test_a_node_that_fails_is_told_with_its_place(watching):
    said = watching([edit("graphs/trouble.yaml", "factor: 4", "factor: 5")], "trouble")
    assert said.err.count("no luck") == 2
    assert "2 failures; there was no result" in said.err


def test_params_hold_in_every_round(watching):
    said = watching([DOUBLE], "slope", "-p", "lag=3", "--set", "other.factor=7", "--json")
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [event["event"] for event in events] == ["watching", "result", "result", "ended"]
    assert events[2]["counts"]["computed"] == 1
    (moved,) = events[2]["moved"]
    assert moved["values"][0] == {"symbol": "AAA", "name": "value", "before": 6.0, "now": 12.0}
    assert events[2]["changed"] == [str(Path(SLOPE).absolute())]


def test_json_has_an_object_a_line_for_every_kind_of_thing(watching):
    comment = edit(SLOPE, "name: slope", "name: slope  # steep")
    said = watching([comment, BREAK, MEND], "slope", "--json")
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [event["event"] for event in events] == ["watching", "result", "same", "error", "result", "ended"]
    assert {fault["code"] for fault in events[3]["faults"]} == {"TG201"}
    assert events[5]["last_good"] == events[4]["run_id"]
    assert said.err == ""


def test_ctrl_c_in_a_run_ends_it(watching, project):
    # its node presses the key; in a worker of its own that would be its own trouble
    (project / "plugin_config.json").write_text('{"isolation": "none"}')
    said = watching([], "stop")
    assert said.status == 130
    assert "interrupted: " in said.err
    assert "watched for" in said.err


def test_a_graph_that_is_not_there_ends_it_at_once(watching):
    said = watching([], "slop")
    assert said.status == 2
    assert "TG110" in said.err


def test_plugins_stay_where_the_settings_say_so(watching, project):
    (project / "plugin_config.json").write_text('{"auto_reload": false}')
    said = watching([edit("nodes/custom/mine.py", "return x", "retrun x")], "slope")
    assert "auto_reload is off" in said.out
    assert "TG402" not in said.err


@pytest.mark.heavy  # a process
def test_a_real_save_is_seen_by_a_real_process(process, project, tmp_path):
    script = f"""
        $TRADEGRAPH watch slope --json > {tmp_path}/out & pid=$!
        lines() {{ until [ "$(wc -l < {tmp_path}/out)" -ge "$1" ]; do sleep 0.05; done; }}
        lines 2; sed -i 's/factor: 2/factor: 4/' graphs/slope.yaml; lines 3
        kill -INT $pid; wait $pid; echo $?
    """
    # a shell's background jobs ignore Ctrl-C, unless they are told not to
    before = signal.getsignal(signal.SIGINT)
    done = process(script="set -m\n" + script)
    assert signal.getsignal(signal.SIGINT) is before
    assert done.stdout.split()[-1] == "130", done.stderr
    events = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [event["event"] for event in events] == ["watching", "result", "result", "ended"]
    assert os.path.realpath(events[2]["changed"][0]) == os.path.realpath(SLOPE)
