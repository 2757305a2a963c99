"""Missing values against pandas: found, filled, carried on, dropped, put in place of others."""

from __future__ import annotations


def test_missing_values_are_filled_as_in_pandas(agrees) -> None:
    agrees(
        "df.close.fillna(0.0, limit=1)",
        "df[['open', 'close']].fillna({'close': 1.0}, limit=2)",
        "df.close.fillna(0)",
        "df.close.fillna(df.open)",
        "df.close.fillna(df.close.mean())",
        "df.fillna(0)",
        "df[['open', 'close']].fillna({'open': 1.0})",
        "df[['open', 'close']].fillna(df[['open', 'close']].mean())",
        "df.side.fillna('none')",
        "df.volume.fillna(0)",
        ("df.flag.shift(1).fillna(True)", "df.flag.shift(1).fillna(True).astype(bool)"),
        "df.close.ffill()",
        "df.close.bfill()",
        "df.close.ffill(limit=1)",
        "df.close.bfill(limit=2)",
        "df.close.ffill().bfill()",
        "df.ffill()",
        "df.bfill()",
        "df.side.ffill()",
        "df.close.interpolate()",
        "df.close.combine_first(df.open)",
        low=1,
    )


def test_missing_values_are_dropped_as_in_pandas(agrees) -> None:
    agrees(
        "df.close.dropna()",
        "df.dropna()",
        "df.dropna(subset=['close'])",
        "df.dropna(how='all')",
        "df[['open', 'close']].dropna(how='all')",
        "df.dropna(axis=1)",
        "df.dropna(thresh=6)",
        "df.dropna().reset_index(drop=True)",
    )


def test_missing_values_are_found_as_in_pandas(agrees) -> None:
    agrees(
        "df.close.isna()",
        "df.close.isnull().sum()",
        "df.isna().sum()",
        "df.notna()",
        "df.isnull().any()",
        "df[['open', 'close']].isna().all().any()",
        "df.isnull().values.any()",
        "pd.isna(df.close)",
        "pd.isna(np.nan)",
        "pd.notna(3)",
        "pd.isnull(None)",
        "pd.notnull(df)",
        "df.close.first_valid_index()",
        "df.close.last_valid_index()",
        "df.close.hasnans",
    )


def test_values_are_exchanged_as_in_pandas(agrees) -> None:
    agrees(
        "df.close.replace(0, np.nan)",
        "df.close.replace([np.inf, -np.inf], np.nan)",
        "(df.close / df.open).replace([np.inf, -np.inf], np.nan)",
        "df.replace([np.inf, -np.inf], np.nan)",
        "df.side.replace('buy', 'long')",
        "df.side.replace({'buy': 1, 'sell': -1})",
        "df.volume.replace({1: 10, 2: 20})",
        "df.close.replace(np.nan, 0)",
        "df.replace(0, 1)",
        "df.close.where(df.close > 3)",
        "df.close.where(df.close > 3, 0)",
        "df.close.where(df.flag, df.open)",
        "df.volume.where(df.flag)",
        "df.volume.where(df.flag, 0)",
        "df.close.mask(df.close > 3)",
        "df.close.mask(df.flag, 0)",
        "df.close.mask(df.flag, df.open)",
        "df[['open', 'close']].where(df.flag, 0)",
        "df[['open', 'close']].where(df[['open', 'close']] > 2)",
        "df.side.where(df.flag, 'x')",
        "df.flag.where(df.close > 3, False)",
        low=1,
    )
