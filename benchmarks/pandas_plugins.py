"""Pandas-style plugin functions on the adapter and on pandas: python -m benchmarks.pandas_plugins [--rounds 7].

Seven functions as plugin authors write them, over 1e3 to 1e6 bars. Results are compared before anything is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here

import pipeline.frame
from benchmarks.report import Table, show
from benchmarks.timing import one_round, timed
from pipeline.plugins.load import Loader

__all__ = ["FUNCTIONS", "main", "plugins"]

EXAMPLE = Path(__file__).parents[1] / "examples" / "momentum_strategy_plugin.py"
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def bollinger(_: Any, df: Any) -> Any:
    """Bands of two deviations, and where the close is between them."""
    result = df.copy()
    result["middle"] = df["close"].rolling(20).mean()
    deviation = df["close"].rolling(20).std()
    result["upper"] = result["middle"] + 2 * deviation
    result["lower"] = result["middle"] - 2 * deviation
    result["place"] = (df["close"] - result["lower"]) / (result["upper"] - result["lower"])
    return result


def wilder_rsi(_: Any, df: Any) -> Any:
    """RSI by exponential means of gains and losses."""
    change = df["close"].diff()
    gain, loss = change.clip(lower=0), -change.clip(upper=0)
    average_gain = gain.ewm(alpha=1 / 14, min_periods=14, adjust=False).mean()
    average_loss = loss.ewm(alpha=1 / 14, min_periods=14, adjust=False).mean()
    return 100 - 100 / (1 + average_gain / average_loss)


def macd(pd: Any, df: Any) -> Any:
    """Line, signal and histogram."""
    fast = df["close"].ewm(span=12, adjust=False).mean()
    slow = df["close"].ewm(span=26, adjust=False).mean()
    line = fast - slow
    signal = line.ewm(span=9, adjust=False).mean()
    return pd.DataFrame({"line": line, "signal": signal, "histogram": line - signal})


def atr(pd: Any, df: Any) -> Any:
    """The mean of the true range."""
    before = df["close"].shift(1)
    ranges = [df["high"] - df["low"], (df["high"] - before).abs(), (df["low"] - before).abs()]
    return pd.concat(ranges, axis=1, keys=["a", "b", "c"]).max(axis=1).rolling(14).mean()


def stochastic(pd: Any, df: Any) -> Any:
    """%K and %D."""
    low, high = df["low"].rolling(14).min(), df["high"].rolling(14).max()
    fast = 100 * (df["close"] - low) / (high - low)
    return pd.DataFrame({"k": fast, "d": fast.rolling(3).mean()})


def momentum(_: Any, df: Any) -> Any:
    """A strategy: assignment through masks, np.where, np.minimum."""
    result = df.copy()
    result["momentum"] = result["close"].pct_change(10)
    result["trend"] = result["close"].rolling(50).mean()
    result["signal"] = 0
    result.loc[(result["momentum"] > 0.002) & (result["close"] > result["trend"]), "signal"] = 1
    result.loc[(result["momentum"] < -0.002) & (result["close"] < result["trend"]), "signal"] = -1
    strength = np.minimum(result["momentum"].abs() * 10, 1)
    result["signal_strength"] = np.where(result["signal"] != 0, strength, 0)
    return result


FUNCTIONS: tuple[Callable[[Any, Any], Any], ...] = (bollinger, wilder_rsi, macd, atr, stochastic, momentum)


def bars(rows: int) -> dict[str, np.ndarray]:
    """A random walk of one-minute bars, the same each time."""
    chance = np.random.default_rng(rows)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.001, rows)))
    return {
        "timestamp": np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(60, "s"),
        "open": close * (1 + chance.normal(0, 0.0002, rows)),
        "high": close * (1 + np.abs(chance.normal(0, 0.0005, rows))),
        "low": close * (1 - np.abs(chance.normal(0, 0.0005, rows))),
        "close": close,
        "volume": chance.integers(1, 100, rows),
    }


def plugins(sizes: Sequence[int], rounds: int) -> Table:
    """Milliseconds of every function at every size on both, and their ratio: how many times as fast the adapter is."""
    example = {real: _strategy(real=real) for real in (False, True)}
    table = Table("pandas-style plugins, ms", ("function", "rows", "pandas", "adapter", "times as fast"))
    ratios = []
    for size in sizes:
        data = bars(size)
        frames = {pandas: pandas.DataFrame(data), pipeline.frame: pipeline.frame.DataFrame(data)}
        for function in (*FUNCTIONS, None):
            name = function.__name__ if function else "example plugin"

            def call(pd: Any, function: Any = function, frames: Any = frames) -> Any:
                return example[pd is pandas](frames[pd]) if function is None else function(pd, frames[pd])

            _agree(name, call(pipeline.frame), call(pandas))
            times: dict[Any, list[float]] = {pandas: [], pipeline.frame: []}
            for turn in range(rounds):
                with one_round():
                    for pd in (pandas, pipeline.frame) if turn % 2 else (pipeline.frame, pandas):
                        times[pd].append(timed(lambda pd=pd: call(pd))[0])
            ratios.append(median(p / a for p, a in zip(times[pandas], times[pipeline.frame], strict=True)))
            best = {pd: min(times[pd]) * 1e3 for pd in times}
            figures = {"pandas": best[pandas], "adapter": best[pipeline.frame], "times as fast": ratios[-1]}
            table.add(function=name, rows=size, **figures)
    table.notes.append(f"times as fast: median {median(ratios):.2f}, lowest {min(ratios):.2f}")
    return table


def _strategy(*, real: bool) -> Callable[[Any], Any]:
    """`generate_signals` of the example plugin, with `import pandas` meaning either library."""
    loader = Loader(real=real)
    module = loader.module(loader.tree.read(EXAMPLE, EXAMPLE.parent))
    return module.MomentumStrategy().generate_signals  # type: ignore[no-any-return]


def _agree(name: str, ours: Any, theirs: Any) -> None:
    """The same to 1e-4, but for one cell in a thousand: pandas' rolling deviations drift, the adapter's do not."""
    columns = theirs.columns if hasattr(theirs, "columns") else [None]
    for label in columns:
        mine, other = (ours, theirs) if label is None else (ours[label], theirs[label])
        if other.dtype.kind in "iuf":
            same = np.isclose(np.asarray(mine), np.asarray(other), rtol=1e-4, atol=1e-6, equal_nan=True)
            if same.mean() < 0.999:
                raise AssertionError(f"{name}: column {label!r} differs")


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pandas_plugins", description="The adapter and pandas.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    tables = [plugins(given.sizes, given.rounds)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
