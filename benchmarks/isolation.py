"""What it costs to call a plugin in a worker that is shut in, against a call in process, and to start a worker.

python -m benchmarks.isolation [--rounds 20] [--sizes 10000 100000 1000000] [--json]

The aim for a call is 1, 3 and 25 ms over the plugin's own time at 1e4, 1e5 and 1e6 rows; for a plugin that was saved
250 ms until its new registry is there; for one that hangs 100 ms after its limit.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.report import Table, show
from benchmarks.timing import Sample, one_round, timed
from pipeline.engine import Engine
from pipeline.execution.attempt import Call, Caller, InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.laws.choice import base
from pipeline.model.node import NodeType
from pipeline.plugins.admit import Policy
from pipeline.plugins.confine import Bounds, available
from pipeline.plugins.discover import build_registry
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.examination.sample_call import sample_call
from pipeline.plugins.workers.forkserver import ForkServer
from pipeline.plugins.workers.host import WorkerHost
from pipeline.reloading import Reloading

__all__ = ["main", "measure", "starting"]

SIZES = (10_000, 100_000, 1_000_000)
PLUGIN = """
import pandas as pd
import time
from ..strategy_plugin_system import IndicatorPlugin


class Mean(IndicatorPlugin):
    def __init__(self, period: int = 20, hang: bool = False):
        self.period, self.hang = period, hang

    def calculate(self, data, **kwargs):
        while self.hang:
            time.sleep(1000)
        return data['close'].rolling(self.period).mean()

    def get_metadata(self):
        return {'id': 'mean', 'name': 'Mean', 'version': '1', 'author': 'x', 'description': 'A mean of closes.',
                'type': 'indicator', 'outputs': ['value']}
"""
HANGS = 0.2


def measure(sizes: Sequence[int], rounds: int) -> Table:
    """Milliseconds of a call over the plugin's own time, in process and in a worker, by rows."""
    columns = ("rows", "in process", "in a worker, other bars", "over", "the same bars again", "over it")
    title = f"isolation: a plugin's call over its own time, ms, min / median of {rounds} rounds ({available()})"
    table = Table(title, columns)
    with tempfile.TemporaryDirectory() as folder, WorkerHost([Path(folder)], None, bounds=Bounds.usual()) as host:
        here, there = _types(Path(folder), host)
        inline = InProcess(KernelCache(None))
        for rows in sizes:
            # two sets of bars: those of the second are not there from the call before
            inside, outside = _call(here, rows), [_call(there, rows) for _ in range(2)]
            values = [caller.call(call, 600.0).value for caller, call in ((inline, inside), (host, outside[0]))]
            first, second = (value["value"].array for value in values if value is not None)
            np.testing.assert_array_equal(first, second)
            plain, other, same = (Sample() for _ in range(3))
            for _ in range(rounds):
                with one_round():
                    host.call(outside[0], 600.0)  # collecting garbage has emptied the processor's caches
                    _over(host, outside[1], other)
                    _over(host, outside[1], same)
                    _over(inline, inside, plain)  # last: threads of polars are busy for a while after it
            over, over_it = (round((sample.best - plain.best) * 1e3, 2) for sample in (other, same))
            figures = {"in process": _ms(plain), columns[2]: _ms(other), columns[4]: _ms(same)}
            table.add(rows=rows, **figures, over=over, **{"over it": over_it})
    return table


def _over(caller: Caller, call: Call, sample: Sample) -> None:
    """Add the seconds of a call over the plugin's own time."""
    seconds, outcome = timed(lambda: caller.call(call, 600.0))
    sample.add(seconds - outcome.ms / 1e3)


def starting(rounds: int) -> Table:
    """Milliseconds to start what workers are forked from, to start a worker, to end one that hangs, and to reload."""
    table = Table("workers: ms, min / median", ("what", "ms"))
    table.add(what="the fork server, once a process", ms=_ms(_sample(_fork_server, min(rounds, 3))))
    with tempfile.TemporaryDirectory() as name, WorkerHost([Path(name)], None, bounds=Bounds.usual()) as host:
        _, there = _types(Path(name), host)
        call = _call(there, 100)

        def fresh() -> float:
            host.close()
            return _seconds(lambda: host.call(call, 600.0))

        def hanging() -> float:
            params = {**call.params, "hang": True}
            host.call(call, 600.0)
            return _seconds(lambda: host.call(replace(call, params=params), HANGS)) - HANGS

        table.add(what="a worker of its own: started, shut in, plugin loaded, called", ms=_ms(_sample(fresh, rounds)))
        table.add(what=f"a hang ended, after its limit of {HANGS:g} s", ms=_ms(_sample(hanging, rounds)))
    table.add(what="from a save to the new registry", ms=_ms(_reloads(min(rounds, 10))))
    return table


def _reloads(rounds: int) -> Sample:
    """Seconds from a save of a plugin to its new node type."""
    found = Sample()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "nodes/custom").mkdir(parents=True)
        (root / "plugin_config.json").write_text('{"validate_plugins": false}')
        file = root / "nodes/custom/mean.py"
        file.write_text(PLUGIN)
        engine = Engine.open(root)
        with Reloading(engine.plugins) as reloading:
            for count in range(1, rounds + 1):
                time.sleep(0.3)
                before = engine.plugins.current().registry["mean"].code
                file.write_text(PLUGIN.replace("= 20", f"= {20 + count}"))
                seconds = _seconds(lambda count=count: reloading.wait(count, 10.0))  # type: ignore[misc]
                assert engine.plugins.current().registry["mean"].code != before
                found.add(seconds)
    return found


def _types(folder: Path, host: WorkerHost) -> tuple[NodeType, NodeType]:
    """The plugin's node type with its code in this process, and with its code in workers."""
    (folder / "mean.py").write_text(PLUGIN)
    policies = (Policy(examine=False), Policy(examine=False, elsewhere=host))
    here, there = (build_registry([folder], policy=policy).registry["mean"] for policy in policies)
    return here, there


def _call(node: NodeType, rows: int) -> Call:
    return sample_call(node, base(node), sample_bars(rows))


def _fork_server() -> float:
    began = time.perf_counter()
    server = ForkServer()
    server.status(1, 0.0)  # it answers when it has imported what workers need
    seconds = time.perf_counter() - began
    server.close()
    return seconds


def _sample(once: Callable[[], float], rounds: int) -> Sample:
    found = Sample()
    for _ in range(rounds):
        found.add(once())
    return found


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _ms(sample: Sample) -> dict[str, float]:
    return {"min": round(sample.best * 1e3, 2), "median": round(sample.middle * 1e3, 2)}


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.isolation", description="What isolation costs.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given = parser.parse_args(arguments)
    tables = [measure(given.sizes, given.rounds), starting(given.rounds)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
