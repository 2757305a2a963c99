"""A sweep over worker processes: the same results, whoever is killed meanwhile."""

import json
import os
import runpy
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pipeline.engine import Engine
from pipeline.execution import execute
from pipeline.execution.protocols import Silent
from pipeline.runs.crew import Crew
from pipeline.runs.sweep import Search

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))
PARAMS = "fast: {type: float, default: 1, min: 0, max: 900}\nslow: {type: float, default: 3, min: 0, max: 900}"
GRAPH = """
fast: {use: deadly, in: daily.close, with: {by: $fast}}
slow: {use: plus, in: daily.open, with: {by: $slow}}
entry: {use: cross, in: {fast: fast, slow: slow}}
bt: {use: backtest, in: {bars: daily, signal: entry}}
"""
DEADLY = '''
import os
import signal
from pathlib import Path

@indicator(style="array")
def deadly(close: Price, *, by: Annotated[float, Param("Shift")] = 0.0) -> Price:
    """Kill the process that shifts by two, as often as a file says."""
    note(f"deadly {by:g}")
    left = Path(os.environ["TRADEGRAPH_TEST_CALLS"]).with_name("deaths")
    if by == 2.0 and left.exists() and int(left.read_text()) > 0:
        left.write_text(str(int(left.read_text()) - 1))
        os.kill(os.getpid(), signal.SIGKILL)
    return close + by
'''
LAZY = '''
@indicator(style="array")
def lazy(close: Price, *, by: Annotated[float, Param("Shift")] = 0.0) -> Price:
    """Take a while."""
    note(f"lazy {by:g}")
    for _ in range(300_000):
        by = by + 0.0
    return close + by
'''
CREWS = [
    pytest.param(Crew("inline"), id="inline"),
    pytest.param(Crew("processes", 2), id="processes"),
    pytest.param(Crew("dask", 2), id="dask", marks=pytest.mark.heavy),
]
GRID = Search({"fast": "0:3", "slow": "2:8:2"})


@pytest.fixture(scope="module")
def stage(tmp_path_factory, compiled_kernels):
    """A project with a node that can be deadly."""
    made = NOUNS["Site"](tmp_path_factory.mktemp("stage") / "site", compiled_kernels)
    # the nodes count their calls and end the process that calls them: that of the sweep, not one of their own
    (made.root / "plugin_config.json").write_text('{"isolation": "none"}')
    made.node("deadly", DEADLY)
    made.path = made.graph(GRAPH, params=PARAMS, outputs="stats: bt.metrics")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NOUNS["CALLS"], str(made.root.with_name("calls")))
        assert Engine.open(made.root).registry.get("deadly")  # examined, so that no worker need do it
    made.snapshot()
    return made


