"""HistData (`yyyyMMdd HHmmss;o;h;l;c;v`, EST all year round) and MetaTrader exports (`2018.01.02,02:01,o,h,l,c,v`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from pipeline.market.formats.reading import Choice, Reading
from pipeline.market.formats.sample import Sample

__all__ = ["MetaTrader"]

_HISTDATA = re.compile(r"\d{8} \d{6}(;-?[\d.]+){5}\s*")
_EXPORT = re.compile(r"\d{4}\.\d{2}\.\d{2},\d{2}:\d{2}(:\d{2})?(,-?[\d.]+){5}.*")
_SYMBOL = re.compile(r"(?:DAT_ASCII_|histdata_)?(?P<symbol>[A-Za-z]{6})(?=_|$|\d)")
_EST = "Etc/GMT+5"


@dataclass(frozen=True)
class MetaTrader:
    """Bars without a header line, as HistData and MetaTrader's history centre write them."""

    name: str = "metatrader"

    def claims(self, sample: Sample) -> bool:
        """A row of either."""
        return sample.kind == "text" and bool(_HISTDATA.fullmatch(sample.first) or _EXPORT.fullmatch(sample.first))

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The bars. HistData's clock is five hours behind UTC without daylight saving; MetaTrader's the server's."""
        named = _SYMBOL.match(sample.stem)
        symbol = named["symbol"].upper() if named else None
        prices = ["open", "high", "low", "close", "volume"]
        if ";" in sample.first:
            raw = sample.table(["ts", *prices], ";")
            ts = raw["ts"].str.to_datetime("%Y%m%d %H%M%S", time_unit="us", strict=False)
            notes: tuple[str, ...] = ("times are EST without daylight saving, five hours behind UTC",)
            return Reading({**raw.to_dict(), "ts": ts}, 1, symbol, zone=choice.zone or _EST, notes=notes)
        raw = sample.table(["date", "time", *prices])
        ts = (raw["date"].str.replace_all(".", "-", literal=True) + " " + raw["time"]).alias("ts")
        return Reading({"ts": ts, **raw.select(prices).cast(pl.String).to_dict()}, 1, symbol)
