"""The back-test beside vectorbt: one run and a thousand, on events, with and without stops, and on target weights.

python -m benchmarks.backtests [--bars 5000 100000] [--runs 1000] [--rounds 3] [--json]

The runs are crossings of two averages of one random walk, each pair of lengths a run. CPU seconds of the whole process,
the best of the rounds, kernels compiled before. vectorbt is timed by the interpreter that VECTORBT_PYTHON names, while
this process waits; first its trades, returns, ratios and drawdowns must be ours. Without it that column is skipped, and
says so. On long bars it gets a tenth of the runs, and so do weights, for both have a value for every bar of every run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.library import VARIABLE
from benchmarks.library import bars as random_walks
from benchmarks.report import Table, show
from nodes.kernels.event_account import NEXT_CLOSE, NEXT_OPEN, trade_events
from nodes.kernels.measure import METRICS
from nodes.kernels.weight_account import trade_weights
from nodes.portfolio.backtest import backtest, decide
from nodes.portfolio.backtest_weights import backtest_weights
from pipeline.execution.kernel import KernelCache

__all__ = ["CASES", "main", "measure"]

Array = np.ndarray[Any, Any]
COMPARED = ("n_trades", "total_return", "sharpe", "max_drawdown")
FEE, SLIPPAGE, CASH, YEAR = 0.00002, 0.00001, 100_000.0, 252.0  # so low that no account is used up
STOP, PROFIT = 0.05, 0.1
CASES = ("events", "events with stops", "weights")
BATCH = 100  # runs of which all bars are held at once
LONG = 20_000  # bars above which there are too many for 1,000 runs of a peer


VECTORBT = """
import sys, time, json, warnings, numpy as np, pandas as pd, vectorbt as vbt
warnings.filterwarnings("ignore")
data, rounds, fee, slip, cash, stop, profit = np.load(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:])
index = pd.date_range("2000-01-01", periods=len(data["close"]), freq="1D")
b = {n: pd.Series(data[n], index=index) for n in ("open", "high", "low", "close")}
events = data["events"].T  # a column per run
costs = dict(fees=fee, slippage=slip, init_cash=cash, freq="1D")

def on_events(columns, stops):
    signal = np.vstack((np.zeros((1, columns.shape[1]), np.int8), columns[:-1]))
    more = {}
    if stops:
        more = dict(sl_stop=stop, tp_stop=profit, open=b["open"], high=b["high"], low=b["low"],
                    stop_entry_price="fillprice", stop_exit_price="stopmarket")
    return vbt.Portfolio.from_signals(b["close"], signal > 0, signal < 0, size=np.inf, price=b["close"],
                                      direction="both", upon_opposite_entry="reverse", **costs, **more)

def on_weights(columns):
    held = np.maximum(pd.DataFrame(columns).replace(0, np.nan).ffill().fillna(0.0).to_numpy(), 0.0)
    changed = np.full(held.shape, np.nan)
    changed[1] = held[0]
    moved = held[1:-1] != held[:-2]
    changed[2:][moved] = held[1:-1][moved]
    return vbt.Portfolio.from_orders(b["close"], size=changed, size_type="targetpercent", price=b["open"],
                                     val_price=b["open"], direction="both", **costs)

def tell(portfolio):
    figures = (portfolio.trades.count(), portfolio.total_return(), portfolio.sharpe_ratio(year_freq="252D"),
               portfolio.max_drawdown())
    return np.array([np.atleast_1d(x) for x in figures], dtype=float)

cases = {"events": lambda c: on_events(c, False), "events with stops": lambda c: on_events(c, True),
         "weights": on_weights}
found, best = {}, {}
for name, case in cases.items():
    for what, columns in (("one", events[:, :1]), ("many", events)):
        parts = [columns[:, i : i + 50] for i in range(0, columns.shape[1], 50)]
        told = np.hstack([tell(case(part)) for part in parts])
        if what == "many":
            found[name] = told.tolist()
        for _ in range(rounds):
            began = time.process_time()
            for part in parts:
                tell(case(part))
            key = name + "/" + what
            best[key] = min(best.get(key, 9e9), time.process_time() - began)
