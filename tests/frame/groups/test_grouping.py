"""Groups of rows against pandas."""

from __future__ import annotations


def test_groups_are_summed_up_as_in_pandas(agrees) -> None:
    agrees(
        "df.groupby('volume').close.mean()",
        "df.groupby('volume')['close'].sum()",
        "df.groupby('volume')[['open', 'close']].mean()",
        "df.groupby('volume').size()",
        "df.groupby('volume').price.max()",
        "df.groupby('volume').price.first()",
        "df.groupby('volume').price.last()",
        "df.groupby('volume').price.count()",
        "df.groupby('side').price.mean()",
        "df.groupby('flag').price.std()",
        "df.groupby('volume').price.agg('max')",
        "df.groupby('volume').price.agg(['min', 'max'])",
        "df.groupby('volume').agg({'price': 'mean', 'close': 'last'})",
        "df.groupby('volume').agg(top=('price', 'max'))",
        "df.groupby('volume', as_index=False).price.mean()",
        "df.groupby('volume').price.apply(lambda x: x.iloc[-1])",
        "df.groupby(df.timestamp.dt.date).price.max()",
        "df.groupby(df.close > 3).price.sum()",
        "[(k, len(g)) for k, g in df.groupby('volume')]",
        "df.groupby('volume').price.median()",
        "df.groupby('volume').price.nunique()",
        low=1,
    )


def test_columns_change_within_groups_as_in_pandas(agrees) -> None:
    agrees(
        "df.groupby('volume').price.transform('mean')",
        "df.groupby('volume').price.transform(lambda x: x - x.mean())",
        "df.groupby('volume').price.cumsum()",
        "df.groupby('volume').cumcount()",
        "df.groupby('volume').price.shift(1)",
        "df.groupby('volume').price.diff()",
        "(df.flag != df.flag.shift()).cumsum().groupby(df.volume).max()",
        "df.price.groupby(df.flag).cumsum()",
        "df.price.groupby((df.flag != df.flag.shift()).cumsum()).cumcount()",
    )
