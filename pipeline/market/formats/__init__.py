"""What vendors write, one file each: a format recognises its files and reads them as columns by our names.

To add a format: one module with a class that follows `Format`, and its instance in `FORMATS`. The order
counts: the first that claims a file reads it, the table of anybody with a header line comes last.
"""

from __future__ import annotations

from pipeline.errors import UsageError, did_you_mean
from pipeline.market.formats.alphavantage import AlphaVantage
from pipeline.market.formats.binance import Binance
from pipeline.market.formats.bitfinex import Bitfinex
from pipeline.market.formats.cryptodatadownload import CryptoDataDownload
from pipeline.market.formats.databento import Databento
from pipeline.market.formats.freqtrade import Freqtrade
from pipeline.market.formats.lean import Lean
from pipeline.market.formats.metatrader import MetaTrader
from pipeline.market.formats.reading import Choice, Format, Reading, refusal
from pipeline.market.formats.sample import SUFFIXES, Sample
from pipeline.market.formats.stooq import Stooq
from pipeline.market.formats.stranger import stranger
from pipeline.market.formats.table import Table
from pipeline.market.formats.yahoo import Yahoo

__all__ = ["FORMATS", "SUFFIXES", "Choice", "Format", "Reading", "Sample", "read_file", "refusal"]

FORMATS: tuple[Format, ...] = (
    Lean(),
    Binance(),
    Freqtrade(),
    Bitfinex(),
    MetaTrader(),
    Stooq(),
    CryptoDataDownload(),
    Databento(),
    AlphaVantage(),
    Yahoo(),
    Table(),
)


def read_file(sample: Sample, choice: Choice) -> Reading:
    """The file in the format that `choice` names, else in the first that claims it.

    Raises MarketError TG304 for what is known to be no bars, and for what cannot be read.
    """
    if choice.format is not None:
        known = {form.name: form for form in FORMATS}
        if choice.format not in known:
            raise UsageError(f"there is no format {choice.format!r}", hint=did_you_mean(choice.format, known))
        return known[choice.format].read(sample, choice)
    found = next(form for form in FORMATS if form.claims(sample) or form is FORMATS[-1])
    if none := stranger(sample):
        raise refusal(sample.path, none.fact, none.hint)
    return found.read(sample, choice)