@pytest.fixture
def site(stage, monkeypatch):
    """The project on disk."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    made = stage.restored()
    made.deaths = stage.root.with_name("deaths")
    made.deaths.unlink(missing_ok=True)
    return made


@pytest.mark.parametrize("crew", CREWS)
def test_tasks_share_values_and_compute_nothing_twice(site, crew) -> None:
    swept = Engine.open(site.root).sweep("g", GRID, workers=crew)
    assert {record.status for record in swept.run.records} == {"computed"}
    lines = {f"deadly {by}": 3 for by in range(4)} | {f"plus {by}": 1 for by in (2, 4, 6, 8)}  # three symbols
    assert Counter(site.calls()) == Counter(lines)
    again = Engine.open(site.root).sweep("g", GRID, workers=crew)
    assert site.calls() == []
    assert again.table().equals(swept.table())


def test_workers_find_what_one_process_finds_and_one_of_them_may_be_killed(site) -> None:
    site.deaths.write_text("1")
    swept = Engine.open(site.root).sweep("g", GRID, workers=Crew("processes", 2))
    assert swept.run.status == "ok"
    assert {record.status for record in swept.run.records} == {"computed"}
    timed = [record.ms for record in swept.run.records if record.step.type.id == "backtest"]
    assert len(timed) == 16
    assert all(timed)
    assert not list((site.root / ".tradegraph/segments").rglob("*.handed.*"))
    alone = Engine.open(site.root).sweep("g", GRID, cache=False)
    assert swept.table().equals(alone.table())


@pytest.mark.parametrize("crew", CREWS[1:])
def test_a_step_that_kills_every_worker_is_found_and_no_other_cell_suffers(site, crew) -> None:
    site.deaths.write_text("99")
    engine = Engine.open(site.root)
    swept = engine.sweep("g", GRID, workers=crew)
    assert swept.run.status == "failed"
    cells = engine.sql("select status, node, message, params from cells order by cell")
    assert Counter(cells["status"]) == {"ok": 12, "failed": 4}
    bad = cells.filter(status="failed")
    assert all('"fast": 2.0' in text for text in bad["params"])
    assert set(bad["node"]) == {"fast"}
    assert all("ended" in text for text in bad["message"])
    assert swept.table().filter(status="failed").height == 4


@pytest.mark.parametrize("crew", CREWS)
def test_a_sweep_that_is_interrupted_goes_on_where_it_was(site, crew) -> None:
    class Impatient(Silent):
        pressed = False

        def finished(self, *, node, status, ms, rows, message):
            if node == "bt" and not self.pressed:
                self.pressed = True
                raise KeyboardInterrupt

    engine = Engine.open(site.root)
    swept = engine.sweep("g", GRID, workers=crew, progress=Impatient())
    assert (swept.run.status, swept.run.exit_status) == ("interrupted", 130)
    assert {r.failure.code for r in swept.run.records if r.status == "skipped"} <= {"TG504"}
    assert engine.sql("select status from runs")["status"].to_list() == ["interrupted"]
    computed = {record.step.key for record in swept.run.records if record.status == "computed"}
    site.calls()
    again = engine.sweep("g", GRID, workers=crew)
    assert again.run.status == "ok"
    assert site.calls() == []  # all lines were handed over, or are in what was stored
    assert not computed & {record.step.key for record in again.run.records if record.status == "computed"}
    assert not list((site.root / ".tradegraph/segments").rglob("*.handed.*"))
    assert again.table().equals(engine.sweep("g", GRID, cache=False).table())


def test_an_interruption_while_an_interrupted_sweep_is_recorded_ends_it_at_once(site, monkeypatch) -> None:
    class Impatient(Silent):
        def finished(self, *, node, status, ms, rows, message):
            if node == "bt":
                raise KeyboardInterrupt

    walk = execute._Execution.walk

    def pressed_again(self):
        if self.options.elsewhere is not None:  # the coordinator's, not a task's
            raise KeyboardInterrupt
        walk(self)

    engine = Engine.open(site.root)
    with monkeypatch.context() as again:
        again.setattr(execute._Execution, "walk", pressed_again)
        with pytest.raises(KeyboardInterrupt):
            engine.sweep("g", GRID, workers=Crew("inline"), progress=Impatient())
    site.calls()
    resumed = engine.sweep("g", GRID, workers=Crew("inline"))
    assert resumed.run.status == "ok"
    assert site.calls() == []  # as after a kill: what was handed over is there


@pytest.mark.heavy
@pytest.mark.parametrize("options", ["--executor processes", "--executor dask"])
def test_ctrl_c_at_the_terminal_ends_all_workers_and_resume_does_the_rest(site, options) -> None:
    """A whole process group gets the key, as from a terminal."""
    graph = site.path.read_text().replace("deadly", "lazy")
    site.path.write_text(graph)
    site.node("lazy", LAZY)
    words = ["sweep", "g", "-p", "fast=0:19", "-p", "slow=2:4:2"]
    how = [*options.split(), "--workers", "2"]
    command = [sys.executable, "-m", "pipeline.cli", *words, *how, "--json=stream"]
    environment = {**os.environ, "PYTHONPATH": str(NOUNS["CHECKOUT"]), "TRADEGRAPH_PROJECT": str(site.root)}
    running = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    told = [json.loads(running.stdout.readline()) for _ in range(3)]
    assert [event["event"] for event in told] == ["started", "step", "step"]
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate()
    assert running.returncode == 130, err
    assert "Traceback" not in err
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["status"]) == ("finished", "interrupted")
    assert f"`--resume {last['run_id']}` goes on" in err
    assert last["counts"]["skipped"] > 0
    told = Engine.open(site.root).sql("select distinct worker from node_timings where worker like '% on %'")["worker"]
    for worker in told:
        assert not Path(f"/proc/{worker.split()[1]}").exists()
    resumed = subprocess.run(
        [*command[:3], "sweep", "--resume", last["run_id"], *how, "--json"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    again = json.loads(resumed.stdout)
    assert again["counts"]["computed"] <= last["counts"]["skipped"]
    assert again["counts"]["computed"] + again["counts"]["cached"] == again["steps"]
    engine = Engine.open(site.root)
    query = "select * exclude (run_id) from g.sweep order by cell, node, symbol"
    found = engine.sql(query)
    engine.sweep("g", Search({"fast": "0:19", "slow": "2:4:2"}), cache=False)
    assert found.height == 20 * 2 * 3
    assert found.equals(engine.sql(query))


def test_a_file_that_is_saved_meanwhile_is_noticed(site, monkeypatch) -> None:
    engine = Engine.open(site.root)
    from pipeline.runs import task

    opened = task._Bench.open

    def edited(job):
        site.path.write_text(site.path.read_text().replace("use: plus", "use: deadly"))
        return opened(job)

    monkeypatch.setattr(task._Bench, "open", edited)
    swept = engine.sweep("g", GRID, workers=Crew("inline"))
    assert swept.run.status == "failed"
    told = {r.failure.code: r.failure.message for r in swept.run.records if r.status == "failed"}
    assert "TG521" in told["TG522"]
    assert site.calls() == []


@pytest.mark.heavy
def test_a_sweep_whose_coordinator_is_killed_goes_on_where_it_was(site) -> None:
    site.deaths.write_text("1")  # in this process: that of the coordinator
    sweep = "Engine.open(root).sweep('g', Search({'fast': '0:3', 'slow': '2:8:2'}))"
    code = f"from pipeline.engine import Engine; from pipeline.runs.sweep import Search; {sweep}"
    process = site.process(code, wait=False, bare=True)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    swept = Engine.open(site.root).sweep("g", GRID)
    assert swept.run.status == "ok"
    assert swept.table().equals(Engine.open(site.root).sweep("g", GRID, cache=False).table())
    assert os.environ[NOUNS["CALLS"]]
