"""Bars on disk beside peers: one symbol, all closes, and an import of minutes, in one run.

python -m benchmarks.market [--symbols 500] [--bars 2520] [--minutes 8000000] [--rounds 5] [--json]

The peers hold the same rows and are asked the same: DuckDB in a table sorted by symbol and time, a Delta table in
one version, and one Parquet file read by pandas (pyarrow). Ours resolves the manifest, checks the digest of every file
that it reads, and restates for splits; the peers read what lies there. Answers must agree in rows and sum of closes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from benchmarks.report import Table, show
from benchmarks.timing import Sample, one_round, timed
from pipeline.market import Market, import_files, import_frame, synthesise
from pipeline.model.bars import BarsRequest

__all__ = ["main", "reading", "taking_in"]

_MINUTES = "real minutes, if there are any, and invented ones"
_FILE_ROWS = 1_000_000
Answer = tuple[int, float]


def reading(symbols: int, bars: int, rounds: int) -> Table:
    """One symbol of many, and all closes."""
    frame = synthesise(symbols, "1d", dt.datetime(2011, 1, 3), bars, 1).with_columns(
        split=pl.lit(1.0), dividend=pl.lit(0.0)
    )
    one = f"SYN{symbols // 2:04d}"
    table = Table(f"reading {symbols} symbols of {bars} daily bars: ms", ("engine", "one symbol", "all closes"))
    with tempfile.TemporaryDirectory() as folder:
        contestants = _contestants(Path(folder), frame)
        samples = {(name, what): Sample() for name in contestants for what in ("one symbol", "all closes")}
        for number in range(rounds):
            names = list(contestants)
            with one_round():
                for name in names[number % len(names) :] + names[: number % len(names)]:
                    for what, symbol in (("one symbol", one), ("all closes", None)):
                        seconds, answer = timed(lambda name=name, symbol=symbol: contestants[name](symbol))
                        _agree(frame, symbol, answer, name)
                        samples[name, what].add(seconds)
    for name in contestants:
        found = {what: samples[name, what] for what in ("one symbol", "all closes")}
        table.add(
            engine=name,
            **{what: {"min": s.best * 1e3, "median": s.middle * 1e3, "rounds": rounds} for what, s in found.items()},
        )
    table.notes.append("each call opens the store anew; the files are in the page cache")
    return table


def _contestants(folder: Path, frame: pl.DataFrame) -> dict[str, Callable[[str | None], Answer]]:
    """The stores, filled, and what reads one symbol or all closes from each."""
    import_frame(Market(folder / "ours"), frame, "1d", source="bench")
    path = folder / "bars.parquet"
    frame.write_parquet(path, compression="lz4")
    with duckdb.connect(str(folder / "bars.duckdb")) as connection:
        connection.execute(f"create table bars as select * from read_parquet('{path}') order by symbol, ts")

    def ours(symbol: str | None) -> Answer:
        market = Market(folder / "ours")
        panel = market.read(market.resolve(BarsRequest("1d", symbol and (symbol,))), ["close"])
        return len(panel), float(panel.columns["close"].array.sum())

    def in_duckdb(symbol: str | None) -> Answer:
        with duckdb.connect(str(folder / "bars.duckdb"), read_only=True) as connection:
            where = f" where symbol = '{symbol}'" if symbol else ""
            found = connection.sql(f"select symbol, ts, close from bars{where}").fetchnumpy()
        return len(found["close"]), float(np.asarray(found["close"]).sum())

    found: dict[str, Callable[[str | None], Answer]] = {"tradegraph": ours, "duckdb, a table": in_duckdb}
    try:
        import pandas as pd
        import pyarrow  # noqa: F401, ICN001 - what pandas reads with
    except ImportError:
        return found

    def in_pandas(symbol: str | None) -> Answer:
        filters = [("symbol", "==", symbol)] if symbol else None
        closes = pd.read_parquet(path, columns=["symbol", "ts", "close"], filters=filters)["close"].to_numpy()
        return len(closes), float(closes.sum())

    found["pandas, a Parquet file"] = in_pandas
    try:
        import deltalake
    except ImportError:
        return found
    deltalake.write_deltalake(str(folder / "delta"), frame)

    def in_delta(symbol: str | None) -> Answer:
        rows = pl.scan_parquet(deltalake.DeltaTable(str(folder / "delta")).file_uris()).select("symbol", "ts", "close")
        got = (rows.filter(pl.col("symbol") == symbol) if symbol else rows).collect()
        return got.height, float(got["close"].sum())

    found["delta, read by polars"] = in_delta
    return found


def _agree(frame: pl.DataFrame, symbol: str | None, answer: Answer, name: str) -> None:
    rows = frame if symbol is None else frame.filter(pl.col("symbol") == symbol)
    expected = float(rows["close"].sum())
    if answer[0] != rows.height or abs(answer[1] - expected) > 1e-9 * abs(expected):
        raise AssertionError(f"{name} gives {answer}, expected {(rows.height, expected)}")


def taking_in(minutes: int, data: Path | None) -> Table:
    """Import of minute bars from Parquet files, beside peers that sort the same rows and write them."""
    table = Table(f"importing minutes ({_MINUTES})", ("what", "rows", "seconds", "million rows a second"))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files, rows = _minutes(folder, minutes, data)
        market = Market(folder / "market")
        contestants: dict[str, Callable[[], int]] = {
            "tradegraph, first import": lambda: import_files(market, files, "1m").new,
            "tradegraph, the same again": lambda: import_files(market, files, "1m").unchanged,
            "floor: polars, sort and write one file": lambda: _sorted_file(files, folder / "sorted.parquet"),
            "duckdb, a sorted table": lambda: _sorted_table(files, folder / "bars.duckdb"),
        }
        with suppress(ImportError):
            import deltalake

            contestants["delta, a sorted table"] = lambda: _sorted_delta(deltalake, files, folder / "delta")
        with one_round():
            for name, call in contestants.items():
                seconds, taken = timed(call)
                if taken != rows:
                    raise AssertionError(f"{name} took {taken} of {rows} rows")
                table.add(what=name, rows=rows, seconds=seconds, **{"million rows a second": rows / seconds / 1e6})
    table.notes.append("ours also checks, merges with what is stored, digests, keeps an account and syncs to the disk")
    return table


def _minutes(folder: Path, minutes: int, data: Path | None) -> tuple[list[Path], int]:
    """Files of `minutes` rows or a few more, real ones first; how many rows they have."""
    files = sorted(data.glob("*.parquet")) if data else []
    rows = sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in files)
    per = min(_FILE_ROWS, minutes)
    for number in range(max(0, -((rows - minutes) // per))):
        path = folder / f"INVENTED{number}.parquet"
        frame = synthesise(1, "1m", dt.datetime(2019, 1, 1), per, number).drop("symbol", "dividend", "split")
        frame.write_parquet(path, compression="lz4")
        files.append(path)
        rows += per
    return files, rows


def _sorted_frame(files: Sequence[Path]) -> pl.DataFrame:
    frames = [pl.read_parquet(file).with_columns(symbol=pl.lit(file.stem)) for file in files]
    return pl.concat(frames).sort("symbol", "ts")


def _sorted_file(files: Sequence[Path], path: Path) -> int:
    frame = _sorted_frame(files)
    frame.write_parquet(path, compression="lz4")
    return frame.height


def _sorted_table(files: Sequence[Path], path: Path) -> int:
    names = ", ".join(f"'{file}'" for file in files)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set enable_progress_bar = false")
        read = f"read_parquet([{names}], filename = true)"
        connection.execute(f"create table bars as select * from {read} order by filename, ts")
        ((count,),) = connection.execute("select count(*) from bars").fetchall()
    return int(count)


def _sorted_delta(deltalake: Any, files: Sequence[Path], path: Path) -> int:
    frame = _sorted_frame(files)
    deltalake.write_deltalake(str(path), frame)
    return frame.height


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.market", description="Bars on disk beside peers.")
    parser.add_argument("minutes_folder", nargs="?", type=Path, help="a folder of real minute bars as Parquet")
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--bars", type=int, default=2_520, help="daily bars of each symbol")
    parser.add_argument("--minutes", type=int, default=8_000_000, help="rows to import")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given: Any = parser.parse_args(arguments)
    tables = [reading(given.symbols, given.bars, given.rounds), taking_in(given.minutes, given.minutes_folder)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
