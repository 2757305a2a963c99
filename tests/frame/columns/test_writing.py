"""Writing columns, rows and cells against pandas: nobody who saw a column before sees the write."""

from __future__ import annotations


def test_columns_are_set_as_in_pandas(agrees) -> None:
    agrees(
        "df['signal'] = 0",
        "df['signal'] = 1.5",
        "df['signal'] = 'x'",
        "df['signal'] = df.close",
        "df['signal'] = df.close > 3",
        "df['signal'] = np.where(df.close > 3, 1, -1)",
        "df['signal'] = list(range(len(df)))",
        "df['signal'] = df.close[2:]",
        "df['signal'] = df.close.values",
        "df[df.close > 1e9] = 0",
        "df[['a', 'b']] = df[['open', 'close']]",
        "df[['a', 'b']] = 0",
        "df[['open', 'close']] = df[['close', 'open']].values",
        "df.close = 1.0",
        "del df['side']",
        "out = df.pop('close')",
        "df.insert(0, 'first', 1)",
        "df.insert(1, 'first', df.close)",
        "df.columns = ['a', 'b', 'c', 'd', 'e', 'f', 'g']",
        "df.columns = [c.upper() for c in df.columns]",
        "df.columns = df.columns.str.lower()",
        "df.index = range(len(df))",
        "df.index = pd.to_datetime(df['timestamp'])",
        "df.index.name = 'when'; df = df.reset_index()",
        "df['a'] = df['b'] = 0",
        "df['x'] = df.side.map({'buy': 1, 'sell': -1})",
        "df['t'] = pd.to_datetime(df['timestamp'])",
        "df['close'] = df['close'].where(df.flag, 0)",
        low=1,
    )


def test_loc_and_iloc_write_what_they_write_in_pandas(agrees) -> None:
    # pandas writes no new column into a frame without rows
    agrees(
        "df['signal'] = 0; df.loc[df.close > 3, 'signal'] = 1; df.loc[df.close < 1, 'signal'] = -1",
        (
            "df['signal'] = 0; df.loc[df.close > 3, 'signal'] = 0.5",
            "df['signal'] = np.where(df.close > 3, 0.5, 0) if (df.close > 3).any() else 0",
        ),
        "df['signal'] = 0; df.loc[df.flag & (df.close > 3), 'signal'] = 1",
        "df.loc[df.close > 3, 'signal'] = 1",
        "df.loc[df.flag, 'side'] = 'long'",
        "df.loc[df.flag, 'fresh'] = 'long'; out = df.fresh == 'long'",
        "df.loc[df.flag, ['open', 'close']] = 0",
        "df.loc[df.flag, ['open', 'close']] = np.nan",
        "df.loc[df.flag, ['a', 'b']] = (1, 'x'); out = (df.a, df.b == 'x')",
        "df.loc[:, 'close'] = 0",
        "df.loc[:, 'fresh'] = 1",
        "df.loc[df.flag, 'close'] = df.open",
        "df.loc[df.flag, 'close'] = df.open * 2",
        "df.loc[df.flag, 'close'] = df.loc[df.flag, 'open']",
        "df.loc[df.flag, 'volume'] = 7",
        (
            "df.loc[df.flag, 'volume'] = df.close.fillna(0)",
            "new = df.volume.mask(df.flag, df.close.fillna(0))\ndf['volume'] = new.astype(int) if (new == new.round()).all() else new",  # noqa: E501
        ),
        "df.loc[df.index[1], 'close'] = 5",
        "df.loc[df.index[1], 'signal'] = 1",
        "df.loc[df.index[1]:df.index[3], 'close'] = 9.0",
        "df['signal'] = 0\nfor i in range(len(df)):\n    df.loc[df.index[i], 'signal'] = 1 if df.close.iloc[i] > 3 else -1",  # noqa: E501
        "df['signal'] = 0.0\nfor i in range(1, len(df)):\n    df.iloc[i, df.columns.get_loc('signal')] = df['signal'].iloc[i - 1] + 1",  # noqa: E501
        "df['signal'] = 0\nfor i in df.index:\n    df.at[i, 'signal'] = 2",
        "df['signal'] = np.nan\nfor i in range(len(df)):\n    df.iat[i, 2] = float(i)",
        "df.iloc[0, 2] = 3.5",
        "df.iloc[0:2, 2] = 3.5",
        "df.iloc[-1, df.columns.get_loc('close')] = 1.0",
        "df.iloc[1] = df.iloc[0]",
        "df.loc[df['volume'] == df['volume'].max(), 'top'] = True",
        "df.loc[df.index[-1], 'close'] = np.nan",
        "df.loc[df.index[-1], 'volume'] = np.nan",
        "df.loc[df.index[-1], 'flag'] = False",
        "df.loc[df.flag, 'timestamp'] = pd.Timestamp('2020-01-01')",
        "df['regime'] = 'flat'; df.loc[df.close > 3, 'regime'] = 'up'; out = df['regime'] == 'up'",
        low=1,
    )


