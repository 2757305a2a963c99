"""Calls in a worker that can be killed: the same values, and whatever a node does, nothing else notices."""

import os
import runpy
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.execution.attempt import Call
from pipeline.execution.execute import Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.protocols import MemoryObjects
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.plugins.workers.forkserver import forkserver
from pipeline.plugins.workers.host import WorkerHost
from pipeline.plugins.workers.pages import Pages
from pipeline.plugins.workers.process import WorkerProcess

pytestmark = pytest.mark.xdist_group("worker")  # one host for all of them: it takes a second to start a worker

CHECKOUT = Path(__file__).parents[2]
NOUNS = runpy.run_path(str(CHECKOUT / "tests" / "execution" / "world.py"))
day = NOUNS["day"]

STYLES = '''
from pipeline import Anything, Axis, Metrics


class Both(NamedTuple):
    """Two outputs."""

    up: Condition
    away: Number


@indicator
def gaps(x: Number, y: Number = None) -> Number:
    """Missing first, then an infinity, a NaN and numbers."""
    row = pl.int_range(pl.len())
    zero = x - x
    return pl.when(row == 1).then(1.0 / zero).when(row == 2).then(zero / zero).when(row > 0).then(-x / 3)


@indicator
def both(x: Number, *, days: Annotated[tuple[int, ...], Param("Rows back")] = (1, 2)) -> Both:
    """A condition, and a number."""
    return Both(x > x.shift(days[0]), x - x.rolling_mean(days[1]))


@strategy
def signal(x: Number) -> Signal:
    """An event with a strength."""
    return pl.when(x > 105).then(1).when(x > 103).then(-1), pl.when(x > 105).then(0.5)


@indicator(scope="cross-section")
def rank(x: Number) -> Number:
    """The rank among all symbols."""
    return x.rank().over("ts")


@indicator(style="kernel")
def spread(bars: Bars, *, factor: Annotated[float, Param("Factor")] = 1.5) -> Number:
    """Range of a bar, missing in the first."""
    out = np.full(len(bars[0]), np.nan)
    for i in range(1, len(out)):
        out[i] = (bars[1][i] - bars[2][i]) * factor
    return out


@strategy(style="kernel")
def turn(x: Number) -> Event:
    """A kernel that gives events."""
    out = np.zeros(len(x))
    out[0], out[1], out[2] = np.nan, 1.0, -1.0
    return out


@indicator(style="frame")
def smooth(bars: Bars) -> Number:
    """A mean of three closes."""
    return bars["close"].rolling(3).mean()


@portfolio(style="table")
def summary(axis: Axis, signal: Signal) -> Metrics:
    """A table of texts, numbers, lists and missing values."""
    frame = axis.with_columns(event=signal["event"]).group_by("symbol", maintain_order=True)
    return frame.agg(buys=(pl.col("event") == 1).sum(), events=pl.col("event"), first=pl.col("ts").min())


def third(axis):
    """Every third row of a symbol."""
    return axis.filter(pl.int_range(pl.len()).over("symbol") % 3 == 0)


@indicator(style="panel", rows=third)
def thin(rows: Axis, bars: Bars, signal: Signal, x: Number = None) -> Both:
    """Other rows out than in: a condition and a number."""
    by = ["symbol", "ts"]
    found = rows.join(bars.drop("end").join(signal.drop("end"), on=by), on=by, how="left", maintain_order="left")
    return found.select(up=pl.col("event") == 1, away=pl.col("close"))


@indicator(style="panel", rows="to")
def onto(rows: Axis, x: Number, to: Anything) -> SameKind:
    """The last value at or before a row."""
    return rows.join_asof(x.drop("end"), on="ts", by="symbol", check_sortedness=False)["value"]
'''

GRAPH = """
gaps: {use: gaps, in: {x: daily.close}LIMIT}
both: {use: both, in: gaps, with: {days: [2, 3]}LIMIT}
signal: {use: signal, in: gapsLIMIT}
rank: {use: rank, in: gapsLIMIT}
spread: {use: spread, in: dailyLIMIT}
turn: {use: turn, in: gapsLIMIT}
smooth: {use: smooth, in: dailyLIMIT}
summary: {use: summary, in: turnLIMIT}
other: {use: summary, in: signalLIMIT}
thin: {use: thin, in: {bars: daily, signal: signal}LIMIT}
onto: {use: onto, in: {x: thin.away, to: daily}LIMIT}
"""

