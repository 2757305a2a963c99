"""Strategy code as it stands in public repositories, on one frame, against pandas: values, types, names and labels."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here
import pytest

import pipeline.frame
from tests.frame.conftest import alike, plain

CODE = {
    "heikin-ashi, row by row": """
ha = df.copy()
ha["ha_close"] = (df["open"] + df["high"] + df["low"] + df["close"]) / 4
ha["ha_open"] = 0.0
for i in range(len(df)):
    if i == 0:
        ha.iloc[i, ha.columns.get_loc("ha_open")] = (df["open"].iloc[i] + df["close"].iloc[i]) / 2
    else:
        ha.iloc[i, ha.columns.get_loc("ha_open")] = (ha["ha_open"].iloc[i - 1] + ha["ha_close"].iloc[i - 1]) / 2
ha.loc[:, "ha_low"] = ha.loc[:, ["ha_open", "ha_close", "low"]].min(axis=1)
out = ha
""",
    "entries and their tags through a mask": """
df.loc[(df.close > df.open) & (df.volume > 0), ["enter_long", "enter_tag"]] = (1, "breakout")
out = df
""",
    "an informative frame merged as of": """
h = df.resample("1h").agg({"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"})
h = h.rename(columns=lambda c: f"{c}_1h").shift(1)
out = pd.merge_asof(df.reset_index(), h.reset_index(), on="index", direction="backward")
""",
    "runs of one direction": """
df["dir"] = np.select([df.close > df.close.shift(1), df.close < df.close.shift(1)], [1, -1], default=0)
df["run"] = df.groupby((df["dir"] != df["dir"].shift()).cumsum()).cumcount() + 1
s = df.close > df.close.rolling(5).mean()
out = df, s.cumsum() - s.cumsum().where(~s).ffill().fillna(0)
""",
    "averages that age by the clock": """
out = df.close.ewm(halflife="2h", times=df.index).mean()
""",
    "a table of hours and weekdays": """
out = df.assign(h=df.index.hour, d=df.index.dayofweek).pivot_table(index="h", columns="d", values="close")
""",
    "stacked and unstacked": """
w = df.groupby(["sym", df.index.hour])["close"].mean().unstack("sym")
out = w, w.stack(), w.T.stack().reset_index(name="x"), df.groupby([df.index.year, df.index.month]).close.sum()
""",
    "rows as Python objects": """
total = sum(row.close - row.open for row in df.itertuples() if row.Index.hour > 3)
total += sum(row["high"] for _, row in df.iterrows())
out = total, df.tail(3).to_dict("records"), df.tail(2).to_dict("split")
""",
    "formulas in text": """
x = 3
df.eval("rng = high - low\\nmid = (high + low) / 2", inplace=True)
out = df.query('rng > @x and close > mid or sym == "A"'), df.query('index > "2024-01-01 10:00"')
""",
    "a day by its text": """
out = df.loc["2024-01-02"], df.loc["2024-01-01 05:00":"2024-01-01 06:00"], df.close.loc["2024-01-01 07"]
out = *out, df.asof("2024-01-01 05:07").close
""",
    "a day by its text, of days": """
d = df.resample("D").last(); out = d.loc["2024-01-02"], d.close["2024-01-01"], d.loc["2024-01"]
""",
    "sessions and their VWAP": """
day = df.index.normalize()
df["vwap"] = (df.close * df.volume).groupby(day).cumsum() / df.volume.groupby(day).cumsum()
df["z"] = df.groupby(df.index.date)["close"].transform(lambda s: (s - s.mean()) / s.std())
df["slot"] = df.index.hour * 4 + df.index.minute // 15
out = df, -(df.index.hour % 3), 24 - df.index.hour
""",
    "columns by expressions": """
out = df.assign(r=pd.col("close") / pd.col("open") - 1, t=pd.col("sym").str.lower()).loc[pd.col("r") > 0]
""",
    "positions, equity and drawdown": """
df["sig"] = 0
df["sig"] = df["sig"].mask(df.close > df.close.rolling(10).max().shift(1), 1)
df["sig"] = df["sig"].mask(df.close < df.close.rolling(10).min().shift(1), -1)
df["pos"] = df["sig"].replace(0, np.nan).ffill().fillna(0).astype(int)
df["eq"] = (1 + df["pos"].shift(1).fillna(0) * df.close.pct_change(fill_method=None).fillna(0)).cumprod()
df["dd"] = df["eq"] / df["eq"].cummax() - 1
out = df, df["dd"].idxmin(), df["eq"].iloc[-1], df.shift(2, freq="15min").tail(3), df[["open", "close"]].diff(axis=1)
""",
    "trades joined to their symbols": """
names = pd.DataFrame({"fee": [0.1, 0.2]}, index=["A", "B"])
t = pd.merge(df.reset_index(), names.rename_axis("sym").reset_index(), on="sym", how="left", validate="many_to_one")
out = df.join(names, on="sym"), t, df.value_counts("sym"), df.close.nsmallest(2, keep="last")
""",
}


def bars(pd: Any) -> Any:
    chance = np.random.default_rng(5)
    close = 100 + chance.normal(size=200).cumsum()
    columns = {"open": close + chance.normal(size=200), "high": close + 2, "low": close - 2, "close": close,
               "volume": chance.integers(1, 500, 200), "sym": np.where(chance.random(200) > 0.5, "A", "B")}  # fmt: skip
    return pd.DataFrame(columns, index=pd.date_range("2024-01-01", periods=200, freq="15min"))


@pytest.mark.parametrize("name", CODE)
def test_strategy_code_gives_what_pandas_gives(name: str) -> None:
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for pd in (pandas, pipeline.frame):
            names = {"pd": pd, "np": np, "df": bars(pd)}
            exec(CODE[name], names)
            found.append(plain(names["out"]))
    theirs, ours = found
    assert alike(ours, theirs), f"adapter: {ours}\npandas:  {theirs}"
