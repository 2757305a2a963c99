"""Single operations of pandas on the adapter and on pandas: python -m benchmarks.pandas_operations [--rounds 7].

One line for each class of operation; both sides in the same rounds, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here

import pipeline.frame
from benchmarks.report import Table, show
from benchmarks.timing import one_round, timed

__all__ = ["OPERATIONS", "main", "operations"]

SIZES = (1_000, 10_000, 1_000_000)
OPERATIONS: dict[str, str] = {
    "arithmetic": "df.close * 2 + df.open - df.low / df.high",
    "rows by a mask": "bars[(bars.close > bars.open) & (bars.volume > 500)]",
    "np.where": "np.where(df.close > df.open.shift(), 1, 0)",
    "diff, pct_change, shift": "df.close.diff() + df.close.pct_change() + df.close.shift(3)",
    "cumsum, cummax": "df.close.cumsum() - df.close.cummax()",
    "clip, fillna, ffill": "df.close.mask(df.volume < 100).ffill().fillna(0).clip(90, 110)",
    "rolling mean": "df.close.rolling(20).mean()",
    "rolling std": "df.close.rolling(20).std()",
    "rolling max": "df.close.rolling(14).max()",
    "rolling median": "df.close.rolling(20).median()",
    "rolling skew": "df.close.rolling(20).skew()",
    "rolling corr": "df.close.rolling(20).corr(df.volume)",
    "rolling rank": "df.close.rolling(20).rank()",
    "windows of time": "timed.close.rolling('1h').mean()",
    "expanding max": "df.close.expanding().max()",
    "ewm mean": "df.close.ewm(span=20, adjust=False).mean()",
    "ewm mean, adjusted": "df.close.ewm(span=20).mean()",
    "ewm std": "df.close.ewm(span=20).std()",
    "ewm cov": "df.close.ewm(span=20).cov(df.volume)",
    "groupby mean": "df.groupby('group')['close'].mean()",
    "groupby transform": "df.groupby('group')['close'].transform('mean')",
    "groupby cumsum": "df.groupby('group')['close'].cumsum()",
    "groupby by text": "df.groupby('side')['close'].sum()",
    "resample": "timed.resample('1h').agg({'open': 'first', 'high': 'max', 'close': 'last', 'volume': 'sum'})",
    "sort_values": "bars.sort_values('close', kind='stable')",
    "value_counts": "df.volume.value_counts()",
    "dropna": "bars.dropna()",
    "text comparison": "df.side == 'buy'",
    "max along rows": "df[['open', 'high', 'low', 'close']].max(axis=1)",
    "concat of columns": "pd.concat([df.close, df.open], axis=1)",
    "one value": "df['close'].iloc[-1]",
}  # fmt: skip


def operations(sizes: Sequence[int], rounds: int) -> Table:
    """How many times as fast the adapter is, for each operation and size; and its milliseconds."""
    columns = [name for size in sizes for name in (f"times at {size:g}", f"ms at {size:g}")]
    table = Table("pandas' operations on the adapter", ("operation", *columns))
    worlds = {size: {pd: _world(pd, size) for pd in (pandas, pipeline.frame)} for size in sizes}
    with one_round():  # one for all: to thaw after each would walk the whole heap as often
        for name, code in OPERATIONS.items():
            block, figures = compile(code, name, "eval"), {}
            for size in sizes:
                times: dict[Any, list[float]] = {pandas: [], pipeline.frame: []}
                for _ in range(rounds):
                    for pd, found in times.items():
                        found.append(timed(lambda block=block, names=worlds[size][pd]: eval(block, names))[0])
                # the quickest of each side: what else the machine does only ever adds
                best = {pd: min(found) for pd, found in times.items()}
                figures[f"times at {size:g}"] = best[pandas] / best[pipeline.frame]
                figures[f"ms at {size:g}"] = best[pipeline.frame] * 1e3
            table.add(operation=name, **figures)
    return table


def _world(pd: Any, rows: int) -> dict[str, Any]:
    chance = np.random.default_rng(rows)
    close = 100 + np.cumsum(chance.normal(0, 1, rows))
    volume = chance.integers(0, 1000, rows)
    bars = {"open": close + 0.1, "high": close + 1, "low": close - 1, "close": close, "volume": volume}
    frame = pd.DataFrame(bars)
    whole = frame.assign(group=volume % 50, side=np.where(volume % 3 == 0, "buy", "sell"))
    stamps = pd.date_range("2020-01-01", periods=rows, freq="min")
    return {"pd": pd, "np": np, "bars": frame, "df": whole, "timed": frame.set_index(stamps)}


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the table."""
    about = "Operations of the adapter and of pandas."
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pandas_operations", description=about)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    tables = [operations(given.sizes, given.rounds)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
