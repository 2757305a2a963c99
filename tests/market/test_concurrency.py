"""Many processes at one market: nothing is lost, nothing is half there."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import MarketError
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


@pytest.fixture
def overtaken(market, days, monkeypatch):
    """`overtaken(change)`: while the next read is at it, `change(i)` comes so often that its state is pruned."""
    from pipeline.market import store
    from pipeline.market.manifest import KEPT

    def build(change) -> None:
        plain = store.load_rows

        def late(files, columns):
            monkeypatch.setattr(store, "load_rows", plain)
            for i in range(KEPT + 2):
                import_frame(Market(market.root), change(i), "1d", source="other")
            return plain(files, columns)

        monkeypatch.setattr(store, "load_rows", late)

    return build


def test_a_read_whose_files_are_pruned_meanwhile_reads_the_same_bars_from_newer_ones(market, put, days, overtaken):
    put(days("A", "2019-12-30", bars=5))
    (file,) = market.root.rglob("bars/**/*.parquet")
    resolved = market.resolve(BarsRequest("1d", end=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    overtaken(lambda i: days("A", "2020-01-02", bars=1, close=200.0 + i))
    assert market.read(resolved, ["close"]).columns["close"].array.tolist() == [100.0, 101.0]
    assert not file.exists()


def test_a_read_whose_bars_are_gone_meanwhile_says_so_and_not_that_a_file_is_damaged(market, put, days, overtaken):
    put(days("A", bars=3))
    overtaken(lambda i: days("A", bars=3, close=200.0 + i))
    with pytest.raises(MarketError, match="no longer in the market") as caught:
        market.read(market.resolve(BarsRequest("1d")), ["close"])
    assert caught.value.faults[0].code == "TG307"


def test_a_sweep_is_not_disturbed_by_files_that_other_writers_take_away(market, put, days, monkeypatch) -> None:
    put(days("A"))
    for name in ("gone", "left"):
        (market.root / ".incoming" / name).write_text("x")
    plain = Path.stat

    def stat(path, **more):
        if path.name == "gone":
            path.unlink(missing_ok=True)
        return plain(path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", stat)
        swept = market.sweep(older_than=-60.0)
    assert [path.name for path in swept] == ["left"]


def test_a_check_that_is_overtaken_begins_anew_instead_of_crying_damage(market, put, days, monkeypatch) -> None:
    from pipeline.market import care
    from pipeline.market.manifest import KEPT

    put(days("A", bars=3))
    plain = care.load_part

    def late(path, part):
        monkeypatch.setattr(care, "load_part", plain)
        for i in range(KEPT + 2):
            put(days("A", bars=3, close=200.0 + i))
        return plain(path, part)

    monkeypatch.setattr(care, "load_part", late)
    assert market.verify() == []
