"""Frames put together, against pandas."""

from __future__ import annotations

import pytest

import pipeline.frame as frame

HOWS = ("inner", "left", "right", "outer")


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


def test_keys_may_have_two_names_or_be_row_labels(agrees) -> None:
    left, right = "df[['volume', 'open']]", "df[['volume', 'close']].rename(columns={'volume': 'size'})"
    once = "df[['volume', 'price']].drop_duplicates('volume').set_index('volume')"
    agrees(
        *(f"{left}.merge({right}, left_on='volume', right_on='size', how={how!r})" for how in HOWS),
        *(f"{left}.merge({once}, left_on='volume', right_index=True, how={how!r})" for how in ("inner", "left")),
        *(f"{left}.merge(df[['volume', 'price']], on='volume', how={how!r}, indicator=True)['_merge'].astype(str)"
          for how in HOWS),
        f"{left}.merge(df[['price']], how='cross')",
    )  # fmt: skip


def test_parts_below_each_other_keep_the_keys_that_they_are_given(agrees) -> None:
    agrees(
        "pd.concat([df.open, df.close], keys=['a', 'b'])",
        "pd.concat({'a': df[['open']], 'b': df[['close']]}, names=['part']).index.names[0]",
        "pd.concat([df[['open']], df[['close']]], axis=1, keys=['a', 'b'])",
        low=1,
    )


def test_two_columns_of_one_name_stand_beside_each_other(agrees) -> None:
    twice = "pd.concat([df[['open', 'close']], df[['close', 'price']] + 1.0], axis=1)"
    agrees(
        twice,
        f"{twice}['close']",
        f"{twice}[['close', 'price']]",
        f"{twice}.loc[:, ~{twice}.columns.duplicated()]",
        f"{twice}.iloc[:, 2]",
        f"{twice}.iloc[1:, [0, 2]]",
        f"{twice}.loc[:, 'close']",
        f"{twice}.drop(columns='close')",
        f"{twice}.sum()",
        f"{twice}.max(axis=1)",
        f"{twice} * 2 + {twice}",
        f"{twice}.rolling(2).mean()",
        f"{twice}.where({twice} > 3)",
        f"{twice}.apply(lambda column: column.sum())",
        f"{twice}.rename(columns={{'price': 'open'}})",
        f"{twice}.add_suffix('_1h')",
        f"{twice}.assign(close=1.0)",
        f"{twice}.sort_values('open', kind='stable')",
        f"{twice}.dropna()",
        f"{twice}.shift(1).fillna(0.0)",
        f"list({twice}.items())[2][0]",
        "pd.DataFrame(df[['open', 'close']].to_numpy(), columns=['a', 'a'])",
    )


def test_two_columns_of_one_name_do_not_reach_the_engine() -> None:
    twice = frame.concat([frame.DataFrame({"x": [1.0]}), frame.DataFrame({"x": [2.0]})], axis=1)
    with pytest.raises(ValueError, match="several columns are named 'x'"):
        twice.to_columns()
