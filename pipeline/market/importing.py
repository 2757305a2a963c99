"""Import: files of bars into the market, in one step for all of them, with an account of every row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import MarketError
from pipeline.market.account import encode_account
from pipeline.market.across import across, quiet_of
from pipeline.market.action import NO_ACTIONS, actions_of
from pipeline.market.finding import Finding
from pipeline.market.formats import SUFFIXES, Choice, refusal
from pipeline.market.formats.table import frame_of, read_frame
from pipeline.market.incoming import Counts, Incoming
from pipeline.market.intake import REASONS, REPEATED, Intake, take_in, take_in_reading
from pipeline.market.part import Rows
from pipeline.market.report import Dropped, FileReport, ImportReport, SymbolReport
from pipeline.market.store import Market
from pipeline.market.suspicion import adjusted_mismatch
from pipeline.market.verify import check_bars
from pipeline.model.bars import timeframe_seconds

__all__ = ["import_files", "import_frame"]


def import_files(
    market: Market,
    paths: Iterable[Path],
    timeframe: str | None = None,
    *,
    symbol: str | None = None,
    source: str | None = None,
    choice: Choice | None = None,
) -> ImportReport:
    """Import files of any format in `FORMATS`, or the ones directly inside folders, sorted by name.

    A file has one symbol (`symbol`, else what its name says) or a symbol column. Left out, the timeframe is what the
    name says or what most bars are apart. All rows of a timeframe that are taken appear at once; of rows with the
    same symbol and time the last one counts. `source` is the label that listings show (by default the file's name),
    `choice` says more about the files: format, zone, columns. Files that cannot be imported are in `report.refused`
    (TG304, TG308), the others go in; when none can, the refusals are raised.
    """
    if timeframe is not None:
        timeframe_seconds(timeframe)
    said = replace(choice or Choice(), symbol=symbol, timeframe=timeframe)
    taken: dict[str, list[Intake]] = {}
    refused: dict[Path, MarketError] = {}
    for path in _files(paths):
        try:
            intake = take_in(path, said)
        except MarketError as error:
            refused[path] = error
        else:
            taken.setdefault(intake.timeframe, []).append(intake)
    if not taken:
        ImportReport(timeframe or "", (), (), tuple(refused.values())).raise_refused()
        raise refusal(Path(), "no file was given", f"Give files or folders with {', '.join(SUFFIXES)}.")
    reports = [
        # the account of the first timeframe tells of the refused files too
        _store(market, files, each, source=source, refused={} if index else refused)
        for index, (each, files) in enumerate(taken.items())
    ]
    return _joined(reports, tuple(refused.values()))


def import_frame(
    market: Market,
    frame: Any,
    timeframe: str,
    *,
    source: str,
    symbol: str | None = None,
    synthetic: bool = False,
    choice: Choice | None = None,
) -> ImportReport:
    """Import a frame of polars or pandas, or an Arrow table, under the rules of a file with a header line.

    Its columns are matched by their usual names (or as `choice` maps them), an index of pandas is a column. `symbol`
    is for a frame without a symbol column. Raises MarketError TG304, TG308, UsageError TG001.
    """
    said = replace(choice or Choice(), symbol=symbol, timeframe=timeframe)
    path = Path(source)
    intake = take_in_reading(path, read_frame(frame_of(frame), path, said), said)
    return _store(market, [intake], timeframe, source=source, synthetic=synthetic)


def _joined(reports: Sequence[ImportReport], refused: Sequence[MarketError]) -> ImportReport:
    timeframes = ", ".join(sorted((report.timeframe for report in reports), key=timeframe_seconds))
    files = tuple(file for report in reports for file in report.files)
    symbols = tuple(symbol for report in reports for symbol in report.symbols)
    findings = tuple(finding for report in reports for finding in report.findings)
    return ImportReport(timeframes, files, symbols, tuple(refused), findings)


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(child for child in path.iterdir() if child.name.lower().endswith(SUFFIXES))
            if not inside:
                folders = [child.name for child in sorted(path.iterdir()) if child.is_dir()]
                below = f" Folders in it are not searched, name them: {', '.join(folders[:5])} …" if folders else ""
                raise refusal(path, "the folder has no bars file", f"Looked for {', '.join(SUFFIXES)}.{below}")
            found += inside
        else:
            found.append(path)
    return found


def _store(
    market: Market,
    intakes: Sequence[Intake],
    timeframe: str,
    *,
    source: str | None,
    synthetic: bool = False,
    refused: Mapping[Path, MarketError] | None = None,
) -> ImportReport:
    frame = pl.concat(
        intake.frame.with_columns(file=pl.lit(index, dtype=pl.UInt32)) for index, intake in enumerate(intakes)
    )
    frame = _ordered(frame)
    dropped = frame.filter(pl.col("reason") != 0)
    good = frame.filter(pl.col("reason") == 0) if len(dropped) else frame
    batch = dict(_batch(good, intakes, source))
    lost = _drops(dropped, "symbol")
    lost_of_file = _drops(dropped, "file", "symbol")
    findings = {symbol: tuple(_findings(symbol, timeframe, incoming)) for symbol, incoming in batch.items()}
    together = tuple(across(timeframe, [quiet_of(incoming.rows.ts, timeframe) for incoming in batch.values()]))
    files = tuple(
        FileReport(i.path, len(i.frame), i.frame["symbol"].n_unique(), i.notes, lost_of_file.get(index, ()))
        for index, i in enumerate(intakes)
    )

    def symbols(counts: Mapping[str, Counts]) -> tuple[SymbolReport, ...]:
        return tuple(
            SymbolReport(
                symbol,
                read=sum(count) + sum(drop.count for drop in lost.get(symbol, ())),
                new=count.new,
                replaced=count.replaced,
                unchanged=count.unchanged,
                dropped=lost.get(symbol, ()),
                findings=findings[symbol],
            )
            for symbol, count in counts.items()
        )

    counts = market.store(
        timeframe,
        batch,
        synthetic=synthetic,
        account=lambda counts: encode_account(
            ImportReport(timeframe, files, symbols(counts), findings=together), refused or {}
        ),
    )
    return ImportReport(timeframe, files, symbols(counts), findings=together)


def _findings(symbol: str, timeframe: str, incoming: Incoming) -> Iterable[Finding]:
    actions = incoming.actions or NO_ACTIONS
    yield from check_bars(symbol, timeframe, incoming.rows, actions)
    if incoming.adjusted is not None and incoming.actions is not None:
        yield from adjusted_mismatch(symbol, timeframe, incoming.rows, actions, incoming.adjusted)


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
        adjusted = None
        if any(intakes[index].has_adjusted for index in files):
            adjusted = good["adjusted"].slice(start, length).fill_null(float("nan")).to_numpy()
        label = intakes[files[0]].path.name + (f" and {len(files) - 1} more" if len(files) > 1 else "")
        yield symbol, Incoming(mine, actions, source or label, adjusted)
        start += length


def _drops(dropped: pl.DataFrame, *by: str) -> dict[object, tuple[Dropped, ...]]:
    """The dropped rows counted by reason and by `by`, whose first tells whose they are."""
    counted = dropped.group_by(*by, "reason").agg(pl.len(), pl.col("line").min()).sort(*by, "reason", nulls_last=True)
    found: dict[object, list[Dropped]] = {}
    for row in counted.iter_rows(named=True):
        drop = Dropped(REASONS[row["reason"]], row["len"], row["line"], row.get("symbol"))
        found.setdefault(row[by[0]], []).append(drop)
    return {key: tuple(drops) for key, drops in found.items()}