TROUBLE = '''
from pipeline import Anything, Axis

import ctypes
import os
import signal
import stat
import time


@indicator
def spins(x: Number) -> Number:
    """Hang in Python."""
    while True:
        pass


@indicator(style="panel", rows="to")
def spins_on(rows: Axis, x: Number, to: Anything) -> Number:
    """Hang over rows of its own."""
    while True:
        pass


@indicator
def holds(x: Number) -> Number:
    """Hang in C with the interpreter's lock held, deaf to every signal that can be ignored."""
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    ctypes.PyDLL(None).sleep(1000)
    return x


@indicator
def waits(x: Number) -> Number:
    """Hang in C, deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(1000)
    return x


@indicator
def sorts(x: Number) -> Number:
    """One long call of polars."""
    return x + pl.select(pl.int_range(1_000_000_000_000, eager=False).sum()).item()


@indicator
def crashes(x: Number) -> Number:
    """Touch memory that is not there."""
    os.kill(os.getpid(), signal.SIGSEGV)


@indicator
def leaves(x: Number) -> Number:
    """End the process."""
    os._exit(7)


@indicator
def exits(x: Number) -> Number:
    """Ask Python to end."""
    raise SystemExit(3)


@indicator
def raises(x: Number) -> Number:
    """Raise with a note."""
    error = KeyError("no luck")
    error.add_note("a note")
    raise error


@indicator
def wrong(x: Number) -> Condition:
    """Numbers where a condition belongs."""
    return x


@indicator
def prints(x: Number) -> Number:
    """Print in every way there is."""
    print("printed")
    os.write(1, b"written\\n")
    os.system("echo spoken")
    return x


@indicator
def who(x: Number) -> Number:
    """The process that computes."""
    return x * 0 + os.getpid()


def frames():
    """The socket that answers go through."""
    return next(fd for fd in range(3, 64) if _is_socket(fd))


def _is_socket(fd):
    try:
        return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError:
        return False


@indicator
def garbles(x: Number) -> Number:
    """Say something that is no frame."""
    os.write(frames(), b"\\xff" * 64)
    return x
'''


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A world of well-behaved and troublesome nodes, a worker host, and `run(nodes)` that uses it."""
    root = tmp_path_factory.mktemp("worker")
    kernels = root / "kernels"
    kernels.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(NOUNS["CALLS"], str(root / "calls"))
        world = NOUNS["World"](root / "world", KernelCache(kernels))
        world.node("styles", STYLES)
        world.node("trouble", TROUBLE)
        with WorkerHost([world.nodes], kernels, shipped=world.shipped) as host:
            world.host = host
            yield world


def run(world, nodes: str):
    world.store = MemoryObjects()
    options = Options(limited=world.host)
    return execute(world.plan(nodes), "run", world.market, world.store, world.kernels, options=options)


def statuses(run) -> dict[str, str]:
    return {r.step.node.name: r.failure.code if r.failure else r.status for r in run.records}


def messages(run) -> dict[str, str]:
    return {r.step.node.name: r.failure.message for r in run.records if r.failure}


def test_all_styles_and_dtypes_give_the_same_values_as_in_process(shop):
    here = run(shop, GRAPH.replace("LIMIT", ""))
    stored = shop.store.values
    there = run(shop, GRAPH.replace("LIMIT", ", timeout: 500s"))
    assert set(statuses(here).values()) == set(statuses(there).values()) == {"computed"}, messages(there)
    assert stored.keys() == shop.store.values.keys()
    for key, value in stored.items():
        other = shop.store.values[key]
        if isinstance(value, pl.DataFrame):
            assert value.equals(other)
            assert value.schema == other.schema
            continue
        assert list(value) == list(other)
        for name, column in value.items():
            assert other[name].dtype == column.dtype
            assert other[name].series.equals(column.series, check_dtypes=True), name


def test_what_hangs_is_killed_and_says_where_it_was_and_the_next_node_is_unharmed(shop):
    found = run(
        shop,
        """
        spins: {use: spins, in: daily.close, timeout: 0.2s}
        after: {use: plus, in: daily.close, with: {by: 1}, timeout: 500s}
        holds: {use: holds, in: daily.close, timeout: 0.2s}
        waits: {use: waits, in: daily.close, timeout: 0.2s}
        sorts: {use: sorts, in: daily.close, timeout: 0.2s}
        onto: {use: spins_on, in: {x: daily.close, to: daily}, timeout: 0.2s}
        last: {use: plus, in: daily.close, with: {by: 2}, timeout: 500s}
        """,
    )
    expected = dict.fromkeys(("spins", "holds", "waits", "sorts", "onto"), "TG505")
    expected |= {"after": "computed", "last": "computed"}
    assert statuses(found) == expected, messages(found)
    assert shop.values(found, "last")[:2] == [102.0, 103.0]
    spins = found.record("g", "spins")
    line = next(n for n, text in enumerate((shop.nodes / "trouble.py").read_text().splitlines(), 1) if "pass" in text)
    assert spins.failure.message.startswith("'spins' took longer than its timeout of 0.2 s; it was in spins, line ")
    assert int(spins.failure.message.split()[-3]) in (line - 1, line)
    assert "trouble.py" in spins.failure.traceback
    assert spins.ms >= 200


def test_what_ends_its_process_is_a_failed_node_with_a_reason(shop):
    found = run(
        shop,
        """
        crashes: {use: crashes, in: daily.close, timeout: 500s}
        leaves: {use: leaves, in: daily.close, timeout: 500s}
        exits: {use: exits, in: daily.close, timeout: 500s}
        last: {use: plus, in: daily.close, timeout: 500s}
        """,
    )
    assert statuses(found) == {"crashes": "TG506", "leaves": "TG506", "exits": "TG501", "last": "computed"}
    said = messages(found)
    assert said["crashes"] == "the worker of 'crashes' was killed by SIGSEGV"
    assert said["leaves"] == "the worker of 'leaves' ended with status 7 during the call"
    assert said["exits"] == "SystemExit: 3"


def test_errors_come_back_as_they_are_in_process(shop):
    nodes = "a: {use: raises, in: daily.closeLIMIT}\nb: {use: wrong, in: daily.closeLIMIT}"
    here = run(shop, nodes.replace("LIMIT", ""))
    there = run(shop, nodes.replace("LIMIT", ", timeout: 500s"))
    assert statuses(here) == statuses(there) == {"a": "TG501", "b": "TG502"}
    assert messages(here) == messages(there)
    assert messages(there)["a"] == "KeyError: 'no luck'"
    assert f'File "{shop.nodes / "trouble.py"}"' in there.record("g", "a").failure.traceback


def test_a_worker_serves_one_call_after_the_other_until_it_is_replaced(shop):
    found = run(
        shop,
        """
        first: {use: who, in: daily.close, timeout: 500s}
        second: {use: who, in: daily.open, timeout: 500s}
        hangs: {use: spins, in: daily.close, timeout: 0.2s}
        third: {use: who, in: daily.high, timeout: 500s}
        """,
    )
    pids = [shop.values(found, node)[0] for node in ("first", "second", "third")]
    assert pids[0] == pids[1] != pids[2]
    assert os.getpid() not in pids
    with pytest.raises(ProcessLookupError):
        os.kill(int(pids[0]), 0)


def test_nothing_that_a_node_prints_reaches_stdout(shop, capfd):
    found = run(shop, "a: {use: prints, in: daily.close, timeout: 500s}")
    assert statuses(found) == {"a": "computed"}
    said = capfd.readouterr()
    assert said.out == ""
    if said.err:  # a worker that was started before has the stderr of then
        assert "printed" in said.err


class Stranger:
    """Stands in for a worker: it answers what it is told to."""

    isolation = "worker"

    def __init__(self, done, data: bytes, **more) -> None:
        self.outbox = Pages.fresh()
        os.write(self.outbox.descriptor, data)
        if isinstance(done, dict):
            done = {"size": len(data), **done}
        self.frames = [{"begun": True}, None if done is None else {"done": done, **more}]
        self.killed = False

    def bound_processor(self, seconds) -> None:
        pass

    def rest(self) -> None:
        pass

    def wake(self) -> None:
        pass

    def send(self, order, columns=()) -> None:
        if self.frames[1] is not None:
            self.frames[1].setdefault("number", order["number"])

    def receive(self, limit=None):
        return self.frames.pop(0)

    def printed(self) -> str:
        return ""

    def how_it_ended(self) -> str:
        return "hung up"

    def kill(self) -> None:
        self.killed = True
        self.outbox.close()


def asked(node, panel, ports, columns, stranger):
    """What a host makes of a stranger's answer to a call."""
    with WorkerHost([], None) as host:
        host._idle[node.captured.digest] = stranger
        return host.call(Call(node, ports, {}, columns, panel), 1.0)


