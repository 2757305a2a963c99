"""Import: files of bars into the market, in one step for all of them, with an account of every row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.errors import MarketError
from pipeline.market.action import NO_ACTIONS, actions_of
from pipeline.market.intake import REASONS, REPEATED, SUFFIXES, Intake, refusal, take_in
from pipeline.market.part import Rows
from pipeline.market.report import Dropped, FileReport, ImportReport, SymbolReport
from pipeline.market.store import Incoming, Market
from pipeline.market.verify import check_bars
from pipeline.model.bars import BAR_FIELDS, timeframe_seconds

__all__ = ["import_files", "import_frame"]


def import_files(
    market: Market, paths: Iterable[Path], timeframe: str, *, symbol: str | None = None, source: str | None = None
) -> ImportReport:
    """Import CSV and Parquet files, or the ones directly inside folders, sorted by name.

    A file has one symbol (`symbol`, else its name without suffix) or a symbol column. All rows that
    are taken appear at once; of rows with the same symbol and time the last one counts. `source`
    is the label that listings show (by default the file's name). Files that cannot be imported are in
    `report.refused` (TG304, TG308), the others go in; when none can, the refusals are raised.
    """
    timeframe_seconds(timeframe)
    taken, refused = [], []
    for path in _files(paths):
        try:
            taken.append(take_in(path, timeframe, symbol=symbol))
        except MarketError as error:
            refused.append(error)
    if not taken:
        ImportReport(timeframe, (), (), tuple(refused)).raise_refused()
        raise refusal(Path(), "no file was given", f"Give files or folders with {', '.join(SUFFIXES)}.")
    return _store(market, taken, timeframe, refused=refused, source=source, synthetic=False)


def import_frame(
    market: Market, frame: pl.DataFrame, timeframe: str, *, source: str, synthetic: bool = False
) -> ImportReport:
    """Import a frame with symbol, ts, open, high, low, close, volume and perhaps dividend, split."""
    has_actions = "dividend" in frame.columns or "split" in frame.columns
    columns = [
        pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).alias("line"),
        "symbol",
        "ts",
        *(pl.col(name).cast(pl.Float64) for name in BAR_FIELDS),
        *(
            pl.col(name).cast(pl.Float64) if name in frame.columns else pl.lit(blank).alias(name)
            for name, blank in (("dividend", 0.0), ("split", 1.0))
        ),
        pl.lit(0, dtype=pl.UInt8).alias("reason"),
    ]
    intake = Intake(Path(source), frame.select(columns), has_actions, ())
    return _store(market, [intake], timeframe, refused=[], source=source, synthetic=synthetic)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(child for child in path.iterdir() if child.name.lower().endswith(SUFFIXES))
            if not inside:
                raise refusal(path, "the folder has no bars file", f"Looked for {', '.join(SUFFIXES)}.")
            found += inside
        else:
            found.append(path)
    return found


def _store(
    market: Market,
    intakes: Sequence[Intake],
    timeframe: str,
    *,
    refused: Sequence[MarketError],
    source: str | None,
    synthetic: bool,
) -> ImportReport:
    frame = pl.concat(
        intake.frame.with_columns(file=pl.lit(index, dtype=pl.UInt32)) for index, intake in enumerate(intakes)
    )
    frame = _ordered(frame)
    dropped = frame.filter(pl.col("reason") != 0)
    good = frame.filter(pl.col("reason") == 0) if len(dropped) else frame
    batch = dict(_batch(good, intakes, source))
    counts = market.store(timeframe, batch, synthetic=synthetic)
    whys = _drops(dropped, "symbol")
    symbols = [
        SymbolReport(
            symbol,
            read=count.new + count.replaced + count.unchanged + sum(why.count for why in whys.get(symbol, ())),
            new=count.new,
            replaced=count.replaced,
            unchanged=count.unchanged,
            dropped=whys.get(symbol, ()),
            findings=tuple(check_bars(symbol, timeframe, batch[symbol].rows, batch[symbol].actions or NO_ACTIONS)),
        )
        for symbol, count in counts.items()
    ]
    by_file = _drops(dropped, "file")
    files = [
        FileReport(i.path, len(i.frame), i.frame["symbol"].n_unique(), i.notes, by_file.get(index, ()))
        for index, i in enumerate(intakes)
    ]
    return ImportReport(timeframe, tuple(files), tuple(symbols), tuple(refused))


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Sorted by symbol and time; all but the last of equal (symbol, ts) are marked as repeated."""
    good = frame["reason"].max() == 0
    if good and _strictly_ascending(frame):
        return frame
    frame = frame.sort("symbol", "ts", maintain_order=True)
    fine = pl.col("reason") == 0
    repeated = fine & ~pl.struct("symbol", "ts").is_last_distinct()
    if not good:
        # a dropped row must not displace a good one: mark among the good rows only
        rows = frame.with_row_index("at")
        kept = rows.filter(fine).unique(["symbol", "ts"], keep="last", maintain_order=True)["at"]
        repeated = fine & ~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(kept.implode())
    return frame.with_columns(
        reason=pl.when(repeated).then(pl.lit(REPEATED, dtype=pl.UInt8)).otherwise(pl.col("reason"))
    )


def _strictly_ascending(frame: pl.DataFrame) -> bool:
    runs = frame["symbol"].rle().struct.field("value")
    if not runs.is_sorted() or runs.n_unique() != len(runs):
        return False
    same = (frame["symbol"] == frame["symbol"].shift()).fill_null(value=False)
    return bool(((frame["ts"].to_physical().diff() > 0) | ~same).fill_null(value=True).all())


def _batch(good: pl.DataFrame, intakes: Sequence[Intake], source: str | None) -> Iterable[tuple[str, Incoming]]:
    rows = Rows.of(good)
    dividend, split = good["dividend"].to_numpy(), good["split"].to_numpy()
    file = good["file"].to_numpy()
    runs = good["symbol"].rle().struct.unnest()
    start = 0
    for symbol, length in zip(runs["value"], runs["len"], strict=True):
        piece = slice(start, start + length)
        mine = rows.take(piece)
        files = np.unique(file[piece]).tolist()
        actions = None
        if any(intakes[index].has_actions for index in files):
            actions = actions_of(mine.ts, dividend[piece], split[piece], mine.values[3])
        label = intakes[files[0]].path.name + (f" and {len(files) - 1} more" if len(files) > 1 else "")
        yield symbol, Incoming(mine, actions, source or label)
        start += length


def _drops(dropped: pl.DataFrame, by: str) -> dict[object, tuple[Dropped, ...]]:
    counted = dropped.group_by(by, "reason").agg(pl.len(), pl.col("line").min()).sort(by, "reason")
    found: dict[object, list[Dropped]] = {}
    for key, reason, count, line in counted.iter_rows():
        found.setdefault(key, []).append(Dropped(REASONS[reason], count, line))
    return {key: tuple(drops) for key, drops in found.items()}
