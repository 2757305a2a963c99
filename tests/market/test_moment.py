from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.market.moment import moments

AT = dt.datetime(2024, 3, 1, 15, 30, tzinfo=dt.UTC)
DAY = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01", DAY),
        ("2024/03/01", DAY),
        ("20240301", DAY),
        ("2024-3-1", DAY),
        ("2024-03-01 15:30", AT),
        ("2024-03-01T15:30:00", AT),
        ("2024-03-01T15:30:00Z", AT),
        ("2024-03-01T15:30:00.250Z", AT.replace(microsecond=250_000)),
        ("2024-03-01 15:30:00 UTC", AT),
        ("2024-03-01T10:30:00-05:00", AT),
        ("2024-03-01 21:00:00+0530", AT),
        ("1709307000", AT),
        ("1709307000000", AT),
        ("1709307000000000", AT),
        ("1709307000000000000", AT),
        ("03/01/2024", None),
        ("yesterday", None),
        ("2024-02-30", None),
        (None, None),
    ],
)
def test_a_time_is_read_as_utc(text, expected) -> None:
    column = pl.Series([text, text], dtype=pl.String)
    assert moments(column, daily=False).to_list() == [expected, expected]


def test_forms_may_mix_in_one_column() -> None:
    column = pl.Series(["2024-03-01", "2024-03-01T15:30:00Z", "bad"])
    assert moments(column, daily=False).to_list() == [DAY, AT, None]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([dt.date(2024, 3, 1)]),
        pl.Series([dt.datetime(2024, 3, 1)], dtype=pl.Datetime("ns")),
        pl.Series([dt.datetime(2024, 3, 1)], dtype=pl.Datetime("ms", "UTC")),
        pl.Series([1709251200], dtype=pl.Int64),
        pl.Series([1709251200.0]),
        pl.Series([20240301], dtype=pl.Int32),
    ],
)
def test_typed_columns_are_read(column) -> None:
    result = moments(column, daily=True)
    assert result.dtype == pl.Datetime("us", "UTC")
    assert result.to_list() == [DAY]


def test_a_day_stamped_at_local_midnight_keeps_its_date() -> None:
    text = pl.Series(["2024-03-01 00:00:00-05:00", "2024-07-01 00:00:00-04:00"])
    zoned = pl.Series([dt.datetime(2024, 3, 1), dt.datetime(2024, 7, 1)]).dt.replace_time_zone("America/New_York")
    expected = [DAY, DAY.replace(month=7)]
    assert moments(text, daily=True).to_list() == expected
    assert moments(zoned, daily=True).to_list() == expected
    assert moments(text, daily=False).to_list() == [DAY.replace(hour=5), DAY.replace(month=7, hour=4)]