FINE = {"tables": {}, "raised": None, "times": [0.0, 2.5, 3.5]}
TWO = np.array([1.0, 0.0]).tobytes()


@pytest.mark.parametrize(
    ("done", "data", "code"),
    [
        (FINE, b"", "TG502"),
        (FINE, TWO[:-1], "TG502"),
        (FINE, TWO + TWO, "TG502"),
        (FINE | {"size": 8}, TWO, "TG502"),
        (FINE | {"size": 1 << 60}, TWO, "TG502"),
        (FINE | {"size": None}, TWO, "TG502"),
        (FINE, np.array([1.0, 5.0]).tobytes(), "TG502"),
        (FINE | {"tables": None}, TWO + TWO, "TG502"),
        (FINE | {"raised": ["TG999", "made up", "", False, "", None]}, TWO, "TG501"),
        (FINE | {"raised": ["TG502"]}, TWO, "TG506"),
        (FINE | {"times": "soon"}, TWO, "TG506"),
        (FINE | {"times": [float("nan"), 0.0, 0.0]}, TWO, "TG506"),
        (FINE | {"times": [-1.0, 0.0, 0.0]}, TWO, "TG506"),
        (FINE | {"times": [0.0, 1e400, 0.0]}, TWO, "TG506"),
        ({}, TWO, "TG506"),
        ([], TWO, "TG506"),
        (None, TWO, "TG506"),
    ],
)
def test_what_comes_back_is_checked_as_if_a_stranger_had_sent_it(shop, done, data, code):
    node = next(node for node in shop.registry() if node.id == "turn")
    panel = Panel(("A",), np.array([0, 2]), pl.Series([day("2024-01-01"), day("2024-01-02")]), {})
    about = (node, panel, [Column(array=np.zeros(2))], [("value", "event")])
    assert asked(*about, Stranger(done, data)).raised.code == code
    fine = asked(*about, Stranger(FINE, TWO))
    assert fine.value["value"].series.to_list() == [1, 0]
    assert (fine.ms, fine.cpu_ms, fine.compile_ms) == (0.0, 2.5, 3.5)


