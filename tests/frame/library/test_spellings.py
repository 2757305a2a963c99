"""Spellings of pandas 1 and 2 that pandas 3 refuses or ignores: they keep their old meaning and are recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import pipeline.frame as pd


@pytest.fixture
def df() -> Any:
    return pd.DataFrame({"close": [1.0, np.nan, 3.0, 5.0], "volume": [1, 2, 3, 4], "signal": 0})


def old(df: Any, code: str) -> tuple[dict[str, Any], list[Any]]:
    """The names after an author's old code, and the spellings that it was noticed for."""
    names: dict[str, Any] = {"df": df, "pd": pd, "np": np}
    with pd.recorded_spellings() as spellings, pd.recorded_gaps() as gaps:
        exec(compile(code, "plugin.py", "exec"), names)
    assert not gaps
    return names, spellings


@pytest.mark.parametrize(
    ("code", "column", "values"),
    [
        ("df['signal'][df['close'] > 2] = 1", "signal", [0, 0, 1, 1]),
        ("df['signal'].loc[df['close'] > 2] = 1", "signal", [0, 0, 1, 1]),
        ("df['signal'].iloc[0] = 7", "signal", [7, 0, 0, 0]),
        ("df['signal'].iloc[1:3] = 7", "signal", [0, 7, 7, 0]),
        ("df.signal[0] = 7", "signal", [7, 0, 0, 0]),
        ("df['close'].fillna(0, inplace=True)", "close", [1, 0, 3, 5]),
        ("df['close'].ffill(inplace=True)", "close", [1, 1, 3, 5]),
        ("df['close'].replace(3, 9, inplace=True)", "close", [1, np.nan, 9, 5]),
        ("df['close'].clip(upper=3, inplace=True)", "close", [1, np.nan, 3, 3]),
        ("df['close'] = df['close'].fillna(method='ffill')", "close", [1, 1, 3, 5]),
        ("df['close'] = df['close'].fillna(method='bfill')", "close", [1, 3, 3, 5]),
        ("df['close'] = df['close'].fillna(method='pad')", "close", [1, 1, 3, 5]),
        ("df.fillna(method='ffill', inplace=True)", "close", [1, 1, 3, 5]),
        ("df = df.applymap(lambda x: x * 2)", "volume", [2, 4, 6, 8]),
        ("df['volume'] = [c.sum() for _, c in df.iteritems()] + [0]", "volume", [9, 10, 0, 0]),
        ("df = df.append({'close': 8.0, 'volume': 5, 'signal': 1}, ignore_index=True)", "volume", [1, 2, 3, 4, 5]),
        ("df['signal'] = df['volume'].between(2, 4, inclusive=False).astype(int)", "signal", [0, 0, 1, 0]),
    ],
)
def test_an_old_spelling_keeps_its_meaning_and_is_recorded(df: Any, code: str, column: str, values: list[Any]) -> None:
    names, spellings = old(df, code)
    assert names["df"][column].to_numpy().tolist() == pytest.approx(values, nan_ok=True)
    assert len(spellings) == 1, spellings
    assert spellings[0].place.file == "plugin.py"
    assert spellings[0].reason.startswith("old spelling, write ")


@pytest.mark.parametrize(
    ("old_name", "step"),
    [("1H", 3600), ("4H", 14400), ("5T", 300), ("30S", 30), ("15min", 900), ("1h", 3600), ("D", 86400)],
)
def test_old_names_of_frequencies_are_read(old_name: str, step: int) -> None:
    with pd.recorded_spellings() as spellings:
        index = pd.date_range("2023-01-01", periods=3, freq=old_name)
    assert (index[1] - index[0]).total_seconds() == step
    assert bool(spellings) == old_name.endswith(("H", "T", "S"))


def test_a_condition_whose_holes_are_filled_is_a_condition_again(df: Any) -> None:
    """Old pandas made it bool again; in pandas 3 it stays an object, and ~ gives -1 and -2."""
    names, _ = old(df, "up = df['volume'] > 2\nfresh = up & ~up.shift(1).fillna(False)")
    assert names["fresh"].tolist() == [False, False, True, False]


def test_whole_numbers_widen_when_a_fraction_is_written(df: Any) -> None:
    names, _ = old(df, "df.loc[df['close'] > 2, 'signal'] = 0.5")
    assert names["df"]["signal"].tolist() == [0.0, 0.0, 0.5, 0.5]


def test_a_named_column_is_a_column_of_its_own(df: Any) -> None:
    """No chained assignment, as in pandas 3: who holds the column under a name writes into that alone."""
    names, spellings = old(df, "column = df['signal']\ncolumn[df['close'] > 2] = 1\ncolumn.fillna(0, inplace=True)")
    assert names["df"]["signal"].tolist() == [0, 0, 0, 0]
    assert names["column"].tolist() == [0, 0, 1, 1]
    assert not spellings


def test_times_count_nanoseconds_when_cast_to_integers() -> None:
    stamps = pd.Series(pd.date_range("2023-01-01", periods=1))
    assert (stamps.astype("int64") // 10**9).tolist() == [1672531200]
    assert pd.Timestamp("2023-01-01").value == 1672531200 * 10**9


def test_numpy_is_found_under_its_old_name() -> None:
    assert pd.np is np


def test_the_engines_columns_never_change_whatever_is_done_to_the_frame() -> None:
    columns = {"close": pl.Series([1.0, None, 3.0]), "volume": pl.Series([1, 2, 3])}
    kept = {name: series.clone() for name, series in columns.items()}
    df = pd.DataFrame.from_columns(columns)
    df.loc[0, "close"] = 9.0
    df["close"].iloc[1] = 9.0
    df["volume"] += 1
    df.fillna(0, inplace=True)
    assert all(columns[name].equals(kept[name]) for name in columns)
    with pytest.raises(ValueError, match="read-only"):
        pd.Series(columns["close"]).values[0] = 1.0


def test_columns_come_from_polars_and_go_back_with_null_for_missing() -> None:
    df = pd.DataFrame.from_columns({"close": pl.Series([1.0, None, 4.0])})
    assert np.isnan(df["close"].to_numpy()[1])
    result = np.log(df["close"] - 4) / 0
    assert result.to_polars().to_list() == [None, None, float("-inf")]
    assert not result.to_polars().is_nan().any()
    shifted = df["close"].shift(1).to_polars()
    assert shifted.to_list() == [None, 1.0, None]
    assert shifted.name == "close"
    assert (df["close"] > 2).to_polars().to_list() == [False, False, True]
    assert pd.Series(pl.Series("x", [1, 2])).tolist() == [1, 2]
