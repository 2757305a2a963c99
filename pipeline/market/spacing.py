"""How far apart bars are, and what that says about their timeframe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from pipeline.market.formats.reading import refusal
from pipeline.market.part import Floats
from pipeline.model.bars import timeframe_seconds

__all__ = ["check_spacing", "order_notes", "timeframe_of"]

_KNOWN = ("1s", "1m", "2m", "3m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "1w", "1mo")
_WEEK = 604_800
_MONTH = 28 * 86_400


def timeframe_of(path: Path, symbols: pl.Series, ts: pl.Series, named: str | None) -> str:
    """The timeframe that a file's name says, if its bars agree, else the one that most of its bars are apart.

    Raises MarketError TG304 when the name says another one, or when too few bars are there to tell.
    """
    step = _steps(symbols, ts)
    if named is not None:
        if len(step) > 1 and np.median(step) < 0.9 * timeframe_seconds(named):
            seen = _nearest(float(np.median(step)))
            said = f"{seen or f'{np.median(step):g} s'} apart"
            raise refusal(path, f"the name says {named}, but its bars are {said}", "Say which: --timeframe.")
        return named
    if not len(step):
        raise refusal(path, "has too few bars to tell their timeframe", "Say it: --timeframe 1d.")
    values, counts = np.unique(step, return_counts=True)
    found = _nearest(float(values[counts.argmax()])) or _nearest(float(np.median(step)))
    if found is None:
        raise refusal(
            path, f"its bars are {np.median(step):g} s apart, which is no usual timeframe", "Say --timeframe."
        )
    return found


def check_spacing(path: Path, good: pl.DataFrame, timeframe: str, notes: list[str]) -> None:
    """Refuse bars that are closer together than their timeframe; note when no two are as close as it is long."""
    seconds = timeframe_seconds(timeframe)
    step = _steps(good["symbol"], good["ts"])
    if len(step) < 2:
        return
    if np.median(step) < 0.9 * seconds:
        raise refusal(
            path,
            f"bars are {np.median(step):g} s apart, too close for {timeframe} ({seconds} s)",
            "Give the timeframe of the bars in the file.",
        )
    if step.min() > 1.1 * seconds and seconds < _WEEK:
        notes.append(f"no two bars are {timeframe} apart (the closest: {step.min():g} s): is the timeframe right?")


def order_notes(symbols: pl.Series, ts: pl.Series, line: pl.Series) -> list[str]:
    """What there is to say about the order of a file's rows, which is mended by sorting them; [] when they ascend."""
    same = (symbols == symbols.shift()).fill_null(value=False)
    step = ts.to_physical().diff().filter(same)
    back = (step < 0).fill_null(value=False)
    count = int(back.sum())
    if not count:
        return []
    later = len(step) - step.null_count() - count
    if later < count:
        return [f"rows stand newest first{f' but for {later}' if later else ''} and were sorted"]
    first = line.filter(same).filter(back)[0]
    return [f"{count} of {len(line)} rows are earlier than the row before, first in line {first}: they were sorted"]


def _steps(symbols: pl.Series, ts: pl.Series) -> Floats:
    """Seconds between the bars of the first symbol, ascending in time, without repeats."""
    mine = ts
    if len(symbols) and symbols[0] is not None and symbols[0] != symbols[-1]:
        mine = ts.filter((symbols == symbols[0]).fill_null(value=False))
    mine = mine.drop_nulls()
    stamps = mine.to_physical().to_numpy()
    if len(stamps) > 1 and not (np.diff(stamps) > 0).all():
        stamps = np.unique(stamps)
    return np.diff(stamps) / 1e6


def _nearest(seconds: float) -> str | None:
    if _MONTH <= seconds <= 31 * 86_400:
        return "1mo"
    return next((name for name in _KNOWN if abs(timeframe_seconds(name) - seconds) < 0.01 * seconds), None)
