"""`tradegraph sweep`: what is tried, what it costs, which cells are best, and how one is run alone."""

import json
import sys

import pytest


@pytest.fixture
def swept(project):
    """A graph that buys and sells, with a sweep of its own."""
    (project / "graphs/ups.yaml").write_text(
        "tradegraph: 1\nname: ups\nparams:\n  level: {type: float, default: 104}\n"
        "bars:\n  daily: {timeframe: 1d}\nnodes:\n"
        "  line: {use: scale, in: daily.close, with: {factor: 0}}\n"
        "  mark: {use: above, in: daily.close, with: {level: $level}}\n"
        "  never: {use: above, in: line, with: {level: 1}}\n"
        "  entry: {use: long_flat, in: {enter: mark, exit: never}}\n"
        "  bt: {use: backtest, in: {bars: daily, signal: entry}}\n"
        "sweep:\n  grid: {level: {range: [102, 108, 2]}}\n  where: level <> 106\n"
    )
    return project


def test_a_dry_run_says_cells_steps_and_what_is_known_of_the_time(swept, tradegraph):
    answer = tradegraph("sweep", "ups", "--dry-run")
    assert answer.status == 0
    assert answer.out.splitlines() == [
        "4 cells, 3 kept",
        "15 nodes, 4 of them shared: 11 steps to go through",
        "11 to compute, 0 stored",
        "how long it takes is not known: no node of these types was timed here yet",
        "computed by this process: no workers were asked for",
    ]
    guess = tradegraph("sweep", "ups", "--dry-run", "--workers", "2").out.splitlines()[-1]
    assert guess.startswith("computed by 2 workers: because nobody knows how long it takes")
    assert tradegraph("sweep", "ups", "--quiet").status == 0
    facts = tradegraph("sweep", "ups", "-p", "level=102:109", "--dry-run", "--json").json
    assert (facts["cells"], facts["kept"], facts["seconds"] > 0) == (8, 7, True)
    assert (facts["tried"], facts["executor"], facts["workers"]) == (7, "here", 0)
    again = tradegraph("sweep", "ups", "--dry-run").out
    assert "0 to compute, 11 stored" in again
    said = tradegraph("sweep", "ups", "-p", "level=102:109", "--workers", "2", "--dry-run", "--json").json
    assert (said["executor"], said["why"][:21]) == ("here", "workers would not pay")
    insisted = tradegraph("sweep", "ups", "-p", "level=102:109", "--executor", "processes", "--dry-run", "--json").json
    assert (insisted["executor"], insisted["why"]) == ("processes", "because it was asked for")
    assert insisted["seconds_with_workers"] > insisted["seconds"]
    tried = tradegraph("sweep", "ups", "-p", "level=102:109", "--max", "3", "--dry-run").out.splitlines()[0]
    assert tried == "8 cells, 7 kept, 3 tried"


def test_the_best_cells_come_first_and_the_next_questions_can_be_asked(swept, tradegraph):
    answer = tradegraph("sweep", "ups", "--objective", "total_return", "--top", "2")
    assert answer.status == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0] == "ups: 4 cells, 3 kept"
    assert lines[1] == "best by total_return, the mean over 2 symbols"
    assert [line.split()[1] for line in lines[3:5]] == ["102", "104"]
    assert "the first 2 of 3" in answer.out
    asked = [line.strip() for line in lines if line.startswith("  tradegraph")]
    assert asked[-2] == "tradegraph run ups -p level=102.0"
    for command in asked:
        words = command.split('"') if '"' in command else command.split()
        told = tradegraph("sql", words[1]) if '"' in command else tradegraph(*words[1:])
        assert told.status == 0, told.err
    least = tradegraph("sweep", "ups", "--objective", "total_return", "--least", "--json").json
    assert [row["level"] for row in least["ranking"]] == [108.0, 104.0, 102.0]
    assert (least["kept"], least["counts"]["cached"]) == (3, 11)


def test_events_are_lines_of_json_and_the_last_one_is_the_answer(swept, tradegraph):
    answer = tradegraph("sweep", "ups", "--max", "2", "--sampler", "random", "--json=stream")
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["started", "finished"]
    steps = [event for event in events if event["event"] == "step"]
    assert [event["done"] for event in steps] == list(range(1, events[0]["steps"] + 1))
    assert len(events[-1]["ranking"]) == 2


