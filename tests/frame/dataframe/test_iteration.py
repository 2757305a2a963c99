"""Loops over rows, columns and cells against pandas."""

from __future__ import annotations

import pytest

import pipeline.frame as pd


def test_loops_meet_what_they_meet_in_pandas(agrees) -> None:
    agrees(
        "[(i, row['close']) for i, row in df.iterrows()]",
        "[(i, row.side, row.volume) for i, row in df.iterrows()]",
        "[row.close for row in df.itertuples()]",
        "[row.Index for row in df.itertuples()]",
        "[tuple(row)[2] for row in df.itertuples(index=False)]",
        "[row[1] for row in df.itertuples(name=None)]",
        "list(df.close)",
        "[x for x in df.volume]",
        "list(df.close.items())",
        "[(n, c.name) for n, c in df.items()]",
        "list(zip(df.open, df.close))",
        "list(enumerate(df.close))",
        "max(df.price)",
        "min(df.volume)",
        "sum(df.volume)",
        "sorted(df.volume)",
        "any(df.flag)",
        "[df.close.iloc[i] for i in range(len(df))]",
        "[df['close'][i] for i in df.index]",
        "float(df.price.iloc[-1])",
        "int(df.volume.iloc[0])",
        "bool(df.flag.iloc[0])",
        "bool(df.flag)",
        "if df.close: pass",
        "df.close.item()",
        "isinstance(df.close.iloc[0], float)",
        "isinstance(df, pd.DataFrame)",
        "isinstance(df.close, pd.Series)",
        "isinstance(df.index, pd.DatetimeIndex)",
        "isinstance(df.index, pd.Index)",
        "type(df.flag.iloc[0]).__name__",
        "type(df.volume.iloc[0]).__name__",
        "type(df.close.sum()).__name__",
        "f'{df.price.mean():.3f}'",
        "round(df.price.mean(), 2)",
    )


def test_what_has_brackets_can_be_iterated_or_says_that_it_cannot() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "k": ["a", "b", "a"]})
    assert [part.x.tolist() for part in frame.groupby("k").rolling(2)] == [[1.0], [1.0, 3.0], [2.0]]
    for endless in (frame.x.ewm(span=2), frame.x.rolling(2, win_type="triang"), frame.k.str):
        with pytest.raises(TypeError, match="not iterable"):
            iter(endless)
