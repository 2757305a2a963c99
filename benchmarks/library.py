"""The node library beside TA-Lib's C loops, polars, pandas and vectorbt: sixteen indicators over a panel, in one run.

python -m benchmarks.library [--symbols 500] [--bars 2520] [--rounds 5] [--json]

CPU seconds of the whole process, the best of the rounds; kernels are compiled and every contestant has run once
before. Everyone leaves the columns of all symbols behind, as a node does; TA-Lib is timed besides as somebody would
who throws each symbol's result away before the next one, so that it always writes into the same warm memory. vectorbt
is timed by the interpreter that VECTORBT_PYTHON names (it wants other versions than this project), while this process
waits; without it that column is skipped, and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import talib

from benchmarks.report import Table, show
from pipeline.execution.call import call, prepare
from pipeline.execution.kernel import KernelCache
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.registry import Registry
from pipeline.plugins.discover import build_registry

__all__ = ["main", "measure", "measure_windows"]

VARIABLE = "VECTORBT_PYTHON"
Arrays = Mapping[str, np.ndarray[Any, Any]]

NODES: dict[str, dict[str, Any]] = {
    "sma": {"period": 20},
    "ema": {"period": 20},
    "wma": {"period": 20},
    "dema": {"period": 20},
    "rsi": {"period": 14},
    "macd": {},
    "bollinger": {"period": 20},
    "rolling_std": {"period": 20},
    "rolling_max": {"period": 20},
    "atr": {"period": 14},
    "stochastic": {"period": 14},
    "williams_r": {"period": 14},
    "cci": {"period": 20},
    "adx": {"period": 14},
    "mfi": {"period": 14},
    "obv": {},
}
"""The reference graph: node types by id, with params."""

TALIB: dict[str, Callable[..., Any]] = {
    "sma": lambda b: talib.SMA(b["close"], 20),
    "ema": lambda b: talib.EMA(b["close"], 20),
    "wma": lambda b: talib.WMA(b["close"], 20),
    "dema": lambda b: talib.DEMA(b["close"], 20),
    "rsi": lambda b: talib.RSI(b["close"], 14),
    "macd": lambda b: talib.MACD(b["close"], 12, 26, 9),
    "bollinger": lambda b: talib.BBANDS(b["close"], 20, 2.0, 2.0),
    "rolling_std": lambda b: talib.STDDEV(b["close"], 20),
    "rolling_max": lambda b: talib.MAX(b["close"], 20),
    "atr": lambda b: talib.ATR(b["high"], b["low"], b["close"], 14),
    "stochastic": lambda b: talib.STOCH(b["high"], b["low"], b["close"], 14, 3, 0, 3, 0),
    "williams_r": lambda b: talib.WILLR(b["high"], b["low"], b["close"], 14),
    "cci": lambda b: talib.CCI(b["high"], b["low"], b["close"], 20),
    "adx": lambda b: talib.ADX(b["high"], b["low"], b["close"], 14),
    "mfi": lambda b: talib.MFI(b["high"], b["low"], b["close"], b["volume"], 14),
    "obv": lambda b: talib.OBV(b["close"], b["volume"]),
}

WINDOWS = (20, 200, 2_000, 20_000)
LONG: dict[str, Callable[..., Any] | None] = {
    "sma": lambda b, n: talib.SMA(b["close"], n),
    "rolling_std": lambda b, n: talib.STDDEV(b["close"], n),
    "rolling_max": lambda b, n: talib.MAX(b["close"], n),
    "cci": lambda b, n: talib.CCI(b["high"], b["low"], b["close"], n),
    "percent_rank": lambda b, n: talib.PERCENTRANK(b["close"], n),
    "quantile": None,
}
"""Node types of which long windows are timed, and TA-Lib's function where it has one."""

PANDAS: dict[str, Callable[..., Any]] = {
    "sma": lambda b: b["close"].rolling(20).mean(),
    "ema": lambda b: b["close"].ewm(span=20, adjust=False).mean(),
    "rolling_std": lambda b: b["close"].rolling(20).std(ddof=0),
    "rolling_max": lambda b: b["close"].rolling(20).max(),
    "bollinger": lambda b: _bands(b["close"].rolling(20).mean(), b["close"].rolling(20).std(ddof=0)),
    "macd": lambda b: _pandas_macd(b["close"]),
    "rsi": lambda b: _pandas_rsi(b["close"]),
    "williams_r": lambda b: _pandas_williams(b["high"], b["low"], b["close"]),
    "obv": lambda b: (np.sign(b["close"].diff()) * b["volume"]).cumsum(),
}
"""The usual spellings, on frames of one column per symbol: faster than symbol by symbol."""

POLARS: dict[str, Callable[..., pl.Expr]] = {
    "sma": lambda c, *_: c.rolling_mean(20),
    "ema": lambda c, *_: c.ewm_mean(span=20, adjust=False),
    "rolling_std": lambda c, *_: c.rolling_std(20, ddof=0),
    "rolling_max": lambda c, *_: c.rolling_max(20),
    "bollinger": lambda c, *_: pl.struct(_bands(c.rolling_mean(20), c.rolling_std(20, ddof=0))),
    "macd": lambda c, *_: pl.struct(_polars_macd(c)),
    "rsi": lambda c, *_: _polars_rsi(c),
    "williams_r": lambda c, h, low, _: (c - h.rolling_max(14)) / (h.rolling_max(14) - low.rolling_min(14)) * 100.0,
    "obv": lambda c, _h, _l, v: (c.diff().sign() * v).cum_sum(),
}


