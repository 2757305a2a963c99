"""Shifts, differences and running totals against pandas."""

from __future__ import annotations


def test_shifted_columns_are_those_of_pandas(agrees) -> None:
    # an empty column keeps its type here, in pandas it depends on the direction
    agrees(
        "df.close.shift()",
        "df.close.shift(1)",
        "df.close.shift(-2)",
        "df.close.shift(0)",
        "df.close.shift(100)",
        "df.volume.shift(1)",
        "df.volume.shift(1, fill_value=0)",
        "df.flag.shift(1)",
        "df.flag.shift(1, fill_value=False)",
        ("df.flag.shift(1).fillna(False)", "df.flag.shift(1).fillna(False).astype(bool)"),
        "df.side.shift(1)",
        "df.timestamp.shift(1)",
        "df.shift(1)",
        "df[['close', 'volume']].shift(-1)",
        low=1,
    )


def test_differences_and_changes_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.close.diff()",
        "df.close.diff(3)",
        "df.close.diff(-1)",
        "df.volume.diff()",
        "df.timestamp.diff()",
        "df.timestamp.diff().dt.total_seconds()",
        "df[['close', 'volume']].diff()",
        "df.flag.diff()",
        "df.flag.astype(int).diff()",
        "df.close.pct_change()",
        "df.price.pct_change(2)",
        "df.volume.pct_change()",
        "df[['price', 'volume']].pct_change()",
        "df.close.pct_change(-1)",
    )


def test_running_totals_and_extremes_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.close.cumsum()",
        "df.close.cumprod()",
        "df.close.cummax()",
        "df.close.cummin()",
        "df.volume.cumsum()",
        "df.volume.cumprod()",
        "df.volume.cummax()",
        "df.flag.cumsum()",
        "df[['close', 'volume']].cumsum()",
        "df[['close', 'volume']].cummax()",
        "(1 + df.price.pct_change()).cumprod()",
        "df.close.cumsum(skipna=False)",
        "np.cumsum(df.close)",
        "(df.flag != df.flag.shift()).cumsum()",
        "df.price / df.price.cummax() - 1",
        "df.timestamp.cummax()",
    )