def test_an_answer_to_another_order_ends_the_worker_and_times_are_at_most_those_of_the_clock(shop):
    node = next(node for node in shop.registry() if node.id == "turn")
    panel = Panel(("A",), np.array([0, 2]), pl.Series([day("2024-01-01"), day("2024-01-02")]), {})
    about = (node, panel, [Column(array=np.zeros(2))], [("value", "event")])
    stranger = Stranger(FINE, TWO, number=-1)
    assert asked(*about, stranger).raised.code == "TG506"
    assert stranger.killed
    assert asked(*about, Stranger(FINE | {"times": [1e9, 0.0, 0.0]}, TWO)).ms < 1e5


@pytest.mark.parametrize(
    "head",
    [
        [["a", "Float64", 1, 8, 0]],  # fewer bytes than it says
        [["a", "Float64", 1 << 40, 16, 0]],
        [["a", "Float64", 2, 1 << 40, 0]],
        [["a", "Float64", 2, 16, -16]],
        [["a", "Object", 2, 16, 0]],
        [["a", "String", 2, 16, 0]],
        [["a", ["Float64"], 2, 16, 0]],
        [["a", {"datetime": ["us", "Nowhere/Land"]}, 2, 16, 0]],
        [["a"]],
        [None],
        "ab",
    ],
)
def test_a_table_that_is_none_is_refused(shop, head):
    node = next(node for node in shop.registry() if node.id == "summary")
    panel = Panel((), np.array([0]), pl.Series([], dtype=pl.Datetime("us", "UTC")), {})
    outcome = asked(node, panel, [], [], Stranger(FINE | {"tables": {"value": head}}, TWO))
    assert outcome.raised.code in ("TG502", "TG506")
    fine = asked(node, panel, [], [], Stranger(FINE | {"tables": {"value": [["a", "Float64", 2, 16, 0]]}}, TWO))
    assert fine.value["value"]["a"].to_list() == [1.0, 0.0]
    assert asked(node, panel, [], [], Stranger(FINE, TWO)).raised.code == "TG506"