def _bands(middle: Any, deviation: Any) -> list[Any]:
    upper, lower = middle + 2.0 * deviation, middle - 2.0 * deviation
    return [x.alias(n) if isinstance(x, pl.Expr) else x for n, x in (("u", upper), ("m", middle), ("l", lower))]


def _pandas_macd(close: pd.DataFrame) -> Any:
    line = close.ewm(span=12, adjust=False).mean() - close.ewm(span=26, adjust=False).mean()
    signal = line.ewm(span=9, adjust=False).mean()
    return line, signal, line - signal


def _polars_macd(close: pl.Expr) -> list[pl.Expr]:
    line = close.ewm_mean(span=12, adjust=False) - close.ewm_mean(span=26, adjust=False)
    signal = line.ewm_mean(span=9, adjust=False)
    return [line.alias("line"), signal.alias("signal"), (line - signal).alias("histogram")]


def _pandas_rsi(close: pd.DataFrame) -> Any:
    move = close.diff()
    gain = move.clip(lower=0.0).ewm(alpha=1 / 14, adjust=False).mean()
    loss = (-move).clip(lower=0.0).ewm(alpha=1 / 14, adjust=False).mean()
    return 100.0 - 100.0 / (1.0 + gain / loss)


def _polars_rsi(close: pl.Expr) -> pl.Expr:
    move = close.diff()
    gain = move.clip(lower_bound=0.0).ewm_mean(alpha=1 / 14, adjust=False)
    loss = (-move).clip(lower_bound=0.0).ewm_mean(alpha=1 / 14, adjust=False)
    return 100.0 - 100.0 / (1.0 + gain / loss)


def _pandas_williams(high: pd.DataFrame, low: pd.DataFrame, close: pd.DataFrame) -> Any:
    top, bottom = high.rolling(14).max(), low.rolling(14).min()
    return (close - top) / (top - bottom) * 100.0


VECTORBT = """
import sys, time, json, numpy as np, pandas as pd, vectorbt as vbt
data = np.load(sys.argv[1])
rounds = int(sys.argv[2])
b = {name: pd.DataFrame(data[name].T) for name in data.files}
calls = {
    "sma": lambda: vbt.MA.run(b["close"], 20).ma,
    "ema": lambda: vbt.MA.run(b["close"], 20, ewm=True).ma,
    "rolling_std": lambda: vbt.MSTD.run(b["close"], 20).mstd,
    "bollinger": lambda: vbt.BBANDS.run(b["close"], 20).upper,
    "rsi": lambda: vbt.RSI.run(b["close"], 14).rsi,
    "macd": lambda: vbt.MACD.run(b["close"]).macd,
    "stochastic": lambda: vbt.STOCH.run(b["high"], b["low"], b["close"], 14).percent_k,
    "atr": lambda: vbt.ATR.run(b["high"], b["low"], b["close"], 14).atr,
    "obv": lambda: vbt.OBV.run(b["close"], b["volume"]).obv,
}
best = {}
for name, call in calls.items():
    call()
    for _ in range(rounds):
        began = time.process_time()
        call()
        best[name] = min(best.get(name, 9e9), time.process_time() - began)
print(json.dumps(best))
"""


def bars(symbols: int, rows: int) -> dict[str, np.ndarray[Any, Any]]:
    """Random walks, one row per symbol."""
    rng = np.random.default_rng(1)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, (symbols, rows)), axis=1))
    opened = close * np.exp(rng.normal(0.0, 0.004, close.shape))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0.0, 0.004, close.shape)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, close.shape)))
    return {"open": opened, "high": high, "low": low, "close": close, "volume": rng.lognormal(10.0, 1.0, close.shape)}


def measure(symbols: int, rows: int, rounds: int) -> Table:
    """CPU nanoseconds a bar by node and contestant, and sums over what each of them has."""
    market = bars(symbols, rows)
    contestants = {
        "tradegraph": _tradegraph(market),
        "TA-Lib C": {name: partial(_symbol_by_symbol, f, market, kept=True) for name, f in TALIB.items()},
        "thrown away": {name: partial(_symbol_by_symbol, f, market, kept=False) for name, f in TALIB.items()},
        "polars": _polars(market),
        "pandas": _pandas(market),
    }
    best: dict[str, dict[str, float]] = {who: {} for who in contestants}
    for number in range(rounds + 1):
        for who, calls in contestants.items():
            for name, work in calls.items():
                began = time.process_time()
                work()
                seconds = time.process_time() - began
                if number:  # the first round warms up
                    best[who][name] = min(best[who].get(name, seconds), seconds)
    best["vectorbt"] = _vectorbt(market, rounds)
    scale = 1e9 / (symbols * rows)
    table = Table(f"{len(NODES)} nodes, {symbols} × {rows} bars: CPU ns a bar, best of {rounds}", ("node", *best))
    for name in NODES:
        table.add(node=name, **{who: _figure(times.get(name), scale) for who, times in best.items()})
    ours = best["tradegraph"]
    table.add(node="sum of what it has", **{who: _figure(sum(times.values()), scale) for who, times in best.items()})
    shares = {
        who: f"{sum(times.values()) / sum(ours[name] for name in times):.1f}" if times else ""
        for who, times in best.items()
    }
    table.add(node="times tradegraph on those", **shares)
    return table


