"""Rolling, expanding and exponential windows against pandas."""

from __future__ import annotations

import pytest

import pipeline.frame as pd


def test_rolling_statistics_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.close.rolling(3).mean()",
        "df['close'].rolling(window=5).std()",
        "df.close.rolling(4).sum()",
        "df.close.rolling(3).min()",
        "df.close.rolling(3).max()",
        "df.close.rolling(3).var()",
        "df.close.rolling(3).std(ddof=0)",
        "df.close.rolling(3).median()",
        "df.close.rolling(5).quantile(0.3)",
        "df.close.rolling(5, min_periods=1).mean()",
        "df.close.rolling(5, min_periods=2).std()",
        "df.close.rolling(4, min_periods=1).max()",
        "df.close.rolling(4, min_periods=0).sum()",
        "df.close.rolling(5, center=True).mean()",
        "df.close.rolling(4, center=True, min_periods=1).sum()",
        "df.close.rolling(3).count()",
        "df.close.rolling(3, min_periods=1).count()",
        "df.close.rolling(3, min_periods=0).count()",
        "df.price.rolling(6, min_periods=3).skew()",
        "df.price.rolling(9, min_periods=4).kurt()",
        "df.price.expanding(4).skew()",
        "df.close.rolling(4).skew()",
        "df.close.rolling(5).kurt()",
        "df[['close', 'volume']].rolling(3).mean()",
        "df[['close', 'volume']].rolling(2).max()",
        "df.volume.rolling(3).mean()",
        "df.volume.rolling(3).sum()",
        "df.flag.rolling(3).sum()",
        "df.price.rolling(4).std()",
        "df.close.rolling(3, min_periods=4).mean()",
        "df.close.rolling(-1)",
        "df.close.rolling(1).std()",
    )


def test_an_authors_function_sees_the_windows_that_pandas_shows_it(agrees) -> None:
    agrees(
        "df.close.rolling(3).apply(lambda x: x[-1] - x[0], raw=True)",
        "df.close.rolling(3).apply(lambda x: x.iloc[-1] - x.iloc[0])",
        "df.close.rolling(3, min_periods=1).apply(np.nanmax, raw=True)",
        "df.close.rolling(3).apply(lambda x, k: k * x.sum(), raw=True, args=(2,))",
        "df.close.rolling(3).agg('mean')",
        "df.close.rolling(3).agg(['mean', 'max'])",
    )


def test_two_columns_in_a_window_correlate_as_in_pandas(agrees) -> None:
    agrees(
        "df.price.rolling(5).corr(df.close)",
        "df.price.rolling(5).cov(df.volume)",
    )


def test_expanding_windows_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.close.expanding().mean()",
        "df.close.expanding().max()",
        "df.close.expanding(min_periods=3).sum()",
        "df.close.expanding().std()",
    )


def test_exponential_means_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.close.ewm(span=5).mean()",
        "df.close.ewm(span=5, adjust=False).mean()",
        "df.close.ewm(alpha=0.3).mean()",
        "df.close.ewm(alpha=1/14, adjust=False).mean()",
        "df.close.ewm(com=4, min_periods=3).mean()",
        "df.close.ewm(com=13, adjust=False).mean()",
        "df.close.ewm(halflife=3).mean()",
        "df.close.ewm(span=5, adjust=False, min_periods=5).mean()",
        "df.close.ewm(span=5, ignore_na=True).mean()",
        "df.close.ewm(span=5, adjust=False, ignore_na=True).mean()",
        "df.volume.ewm(span=3).mean()",
        "df[['open', 'close']].ewm(span=3).mean()",
        "df.close.ewm(span=3).agg('mean')",
        "df.close.ewm(span=0.5)",
        "df.close.ewm()",
    )


def test_exponential_deviations_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.close.ewm(span=4).std()",
        "df.close.ewm(span=4, adjust=False).std()",
        "df.close.ewm(span=4).var()",
        "df.close.ewm(span=4, min_periods=4).std()",
        "df.close.ewm(span=4).std(bias=True)",
        "df.price.ewm(span=4).std()",
        "df.price.ewm(span=4, adjust=False).var()",
    )


def test_a_value_after_a_gap_weighs_what_it_weighs_in_pandas() -> None:
    """After a gap the weights are (1 - alpha)^2 and alpha; at com=1 alone pandas takes 1 - (1 - alpha)^2 instead."""
    gap = [1.0, None, 0.5]
    assert pd.Series(gap).ewm(com=1, adjust=False).mean().tolist() == pytest.approx([1.0, 1.0, 0.625])
    both = 0.36 + 0.4
    expected = (0.36 * 1.0 + 0.4 * 0.5) / both
    assert pd.Series(gap).ewm(alpha=0.4, adjust=False).mean().tolist() == pytest.approx([1.0, 1.0, expected])