json.dump({"found": found, "best": best}, sys.stdout)
"""


def crossings(close: Array, runs: int) -> Array:
    """Events of `runs` pairs of averages, a row each: 1 where the fast one gets above the slow one, -1 below."""
    total = np.concatenate(([0.0], np.cumsum(close)))
    pairs = [(fast, slow) for slow in range(20, 120) for fast in range(5, slow)][:runs]
    averages = {n: (total[n:] - total[:-n]) / n for pair in pairs for n in pair}
    events = np.zeros((len(pairs), len(close)), np.int8)
    for row, (fast, slow) in zip(events, pairs, strict=True):
        above = np.sign(averages[fast][slow - fast :] - averages[slow]).astype(np.int8)
        row[slow:][above[1:] != above[:-1]] = above[1:][above[1:] != above[:-1]]
    return events


class Sweep:
    """The runs of one case as the kernels take them: bars once, then what differs from run to run."""

    def __init__(self, market: dict[str, Array], events: Array) -> None:
        self.bars = np.array([market[name] for name in ("open", "high", "low", "close")])
        self.events = events
        self.rows = events.shape[1]
        self.years = (self.rows - 1) / 365.25

    def settings(self, fill: int, runs: int) -> Array:
        return np.tile(np.array([fill, 0.0, FEE, SLIPPAGE, CASH, YEAR, self.years]), (runs, 1))

    def decisions(self, events: Array, *, stops: bool) -> tuple[Array, Array]:
        """The events of some runs as decisions, by the same code as in the node."""
        event = events.reshape(-1).astype(np.float64)
        levels = {"stop_loss": STOP if stops else None, "take_profit": PROFIT if stops else None, "trailing_stop": None}
        offsets = np.arange(len(events) + 1, dtype=np.int64) * self.rows
        return decide({"event": event, "strength": np.ones(len(event))}, [None] * 3, levels, offsets)

    def on_events(self, decided: tuple[Array, Array]) -> Array:
        """The metrics of each run, no equity kept."""
        decisions, bounds = decided
        runs = len(bounds) - 1
        spans = np.tile(np.array([0, self.rows, -1], np.int64), (runs, 1))
        metrics, trades = np.empty((runs, len(METRICS))), np.zeros((len(decisions), 9))
        settings, last = self.settings(NEXT_CLOSE, runs), np.empty(runs)
        trade_events(self.bars, spans, decisions, bounds, settings, np.empty(0), last, trades, metrics)
        return metrics

    def from_events(self, *, stops: bool) -> Array:
        """The same from columns of events, some runs at a time."""
        parts = [self.events[first : first + BATCH] for first in range(0, len(self.events), BATCH)]
        return np.vstack([self.on_events(self.decisions(part, stops=stops)) for part in parts])

    def targets(self, runs: int) -> Array:
        """Long while the last event was a buy, a weight only where it changes."""
        held = pl.DataFrame(self.events[:runs].T.astype(np.float64)).select(
            pl.all().replace(0.0, None).forward_fill().fill_null(0.0).clip(0.0)
        )
        target = held.to_numpy().T.copy()
        target[:, 1:][target[:, 1:] == target[:, :-1]] = np.nan
        return target

    def on_weights(self, target: Array) -> Array:
        """The metrics of each run on its targets, some runs at a time."""
        parts = []
        for first in range(0, len(target), BATCH):
            mine = target[first : first + BATCH]
            runs = np.arange(len(mine))
            room = np.count_nonzero(np.isfinite(mine), axis=1) + 1
            booked = np.cumsum(room) - room
            same = np.zeros_like(runs)
            start = runs * self.rows
            spans = np.column_stack((same, same + self.rows, same + 1, start, booked, booked + runs, start))
            metrics = np.empty((len(mine), len(METRICS)))
            curves, units = np.empty(mine.size), np.empty(mine.size)
            orders, trades = np.zeros((room.sum(), 6)), np.zeros((room.sum() + len(mine), 10))
            settings = self.settings(NEXT_OPEN, len(mine))
            clock = np.arange(self.rows, dtype=np.int64)
            trade_weights(self.bars, mine.reshape(-1), clock, spans, settings, curves, units, orders, trades, metrics)
            parts.append(metrics)
        return np.vstack(parts)


def measure(rows: int, runs: int, rounds: int) -> Table:
    """CPU nanoseconds a bar and run, by case and contestant; results are compared first where there is vectorbt."""
    market = {name: array[0] for name, array in random_walks(1, rows).items()}
    sweep = Sweep(market, crossings(market["close"], runs))
    few = runs if rows <= LONG else max(1, runs // 10)
    target = sweep.targets(few)
    compile_kernels()
    kernels: dict[str, Callable[[], Array]] = {
        "events": partial(sweep.on_events, sweep.decisions(sweep.events, stops=False)),
        "events with stops": partial(sweep.on_events, sweep.decisions(sweep.events, stops=True)),
        "weights": partial(sweep.on_weights, target),
    }
    columns: dict[str, Callable[[], Array]] = {
        "events": partial(sweep.from_events, stops=False),
        "events with stops": partial(sweep.from_events, stops=True),
        "weights": lambda: sweep.on_weights(sweep.targets(few)),
    }
    alone = nodes_alone(market, sweep.events[0], target[0])
    found = {case: kernel() for case, kernel in kernels.items()}
    theirs = _vectorbt(market, sweep.events[:few], rounds)
    for case in CASES if theirs else ():
        assert_agree(case, found[case], np.array(theirs["found"][case], dtype=np.float64))
    table = Table(
        f"{runs:,} runs over {rows:,} bars: CPU ns a bar and run, best of {rounds}",
        ("case", "tradegraph", "its kernel", "vectorbt", "×", "ms a run"),
    )
    for case in CASES:
        ours = {"one": _best(alone[case], rounds), "many": _best(columns[case], rounds) / len(found[case])}
        for what, label in (("one", f"{case}: one run"), ("many", f"{case}: {len(found[case]):,} runs")):
            row: dict[str, Any] = {"case": label, "tradegraph": ours[what] / rows * 1e9, "ms a run": ours[what] * 1e3}
            if what == "many":
                row["its kernel"] = _best(kernels[case], rounds) / len(found[case]) / rows * 1e9
            if theirs:
                seconds = theirs["best"][f"{case}/{what}"] / (few if what == "many" else 1)
                row |= {"vectorbt": seconds / rows * 1e9, "×": seconds / ours[what]}
            table.add(**row)
    compared = f"{few:,} runs of each case agree with it" if theirs else f"vectorbt skipped: no {VARIABLE}"
    table.notes.append(f"one run: the node with its columns and tables; many: {len(METRICS)} metrics a run")
    table.notes.append(f"vectorbt: trades, total return, Sharpe ratio and drawdown; {compared}")
    return table


def compile_kernels() -> None:
    """Have the kernels compiled, as the engine has before it calls the nodes."""
    kernels = KernelCache()
    for node in (backtest, backtest_weights):
        kernels.attach(node)


def nodes_alone(market: dict[str, Array], event: Array, target: Array) -> dict[str, Callable[[], Any]]:
    """One run by the node itself, with its columns and tables."""
    rows = len(event)
    days = pl.Series("ts", np.datetime64("2000-01-01", "us") + np.arange(rows) * np.timedelta64(86_400_000_000, "us"))
    axis = pl.DataFrame([pl.repeat("A", rows, eager=True).alias("symbol"), days.dt.replace_time_zone("UTC")])
    bars = {name: pl.Series(array) for name, array in market.items()}
    signal = {"event": pl.Series(event), "strength": pl.repeat(1.0, rows, eager=True)}
    weight = pl.Series(target, nan_to_null=True).forward_fill()
    terms = {"fee": FEE, "slippage": SLIPPAGE}
    on_events = partial(backtest.fn, axis, bars, signal, fill="next_close", direction="both", **terms)
    return {
        "events": on_events,
        "events with stops": partial(on_events, stop_loss=STOP, take_profit=PROFIT),
        "weights": partial(backtest_weights.fn, axis, bars, weight, **terms),
    }


def assert_agree(case: str, ours: Array, theirs: Array) -> None:
    """Raise AssertionError where a run of vectorbt says something else."""
    for name, values in zip(COMPARED, theirs, strict=True):
        mine = ours[: len(values), METRICS.index(name)]
        tolerance = 0.0 if name == "n_trades" else 1e-9
        np.testing.assert_allclose(mine, values, rtol=tolerance, atol=tolerance, err_msg=f"{case}: {name}")


def _best(work: Callable[[], Any], rounds: int) -> float:
    work()
    best = np.inf
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def _vectorbt(market: dict[str, Array], events: Array, rounds: int) -> dict[str, Any]:
    interpreter = os.environ.get(VARIABLE)
    if not interpreter:
        print(f"vectorbt skipped: {VARIABLE} names no interpreter that has it")
        return {}
    numbers = [str(number) for number in (rounds, FEE, SLIPPAGE, CASH, STOP, PROFIT)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.npz"
        np.savez(path, events=events, **market)
        done = subprocess.run(
            [interpreter, "-c", VECTORBT, str(path), *numbers], stdout=subprocess.PIPE, text=True, check=True
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtests", description=__doc__.partition("\n")[0])
    parser.add_argument("--bars", type=int, nargs="+", default=[5_000, 100_000], help="bars of a run, several in turn")
    parser.add_argument("--runs", type=int, default=1_000, help="runs (default 1000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given = parser.parse_args(arguments)
    tables = [measure(rows, given.runs, given.rounds) for rows in given.bars]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
