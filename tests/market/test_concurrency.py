"""Many processes at one market: nothing is lost, nothing is half there."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.market import Market
from pipeline.market.importing import import_frame
from pipeline.model.bars import BarsRequest

WRITER = """
import sys
import datetime as dt
from pathlib import Path
from pipeline.market import Market, synthesise
from pipeline.market.importing import import_frame
import polars as pl

root, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
market = Market(root)
bars = synthesise(1, "1d", dt.datetime(2020, 1, 1), 40, 1)
print("ready", flush=True)
sys.stdin.readline()
for i in range(rounds):
    own = bars.with_columns(symbol=pl.lit(f"{name}{i}"))
    later = pl.col("ts") + pl.duration(days=1000 * int(name[1:]))
    common = bars.slice(i, 1).with_columns(symbol=pl.lit("SHARED"), ts=later)
    import_frame(market, pl.concat([own, common]), "1d", source=name)
    print(i, flush=True)
"""

STOPPED = """
import sys
import datetime as dt
from pathlib import Path
from pipeline.market import Market, synthesise
from pipeline.market import {module} as module
from pipeline.market.importing import import_frame

def stop(*args, **kwargs):
    print("stopped", flush=True)
    sys.stdin.readline()

calls = 0
plain = module.{name}
def counted(*args, **kwargs):
    global calls
    calls += 1
    return stop() if calls == {at} else plain(*args, **kwargs)

module.{name} = counted
module.WRITERS = 1  # one after the other: what came before the stop is on disk
market = Market(Path(sys.argv[1]))
import_frame(market, synthesise(6, "1d", dt.datetime(2020, 1, 1), 30, 5), "1d", source="killed")
"""


def start(code: str, checkout: Path, *args: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "POLARS_MAX_THREADS": "1"}
    command = [sys.executable, "-c", code, *args]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=checkout
    )


def test_three_writers_at_once_lose_nothing(market, checkout) -> None:
    rounds = 4
    writers = [start(WRITER, checkout, str(market.root), f"W{i}", str(rounds)) for i in range(3)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for _ in range(rounds):
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline()
        # the others go on meanwhile: every state that this process sees is whole
        panel = market.read(market.resolve(BarsRequest("1d")), ["close"])
        assert panel.offsets[-1] == len(panel)
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    stored = {coverage.symbol: coverage.rows for coverage in market.coverage()}
    assert stored == {f"W{i}{k}": 40 for i in range(3) for k in range(rounds)} | {"SHARED": 3 * rounds}
    assert [finding for finding in market.verify() if finding.severity == "error"] == []


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize(("module", "name", "at"), [("write", "publish", 4), ("advance", "swap", 1)])
def test_a_writer_killed_in_mid_import_leaves_the_old_market(market, days, checkout, module, name, at) -> None:
    import_frame(market, days("A", bars=9), "1d", source="test")
    before = market.resolve(BarsRequest("1d"))
    writer = start(STOPPED.format(module=module, name=name, at=at), checkout, str(market.root))
    assert writer.stdout is not None
    assert writer.stdout.readline() == "stopped\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate()
    assert writer.returncode == -signal.SIGKILL
    fresh = Market(market.root)
    assert fresh.resolve(BarsRequest("1d")) == before
    assert len(fresh.read(before, ["close"])) == 9
    import_frame(fresh, days("B", bars=3), "1d", source="test")
    assert [c.symbol for c in fresh.coverage()] == ["A", "B"]
    assert fresh.sweep() == []
    leftovers = fresh.sweep(older_than=-60.0)
    assert any("SYN" in path.as_posix() for path in leftovers)
    assert fresh.verify() == []


def test_a_stale_writer_rebases_on_what_came_in_between(market, days, monkeypatch) -> None:
    from pipeline.market import advance

    plain, other = advance.swap, Market(market.root)
    calls = []

    def late(root, base, new):
        calls.append(base.number)
        if len(calls) == 1:
            monkeypatch.setattr(advance, "swap", plain)
            import_frame(other, days("A", "2020-01-03", 5, close=200), "1d", source="other")
            import_frame(other, days("B"), "1d", source="other")
        return plain(root, base, new)

    monkeypatch.setattr(advance, "swap", late)
    import_frame(market, days("A", "2020-01-01", 4), "1d", source="test")
    assert [(c.symbol, c.rows) for c in market.coverage()] == [("A", 7), ("B", 5)]
    assert market.show("A", "1d")["close"].to_list() == [100, 101, 102, 103, 202, 203, 204]


def test_a_writer_that_slept_past_all_kept_heads_does_not_revive_an_old_number(market, days, monkeypatch) -> None:
    from pipeline.market import advance
    from pipeline.market.manifest import KEPT

    plain, other = advance.swap, Market(market.root)
    first = []

    def late(root, base, new):
        if not first:
            first.append(base)
            monkeypatch.setattr(advance, "swap", plain)
            for i in range(KEPT + 3):
                import_frame(other, days(f"S{i}", bars=1), "1d", source="other")
        return plain(root, base, new)

    monkeypatch.setattr(advance, "swap", late)
    import_frame(market, days("LATE"), "1d", source="test")
    assert len(market.coverage()) == KEPT + 4
    assert market.resolve(BarsRequest("1d", ("LATE",), end=dt.datetime(2030, 1, 1))).symbols == ("LATE",)
