"""Files that lie beside bars and are none: told apart, so that the refusal can say what they are."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.market.formats.sample import Sample

__all__ = ["Stranger", "stranger"]

_ERRORS = re.compile(
    r"error|invalid|limit|premium|denied|not found|too many|frequency|\"(note|information|message)\"|<html|<!doctype",
    re.IGNORECASE,
)
_TRADES = re.compile(r"\d{10}(\.\d+)?,[\d.]+,[\d.]+\s*|\d{13,19},[\d.]+,[\d.]+(,[^,]+)*\s*")
_FACTORS = re.compile(r"\d{8},[\d.]+,[\d.]+,[\d.]+\s*")
_MAPPING = re.compile(r"\d{8},[A-Za-z][\w.]*(,\w+)?\s*")
_ELSE = "Import the file of its bars."
_ANSWERED = "The vendor's server answered so instead of sending bars: download them again, later or under another name."


class Stranger(NamedTuple):
    """What a file is that holds no bars, and what to do."""

    fact: str
    hint: str = _ELSE


def stranger(sample: Sample) -> Stranger | None:
    """What a file is that holds no bars; None for all others."""
    if sample.kind in ("parquet", "arrow"):
        return None
    if sample.kind == "json":
        document = sample.document
        if isinstance(document, list):
            return None
        text = " ".join(sample.data[:2_000].decode(errors="replace").split())
        if _ERRORS.search(text):
            return Stranger(f"is an error message, not bars: {text[:80]}", _ANSWERED)
        return Stranger(f"is a JSON object, not bars: {text[:80]}", "Of JSON, lists of rows are read.")
    text = sample.first
    if text.lstrip().startswith("<") and not text.startswith("<TICKER>") and not text.upper().startswith("<DATE>"):
        return Stranger(f"is a page, not bars: {text[:60]}", _ANSWERED)
    names = [name.strip().strip('"').lower() for name in re.split(r"[,;\t]", text)]
    if (
        (len(names) == 3 and _TRADES.fullmatch(text))
        or {"price", "size"} <= set(names)
        or {"price", "qty"} <= set(names)
    ):
        return Stranger(f"holds trades (time, price, size), not bars: {text[:60]}")
    if {"bid", "ask"} <= set(names) and "close" not in names:
        return Stranger(f"holds quotes (bid, ask), not bars: {text[:60]}")
    if "fundingrate" in {name.replace("_", "") for name in names}:
        return Stranger("holds funding rates, not bars")
    if _FACTORS.fullmatch(text):
        return Stranger(f"holds price factors (LEAN), not bars: {text[:60]}")
    if _MAPPING.fullmatch(text):
        return Stranger(f"maps dates to tickers (LEAN), and holds no bars: {text[:60]}")
    if names[:1] == ["symbol"] and not {"close", "date", "time"} & set(names):
        return Stranger(f"lists symbols, not bars: {text[:60]}")
    return None
