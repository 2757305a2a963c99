"""A universe of real bars: import, run graphs/ema_cross.yaml, run it again, edit a param, ask SQL.

python -m benchmarks.universe [DATA] [--rounds 3] [--json]

DATA is a Parquet file of daily bars with symbol, date, open, high, low, close, volume and perhaps split; without
it the environment variable TRADEGRAPH_MARKET_DATA names it. The project is what `tradegraph init` makes. The floor is
the graph's arithmetic in plain polars over the same file: two columns read, nothing stored, no keys, no record.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from benchmarks.report import Table, show
from benchmarks.timing import Laps, Sample, one_round
from pipeline.cli.project.starter import starter_files, write_starter
from pipeline.engine import Engine, Overrides, Result
from pipeline.graph.graph import Graph, Node
from pipeline.market import import_files

__all__ = ["VARIABLE", "data_path", "main", "plain_polars", "universe"]

VARIABLE = "TRADEGRAPH_MARKET_DATA"
GRAPH = "graphs/ema_cross.yaml"
EDIT = {"fast": 10}
EDITED = "fast"
"""The graph param that is edited, and the node whose period it is."""

T = TypeVar("T")


def data_path(given: str | None) -> Path | str:
    """The bars to import, or why there are none."""
    named = given or os.environ.get(VARIABLE)
    if not named:
        return f"no market data: give a file, or set {VARIABLE}"
    path = Path(named)
    return path if path.exists() else f"no market data: {path} does not exist"


def universe(data: Path, rounds: int) -> Table:
    """Seconds of each phase; every round has a project of its own, which is removed afterwards."""
    samples: dict[str, Sample] = {}
    said: dict[str, str] = {}
    for _ in range(rounds):
        with one_round(), tempfile.TemporaryDirectory(prefix="tradegraph-bench-") as folder:
            write_starter(starter_files(), Path(folder))
            laps, said = _Round(data, Path(folder)).walk()
        for phase, seconds in laps.seconds.items():
            samples.setdefault(phase, Sample()).add(seconds)
    table = Table(
        f"{data.name} through {GRAPH}: seconds, min / median of {rounds} rounds", ("phase", "seconds", "what")
    )
    for phase, sample in samples.items():
        table.add(phase=phase, seconds=sample.per(1_000_000), what=said[phase])
    return table


class _Round:
    """One walk through all phases; `said` tells of each what it did."""

    def __init__(self, data: Path, folder: Path) -> None:
        self._data = data
        self._folder = folder
        self._laps = Laps()
        self._said: dict[str, str] = {}

    def phase(self, name: str, call: Callable[[], T], what: Callable[[T], str]) -> T:
        found = self._laps.take(name, call)
        self._said[name] = what(found)
        return found

    def walk(self) -> tuple[Laps, dict[str, str]]:
        engine = self.phase("open, load nodes", self._open, lambda e: f"{len(e.registry)} node types")
        report = self.phase(
            "import",
            lambda: import_files(engine.market, [self._data], "1d"),
            lambda r: f"{sum(s.new for s in r.symbols):,} bars of {len(r.symbols):,} symbols",
        )
        graph = self._folder / GRAPH
        first = self.phase("first run, compiling", lambda: engine.run(graph), _outcome)
        cold = self.phase("cold run, compiled", lambda: engine.run(graph, cache=False), _outcome)
        cached = self.phase("run again, cached", lambda: engine.run(graph), _outcome)
        edit = Overrides(EDIT)
        edited = self.phase(f"edit a param {EDIT}", lambda: engine.run(graph, edit), _outcome)
        nodes = len(first.graph.nodes)
        changed = 1 + len(first.graph.descendants(EDITED))
        _assert_counts("first run", first, computed=nodes, cached=0)
        _assert_counts("cold run", cold, computed=nodes, cached=0)
        _assert_counts("cached run", cached, computed=0, cached=nodes)
        _assert_counts("edited run", edited, computed=changed, cached=nodes - changed)
        answers = self._ask(engine, report.symbols[0].symbol)
        self.phase("Python: a node's whole column", lambda: edited.output("equity"), _rows)
        floor = self.phase("floor: plain polars", lambda: plain_polars(self._data, cold.graph), _rows)
        for run in (first, cold, cached):
            _assert_equal(run.output("result"), floor)
        edited_floor = plain_polars(self._data, edited.graph)
        _assert_equal(edited.output("result"), edited_floor)
        _assert_equal(answers["SQL: an output (a table)"], edited_floor)
        if answers["SQL: median ms by node"].height != nodes:
            raise AssertionError(f"timings of {nodes} nodes were expected, got {answers['SQL: median ms by node']}")
        return self._laps, self._said

    def _ask(self, engine: Engine, symbol: str) -> dict[str, pl.DataFrame]:
        queries = {
            "SQL: median ms by node": "select node, median(ms) from node_timings group by node",
            "SQL: an output (a table)": "select * from ema_cross.result",
            "SQL: a node, one symbol (a view)": f"select * from ema_cross.fast where symbol = '{symbol}'",
            "SQL: a node, all symbols (a view)": "select symbol, avg(value) from ema_cross.fast group by symbol",
        }
        return {name: self.phase(name, partial(engine.sql, query), _rows) for name, query in queries.items()}

    def _open(self) -> Engine:
        engine = Engine.open(self._folder)
        engine.discovery  # noqa: B018 - loads the node types
        return engine


def plain_polars(data: Path, graph: Graph) -> pl.DataFrame:
    """Part of what the graph's `performance` says of every symbol: bars, total_return, trades."""
    frame = pl.scan_parquet(data)
    names = frame.collect_schema().names()
    moment = "ts" if "ts" in names else "date"
    split = pl.col("split") if "split" in names else pl.lit(1.0)
    # a bar before a split is divided by all the coefficients after it
    later = split.cum_prod(reverse=True).shift(-1, fill_value=1.0)
    start = graph.bars["daily"].start
    shown = pl.lit(value=True) if start is None else pl.col(moment).cast(pl.Datetime) >= start.replace(tzinfo=None)
    rising = {name: int(graph.params[name]) for name in ("fast", "slow")}
    return (
        frame.sort("symbol", moment)
        .select("symbol", moment, close=(pl.col("close") / later).over("symbol"))
        .with_columns(**{name: _ema(period).over("symbol") for name, period in rising.items()})
        .with_columns(event=_entry(_momentum(graph.nodes["momentum"])).over("symbol"))
        .with_columns(weight=_held().over("symbol"))
        .filter(shown)
        .with_columns(earned=_earned().over("symbol"))
        .group_by("symbol")
        .agg(
            bars=pl.len(),
            total_return=(1.0 + pl.col("earned")).product() - 1.0,
            trades=((pl.col("weight") == 1.0) & (pl.col("weight").shift(1, fill_value=0.0) == 0.0)).sum(),
        )
        .sort("symbol")
        .collect()
    )


