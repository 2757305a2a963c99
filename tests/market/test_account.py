"""What an import took, dropped, refused and found, kept with the change that it made and told as tables."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.market import import_files
from pipeline.market.account import WITH_CHANGE, keep_account
from pipeline.market.tables import market_tables

HEAD = "date,open,high,low,close,volume,symbol\n"
GOOD = "".join(f"2024-02-{day:02d},10,12,9,11,{day},{symbol}\n" for symbol in "AB" for day in range(1, 7))
BAD = "2024-02-07,10,12,9,,5,B\n2024-02-08,10,12,9,,5,B\nsoon,10,12,9,11,5,A\n2024-02-01,10,12,9,11.5,1,A\n"


@pytest.fixture
def told(market):
    """`told("market_dropped", "reason", "rows")`: rows of a table of the market."""

    def build(table: str, *columns: str) -> list[tuple]:
        return market_tables(market)[table].select(columns).rows()

    return build


@pytest.fixture
def file(tmp_path):
    def write(name: str, text: str):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_tables_tell_what_was_taken_dropped_and_why_by_change_file_and_symbol(market, file, told) -> None:
    report = import_files(market, [file("all.csv", HEAD + GOOD + BAD), file("error.csv", "<html>limit</html>")])
    assert report.taken == 12
    (path, *rows), (refused, *nothing) = told("market_imports", "file", "change", "rows", "symbols", "taken", "dropped")
    assert (path.endswith("all.csv"), rows) == (True, [1, 16, 2, 12, 4])
    assert (refused.endswith("error.csv"), nothing) == (True, [1, 0, 0, 0, 0])
    assert told("market_imports", "refused")[1] == ("is a page, not bars: <html>limit</html>",)
    assert told("market_taken", "symbol", "read", "new", "dropped") == [("A", 8, 6, 2), ("B", 8, 6, 2)]
    assert told("market_dropped", "symbol", "reason", "rows", "first_line") == [
        ("A", "unreadable time", 1, 16),
        ("A", "repeated time", 1, 2),
        ("B", "no price", 2, 14),
    ]


def test_an_import_that_changes_nothing_is_told_without_a_change(market, file, told) -> None:
    for _ in range(2):
        import_files(market, [file("all.csv", HEAD + GOOD)])
    assert told("market_taken", "change", "new", "unchanged") == [(1, 6, 0)] * 2 + [(None, 0, 6)] * 2
    assert len(market.log()) == 1


def test_findings_are_about_an_import_until_what_is_stored_is_verified(market, put, days, told) -> None:
    put(days("A", bars=3).with_columns(volume=pl.lit(0.0)))
    put(days("A", "2020-02-01", bars=3))
    wanted = ("about", "change", "check", "count")
    assert told("market_findings", *wanted) == [("import", 1, "zero_volume", 3)]
    for _ in range(2):
        assert {finding.check for finding in market.verify()} == {"zero_volume", "gap"}
    assert set(told("market_findings", *wanted)) == {
        ("import", 1, "zero_volume", 3),
        ("stored", 2, "zero_volume", 3),
        ("stored", 2, "gap", 1),
    }
    assert len(told("market_findings", *wanted)) == 3


def test_an_import_tells_what_its_symbols_lack_together(market, put, days, told) -> None:
    start = dt.datetime(2024, 1, 2)
    kept = [i for i in range(60 * 24 * 6) if not 5_000 <= i <= 5_100]
    ts = pl.Series([start + dt.timedelta(minutes=i) for i in kept]).cast(pl.Datetime("us", "UTC"))
    minutes = pl.concat(days(symbol, bars=len(kept)).with_columns(ts=ts) for symbol in "AB")
    report = put(minutes, "1m")
    assert [(f.check, f.count) for f in report.findings] == [("outage", 1)]
    assert ("import", "", "outage") in told("market_findings", "about", "symbol", "check")


def test_a_market_that_may_only_be_read_is_verified(market, put, days, monkeypatch) -> None:
    put(days("A").with_columns(volume=pl.lit(0.0)))

    def refuse(*_) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pipeline.market.account.publish", refuse)
    assert [finding.check for finding in market.verify()] == ["zero_volume"]


def test_the_account_of_an_import_that_never_happened_is_not_told_and_swept(market, put, days, told) -> None:
    put(days("A"))
    orphan = market.root / keep_account(market.root, market.root.joinpath(market.log()[0][1].account).read_bytes())
    assert told("market_taken", "symbol") == [("A",)]
    market.verify()
    assert market.sweep(older_than=-60.0) == [orphan]
    assert told("market_taken", "symbol") == [("A",)]


def test_old_accounts_go_and_their_changes_stay_in_the_log(market, put, days, told, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.market.account.WITH_CHANGE", 3)
    assert WITH_CHANGE > 3
    for bars in range(1, 7):
        put(days("A", bars=bars))
    assert [change for (change,) in told("market_taken", "change")] == [6, 5, 4]
    market.sweep(older_than=-60.0)
    assert len(list((market.root / "accounts").iterdir())) == 3
    assert len(told("market_log", "change")) == 6
