"""Stored parts as a panel: verified, cut at the end, adjusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.market.action import Actions
from pipeline.market.adjust import factors
from pipeline.market.manifest import damaged
from pipeline.market.part import Part, Rows, file_digest
from pipeline.model.bars import Offsets, Panel
from pipeline.model.column import Column
from pipeline.model.digest import digest_bytes

__all__ = ["adjusted", "cut", "load_part", "load_rows", "panel_of", "part_bytes"]

READERS, STRETCH = 4, 32
"""Threads that read, digest and decode, all of which release the GIL, and files that one takes at a time.

More than four threads gain nothing on two cores; of 500 files in stretches of 32 all closes take half of the time that
they take when all are read first.
"""


def part_bytes(path: str, part: Part) -> bytes:
    """The bytes of a part; MarketError TG305 when they are missing or not those of the manifest."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - of 504 paths, pathlib takes longer than the disk
            data = file.read()
    except OSError as error:
        raise damaged(Path(path), f"is missing or unreadable ({error.strerror}), the manifest names it") from error
    if len(data) != part.size:
        raise damaged(Path(path), f"has {len(data)} bytes, the manifest says {part.size}")
    found = file_digest(data)
    # markets of the first builds named their files by the digest that everything else has
    if part.digest != found and part.digest != digest_bytes(data):
        raise damaged(Path(path), f"has the content digest {found}, the manifest says {part.digest}")
    return data


def load_rows(files: Sequence[tuple[str, Part]], columns: Sequence[str]) -> pl.DataFrame:
    """The ts and `columns` of the files, one below the other in the order given."""
    stretches = [files[at : at + STRETCH] for at in range(0, len(files), STRETCH)]
    if len(stretches) == 1:
        return _stretch(stretches[0], columns).rechunk()
    with ThreadPoolExecutor(READERS, thread_name_prefix="market-read") as pool:
        frames = list(pool.map(lambda some: _stretch(some, columns), stretches))
    return pl.concat(frames).rechunk()


def _stretch(files: Sequence[tuple[str, Part]], columns: Sequence[str]) -> pl.DataFrame:
    # one scan over verified bytes: decoding a file alone costs half a millisecond more
    return pl.scan_parquet([part_bytes(path, part) for path, part in files]).select("ts", *columns).collect()


def load_part(path: Path, part: Part) -> Rows:
    """All rows of one part."""
    return Rows.of(pl.read_parquet(part_bytes(str(path), part)))


def cut(frame: pl.DataFrame, offsets: Offsets, end: int | None) -> tuple[pl.DataFrame, Offsets]:
    """The rows before `end`, and where the segments lie then."""
    if end is None:
        return frame, offsets
    keep = frame["ts"].to_physical().to_numpy() < end
    if keep.all():
        return frame, offsets
    kept = np.concatenate([[0], np.cumsum(keep)])
    return frame.filter(pl.Series(keep)), kept[offsets].astype(np.int64)


def adjusted(
    frame: pl.DataFrame,
    symbols: Sequence[str],
    offsets: Offsets,
    actions: Mapping[str, Actions],
    *,
    forward: bool = False,
) -> pl.DataFrame:
    """The frame with prices and volume restated for `actions` (those that matter, by symbol)."""
    if not any(len(found) for found in actions.values()):
        return frame
    ts = frame["ts"].to_physical().to_numpy()
    closes = frame["close"].to_numpy() if "close" in frame.columns else None
    price, volume = np.ones(len(ts)), np.ones(len(ts))
    for index, symbol in enumerate(symbols):
        found = actions.get(symbol)
        if found is not None and len(found):
            piece = slice(offsets[index], offsets[index + 1])
            mine = None if closes is None else closes[piece]
            price[piece], volume[piece] = factors(ts[piece], found, mine, forward=forward)
    return frame.with_columns(
        pl.col(name) * pl.Series(volume if name == "volume" else price) for name in frame.columns if name != "ts"
    )


def panel_of(
    symbols: tuple[str, ...],
    *,
    columns: Sequence[str],
    actions: Mapping[str, Actions],
    end: int | None,
    forward: bool = False,
    load: Callable[[Sequence[str]], tuple[pl.DataFrame, Offsets]],
) -> Panel:
    """The panel of `columns`, from what `load` gives for the columns that it takes to adjust them."""
    pays = any(found.dividend.any() for found in actions.values())
    needed = list(columns)
    if pays and "close" not in needed and any(name != "volume" for name in needed):
        needed.append("close")
    frame, offsets = cut(*load(needed), end)
    frame = adjusted(frame, symbols, offsets, actions, forward=forward)
    return Panel(symbols, offsets, frame["ts"], {name: Column(series=frame[name]) for name in columns})
