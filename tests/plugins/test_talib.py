"""TA-Lib in plugins takes and gives the adapter's frames, as it does pandas'."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here
import pytest
import talib.abstract

import pipeline.frame as pd
from pipeline.plugins.load import Loader

PLUGIN = """
import talib
import talib.abstract as ta
from talib.abstract import ADX

def indicators(df):
    bands = ta.BBANDS(df, timeperiod=5)
    df['rsi'] = ta.RSI(df, timeperiod=5)
    df['adx'] = ADX(df, timeperiod=3)
    df['upper'] = bands['upperband']
    df['sma'] = talib.SMA(df['close'], timeperiod=4)
    df['macd'] = talib.MACD(df['close'], 3, 6, 2)[0]
    return df
"""
STEPS = np.arange(40.0)
BARS = {
    "open": STEPS,
    "high": STEPS + 2 + np.sin(STEPS),
    "low": STEPS - 1,
    "close": STEPS + np.cos(STEPS),
    "volume": STEPS,
}


def test_talib_gives_what_it_gives_for_pandas(tmp_path: Path) -> None:
    path = tmp_path / "plugin.py"
    path.write_text(PLUGIN, encoding="utf-8")
    loader = Loader()
    found = loader.module(loader.tree.read(path, tmp_path)).indicators(pd.DataFrame(BARS))
    real = pandas.DataFrame(BARS)
    theirs = {
        "rsi": talib.abstract.RSI(real, timeperiod=5),
        "adx": talib.abstract.ADX(real, timeperiod=3),
        "upper": talib.abstract.BBANDS(real, timeperiod=5)["upperband"],
        "sma": talib.SMA(real["close"], timeperiod=4),
        "macd": talib.MACD(real["close"], 3, 6, 2)[0],
    }
    for name, column in theirs.items():
        assert found[name].to_numpy() == pytest.approx(column.to_numpy(), nan_ok=True), name
