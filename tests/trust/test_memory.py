"""A graph whose values take more memory than there is still runs, and gives what it gives with plenty."""

import datetime as dt
import sys

import polars as pl
import pytest

ROWS = 250_000
PAIRS = 80
ALLOWANCE = 200_000_000
"""Bytes beyond what a process has that ran a small graph; the values of all nodes together take 320 million."""
NODES = "\n".join(
    [f"a{i}: {{use: plus, in: daily.close, with: {{by: {i}}}}}" for i in range(PAIRS)]
    # the first is needed last, so all wait for it
    + [f"b{i}: {{use: plus, in: {{x: a{i}, y: a{PAIRS - 1 - i}}}}}" for i in range(PAIRS)]
)
CAPPED = """
import re, resource
from pathlib import Path
engine.run(root / "graphs" / "small.yaml")  # libraries are loaded, threads have their stacks
taken = int(re.search(r"VmData:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (taken + int(args[0]),) * 2)
result = engine.run(graph)
assert result.run.exit_status == 0, [record.failure for record in result.run.records if record.failure]
print(result.run.peak_bytes, *(result.output(node)["value"].sum() for node in ("b0", "b79")))
"""
BATCHED = """
import re, resource
from pathlib import Path
from pipeline.runs.crew import Crew
engine.batch(engine.gather(["small"]))
taken = int(re.search(r"VmData:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (taken + int(args[0]),) * 2)
crew = Crew(args[1]) if args[1] else 0
done = engine.batch(engine.gather(["g", "h"]), store="outputs", workers=crew)
assert done.run.exit_status == 0, [record.failure for record in done.run.records if record.failure]
sums = [engine.sql(f"select sum(value) from {name}.result").item() for name in ("g", "h")]
print(done.run.peak_bytes, *sums)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is capped and told as Linux does it")


@pytest.fixture
def large(site):
    """A graph over one symbol's minutes."""
    start = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
    ts = pl.datetime_range(start, start + dt.timedelta(minutes=ROWS - 1), "1m", eager=True, time_unit="us")
    close = pl.Series("close", range(ROWS)).cast(pl.Float64) % 97 + 1
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), close)
    site.put(pl.DataFrame({"symbol": ["AAA"] * ROWS, "ts": ts, **prices}), "1m")
    site.graph(NODES, bars="daily: {timeframe: 1m, symbols: [AAA]}", outputs="result: b0")
    site.graph("a: {use: plus, in: daily.close}", name="small")
    site.total = close.sum()
    return site


def memory(site, limit) -> None:
    (site.root / "plugin_config.json").write_text(f'{{"isolation": "none", "project": {{"memory": "{limit}"}}}}')


def test_a_graph_larger_than_memory_runs_within_it(large) -> None:
    memory(large, "16MB")
    _, first, last = large.process(CAPPED, str(ALLOWANCE)).split()
    assert float(first) == float(last) == 2 * large.total + 79.0 * ROWS


@pytest.mark.heavy
def test_without_a_limit_on_what_waits_the_same_graph_does_not_fit(large) -> None:
    memory(large, "10GB")
    dead = large.process(CAPPED, str(ALLOWANCE), wait=False)
    dead.communicate()
    assert dead.returncode != 0


@pytest.mark.heavy
@pytest.mark.parametrize("crew", ["", "inline"])
def test_a_batch_larger_than_memory_runs_within_it_here_and_as_tasks(large, crew) -> None:
    memory(large, "16MB")
    other = NODES.replace("by: 1}", "by: 1.5}")
    large.graph(other, bars="daily: {timeframe: 1m, symbols: [AAA]}", outputs="result: b1", name="h")
    peak, first, second = large.process(BATCHED, str(ALLOWANCE), crew).split()
    # twice what is allowed to be in the heap: code, files and stacks come to it
    assert int(peak) < 2 * ALLOWANCE + 200_000_000
    assert float(first) == 2 * large.total + 79.0 * ROWS
    assert float(second) == 2 * large.total + 79.5 * ROWS