def test_a_failed_cell_comes_with_the_command_that_runs_it_alone(swept, tradegraph):
    file = swept / "graphs/ups.yaml"
    file.write_text(file.read_text().replace("line: {use: scale, in: daily.close, with: {factor: 0}}",
                                             "line: {use: breaks, in: daily.close}"))  # fmt: skip
    answer = tradegraph("sweep", "ups", "--symbols", "AAA", "--set", "bt.fee=0,0.01", "-p", "level=102")
    assert answer.status == 1
    assert "TG501 bt.fee=0.0: line: " in answer.err
    (first, second) = [line.split("alone: ")[1] for line in answer.err.splitlines() if "alone: " in line]
    assert second == "tradegraph run ups -p level=102 --set bt.fee=0.01 --symbols AAA"
    assert "no luck" in tradegraph(*first.split()[1:]).err


def test_a_sweep_is_resumed_as_it_was_asked_for(swept, tradegraph):
    first = tradegraph("sweep", "ups", "-p", "level=101:109:2", "--max", "3", "--symbols", "BBB", "--json").json
    again = tradegraph("sweep", "--resume", "latest", "--json").json
    assert (again["tried"], again["counts"]["computed"], again["counts"]["cached"]) == (3, 0, first["steps"])
    assert again["ranking"] == first["ranking"]
    assert "Give nothing else" in tradegraph("sweep", "--resume", "latest", "-p", "level=3").err
    tradegraph("run", "slope")
    assert "is no sweep" in tradegraph("sweep", "--resume", "latest").err
    assert "sweep --resume" in tradegraph("batch", "--resume", "latest~1").err
    assert "Name one of the two" in tradegraph("sweep").err
    assert "Give nothing else" in tradegraph("sweep", "--resume", "latest", "--max", "3").err


def test_a_resumed_sweep_keeps_its_objective_and_says_that_its_file_was_edited(swept, tradegraph):
    ranked = ("--objective", "total_return", "--least", "--json")
    first = tradegraph("sweep", "ups", "-p", "level=102,104", *ranked)
    again = tradegraph("sweep", "--resume", "latest", "--json")
    assert again.json["objective"] == "total_return"
    assert again.json["ranking"] == first.json["ranking"]
    assert again.err == ""
    file = swept / "graphs/ups.yaml"
    text = file.read_text()
    file.write_text(text.replace("level: 1}", "level: 2}"))
    edited = tradegraph("sweep", "--resume", "latest", "--json")
    assert "warning TG525 graphs/ups.yaml was edited since run" in edited.err
    assert edited.json["counts"]["computed"] > 0
    file.write_text(text.replace("level: {type", "height: {type").replace("$level", "$height"))
    assert tradegraph("sweep", "--resume", "latest~1").status == 2
    file.rename(file.with_suffix(".gone"))
    gone = tradegraph("sweep", "--resume", "latest")
    assert (gone.status, "put it back" in gone.err) == (2, True)


def test_cells_without_the_metric_are_counted_and_a_sweep_of_them_alone_is_told(swept, tradegraph):
    some = tradegraph("sweep", "ups", "-p", "level=102,900", "--objective", "best_trade_return")
    assert (some.status, some.err.count("made a mistake")) == (0, 0)
    assert "2 cells without best_trade_return: it is undefined there" in some.out
    assert "order by" not in some.out
    least = tradegraph("sweep", "ups", "-p", "level=102,104", "--objective", "max_drawdown", "--least").out
    assert 'order by max_drawdown limit 20"' in least
    lost = tradegraph("sweep", "ups", "-p", "level=102", "-p", "level=102,104", "--objective", "nope")
    assert "TG136" in lost.err
    run = lost.err.split("--resume ")[1].split()[0]
    assert tradegraph("sweep", "--resume", run, "--objective", "sharpe", "--json").json["counts"]["computed"] == 0


def test_whoever_stops_reading_events_ends_the_sweep_and_what_it_computed_is_kept(swept, tradegraph, monkeypatch):
    written = []

    def written_until(event, **facts):
        if len(written) == 4:
            raise BrokenPipeError(32, "Broken pipe")
        written.append(event)

    with monkeypatch.context() as pipe:
        pipe.setattr("pipeline.cli.running.progress.event", written_until)
        pipe.setattr("pipeline.cli.running.sweep_report.event", written_until)
        answer = tradegraph("sweep", "ups", "--json=stream")
    assert (answer.status, len(written)) == (141, 4)
    assert "7 steps not computed" in answer.err
    assert tradegraph("sql", "select status from runs").out.split()[-1] == "interrupted"