def measure_windows(rows: int, rounds: int) -> Table:
    """CPU nanoseconds a bar of one symbol by the length of the window: what grows with it, and how."""
    table = Table(
        f"windows of {', '.join(map(str, WINDOWS))} over {rows} bars of one symbol: CPU ns a bar, best of {rounds}",
        ("node", *(f"{who} {period}" for period in WINDOWS for who in ("tradegraph", "TA-Lib C"))),
    )
    market = bars(1, rows)
    for name, function in LONG.items():
        figures = {}
        for period in WINDOWS:
            contestants: dict[str, Callable[[], Any]] = {
                "tradegraph": _tradegraph(market, {name: {"period": period}})[name]
            }
            if function is not None:
                contestants["TA-Lib C"] = partial(function, {key: array[0] for key, array in market.items()}, period)
            for who, work in contestants.items():
                figures[f"{who} {period}"] = _figure(min(_seconds(work) for _ in range(rounds + 1)), 1e9 / rows)
        table.add(node=name, **figures)
    return table


def _seconds(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _figure(seconds: float | None, scale: float) -> str:
    return "" if not seconds else f"{seconds * scale:.1f}"


def _tradegraph(market: Arrays, wanted: Mapping[str, Mapping[str, Any]] = NODES) -> dict[str, Callable[[], Any]]:
    """Each node over the whole panel, called as the engine calls it, results given back to its pool."""
    symbols, rows = market["close"].shape
    registry, kernels = _library()
    columns = {name: Column(array=_locked(array.reshape(-1))) for name, array in market.items()}
    names = tuple(f"S{i:04}" for i in range(symbols))
    panel = Panel(names, np.arange(symbols + 1, dtype=np.int64) * rows, pl.Series("ts", [], pl.Datetime("us")), {})
    sized = Panel(names, panel.offsets, pl.repeat(0, symbols * rows, dtype=pl.Int64, eager=True), {})

    def work(name: str) -> Any:
        node = registry[name]
        params, _ = node.params.check(dict(wanted[name]), owner=name)
        ports = [columns.get(port.name, columns["close"]) for port in node.ports]
        outputs = [(output.name, "float") for output in node.outputs]
        return call(node, ports, params, outputs, sized, prepare(node, ports, params, sized, kernels))  # type: ignore[arg-type]

    return {name: partial(work, name) for name in wanted}


@cache
def _library() -> tuple[Registry, KernelCache]:
    """The node types, and their kernels, compiled once for all that is timed."""
    return build_registry([]).registry, KernelCache()


def _locked(array: np.ndarray[Any, Any]) -> Any:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _symbol_by_symbol(function: Callable[..., Any], market: Arrays, *, kept: bool) -> Any:
    found = []
    for i in range(len(market["close"])):
        result = function({name: array[i] for name, array in market.items()})
        if kept:
            found.append(result)
    return found


def _pandas(market: Arrays) -> dict[str, Callable[[], Any]]:
    frames = {name: pd.DataFrame(array.T) for name, array in market.items()}
    return {name: partial(function, frames) for name, function in PANDAS.items()}


def _polars(market: Arrays) -> dict[str, Callable[[], Any]]:
    symbols = len(market["close"])
    fields = ("close", "high", "low", "volume")
    frame = pl.DataFrame({f"{field}{i}": market[field][i] for field in fields for i in range(symbols)})

    def work(function: Callable[..., pl.Expr]) -> Any:
        columns = [[pl.col(f"{field}{i}") for field in fields] for i in range(symbols)]
        return frame.select(function(*column).alias(str(i)) for i, column in enumerate(columns))

    return {name: partial(work, function) for name, function in POLARS.items()}


def _vectorbt(market: Arrays, rounds: int) -> dict[str, float]:
    interpreter = os.environ.get(VARIABLE)
    if not interpreter:
        print(f"vectorbt skipped: {VARIABLE} names no interpreter that has it")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.npz"
        np.savez(path, **market)
        done = subprocess.run(
            [interpreter, "-c", VECTORBT, str(path), str(rounds)], capture_output=True, text=True, check=True
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.library", description=__doc__.partition("\n")[0])
    parser.add_argument("--symbols", type=int, default=500, help="symbols of the panel (default 500)")
    parser.add_argument("--bars", type=int, default=2_520, help="bars of each (default 2520)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    given = parser.parse_args(arguments)
    tables = [
        measure(given.symbols, given.bars, given.rounds),
        measure_windows(min(given.symbols * given.bars, 200_000), min(given.rounds, 2)),
    ]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
