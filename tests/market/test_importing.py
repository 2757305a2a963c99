"""Files of bars: what is taken, what is dropped and why, what is refused."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import MarketError
from pipeline.market import import_files
from pipeline.market.report import Dropped

PLAIN = """date,open,high,low,close,volume
2020-01-02,10,11,9,10.5,100
2020-01-03,10.5,12,10,11,200
2020-01-06,11,11,11,11,0
"""


@pytest.fixture
def file(tmp_path):
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def refusal(caught) -> str:
    assert {fault.code for fault in caught.value.faults} == {"TG304"}
    return str(caught.value)


def test_a_plain_file_takes_its_symbol_from_its_name(market, file) -> None:
    report = import_files(market, [file("BRK.B.csv", PLAIN)], "1d")
    assert (report.read, report.taken, report.new, report.dropped) == (3, 3, 3, 0)
    assert report.symbols[0].symbol == "BRK.B"
    assert market.coverage()[0].source == "BRK.B.csv"
    assert {finding.check for finding in report.symbols[0].findings} == {"flat", "zero_volume"}


def test_the_same_file_twice_changes_nothing(market, file) -> None:
    path = file("A.csv", PLAIN)
    import_files(market, [path], "1d")
    report = import_files(market, [path], "1d")
    assert (report.new, report.replaced, report.unchanged) == (0, 0, 3)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("date,open,high,low,close,volume", "<DATE>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>").replace(",", ";"),
        PLAIN.replace("date,open,high,low,close,volume", "Timestamp,O,H,L,C,V"),
        PLAIN.replace("date,", ",").replace(",", "\t"),
        "\ufeff" + PLAIN.replace("\n", "\r\n"),
        "a banner,https://example.org\n" + PLAIN,
    ],
)
def test_dialects_of_vendors_are_read(market, file, text) -> None:
    report = import_files(market, [file("X.csv", text)], "1d", symbol="A")
    assert report.taken == 3
    assert market.show("A", "1d")["close"].to_list() == [10.5, 11.0, 11.0]


def test_gzip_and_parquet_are_read_and_a_folder_is_sorted(market, tmp_path) -> None:
    folder = tmp_path / "bars"
    folder.mkdir()
    (folder / "B.csv.gz").write_bytes(gzip.compress(PLAIN.encode()))
    pl.read_csv(PLAIN.encode(), try_parse_dates=True).write_parquet(folder / "A.parquet")
    (folder / "notes.md").write_text("not bars")
    report = import_files(market, [folder], "1d")
    assert [item.path.name for item in report.files] == ["A.parquet", "B.csv.gz"]
    assert [symbol.symbol for symbol in report.symbols] == ["A", "B"]


def test_dividends_and_splits_are_stored_and_adjusted_closes_are_not(market, file) -> None:
    text = (
        "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient\n"
        "2020-01-02,10,11,9,10,3,100,0.0,1.0\n2020-01-03,5,6,4,5,3,100,0.5,2.0\n2020-01-06,5,6,4,5,3,100,0,0\n"
    )
    report = import_files(market, [file("A.csv", text)], "1d")
    assert any("adjusted_close" in note for note in report.files[0].notes)
    assert market.actions("A").select("dividend", "split", "close").rows() == [(0.5, 2.0, 5.0)]
    assert market.show("A", "1d", adjust="splits")["close"].to_list() == [5.0, 5.0, 5.0]


def test_a_long_file_has_many_symbols_and_keeps_codes_as_text(market, file) -> None:
    rows = [f"{symbol},2020-01-0{day},1,2,1,1.5,9" for symbol in ("ON", "NO", "000001", "NA") for day in (2, 3)]
    report = import_files(market, [file("all.csv", "Ticker,Date,Open,High,Low,Close,Volume\n" + "\n".join(rows))], "1d")
    assert [symbol.symbol for symbol in report.symbols] == ["000001", "NA", "NO", "ON"]


def test_every_dropped_row_is_counted_with_its_first_line(market, file) -> None:
    text = (
        "date,open,high,low,close,volume\n"
        "2020-01-02,10,11,9,10,100\n"
        ",10,11,9,10,100\n"
        "soon,10,11,9,10,100\n"
        "2020-01-03,10,11,9,,100\n"
        "2020-01-04,nan,11,9,10,100\n"
        "2020-01-05,0,11,9,10,100\n"
        "2020-01-06,10,11,9,10,100\n"
        "2020-01-06,10,11,9,10.5,\n"
        "2020-01-06,10,11,9,,100\n"
    )
    report = import_files(market, [file("A.csv", text)], "1d")
    expected = (
        Dropped("no time", 1, 3, "A"),
        Dropped("unreadable time", 1, 4, "A"),
        Dropped("no price", 3, 5, "A"),
        Dropped("price is zero", 1, 7, "A"),
        Dropped("repeated time", 1, 8, "A"),
    )
    assert report.files[0].dropped == expected
    assert report.symbols[0].dropped == expected
    assert (report.symbols[0].read, report.symbols[0].taken) == (9, 2)
    assert market.show("A", "1d")["close"].to_list() == [10.0, 10.5]
    assert market.show("A", "1d")["volume"].to_list() == [100.0, None]


def test_rows_in_any_order_are_sorted(market, file) -> None:
    head, *rows = PLAIN.splitlines()
    import_files(market, [file("A.csv", "\n".join([head, *reversed(rows)]))], "1d")
    assert market.show("A", "1d")["close"].to_list() == [10.5, 11.0, 11.0]


def test_date_and_time_may_stand_in_two_columns(market, file) -> None:
    text = "Date,Time,Open,High,Low,Close,Volume\n2006-01-02,09:05:00,1,2,1,2,0\n2006-01-02,09:10:00,1,2,1,2,0\n"
    import_files(market, [file("A.csv", text)], "5m")
    assert [str(ts) for ts in market.show("A", "5m")["ts"].dt.time()] == ["09:05:00", "09:10:00"]


def test_order_violations_and_negative_prices_are_reported_not_deleted(market, file) -> None:
    text = "date,open,high,low,close\n2020-04-17,18,17,19,18\n2020-04-20,18,18,-40,-37\n"
    report = import_files(market, [file("CL.csv", text)], "1d")
    checks = {finding.check: finding.count for finding in report.symbols[0].findings}
    assert checks == {"ohlc_order": 1, "not_positive": 1, "no_volume": 2}
    assert report.taken == 2
    assert "no volume column: the volume is null" in report.files[0].notes


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("{\nError Message\n}\n", "is an error message, not bars"),
        ("", "is empty"),
        ("date,open,high,low,close\n", "no rows"),
        ("2020-01-02,1,2,1,1,5\n2020-01-03,1,2,1,1,5\n", "got '2020-01-02'"),
        ("<!DOCTYPE html>\n<html>\n", "is a page, not bars"),
        ("1672531436,90.54,1.1\n1672531471,90.45,0.2\n", "holds trades"),
        ("Symbol,Name,Sector\nMMM,3M Company,Industrials\n", "lists symbols"),
        (PLAIN.replace("2020-", "Jan "), "cannot be read, the first is 'Jan 01-02'"),
        (PLAIN.replace("10", "x").replace("11", "x"), "none of 3 rows"),
    ],
)
def test_a_file_without_bars_is_refused_with_what_came(market, file, text, fact) -> None:
    with pytest.raises(MarketError) as caught:
        import_files(market, [file("A.csv", text)], "1d")
    message = refusal(caught)
    assert "A.csv" in message
    assert fact in message
    assert caught.value.hint


def test_binary_rubbish_and_missing_files_are_refused(market, tmp_path) -> None:
    for name, data in [("a.csv", b"\xff\xfe\x00\x01"), ("b.parquet", b"PAR1"), ("c.csv.gz", b"\x1f\x8b\x08")]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(MarketError) as caught:
            import_files(market, [tmp_path / name], "1d")
        assert name in refusal(caught)
    with pytest.raises(MarketError) as caught:
        import_files(market, [tmp_path / "nowhere.csv"], "1d")
    assert "No such file" in refusal(caught)


def test_minutes_declared_as_days_are_refused(market, file) -> None:
    rows = "\n".join(f"2020-01-02T10:0{i}:00Z,1,2,1,1" for i in range(9))
    with pytest.raises(MarketError, match="60 s apart") as caught:
        import_files(market, [file("A.csv", "ts,open,high,low,close\n" + rows)], "1d")
    refusal(caught)


def test_good_files_go_in_and_bad_ones_are_named(market, file) -> None:
    good, bad, worse = file("A.csv", PLAIN), file("B.csv", "{}"), file("C.csv", "")
    report = import_files(market, [bad, good, worse], "1d")
    assert [symbol.symbol for symbol in report.symbols] == ["A"]
    assert len(report.refused) == 2
    with pytest.raises(MarketError) as caught:
        report.raise_refused()
    assert len(caught.value.faults) == 2


def test_one_name_for_a_file_of_many_symbols_is_refused(market, file) -> None:
    text = "symbol,date,open,high,low,close\nA,2020-01-02,1,1,1,1\nB,2020-01-02,1,1,1,1\n"
    with pytest.raises(MarketError, match="has 2 symbols"):
        import_files(market, [file("x.csv", text)], "1d", symbol="A")


def test_of_two_files_with_the_same_bar_the_later_one_counts(market, file) -> None:
    one, two = file("1.csv", PLAIN), file("2.csv", PLAIN.replace("10.5,100", "10.75,100"))
    report = import_files(market, [one, two], "1d", symbol="A")
    assert market.show("A", "1d")["close"][0] == 10.75
    assert report.files[0].dropped == (Dropped("repeated time", 3, 2, "A"),)
    assert market.coverage()[0].source == "1.csv and 1 more" or market.coverage()[0].source == "2.csv"


def test_real_vendor_files_are_read_or_refused(market, shared) -> None:
    raw = shared / "raw"
    report = import_files(market, [raw / "alphavantage_csv"], "1d")
    assert len(report.files) == 4
    assert ["BF.B" in str(error) for error in report.refused] == [True]
    assert import_files(market, [raw / "yahoo_csv/nvda-2014.txt"], "1d", symbol="NVDA").dropped == 0
    assert import_files(market, [raw / "yahoo_csv/2006-week-001.txt"], "1w", symbol="W").dropped == 0
    assert import_files(market, [raw / "backtesting_py/EURUSD.csv"], "1h").taken == 5000
    assert import_files(market, [raw / "cryptodatadownload_csv/Coinbase_BTCUSD_d.csv"], "1d").dropped == 0
    databento = raw / "databento_csv/6EH4.XCME_1min_bars_202401.csv.gz"
    assert import_files(market, [databento], "1m", symbol="6EH4").dropped == 0


# --- what is no file of bars, and what looks like none ------------------------------------------------

BARS = "Date;Open;High;Low;Close;Volume\n{};10;11;9;10;5\n{};10;11;9;10;6\n{};10;11;9;10;7\n"


@pytest.mark.parametrize(
    ("text", "fact", "hint"),
    [
        ("<!DOCTYPE html>\n<html>429</html>", "is a page, not bars", "download them again"),
        ('{"Note": "our call frequency is 5 calls per minute"}', "is an error message", "download them again"),
        ('{"chart": {"result": []}}', "is a JSON object", "lists of rows"),
        ("timestamp,bid,ask\n2024-01-01T00:00:00Z,10,11\n", "holds quotes", "file of its bars"),
        ("time,price,size\n2024-01-01T00:00:00Z,10,1\n", "holds trades", "file of its bars"),
        ("Date,Close\n2024-01-01,10\n", "no open, high, low", "--map ts=Date --map close=Last"),
        (
            BARS.format("1/2/2024", "1/3/2024", "1/4/2024"),
            "3 of 3 times cannot be read, the first is '1/2/2024'",
            "day",
        ),
        (BARS.format("soon", "later", "never"), "3 of 3 times cannot be read, the first is 'soon'", "2024-01-31"),
        (BARS.format(1, 2, 3).replace(";10;11", ";ten;11"), "open 'ten' cannot be read", "decimal sign"),
    ],
)
def test_what_is_no_file_of_bars_is_refused_with_what_it_is(market, file, text, fact, hint) -> None:
    with pytest.raises(MarketError) as caught:
        import_files(market, [file("A.csv", text)])
    assert fact in refusal(caught)
    assert hint in caught.value.hint


def test_binary_files_are_named_for_what_they_are(market, tmp_path) -> None:
    picture, book = tmp_path / "a.csv", tmp_path / "b.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(MarketError, match="is not text"):
        import_files(market, [picture])
    with pytest.raises(MarketError, match="is a workbook") as caught:
        import_files(market, [book])
    assert "CSV" in caught.value.hint


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (("30.01.2024", "31.01.2024", "01.02.2024"), "2024-01-30"),
        (("30/01/2024", "31/01/2024", "1/2/2024"), "2024-01-30"),
        (("1/30/2024", "1/31/2024", "2/1/2024"), "2024-01-30"),
        (("02.01.2024", "03.01.2024", "04.01.2024"), "2024-01-02"),
    ],
)
def test_dates_that_end_with_the_year_are_read_where_day_and_month_can_be_told(market, file, days, first) -> None:
    import_files(market, [file("A.csv", BARS.format(*days))], "1d")
    found = market.show("A", "1d")["ts"]
    assert str(found[0].date()) == first
    assert found.diff().dt.total_days().drop_nulls().unique().to_list() == [1]


def test_prices_with_signs_and_commas_are_numbers(market, file) -> None:
    rows = "2024-01-01;$1,010.5;€1,011;1,009;1,010;1,234,567\n2024-01-02;1,010;1,011;1,009;1,010;5\n"
    import_files(market, [file("A.csv", f"Date;Open;High;Low;Close;Volume\n{rows}")], "1d")
    assert market.show("A", "1d").row(0)[1:] == (1010.5, 1011.0, 1009.0, 1010.0, 1_234_567.0)
    rows = "2024-01-01;10,5;11,25;9,125;10;5\n2024-01-02;10,5;11;9;10;5\n"
    import_files(market, [file("B.csv", f"Date;Open;High;Low;Close;Volume\n{rows}")], "1d")
    assert market.show("B", "1d").row(0)[1:3] == (10.5, 11.25)


def test_unicode_text_of_excel_is_read(market, tmp_path) -> None:
    path = tmp_path / "A.csv"
    path.write_bytes(PLAIN.encode("utf-16"))
    assert import_files(market, [path], "1d").taken == 3


def test_rows_out_of_order_are_sorted_and_told(market, file) -> None:
    head, *rows = PLAIN.splitlines()
    turned = import_files(market, [file("A.csv", "\n".join([head, *reversed(rows)]))], "1d")
    assert "rows stand newest first and were sorted" in turned.files[0].notes
    mixed = import_files(market, [file("B.csv", "\n".join([head, rows[1], rows[0], rows[2]]))], "1d")
    (note,) = [note for note in mixed.files[0].notes if "earlier" in note]
    assert note == "1 of 3 rows are earlier than the row before, first in line 3: they were sorted"
    plain = import_files(market, [file("C.csv", PLAIN)], "1d")
    assert not any("sorted" in note for note in plain.files[0].notes)