def test_what_is_no_frame_ends_the_worker(shop):
    found = run(shop, "a: {use: garbles, in: daily.close, timeout: 500s}\nb: {use: plus, in: a}")
    assert statuses(found) == {"a": "TG506", "b": "TG503"}
    assert statuses(run(shop, "c: {use: plus, in: daily.close, timeout: 500s}")) == {"c": "computed"}


def test_a_file_that_changed_after_it_was_loaded_is_run_as_it_was_planned(shop):
    shop.node("late", '@indicator\ndef late(x: Number) -> Number:\n    """Add one."""\n    return x + 1\n')
    planned = shop.plan("a: {use: late, in: daily.close, timeout: 500s}")
    shop.edit("late", "x + 1", "x + 2")
    shop.store = MemoryObjects()
    found = execute(planned, "run", shop.market, shop.store, shop.kernels, options=Options(limited=shop.host))
    assert shop.values(found, "a")[0] == 101.0


def test_ctrl_c_during_a_call_ends_the_worker(shop, monkeypatch):
    run(shop, "a: {use: who, in: daily.close, timeout: 500s}")
    worker = next(reversed(shop.host._idle.values()))
    monkeypatch.setattr(worker.channel, "receive", lambda limit=None: signal.raise_signal(signal.SIGINT))
    found = run(shop, "a: {use: who, in: daily.open, timeout: 500s}")
    assert found.status == "interrupted"
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


HANGS = '''
import ctypes
import os
import subprocess


@indicator
def hangs(x: Number) -> Number:
    """Open a pipe, start a process that holds it open as well, and hang in C with the lock held."""
    pipe = os.open(os.environ["TRADEGRAPH_TEST_PIPE"], os.O_WRONLY)
    subprocess.Popen(["sleep", "1000"], pass_fds=[pipe])
    os.write(pipe, b"here\\n")
    ctypes.PyDLL(None).sleep(1000)
    return x
'''
PARENT = """
import sys
from pathlib import Path
from pipeline.engine import Engine
from pipeline.plugins.discover import build_registry

root = Path(sys.argv[1])
engine = Engine.open(root)
engine.plugins.take(build_registry([root / "nodes" / "custom"], shipped=root / "shipped"))
engine.run(root / "graphs" / "g.yaml")
"""


def test_a_worker_and_all_that_it_started_end_with_the_parent_however_that_ends(site, tmp_path, monkeypatch):
    site.node("hanging", HANGS)
    site.graph("a: {use: hangs, in: daily.close, timeout: 1000s}")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TRADEGRAPH_TEST_PIPE": str(pipe)}
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(PARENT), str(site.root)], env=environment)
    with pipe.open() as reader:
        assert reader.readline() == "here\n"
        parent.kill()
        parent.wait()
        # the end of the pipe comes when nobody holds it any more: worker and grandchild are gone
        assert reader.read() == ""


HOARDS = '''
HELD = []


@indicator(style="frame")
def hoards(x: Number) -> Number:
    """Hold on to every input, and give the first value of the first one."""
    HELD.append(x)
    return x * 0 + float(HELD[0].iloc[0])
'''


def test_columns_that_a_plugin_holds_on_to_are_never_changed_under_its_hands(shop):
    shop.node("hoarding", HOARDS)
    found = run(
        shop,
        "a: {use: hoards, in: daily.close, timeout: 500s}\nb: {use: hoards, in: a, timeout: 500s}\n"
        "c: {use: who, in: daily.close, timeout: 500s}",
    )
    # the second call is made in another worker: one that still sees the first input would see it changed
    assert statuses(found) == {"a": "computed", "b": "computed", "c": "computed"}, messages(found)
    assert shop.values(found, "a")[0] == shop.values(found, "b")[0] == 100.0


def test_another_process_may_have_a_fork_server_that_is_forked_from_ours(monkeypatch) -> None:
    ours = forkserver()
    shared = ours.double()
    monkeypatch.setattr("pipeline.plugins.workers.forkserver._running", {})
    shared()
    its = forkserver()
    assert its is not ours
    worker = WorkerProcess(its, None)
    assert ours.status(worker.pid, 0.0) is None  # it is no child of ours
    os.kill(worker.pid, signal.SIGKILL)
    assert its.status(worker.pid, 60.0) == -signal.SIGKILL
    worker.kill()
    its.close()
    assert ours.alive
