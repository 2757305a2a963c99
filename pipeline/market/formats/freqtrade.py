"""freqtrade: PAIR-TIMEFRAME.json, .json.gz or .feather, rows of [ms, open, high, low, close, volume]."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.market.formats.bitfinex import disorder, rows_of
from pipeline.market.formats.reading import Choice, Reading, refusal
from pipeline.market.formats.sample import Sample
from pipeline.market.formats.table import read_frame

__all__ = ["Freqtrade"]

_KINDS = ("futures", "mark", "spot", "index", "funding_rate")
_COLUMNS = ["date", "open", "high", "low", "close", "volume"]


@dataclass(frozen=True)
class Freqtrade:
    """Candle files as freqtrade downloads them; the pair stands in the name with _ for /."""

    name: str = "freqtrade"

    def claims(self, sample: Sample) -> bool:
        """A name with a timeframe, and rows of six in this order."""
        if sample.named is None:
            return False
        if sample.kind == "arrow":
            return sample.frame.columns == _COLUMNS
        if sample.kind != "json":
            return False
        rows = rows_of(sample)
        return rows is not None and (not len(rows) or disorder(rows, "OHLC") <= disorder(rows, "OCHL"))

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The candles; the last part of a futures name (XRP_USDT_USDT-1h-mark) belongs to the symbol."""
        symbol, timeframe = sample.named or (sample.stem, None)
        kind = sample.stem.rpartition("-")[2]
        if kind == "funding_rate":
            raise refusal(
                sample.path, "holds funding rates, not bars (the rate stands in `open`)", "Import the candles."
            )
        if kind in _KINDS and kind != "spot":
            symbol = f"{symbol}-{kind}" if kind != "futures" else symbol
        if sample.kind == "arrow":
            reading = read_frame(sample.frame, sample.path, choice)
            return Reading(reading.columns, 1, symbol, timeframe, notes=reading.notes)
        rows = rows_of(sample)
        if rows is None or not len(rows):
            raise refusal(sample.path, "is an empty list: it has no candles", "Download it again.")
        return Reading(
            rows.rename({"column_0": "ts"})
            .select("ts", open="column_1", high="column_2", low="column_3", close="column_4", volume="column_5")
            .to_dict(),
            1,
            symbol,
            timeframe,
        )