@pytest.mark.heavy
def test_a_grid_of_more_than_a_million_cells_is_a_question_for_a_sample(swept, tradegraph):
    wide = ("sweep", "ups", "-p", "level=0:1099:0.001", "--where", "level > 102", "--dry-run")
    assert "TG133" in tradegraph(*wide).err or "at most 1,000,000" in tradegraph(*wide).err
    many = ("sweep", "ups", "-p", "level=1:1100", "--set", "bt.fee=0:0.1:0.0001", "--dry-run")
    assert "--max N tries some" in tradegraph(*many).err
    told = tradegraph(*many, "--max", "3", "--sampler", "random").out.splitlines()[0]
    assert told.startswith("1,101,100 cells, 1,000,000 of them looked at, 9")
    assert told.endswith("kept, 3 tried")


def test_a_grid_of_more_cells_than_may_be_looked_at_is_a_question_for_a_sample(swept, tradegraph, monkeypatch):
    for place in ("graph.sweep", "cli.running.sweep_report"):
        monkeypatch.setattr(f"pipeline.{place}.MAX_CELLS", 1_000)
    many = ("sweep", "ups", "-p", "level=1:110", "--set", "bt.fee=0:0.1:0.01", "--where", "level > 10", "--dry-run")
    assert "--max N tries some" in tradegraph(*many).err
    told = tradegraph(*many, "--max", "3", "--sampler", "random").out.splitlines()[0]
    assert told.startswith("1,210 cells, 1,000 of them looked at, 8")
    assert told.endswith("kept, 3 tried")


def test_without_optuna_its_sampler_is_refused(swept, tradegraph, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    answer = tradegraph("sweep", "ups", "--sampler", "optuna", "--max", "2")
    assert (answer.status, "TG523" in answer.err, "pip install" in answer.err) == (2, True, True)


def test_workers_and_what_is_stored_are_a_choice(swept, tradegraph):
    told = tradegraph("sweep", "ups", "--executor", "inline", "--store", "all", "--json").json
    assert (told["status"], told["counts"]) == ("ok", {"computed": 11, "cached": 0, "failed": 0, "skipped": 0})
    assert tradegraph("run", "ups", "-p", "level=104", "--json").json["counts"]["cached"] == 5
    assert "TG524" in tradegraph("sweep", "ups", "--executor", "inline", "--scheduler", "tcp://127.0.0.1:1").err
    assert "TG135" in tradegraph("sweep", "ups", "--sampler", "optuna").err


def test_a_sweep_is_shown_in_sums_and_compared_by_cells(swept, tradegraph):
    tradegraph("sweep", "ups", "-p", "level=102,104", "--quiet")
    tradegraph("sweep", "ups", "-p", "level=104,108", "--quiet")
    shown = tradegraph("runs", "show", "latest").out
    assert "ups.sweep: 2 cells ok" in shown
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.split()}
    assert rows["mark"][:4] == ["above", "2", "1", "1"]
    assert rows["n_trades"][0] == "4"
    facts = tradegraph("runs", "show", "latest", "--json").json
    assert [row["steps"] for row in facts["nodes"] if row["node"] == "bt"] == [2]
    compared = tradegraph("runs", "compare", "latest~1", "latest").out
    assert "ups.sweep: 1 cell in both, 1 in A alone, 1 in B alone" in compared
    assert "no metric differs" in compared
    tradegraph("sweep", "ups", "-p", "level=104,108", "--set", "bt.fee=0.01", "--quiet")
    found = tradegraph("runs", "compare", "latest~1", "latest", "--json").json
    assert found["cells"] == {"both": 2, "a_alone": 0, "b_alone": 0}
    assert "total_return" in [row["metric"] for row in found["metrics"]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-p", "levle=1:3"], "has no param 'levle'"),
        (["-p", "level=3:1"], "never gets from 3 to 1"),
        (["--where", "level >"], "TG134"),
        (["-p", "level=1:9:0"], "has a step of 0"),
        (["--symbols", "AAA,ZZZ"], "the market has no 1d bars of 'ZZZ'"),
        (["--where", "level > 1000"], "keeps none of 4 cells"),
        (["--objective", "level"], "has the metric 'level'"),
        (["--objective", "sharp"], "Did you mean 'sharpe'?"),
    ],
)
def test_what_cannot_be_swept_is_said(swept, tradegraph, options, said):
    answer = tradegraph("sweep", "ups", *options)
    assert answer.status == 2
    assert answer.err.count(said) == 1  # once, not for each cell
