"""Labels that repeat, against pandas: each row meets all its partners, or is refused as pandas refuses it."""

from __future__ import annotations


def test_labels_that_repeat_meet_all_their_partners(agrees) -> None:
    agrees(
        "df.set_index('volume').price + df.set_index('volume').open.iloc[::-1]",
        "df.set_index('volume').price * df.set_index('volume').price",
        "df.set_index('volume').price.reindex([1, 2])",
        "df.set_index('volume').loc[3:5].price if df.set_index('volume').index.is_monotonic_increasing else 0",
        "df.set_index('volume').price[df.set_index('volume').flag]",
        "df.set_index('volume')[['price']].join(df.set_index('volume')[['open']])",
        "df.set_index('volume')[['price']].join(df.groupby('volume').open.sum())",
        "df.set_index('volume').price.groupby(level=0).sum()",
        "df.set_index('volume').price.rolling(2).sum()",
        "df.set_index('volume').index.duplicated()",
        "df.set_index('volume').index.unique()",
        "df.set_index('volume').price.sort_index()",
        "df.set_index('volume').assign(k=df.set_index('volume').price).k",
        "df.assign(k=df.set_index('volume').price)",
        "pd.concat([df.price, df.price])",
        "pd.concat([df.price, df.price]).groupby(level=0).sum()",
    )


def test_empty_and_one_row_frames_go_everywhere(agrees) -> None:
    agrees(
        "df.price.rolling(3).mean()",
        "df.price.ewm(span=3).mean()",
        "df.price.ewm(span=3, adjust=False).std()",
        "df.price.expanding().max()",
        "df.price.shift(1)",
        "df.price.diff().clip(lower=0)",
        "df.price.pct_change()",
        "df.price.cumsum()",
        "df.price.describe()",
        "df.groupby('flag').price.sum()",
        "df.price.interpolate()",
        "df[df.price > 1000]",
        "df.sort_values('price')",
        "df.merge(df, on='timestamp').shape",
        "df.price.quantile(0.5)",
        "df.price.std()",
        "df.price.max()",
        "df.iloc[:0].price.sum()",
        "np.log(df.price)",
        "np.where(df.price > 3, 1, 0)",
        high=1,
    )
