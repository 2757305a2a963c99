"""Children that die on command: orders are lines of JSON on stdin, reports lines of JSON on stdout.

Importing the engine takes a second and dying a millisecond, so this process imports once and forks a child per
death. It never runs a polars query and never opens DuckDB: neither survives a fork. Modules that a child that lived
has loaded are loaded here too, for the children after it.

An order is {"root", "script", "at", "by", "after", "notes"}, `notes` being environment variables: the child runs a
script in the project at `root` and kills itself with SIGKILL before the `at`-th event; `at` 0 counts them and lives.
Events are those of Python's audit hooks that touch files of the project (by "file"), or calls of the store and the
market, into and out of them (by "call"): those lie between the statements that DuckDB and polars carry out. By "clock"
it is killed from outside `after` so many seconds, wherever it is, inside a statement too. "with" may hold more for the
script. A report is {"ended", "acknowledged", "events", "seconds"}. A list of orders is carried out at once, by children
side by side; its report is a list too.
"""

import importlib
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import storm

import pipeline.engine
import pipeline.market.importing
import pipeline.store.publish
import pipeline.store.recorder
from pipeline.engine import Engine, Overrides
from pipeline.market import Market
from pipeline.plugins.discover import build_registry
from pipeline.store.remove import Selection

# on a slow machine a run would write increments now and then, and have other events
pipeline.store.recorder.EVERY = 1e9

ROOMS = tuple(str(Path(room.__file__).parent) for room in (pipeline.store.publish, pipeline.market.importing))
FILE_EVENTS = ("open", "os.", "shutil.", "fcntl.", "mmap.")
BY_HANDLE = ("fcntl.flock", "mmap.__new__")
"""Events that name no path."""


class Death:
    """Counts events since `begin`, and kills this process before the one with the number `at`."""

    def __init__(self, at: int, root: str) -> None:
        self.at = at
        self.root = root
        self.seen = 0
        self.counts = False

    def begin(self, by: str) -> None:
        """Count from now on; there is no way to take an audit hook off again, and no need to."""
        self.counts = True
        if by == "file":
            sys.addaudithook(self.heard)
        elif by == "call":
            sys.setprofile(self.called)

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.counts or not event.startswith(FILE_EVENTS):
            return
        # modules are opened as well, but they are no affair of the project
        if event in BY_HANDLE or any(str(arg).startswith(self.root) for arg in args):
            self.tick()

    def called(self, frame: FrameType, event: str, _: Any) -> None:
        own = frame if event.startswith("c_") else frame.f_back
        if self.counts and own is not None and own.f_code.co_filename.startswith(ROOMS):
            self.tick()

    def tick(self) -> None:
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def open_engine(root: Path) -> Engine:
    """The project's engine without the shipped nodes, for loading them takes 0.1 s."""
    engine = Engine.open(root)
    engine.plugins.take(build_registry([root / "nodes" / "custom"], shipped=root / "shipped"))
    return engine


def run(root: Path, acknowledge: Callable[[str], None], *, steps: tuple[float, ...] = (10.0,)) -> None:
    """Runs that compute different values on a common part."""
    engine = open_engine(root)
    for step in steps:
        result = engine.run(root / "graphs" / "g.yaml", Overrides(params={"step": step}))
        assert result.run.exit_status == 0
        acknowledge(result.run.id)


def run_in_pieces(root: Path, acknowledge: Callable[[str], None]) -> None:
    """A run that makes each step durable, and publishes, as soon as it is done."""
    pipeline.store.recorder.EVERY = pipeline.store.recorder._SHARE = 0
    run(root, acknowledge)


def run_thrice(root: Path, acknowledge: Callable[[str], None]) -> None:
    """The last one finds everything stored."""
    run(root, acknowledge, steps=(20.0, 10.0, 10.0))


def publish_waiting(root: Path, acknowledge: Callable[[str], None]) -> None:
    """A publish of the runs that wait: this process computes nothing."""
    for run in pipeline.store.publish.publish(root / "tradegraph.duckdb", root / ".tradegraph").runs:
        acknowledge(run)


def import_bars(root: Path, acknowledge: Callable[[str], None]) -> None:
    """An import of new symbols, corrections, later bars and a split, from a file beside the project."""
    import polars as pl

    frame = pl.read_parquet(root.with_name("incoming.parquet"))
    pipeline.market.importing.import_frame(Market(root / "market"), frame, "1d", source="killed")
    acknowledge("imported")


def collect(root: Path, acknowledge: Callable[[str], None]) -> None:
    """The removal of all runs but the last, and of what only they needed."""
    engine = open_engine(root)
    engine.remove_runs(Selection(graph="g", keep=1))
    acknowledge("removed")
    engine.collect()
    acknowledge("collected")


_SCRIPTS: tuple[Callable[..., None], ...] = (run, run_in_pieces, run_thrice, publish_waiting, import_bars, collect)
SCRIPTS = {script.__name__: script for script in (*_SCRIPTS, storm.write, storm.watch)}


def live_and_die(order: dict[str, Any], report: int) -> None:
    """The child: what it says in `report` is said at once, for it may have no time later."""

    def say(*words: object) -> None:
        os.write(report, (" ".join(map(str, words)) + "\n").encode())

    os.environ.update(order["notes"])
    death = Death(order["at"], order["root"])
    death.begin(order["by"])
    more = order.get("with", {})
    SCRIPTS[order["script"]](Path(order["root"]), lambda what: say("acknowledged", what), **more)
    death.counts = False
    say("events", death.seen)
    say("modules", *sys.modules)


def bear(order: dict[str, Any]) -> tuple[int, int]:
    """Fork a child for an order: its process, and where it says what it does."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.close(reading)
            live_and_die(order, writing)
            status = 0
        except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    return child, reading


def bury(order: dict[str, Any], child: int, reading: int) -> dict[str, Any]:
    """Hear a child out and wait for its end."""
    began = time.monotonic()
    if order["by"] == "clock" and order.get("after"):
        # it may end before its time is up
        descriptor = os.pidfd_open(child)
        select.select([descriptor], [], [], order["after"])
        os.close(descriptor)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading) as pipe:
        words = [line.split() for line in pipe]
    _, status = os.waitpid(child, 0)
    said = {kind: rest for kind, *rest in words if kind != "acknowledged"}
    for module in said.get("modules", ()):
        if module.startswith(("polars.", "duckdb.", "numpy.", "pipeline.")):
            with suppress(ImportError):
                importlib.import_module(module)
    return {
        "ended": os.waitstatus_to_exitcode(status),
        "acknowledged": [rest[0] for kind, *rest in words if kind == "acknowledged"],
        "events": int(said.get("events", ["0"])[0]),
        "seconds": time.monotonic() - began,
    }


def carry_out(orders: dict[str, Any] | list[dict[str, Any]]) -> Any:
    """The report of an order, or those of orders that are carried out at once."""
    if isinstance(orders, dict):
        return bury(orders, *bear(orders))
    born = [(order, *bear(order)) for order in orders]
    return [bury(*child) for child in born]


if __name__ == "__main__":
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)
