"""Files that lie beside bars and are none: told apart, so that the refusal can say what they are."""

from __future__ import annotations

import re

from pipeline.market.formats.sample import Sample

__all__ = ["stranger"]

_ERRORS = re.compile(r"error|invalid|limit|premium|denied|not found|<html|<!doctype", re.IGNORECASE)
_TRADES = re.compile(r"\d{10}(\.\d+)?,[\d.]+,[\d.]+\s*|\d{13,19},[\d.]+,[\d.]+(,[^,]+)*\s*")
_FACTORS = re.compile(r"\d{8},[\d.]+,[\d.]+,[\d.]+\s*")
_MAPPING = re.compile(r"\d{8},[A-Za-z][\w.]*(,\w+)?\s*")


def stranger(sample: Sample) -> str:
    """What a file is that holds no bars; "" for all others."""
    if sample.kind in ("parquet", "arrow"):
        return ""
    if sample.kind == "json":
        document = sample.document
        if isinstance(document, list):
            return ""
        text = " ".join(sample.data[:2_000].decode(errors="replace").split())
        what = "an error message" if _ERRORS.search(text) else "a JSON object"
        return f"is {what}, not bars: {text[:80]}"
    text = sample.first
    if text.lstrip().startswith("<") and not text.startswith("<TICKER>") and not text.upper().startswith("<DATE>"):
        return f"is a page, not bars: {text[:60]}"
    names = [name.strip().strip('"').lower() for name in re.split(r"[,;\t]", text)]
    if (
        (len(names) == 3 and _TRADES.fullmatch(text))
        or {"price", "size"} <= set(names)
        or {"price", "qty"} <= set(names)
    ):
        return f"holds trades (time, price, size), not bars: {text[:60]}"
    if "fundingrate" in {name.replace("_", "") for name in names}:
        return "holds funding rates, not bars"
    if _FACTORS.fullmatch(text):
        return f"holds price factors (LEAN), not bars: {text[:60]}"
    if _MAPPING.fullmatch(text):
        return f"maps dates to tickers (LEAN), and holds no bars: {text[:60]}"
    if names[:1] == ["symbol"] and not {"close", "date", "time"} & set(names):
        return f"lists symbols, not bars: {text[:60]}"
    return ""
