"""What storing costs: disk and time by gigabyte of values and by node, and publishing as a database grows.

python -m benchmarks.storage [--megabytes 400] [--nodes 100] [--runs 20] [--json]

Values are random floats, which no codec makes smaller: the worst case. The floor is the same columns written by polars
in one file and synced; DuckDB's own table is what the values would cost in the published file.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from benchmarks.report import Table, show
from pipeline.engine import Engine, Overrides, Result
from pipeline.market.importing import import_frame

__all__ = ["by_gigabyte", "by_node", "main"]

ROWS = 1_000_000
"""Rows of the panel whose values are written: ten symbols of 100,000 minutes."""
SYMBOLS = 10


def by_gigabyte(megabytes: int) -> Table:
    """Seconds and bytes of writing, reading back and scanning values, for each gigabyte of them."""
    nodes = max(2, megabytes // (ROWS * 8 // 1_000_000))
    table = Table(
        f"{nodes} nodes of {ROWS:,} floats: for each GB of values", ("what", "wall s", "disk GB", "MB/s", "how")
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # each reads the bars, none another: so many values and no more
        text = "".join(
            f"  n{i}: {{use: scale, in: minutes.close, with: {{factor: {1 + i / 7}}}}}\n" for i in range(nodes)
        )
        engine = _project(folder, text, rows=ROWS // SYMBOLS, symbols=SYMBOLS, timeframe="1m")
        engine.run("g", cache=False)  # libraries are loaded
        gigabytes = nodes * ROWS * 8 / 1e9
        before = _bytes(folder)
        seconds, result = _timed(lambda: engine.run("g", cache=False))
        own = sum(record.ms or 0.0 for record in result.run.records) / 1e3
        _add(
            table,
            "a run: compute, write, publish",
            seconds,
            _bytes(folder) - before,
            gigabytes,
            f"{own:.2f} s in nodes",
        )
        frame = pl.DataFrame([result.output(f"n{i}")["value"].alias(f"n{i}") for i in range(nodes)])
        seconds, _ = _timed(lambda: [result.output(f"n{i}") for i in range(nodes)])
        _add(table, "reading back, checked", seconds, None, gigabytes, "Result.output, node by node")
        seconds, _ = _timed(
            lambda: engine.sql("select " + ", ".join(f"(select sum(value) from g.n{i})" for i in range(nodes)))
        )
        _add(table, "a scan by SQL", seconds, None, gigabytes, "one aggregate a node")
        for codec in ("lz4", "uncompressed", "zstd"):
            path = folder / f"floor.{codec}"
            seconds, _ = _timed(lambda: _write(frame, path, codec))  # noqa: B023 - called at once
            _add(table, f"floor: polars, {codec}", seconds, path.stat().st_size, gigabytes, "one file, synced")
        path = folder / "floor.duckdb"
        seconds, _ = _timed(lambda: _insert(folder / "floor.lz4", path))
        _add(table, "DuckDB table", seconds, path.stat().st_size, gigabytes, "create table as, checkpoint")
    return table


def by_node(nodes: int, runs: int) -> Table:
    """What runs of many small nodes leave in the published file and in segments, and what publishing takes by then."""
    table = Table(
        f"runs of {nodes} nodes over 20 bars, each with new values",
        (
            "after runs",
            "published kB",
            "bytes a node and run",
            "segments, bytes a node and run",
            "publish ms",
            "run ms",
        ),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = "  n0: {use: scale, in: minutes.close, with: {factor: $step}}\n"
        text += "".join(f"  n{i}: {{use: scale, in: n{i - 1}, with: {{factor: 1.5}}}}\n" for i in range(1, nodes))
        engine = _project(folder, text, rows=20, symbols=1, timeframe="1m")
        marks = {1, 2, *(round(runs * share) for share in (0.25, 0.5, 1.0))}
        first = 0
        for count in range(1, runs + 1):
            seconds, result = _timed(lambda: engine.run("g", Overrides({"step": float(count)})))  # noqa: B023
            if result.run.counts["computed"] != nodes:
                raise AssertionError(f"{result.run.counts} of {nodes} nodes")
            size = engine.project.database.stat().st_size
            first = first or size
            if count in marks:
                grown = (size - first) / (nodes * (count - 1)) if count > 1 else None
                stored = _bytes(folder) / (nodes * count)
                publish, wall = result.published.ms, seconds * 1e3
                table.add(**dict(zip(table.columns, (count, size / 1e3, grown, stored, publish, wall), strict=True)))
    table.notes.append("Readers are at most one publish, 2 s, and the step at hand behind a run: see docs/store.md.")
    return table


def _project(folder: Path, nodes: str, *, rows: int, symbols: int, timeframe: str) -> Engine:
    (folder / "graphs").mkdir(parents=True)
    (folder / "plugin_config.json").write_text("{}")
    (folder / "graphs" / "g.yaml").write_text(
        "tradegraph: 1\nname: g\nparams:\n  step: {type: float, default: 1}\n"
        f"bars:\n  minutes: {{timeframe: {timeframe}, symbols: all, adjust: none}}\nnodes:\n{nodes}"
    )
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    ts = pl.datetime_range(start, start + dt.timedelta(minutes=rows - 1), "1m", eager=True, time_unit="us")
    close = np.random.default_rng(0).uniform(50.0, 150.0, rows * symbols)
    frame = pl.DataFrame(
        {
            "symbol": np.repeat([f"S{n:02d}" for n in range(symbols)], rows),
            "ts": pl.concat([ts] * symbols),
            **dict.fromkeys(("open", "high", "low", "close", "volume"), close),
        }
    )
    engine = Engine.open(folder)
    import_frame(engine.market, frame, timeframe, source="random")
    return engine


def _timed(call: Callable[[], Result | object]) -> tuple[float, Result]:
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found  # type: ignore[return-value] - callers know what they call


def _add(table: Table, what: str, seconds: float, size: int | None, gigabytes: float, how: str) -> None:
    disk = None if size is None else size / 1e9 / gigabytes
    figures = (what, seconds / gigabytes, disk, gigabytes * 1e3 / seconds, how)
    table.add(**dict(zip(table.columns, figures, strict=True)))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / ".tradegraph" / "segments").rglob("*.parquet"))


def _write(frame: pl.DataFrame, path: Path, codec: str) -> None:
    frame.write_parquet(path, compression=codec)  # type: ignore[arg-type] - one of three names
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _insert(source: Path, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create table stored as select * from read_parquet('{source}')")
        connection.execute("checkpoint")


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storage", description="What storing costs.")
    parser.add_argument("--megabytes", type=int, default=400, help="values to write and read")
    parser.add_argument("--nodes", type=int, default=100, help="nodes of the runs that are counted")
    parser.add_argument("--runs", type=int, default=20, help="how many of them")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given = parser.parse_args(arguments)
    tables = [by_gigabyte(given.megabytes), by_node(given.nodes, given.runs)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