def test_a_series_is_written_as_in_pandas(agrees) -> None:
    agrees(
        "out = df.close.copy(); out.iloc[0] = 7",
        "out = df.close.copy(); out.iloc[:3] = np.nan",
        "out = df.close.copy(); out[df.flag] = 0",
        "out = df.close.copy(); out.loc[df.flag] = -1",
        "out = df.close.copy(); out[out > 3] = 3",
        "out = df.volume.copy(); out[out > 3] = 3",
        "out = df.close.copy(); out.iloc[1:3] = [1.0, 2.0]",
        "out = pd.Series(0, index=df.index); out[df.close > 3] = 1; out[df.close < 1] = -1",
        "out = pd.Series(0.0, index=df.index); out.loc[df.flag] = df.close",
        "out = pd.Series(index=df.index, dtype=float); out.iloc[0] = 1.0",
        "out = pd.Series(np.nan, index=df.index); out[df.flag] = 1.0; out = out.ffill().fillna(0)",
        "out = pd.Series(False, index=df.index); out[df.close > 3] = True",
        "out = pd.Series('none', index=df.index); out[df.close > 3] = 'up'",
    )


def test_copies_and_views_are_independent_as_in_pandas_3(agrees) -> None:
    agrees(
        "view = df['close']; df.loc[df.flag, 'close'] = 0; out = view",
        "other = df.copy(); other['close'] = 0",
        "other = df; other['close'] = 0",
        "part = df[['open', 'close']]; part['open'] = 0",
        "part = df[df.flag]; part['open'] = 0",
        "part = df[df.flag].copy(); part['open'] = 0; out = part",
        "other = df.copy(); other.loc[other.flag, 'close'] = 1; out = (df.close, other.close)",
        "s = df['close']; s.iloc[0] = 99.0; out = df",
        "s = df['close'].copy(); s[:] = 1.0; out = df",
        "a = df.close.values.copy(); a[:] = 1; out = df",
        "s = df.close; t = s; t.iloc[0] = 5.0; out = s",
        "other = df.copy(deep=False); other['close'] = 0",
        "head = df.head(2); head['close'] = 0",
        "df['close'] = df['close'].fillna(0)",
        "row = df.iloc[0]; row['close'] = 5.0; out = df",
        "x = df.close; df['close'] = 0; out = x",
    )


def test_an_operation_in_place_changes_the_frame(agrees) -> None:
    agrees(
        ("df.fillna(0, inplace=True)", "df['side'] = df.side.astype(object); df.fillna(0, inplace=True)"),
        "df.dropna(inplace=True)",
        "df.dropna(subset=['close'], inplace=True)",
        "df.rename(columns={'close': 'c'}, inplace=True)",
        "df.drop(columns=['side'], inplace=True)",
        "df.drop('side', axis=1, inplace=True)",
        "df.reset_index(inplace=True)",
        "df.reset_index(drop=True, inplace=True)",
        "df.set_index('timestamp', inplace=True)",
        ("df.sort_values('price', inplace=True)", "df.sort_values('price', inplace=True, kind='stable')"),
        "df.sort_index(ascending=False, inplace=True)",
        "df.ffill(inplace=True)",
        "df.replace(0, 9, inplace=True)",
        "s = df.close.copy(); s.fillna(0, inplace=True); out = s",
        "s = df.close.copy(); s.ffill(inplace=True); out = s",
        "s = df.close.copy(); s.replace(0, 5, inplace=True); out = s",
        "s = df.close.copy(); s.dropna(inplace=True); out = s",
        "s = df.close.copy(); s.clip(0, 3, inplace=True); out = s",
        "df.drop_duplicates(subset=['volume'], inplace=True)",
        "out = df.fillna(0, inplace=False)",
        "df.bfill(inplace=True)",
        "s = df.close.copy(); s.rename('x', inplace=True); out = s",
    )
