"""QuantConnect LEAN: a zip of one CSV without header.

Equities: `yyyyMMdd HH:mm` in New York, prices times 10,000, unadjusted. Minutes, seconds: milliseconds since
midnight, the date is in the member's name; crypto is in UTC and in plain prices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from pipeline.market.formats.reading import Choice, Reading, refusal
from pipeline.market.formats.sample import Sample

__all__ = ["Lean"]

_NAMES = ["ts", "open", "high", "low", "close", "volume"]
_BY_DATE = re.compile(r"\d{8} \d{2}:\d{2}(,-?[\d.]+){5}\s*")
_BY_MS = re.compile(r"\d{1,8}(,-?[\d.]+){5}\s*")
_MEMBER = re.compile(r"(?P<date>\d{8})_(?P<symbol>.+?)_(?P<step>minute|second)_(?P<what>\w+)\.csv")
_SCALE = 10_000.0
_TIMEFRAMES = {"daily": "1d", "hour": "1h", "minute": "1m", "second": "1s"}


@dataclass(frozen=True)
class Lean:
    """LEAN's data folder, one zip at a time."""

    name: str = "lean"

    def claims(self, sample: Sample) -> bool:
        """A zip whose rows begin with a date and time, or with milliseconds under a name with a date."""
        by_ms = _MEMBER.fullmatch(sample.member) and _BY_MS.fullmatch(sample.first)
        return bool(sample.member and (_BY_DATE.fullmatch(sample.first) or by_ms))

    def read(self, sample: Sample, choice: Choice) -> Reading:  # noqa: ARG002 - the protocol
        """The bars; integers are prices times 10,000."""
        raw = sample.table(_NAMES)
        member = _MEMBER.fullmatch(sample.member)
        if member and member["what"] != "trade":
            raise refusal(sample.path, f"holds {member['what']} data, not bars of trades", "Import the trade file.")
        # whole numbers are prices times 10,000, unless a coin's price was whole all day
        whole = not any(raw[name].str.contains(".", literal=True).any() for name in ("open", "high", "low", "close"))
        crypto = member is not None and (not whole or "crypto" in sample.path.as_posix())
        timeframe: str | None
        if member:
            day = pl.lit(member["date"]).str.to_date("%Y%m%d").cast(pl.Datetime("us"))
            ts = raw.select(day + pl.duration(milliseconds=pl.col("ts").cast(pl.Int64))).to_series()
            symbol, timeframe = member["symbol"].upper(), _TIMEFRAMES[member["step"]]
        else:
            ts = raw["ts"].str.to_datetime("%Y%m%d %H:%M", time_unit="us", strict=False)
            symbol, _, step = sample.stem.rpartition("_")
            symbol, timeframe = (symbol or sample.member.removesuffix(".csv")).upper(), _TIMEFRAMES.get(step)
        columns = {"ts": ts.alias("ts"), **{name: raw[name].cast(pl.Float64, strict=False) for name in _NAMES[1:]}}
        notes: tuple[str, ...] = ()
        if not crypto:
            columns |= {name: columns[name] / _SCALE for name in ("open", "high", "low", "close")}
            notes = ("prices were divided by 10,000 and are unadjusted: LEAN keeps splits in its factor files",)
        return Reading(columns, 1, symbol, timeframe, "UTC" if crypto else "America/New_York", notes)
