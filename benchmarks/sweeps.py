"""A sweep beside vectorbt: crossings of two averages over every pair of windows, each traded with a fee, in one run.

python -m benchmarks.sweeps [--cells 1000] [--bars 5000] [--symbols 1] [--rounds 3] [--workers 0] [--json]

The engine is timed as a user meets it (graphs of all cells, plan, computing, metrics stored, record published) and by
its parts; nothing is taken from the store, kernels are compiled before. vectorbt is timed by the interpreter that
VECTORBT_PYTHON names, in its best form: distinct averages once, then one call over all cells as columns, and four of
the metrics. Total returns of both are compared. Without that variable the column is left out, and says so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.report import Table, show
from pipeline.engine import Engine
from pipeline.market import Market, synthesise
from pipeline.market.importing import import_frame
from pipeline.runs.crew import Crew
from pipeline.runs.sweep import Search

__all__ = ["main", "measure", "project", "windows"]

VARIABLE = "VECTORBT_PYTHON"
GRAPH = """\
tradegraph: 1
name: averages
params:
  fast: {type: int, default: 10, min: 2}
  slow: {type: int, default: 50, min: 3}
bars:
  daily: {timeframe: 1d}
nodes:
  fast: {use: sma, in: daily.close, with: {period: $fast}}
  slow: {use: sma, in: daily.close, with: {period: $slow}}
  entry: {use: cross, in: {fast: fast, slow: slow}}
  bt: {use: backtest, in: {bars: daily, signal: entry}, with: {fee: 0.001}}
"""
VECTORBT = """
import json, resource, sys, time
import numpy as np, pandas as pd, vectorbt as vbt
data = np.load(sys.argv[1])
rounds = int(sys.argv[2])
close, opened, fast, slow = data["close"], data["open"], data["fast"], data["slow"]

def sweep():
    windows = np.unique(np.concatenate([fast, slow]))
    averages = vbt.MA.run(pd.DataFrame(close), window=windows.tolist(), short_name="ma").ma.to_numpy()
    symbols = close.shape[1]
    column = {w: slice(i * symbols, (i + 1) * symbols) for i, w in enumerate(windows)}
    a = np.concatenate([averages[:, column[w]] for w in fast], axis=1)
    b = np.concatenate([averages[:, column[w]] for w in slow], axis=1)
    known = ~(np.isnan(a) | np.isnan(b))
    above, below = known & (a > b), known & (a < b)
    before = np.vstack([np.zeros_like(known[:1]), known[:-1]])
    was_above = np.vstack([np.zeros_like(above[:1]), above[:-1]])
    was_below = np.vstack([np.zeros_like(below[:1]), below[:-1]])
    entries, exits = above & before & ~was_above, below & before & ~was_below
    shift = lambda x: np.vstack([np.zeros_like(x[:1]), x[:-1]])
    folio = vbt.Portfolio.from_signals(
        np.tile(close, len(fast)), shift(entries), shift(exits), price=np.tile(opened, len(fast)),
        fees=0.001, init_cash=100000.0, freq="1D")
    figures = (folio.total_return(), folio.sharpe_ratio(), folio.max_drawdown(), folio.trades.count())
    return [np.asarray(x) for x in figures]

found = sweep()
seconds = []
for _ in range(rounds):
    began = time.perf_counter()
    found = sweep()
    seconds.append(time.perf_counter() - began)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "returns": found[0].tolist(), "peak": peak}))
