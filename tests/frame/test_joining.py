"""Frames put together, against pandas."""

from __future__ import annotations


def test_frames_are_put_together_as_in_pandas(agrees) -> None:
    agrees(
        "pd.concat([df.open, df.close], axis=1)",
        "pd.concat([df.open, df.close])",
        "pd.concat([df, df])",
        "pd.concat([df, df], ignore_index=True)",
        "pd.concat([df[:2], df[2:]])",
        "pd.concat([df[['open']], df[['close']]], axis=1)",
        "pd.concat([df[['open']], df.close[1:]], axis=1)",
        "pd.concat([df[['open']], df[['close']]])",
        "pd.concat([df.open, df.close], axis=1, keys=['a', 'b'])",
        "pd.concat({'a': df.open, 'b': df.close}, axis=1)",
        "pd.concat([df.open, df.close], axis=1).max(axis=1)",
        "pd.concat([df.open.rename(None), df.close.rename(None)], axis=1)",
        "pd.concat([])",
        "pd.concat([df[['open', 'close']], df[['close', 'price']]], join='inner')",
    )


def test_frames_are_joined_as_in_pandas(agrees) -> None:
    agrees(
        "pd.merge(df[['volume', 'open']], df[['volume', 'price']].drop_duplicates('volume'), on='volume')",
        "pd.merge(df[['volume', 'open']], df[['volume', 'price']].drop_duplicates('volume'), on='volume', how='left')",
        "pd.merge(df[['timestamp', 'open']], df[['timestamp', 'close']][1:], on='timestamp', how='left')",
        "pd.merge(df[['timestamp', 'open']], df[['timestamp', 'open']], on='timestamp')",
        "pd.merge(df[['timestamp', 'open']], df[['timestamp', 'open']], on='timestamp', suffixes=('', '_r'))",
        "df[['timestamp', 'open']].merge(df[['timestamp', 'close']][:-1], on='timestamp', how='outer')",
        "df[['timestamp', 'open']].merge(df[['timestamp', 'close']][:-1], how='right', on='timestamp')",
        "pd.merge(df[['open']], df[['close']], left_index=True, right_index=True)",
        "df[['open']].join(df[['close']])",
        "df[['open']].join(df.close)",
        "df[['open']].join(df[['open']], rsuffix='_r')",
        "df[['open']].join(df[['close']][1:], how='inner')",
    )