def _ema(period: int) -> pl.Expr:
    """Seeded by the mean of the first `period` closes, as TA-Lib has it."""
    row = pl.int_range(pl.len())
    close = pl.col("close")
    seeded = pl.when(row == period - 1).then(close.head(period).mean()).when(row >= period).then(close)
    return seeded.ewm_mean(alpha=2.0 / (period + 1.0), adjust=False, ignore_nulls=True)


def _entry(momentum: pl.Expr) -> pl.Expr:
    """Out where the averages cross back, in where the trend is up and momentum buys; else as it was."""
    fast, slow = pl.col("fast"), pl.col("slow")
    down = (fast < slow) & (fast.shift() >= slow.shift())
    return pl.when(down).then(-1).when((fast > slow) & (momentum > 0)).then(1).otherwise(0)


def _momentum(node: Node) -> pl.Expr:
    """The signal of examples/momentum_strategy_plugin.py."""
    close = pl.col("close")
    threshold = node.params["threshold"]
    momentum = close / close.shift(node.params["momentum_period"]) - 1.0
    rising = (momentum > threshold) & (close > close.rolling_mean(node.params["trend_period"]))
    return pl.when(rising).then(1).when(momentum < -threshold).then(-1).otherwise(0)


def _held() -> pl.Expr:
    event = pl.col("event")
    return pl.when(event != 0).then(event).forward_fill().fill_null(0).cast(pl.Float64).clip(0.0, 1.0)


def _earned() -> pl.Expr:
    move = pl.col("close") / pl.col("close").shift() - 1.0
    return (pl.col("weight").shift() * move).fill_null(0.0)


def _assert_counts(what: str, result: Result, *, computed: int, cached: int) -> None:
    expected = {"computed": computed, "cached": cached, "failed": 0, "skipped": 0}
    if result.run.counts != expected:
        raise AssertionError(f"{what}: {result.run.counts}, expected {expected}")


def _assert_equal(found: pl.DataFrame, floor: pl.DataFrame) -> None:
    """Same symbols, bars and trades; total returns within 1e-9, for the products are rounded in another order."""
    mine = found.select("symbol", "bars", "total_return", "trades").sort("symbol")
    joined = mine.join(floor, on="symbol", how="full", suffix="_floor")
    off = joined.filter(
        (pl.col("bars") != pl.col("bars_floor"))
        | (pl.col("trades") != pl.col("trades_floor"))
        | ((pl.col("total_return") - pl.col("total_return_floor")).abs() > 1e-9 * (1.0 + pl.col("total_return").abs()))
        | pl.col("symbol_floor").is_null()
        | pl.col("symbol").is_null()
    )
    if off.height or mine.height != floor.height:
        raise AssertionError(f"{off.height} symbols differ from plain polars: {off.head(3).to_dicts()}")


def _outcome(result: Result) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in result.run.counts.items() if count)
    own = sum(record.ms or 0.0 for record in result.run.records) / 1e3
    compiling = f", compiling {result.run.compile_ms / 1e3:.2f}" if result.run.compile_ms > 50 else ""
    return f"{counts}: in nodes {own:.2f}{compiling}, publishing {result.published.ms / 1e3:.2f}"


def _rows(frame: Any) -> str:
    return f"{frame.height:,} rows"


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables; none when there is no data."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.universe", description=__doc__.partition("\n")[0])
    parser.add_argument("data", nargs="?", help=f"bars as Parquet (default: the file that {VARIABLE} names)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    given = parser.parse_args(arguments)
    data = data_path(given.data)
    if isinstance(data, str):
        print(f"skipped: {data}")
        return []
    tables = [universe(data, given.rounds)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
