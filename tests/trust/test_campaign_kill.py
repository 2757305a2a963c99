"""A batch of all shipped graphs over real bars, and a sweep of a thousand cells, killed twice and run again.

Results are those of an undisturbed run, to the last bit, and nothing that was stored when a run died is computed
again. One death is of the coordinator alone, whose workers end when they notice; one is of all at once.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pipeline.engine import Engine
from pipeline.market import Market
from pipeline.market.importing import import_files
from pipeline.store.lookup import waiting_values
from pipeline.store.segment import HANDED

CHECKOUT = Path(__file__).parents[2]
BARS = (
    Path(os.environ.get("TRADEGRAPH_SHARED", CHECKOUT.parent / "shared"))
    / "market/equities_us_1d/ohlcv_2011-04_2021-04.parquet"
)
SWEPT = """
tradegraph: 1
name: swept
params:
  fast: {type: int, default: 10, min: 2}
  slow: {type: int, default: 50, min: 3}
bars:
  daily: {timeframe: 1d, symbols: [AAPL, MSFT, XOM, KO]}
nodes:
  fast: {use: sma, in: daily.close, with: {period: $fast}}
  slow: {use: sma, in: daily.close, with: {period: $slow}}
  entry: {use: cross, in: {fast: fast, slow: slow}}
  bt: {use: backtest, in: {bars: daily, signal: entry}, with: {fee: 0.001}}
"""
BATCH = ["batch", "graphs/*.yaml", "--symbols", "all", "--workers", "2", "--quiet"]
SWEEP = ["sweep", "swept", "-p", "fast=5:44", "-p", "slow=45:69", "--workers", "2", "--quiet"]

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def project(tmp_path_factory, compiled_kernels):
    """A project with the shipped graphs and 504 symbols of real daily bars; a copy is a fresh one."""
    if not BARS.exists():
        pytest.skip(f"no real bars: {BARS} is absent (set TRADEGRAPH_SHARED)")
    root = tmp_path_factory.mktemp("real") / "project"
    shutil.copytree(CHECKOUT / "graphs", root / "graphs")
    shutil.copytree(CHECKOUT / "examples", root / "examples")
    shutil.copy(CHECKOUT / "plugin_config.json", root)
    (root / "graphs/swept.yaml").write_text(SWEPT)
    (root / ".tradegraph").mkdir()
    (root / ".tradegraph/kernels").symlink_to(compiled_kernels)
    import_files(Market(root / "market"), [BARS], "1d")
    return root


def command(root: Path, words: list[str]) -> subprocess.Popen[bytes]:
    """The CLI, as leader of a group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TRADEGRAPH_PROJECT": str(root)}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", *words], cwd=root, env=environment, start_new_session=True
    )


def stored(root: Path) -> set[Path]:
    """The files of values."""
    return set((root / ".tradegraph/segments").glob("*/*.parquet"))


def keys_in(files: list[Path]) -> Counter[str]:
    """The keys of the values in segment files."""
    return Counter(key for path in files for key in pl.read_parquet_metadata(path)["tradegraph.keys"].split())


def durable(root: Path) -> set[str]:
    """The keys that whoever comes next may use: published, told of in a journal, or handed over."""
    private = root / ".tradegraph"
    found = {item.row.key for item in waiting_values(private / "journal", ("",))}
    found |= set(keys_in(list((private / "segments").glob(f"*/*{HANDED}.*.parquet"))))
    if (root / "tradegraph.duckdb").exists():
        found |= set(Engine.open(root).sql("select key from objects where segment <> ''")["key"])
    return found


def results(root: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All metrics of the latest runs, and the digests of what was declared."""
    engine = Engine.open(root)
    latest = "select max(run_id) from runs"
    metrics = engine.sql(
        f"select graph, cell, node, symbol, metric, value from metrics where run_id = ({latest}) order by all"
    )
    outputs = engine.sql(f"select graph, output, node, key from outputs where run_id = ({latest}) order by all")
    return metrics, outputs


@pytest.mark.parametrize("words", [BATCH, SWEEP], ids=["batch", "sweep"])
def test_what_was_killed_twice_gives_what_was_never_disturbed(project, words) -> None:
    calm, rough = project.with_name(f"calm-{words[0]}"), project.with_name(f"rough-{words[0]}")
    for copy in (calm, rough):
        shutil.copytree(project, copy, symlinks=True)
    command(calm, words).wait()  # a graph that cannot run over all symbols is left out, with exit status 1
    total = len(stored(calm))
    chance = random.Random(7)
    # by what was stored, for the clock of a busy machine says nothing
    moments = [round(total * chance.uniform(low, low + 0.25)) for low in (0.1, 0.5)]
    there: set[str] = set()
    known: set[Path] = set()
    deaths = 0
    for alone, moment in zip((True, False, None), (*moments, None), strict=True):
        process = command(rough, words)
        while moment is not None and process.poll() is None and len(stored(rough)) <= moment:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)
        if moment is not None and process.poll() is None:
            (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
            deaths += 1
        process.wait()
        files = stored(rough) - known
        known |= files
        again = set(keys_in(sorted(files))) & there
        assert not again, f"{len(again)} values were computed twice"
        there = durable(rough)
    assert deaths == 2
    for mine, theirs in zip(results(rough), results(calm), strict=True):
        assert mine.equals(theirs)
    assert results(calm)[0].height > 1000
    assert not list((rough / ".tradegraph/segments").glob(f"*/*{HANDED}.*"))