"""


def windows(cells: int) -> tuple[list[int], list[int]]:
    """Fast and slow windows whose pairs are so many cells, or a few more."""
    fast = list(range(5, 5 + max(round((cells * 1.6) ** 0.5), 1)))
    slow = list(range(fast[-1] + 1, fast[-1] + 1 + -(-cells // len(fast))))
    return fast, slow


def project(root: Path, symbols: int, bars: int) -> Engine:
    """A project with invented bars and the graph, opened."""
    frame = synthesise(symbols, "1d", dt.datetime(2000, 1, 3, tzinfo=dt.UTC), bars, seed=1)
    # prices in cents make averages that are equal but for rounding, and then each side sees another crossing
    finer = 1.0 + np.random.default_rng(1).uniform(-1e-4, 1e-4, frame.height)
    frame = frame.with_columns(pl.col("open", "high", "low", "close") * pl.Series(finer))
    (root / "plugin_config.json").write_text("{}")
    (root / "graphs").mkdir()
    (root / "graphs/averages.yaml").write_text(GRAPH)
    import_frame(Market(root / "market"), frame, "1d", source="invented")
    return Engine.open(root)


def measure(cells: int, bars: int, symbols: int, rounds: int, workers: int) -> Table:
    """Seconds of a sweep, the best of the rounds, and what one cell costs."""
    fast, slow = windows(cells)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        engine = project(root, symbols, bars)
        search = Search({"fast": fast, "slow": slow})
        crew = Crew("processes", workers) if workers else 0  # also where they do not pay
        sweep = lambda: engine.sweep("averages", search, cache=False, workers=crew)  # noqa: E731
        swept = sweep()  # kernels are compiled, files are warm
        made, _ = engine.cells("averages", search)
        parts = {
            "the whole sweep": _best(sweep, rounds),
            "graphs of all cells": _best(lambda: engine.cells("averages", search), rounds),
            "plan": _best(lambda: engine.plan_sweep(made, cache=False), rounds),
            "sweep again, all stored": _best(lambda: engine.sweep("averages", search), rounds),
        }
        run = swept.run
        traded = "of it in back-tests, with their metrics"
        ours = {True: 0.0, False: 0.0}
        for record in run.records:
            ours[record.step.type.id == "backtest"] += (record.ms or 0.0) / 1e3
        parts["of it in averages and crossings"], parts[traded] = ours[False], ours[True]
        table = swept.table().sort("cell", "symbol")
        returns = table["total_return"].to_numpy()
        averages = sum(r.step.type.id == "sma" for r in run.records)
        peak = run.peak_bytes
        count = len(made.cells)
        other = _vectorbt(engine, root, symbols, [c.values for c in made.cells], rounds)
    names = ("what", "seconds", "µs a cell")
    rows = [dict(zip(names, (name, round(s, 4), round(s / count * 1e6, 1)), strict=True)) for name, s in parts.items()]
    notes = [f"{averages} averages computed for {count} cells; peak memory {_mb(peak)}"]
    if isinstance(other, str):
        notes.append(f"vectorbt left out: {other}")
    else:
        worst = float(np.max(np.abs(np.array(other["returns"]) - returns)))
        assert worst < 1e-9, f"total returns differ by {worst}"
        best = min(other["seconds"])
        told = ("vectorbt, one call over all cells", round(best, 4), round(best / count * 1e6, 1))
        rows.append(dict(zip(names, told, strict=True)))
        whole, trading = best / parts["the whole sweep"], best / parts[traded]
        notes.append(f"vectorbt takes {whole:.1f} times the whole sweep, {trading:.0f} times the back-tests alone;"
                     f" its peak memory {_mb(other['peak'])}; total returns differ by at most {worst:.1e}")  # fmt: skip
    title = f"a sweep: {count} cells, {symbols} × {bars} bars, {workers or 'no'} workers"
    return Table(title, names, rows, notes)


def _best(work: Callable[[], Any], rounds: int) -> float:
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _mb(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e6:,.0f} MB"


def _vectorbt(engine: Engine, root: Path, symbols: int, cells: Sequence[dict[str, Any]], rounds: int) -> Any:
    interpreter = os.environ.get(VARIABLE)
    if not interpreter:
        return f"{VARIABLE} names no interpreter"
    # as the engine reads them: invented symbols split now and then
    (request,) = engine.check("averages").bars.values()
    panel = engine.market.read(engine.market.resolve(request), ("open", "close"))
    columns = {name: panel.columns[name].array.reshape(symbols, -1).T for name in ("open", "close")}
    path = root / "bars.npz"
    np.savez(path, **columns, fast=[c["fast"] for c in cells], slow=[c["slow"] for c in cells])
    done = subprocess.run(
        [interpreter, "-c", VECTORBT, str(path), str(rounds)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description="A sweep beside vectorbt.")
    parser.add_argument("--cells", type=int, default=1_000)
    parser.add_argument("--bars", type=int, default=5_000)
    parser.add_argument("--symbols", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    given = parser.parse_args(arguments)
    tables = [measure(given.cells, given.bars, given.symbols, given.rounds, given.workers)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
