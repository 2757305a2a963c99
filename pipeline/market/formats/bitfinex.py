"""Rows of [ms, open, close, high, low, volume]: Bitfinex has the close before the high (OCHL).

Other exchanges' rows of six look alike but for this order. What is no order of prices gives it away: read as
open, high, low, close, a third of Bitfinex's bars have a high below their low.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pipeline.market.formats.reading import Choice, Reading, refusal
from pipeline.market.formats.sample import Sample

__all__ = ["Bitfinex", "disorder", "rows_of"]

_CSV = re.compile(r"\d{13}(,-?[\d.eE+-]+){5}\s*")
_MERGED = re.compile(r"(?P<symbol>[A-Z]{5,10})_.*")


@dataclass(frozen=True)
class Bitfinex:
    """Candle files of Bitfinex's public interface, JSON or CSV, and rows of six in the usual order."""

    name: str = "bitfinex"

    def claims(self, sample: Sample) -> bool:
        """Rows of six that begin with milliseconds."""
        if sample.kind == "json":
            return isinstance(sample.document, list)
        return sample.kind == "text" and bool(_CSV.fullmatch(sample.first))

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The candles, in the order that leaves no high below a low."""
        rows = rows_of(sample)
        if rows is None:
            raise refusal(
                sample.path, "is no list of rows of six numbers", "Expected [[ms, open, close, high, low, volume]]."
            )
        if not len(rows):
            raise refusal(
                sample.path, "is an empty list: it has no candles", "Nothing was traded, or download it again."
            )
        as_ochl, as_ohlc = disorder(rows, "OCHL"), disorder(rows, "OHLC")
        order: Literal["OCHL", "OHLC"] = "OCHL" if choice.format == self.name or as_ochl < as_ohlc else "OHLC"
        if choice.format is None and as_ochl == as_ohlc > 0:
            raise refusal(
                sample.path,
                f"fits neither open, high, low, close nor open, close, high, low: {as_ochl} rows break either",
                "Say --format bitfinex (close before high) or --format freqtrade.",
            )
        named = _MERGED.match(sample.stem)
        symbol = named["symbol"] if named else None
        if symbol is None and choice.symbol is None and re.fullmatch(r"[\d\s_-]+", sample.stem):
            raise refusal(sample.path, "its name has no symbol", "Name it with --symbol, for example --symbol BTCUSD.")
        high, low, close = (2, 3, 4) if order == "OHLC" else (3, 4, 2)
        columns = {"ts": 0, "open": 1, "high": high, "low": low, "close": close, "volume": 5}
        notes = (f"rows are read as time, {'open, close, high, low' if order == 'OCHL' else 'open, high, low, close'}",)
        return Reading({n: rows[f"column_{at}"] for n, at in columns.items()}, 1, symbol, notes=notes)


def rows_of(sample: Sample) -> pl.DataFrame | None:
    """The rows as column_0 … column_5, None when they are not rows of six."""
    if sample.kind == "text":
        return (
            sample.table([f"column_{i}" for i in range(6)])
            .cast(pl.Float64, strict=False)
            .with_columns(pl.col("column_0").cast(pl.Int64))
        )
    document = sample.document
    if not isinstance(document, list) or any(not isinstance(row, list) or len(row) != 6 for row in document):
        return None
    try:
        columns = list(zip(*document, strict=True)) or [()] * 6
        return pl.DataFrame(
            [
                pl.Series(f"column_{i}", values, pl.Float64 if i else pl.Int64, strict=False)
                for i, values in enumerate(columns)
            ]
        )
    except (TypeError, pl.exceptions.PolarsError):
        return None


def disorder(rows: pl.DataFrame, order: Literal["OHLC", "OCHL"]) -> int:
    """How many rows have a high that is not the highest or a low that is not the lowest, in this order."""
    a, high, low, b = (1, 2, 3, 4) if order == "OHLC" else (1, 3, 4, 2)
    prices = [rows[f"column_{i}"] for i in (a, b, high, low)]
    top, bottom = pl.max_horizontal(prices), pl.min_horizontal(prices)
    return int(rows.select(((prices[2] < top) | (prices[3] > bottom)).sum()).item())
