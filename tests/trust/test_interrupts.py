"""Ctrl-C and SIGTERM in the middle of a run: status 130, and what was computed is kept and never computed again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
WAITS = """
import os
import time
from pathlib import Path

@indicator
def waits(x: Number) -> Number:
    \"\"\"Say that it is running, then wait for a signal until nobody comes.\"\"\"
    note("waits")
    Path(os.environ["WAITING"]).write_text("now")
    end = time.monotonic() + 60
    while Path(os.environ["WAITING"]).exists() and time.monotonic() < end:
        time.sleep(0.01)
    return x
"""
GRAPH = """
a: {use: plus, in: daily.close, with: {by: 1}}
b: {use: plus, in: a, with: {by: 2}}
held: {use: waits, in: b}
c: {use: plus, in: held, with: {by: 3}}
"""


@pytest.fixture
def waiting(site):
    site.node("waiting", WAITS)
    site.path = site.graph(GRAPH)
    site.flag = site.root.with_name("waiting")
    site.flag.unlink(missing_ok=True)
    return site


def start(site):
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "WAITING": str(site.flag)}
    command = [sys.executable, "-m", "pipeline.cli", "run", str(site.path)]
    return subprocess.Popen(command, env=environment, cwd=site.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.heavy)], ids=["Ctrl-C", "SIGTERM"]
)
def test_an_interrupted_run_keeps_what_it_computed_and_ends_with_130(waiting, monkeypatch, number) -> None:
    process = start(waiting)
    while not waiting.flag.exists():
        assert process.poll() is None, process.stderr.read()
    process.send_signal(number)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert waiting.calls() == ["plus 1", "plus 2", "waits"]
    engine = waiting.engine()
    assert engine.sql("select status, computed, skipped from runs").rows() == [("interrupted", 2, 2)]
    assert engine.sql("select min(value) from g.b").item() == 103.0
    waiting.flag.unlink()
    monkeypatch.setenv("WAITING", str(waiting.root.with_name("nobody-waits")))
    result = resumed(waiting)
    assert waiting.calls() == ["waits", "plus 3"]
    assert result.output("c")["value"].to_list() == [close + 6.0 for close in waiting.bars()["close"]]


def resumed(site):
    """The same run to its end: the node finds its flag taken away at once."""
    site.edit("waiting", 'Path(os.environ["WAITING"]).write_text("now")', "pass")
    return site.run(site.path)


@pytest.mark.heavy
def test_a_run_killed_while_a_node_computes_leaves_the_project_as_it_was(waiting, monkeypatch) -> None:
    waiting.run("z: {use: plus, in: daily.open, with: {by: 5}}", name="other")
    waiting.calls()
    before = waiting.database.read_bytes()
    process = start(waiting)
    while not waiting.flag.exists():
        assert process.poll() is None, process.stderr.read()
    process.kill()
    process.communicate(timeout=120)
    assert waiting.database.read_bytes() == before
    waiting.flag.unlink()
    waiting.calls()
    monkeypatch.setenv("WAITING", str(waiting.root.with_name("nobody-waits")))
    assert resumed(waiting).output("c")["value"][0] == 106.0
