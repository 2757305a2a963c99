"""What is printed, against pandas."""

from __future__ import annotations

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here
import pytest

import pipeline.frame

COLUMNS = {
    "price": [1.0, 2.5, float("nan")],
    "whole": [100.0, 2.0, 3.0],
    "fine": [100.123456789, -2.0, 0.5],
    "tiny": [1e-9, 1e6, 123456.789],
    "huge": [1e10, 1.5, float("nan")],
    "infinite": [float("inf"), -1.5, float("nan")],
    "volume": [1, 20, -3],
    "flag": [True, False, True],
    "side": ["buy", "sell", "hold"],
    "day": np.array(["2023-01-01", "2023-01-02", "NaT"], dtype="M8[us]"),
    "minute": np.array(["2023-01-01T10:30", "2023-01-02", "2023-01-03"], dtype="M8[us]"),
    "span": np.array([3_600_000_000, 90_000_000_000, 0], dtype="m8[us]"),
    "missing": [float("nan")] * 3,
}


def same_type(text: str) -> str:
    """What pandas calls str are objects here."""
    return text.replace("dtype: object", "dtype: str")


@pytest.mark.parametrize("name", COLUMNS)
def test_a_series_is_printed_as_in_pandas(name: str) -> None:
    ours, theirs = (pd.Series(COLUMNS[name], name=name) for pd in (pipeline.frame, pandas))
    assert same_type(repr(ours)) == same_type(repr(theirs))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_series_on_times_is_printed_as_in_pandas(name: str) -> None:
    ours, theirs = (
        pd.Series(COLUMNS[name], index=pd.date_range("2023-01-01", periods=3)) for pd in (pipeline.frame, pandas)
    )
    assert same_type(repr(ours)).splitlines()[:3] == same_type(repr(theirs)).splitlines()[:3]


@pytest.mark.parametrize("names", [["price", "volume", "flag"], ["side", "day"], ["fine", "minute", "infinite"]])
def test_a_frame_is_printed_as_in_pandas(names: list[str]) -> None:
    ours, theirs = (pd.DataFrame({name: COLUMNS[name] for name in names}) for pd in (pipeline.frame, pandas))
    assert repr(ours) == repr(theirs)
    assert str(ours) == ours.to_string() == theirs.to_string()
    assert repr(ours.set_index(names[0])) == repr(theirs.set_index(names[0]))


def test_the_middle_of_what_is_long_is_left_out() -> None:
    ours, theirs = (pd.Series(np.arange(100.0) / 3, name="x") for pd in (pipeline.frame, pandas))
    for one, other in ((repr(ours), repr(theirs)), (repr(ours.to_frame()), repr(theirs.to_frame()))):
        assert one == other


def test_what_is_empty_is_printed_as_in_pandas() -> None:
    for code in ("pd.DataFrame()", "pd.Series(dtype=float)", "pd.DataFrame({'a': [1.0]}).head(0)"):
        assert repr(eval(code, {"pd": pipeline.frame})) == repr(eval(code, {"pd": pandas}))


def test_scalars_and_labels_are_printed_as_in_pandas() -> None:
    for code in (
        "pd.Timestamp('2023-01-01 10:00')",
        "pd.Timedelta('1h')",
        "pd.NaT",
        "pd.NA",
        "pd.RangeIndex(3)",
        "pd.date_range('2023-01-01', periods=2, freq='h')[:0]",
        "pd.Index([1, 2])",
        "pd.DataFrame({'a': [1.0], 'b': [2]}).iloc[0]",
        "pd.DataFrame({'a': [1.0], 'b': ['x']}).iloc[0]",
        "pd.DataFrame({'a': [1.0], 'b': [2]}).dtypes",
    ):
        ours, theirs = (repr(eval(code, {"pd": pd})) for pd in (pipeline.frame, pandas))
        assert ours.replace(", freq=None", "") == theirs.replace(", freq='h'", "").replace(", freq=None", "")
