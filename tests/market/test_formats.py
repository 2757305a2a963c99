"""What vendors write: recognised without being told, read as it was meant, refused by name when it is no bars."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pipeline.errors import MarketError, UsageError
from pipeline.market import Choice, import_files, import_frame
from pipeline.market.formats import FORMATS, Sample

KLINES = (
    "1637971200000,10,12,9,11,5,1637971259999,55,79,2,22,0\n1637971260000,11,12,10,12,6,1637971319999,66,9,3,33,0\n"
)
START = dt.datetime(2021, 11, 27, tzinfo=dt.UTC)


def zipped(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def take(market, tmp_path):
    """`take(name, data)`: the one symbol of a file, its timeframe and its bars."""

    def build(name: str, data: bytes | str, **choice):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        symbol, timeframe = choice.pop("symbol", None), choice.pop("timeframe", None)
        report = import_files(market, [path], timeframe, symbol=symbol, choice=Choice(**choice))
        found = report.symbols[0].symbol
        return found, report.timeframe, market.show(found, report.timeframe, limit=None)

    return build


def candles(order: str) -> list[list[float]]:
    """Minutes of a walk as [ms, …, volume], prices in `order`."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(30):
        prices = {"O": 100 + rng.random(), "C": 100 + rng.random(), "H": 102.0, "L": 99.0}
        rows.append([1_546_300_800_000 + i * 60_000, *(round(prices[letter], 4) for letter in order), 1.5])
    return rows


@pytest.mark.parametrize("unit", [1, 1000])
def test_binance_klines_in_milliseconds_and_microseconds(take, unit) -> None:
    text = (
        KLINES.replace("1637971", "1637971")
        if unit == 1
        else "".join(
            ",".join(v + "000" if len(v) == 13 else v for v in line.split(",")) + "\n" for line in KLINES.splitlines()
        )
    )
    symbol, timeframe, bars = take("ADABTC-1m-2021-11-27.csv", text)
    assert (symbol, timeframe) == ("ADABTC", "1m")
    assert bars["ts"].to_list() == [START, START + dt.timedelta(minutes=1)]
    assert bars.select("open", "high", "low", "close", "volume").row(0) == (10.0, 12.0, 9.0, 11.0, 5.0)


def test_a_zip_of_klines_with_a_header(take) -> None:
    head = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,q,ignore\n"
    assert take("BTCUSDT-1h-2021-11.zip", zipped("x.csv", head + KLINES))[:2] == ("BTCUSDT", "1h")


@pytest.mark.parametrize(("name", "order"), [("BTC_USDT-1m.json", "OHLC"), ("BTCUSD_2019.json", "OCHL")])
def test_rows_of_six_are_read_in_the_order_that_fits(take, name, order) -> None:
    symbol, timeframe, bars = take(name, json.dumps(candles(order)))
    assert (symbol, timeframe) == ("BTC_USDT" if order == "OHLC" else "BTCUSD", "1m")
    assert bars["high"].unique().to_list() == [102.0]
    assert bars["low"].unique().to_list() == [99.0]
    index = 1 + order.index("C")
    assert bars["close"].to_list() == [row[index] for row in candles(order)]


def test_rows_that_fit_neither_order_ask_which(take) -> None:
    rows = [[1_546_300_800_000 + i * 60_000, 1.0, 3.0, 2.0, 4.0, 5.0] for i in range(5)]
    with pytest.raises(MarketError, match="fits neither") as caught:
        take("BTCUSD_x.json", json.dumps(rows))
    assert "--format bitfinex" in caught.value.hint


def test_freqtrade_names_say_pair_and_timeframe(take) -> None:
    packed = gzip.compress(json.dumps(candles("OHLC")).encode())
    assert take("XRP_ETH-1m.json.gz", packed)[:2] == ("XRP_ETH", "1m")
    with pytest.raises(MarketError, match="the name says 8m, but its bars are 1m apart"):
        take("XRP_ETH-8m.json.gz", packed)
    assert take("XRP_ETH-8m.json.gz", packed, timeframe="1m")[1] == "1m"


def test_lean_prices_are_divided_and_its_clock_is_new_yorks(take) -> None:
    text = "20210312 09:00,1363000,1375000,1363000,1370000,540700\n20210315 09:00,1370000,1380000,1360000,1375000,5\n"
    symbol, timeframe, bars = take("aapl_hour.zip", zipped("aapl.csv", text))
    assert (symbol, timeframe) == ("AAPL", "1h")
    assert bars["close"].to_list() == [137.0, 137.5]
    assert bars["ts"].dt.hour().to_list() == [14, 13]  # daylight saving began on the 14th
    minute = zipped(
        "20180404_btcusd_minute_trade.csv", "0,7424.91,7424.91,7422,7422,7.1\n60000,7420,7422,7405,7405,13\n"
    )
    symbol, timeframe, bars = take("btcusd.zip", minute)
    assert (symbol, timeframe) == ("BTCUSD", "1m")
    assert bars["ts"][1] == dt.datetime(2018, 4, 4, 0, 1, tzinfo=dt.UTC)
    assert bars["close"][0] == 7422.0


def test_histdata_is_five_hours_behind_utc_in_summer_too(take) -> None:
    text = "20180702 020100;3498;3500;3498;3500;0\n20180702 020200;3499;3499;3496;3496;0\n20180702 020300;3;3;3;3;0\n"
    symbol, _, bars = take("histdata_EURUSD_M1.csv", text)
    assert symbol == "EURUSD"
    assert bars["ts"][0] == dt.datetime(2018, 7, 2, 7, 1, tzinfo=dt.UTC)


def test_metatrader_takes_the_zone_that_it_is_told(take) -> None:
    text = (
        "2018.07.02,02:01,3498,3500,3498,3500,7\n2018.07.02,02:02,3499,3499,3496,3496,8\n2018.07.02,02:03,1,1,1,1,1\n"
    )
    _, _, bars = take("EURUSD1.csv", text, zone="Europe/Athens")
    assert bars["ts"][0] == dt.datetime(2018, 7, 1, 23, 1, tzinfo=dt.UTC)


def test_stooq_has_ticker_and_period_in_columns(take) -> None:
    head = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
    text = head + "AAPL.US,60,20240102,153000,1,2,1,2,10,0\nAAPL.US,60,20240102,63000,1,2,1,2,10,0\n"
    symbol, timeframe, bars = take("aapl.us.txt", text)
    assert (symbol, timeframe) == ("AAPL.US", "1h")
    assert [str(t.time()) for t in bars["ts"]] == ["06:30:00", "15:30:00"]


def test_hours_of_cryptodatadownload_are_on_a_twelve_hour_clock(take) -> None:
    head = "Timestamps are UTC timezone,https://www.CryptoDataDownload.com\ndate,symbol,open,high,low,close,volume_btc,volume\n"
    rows = [f"2019-10-17 {clock},BTCUSD,8051,8056,8021,8035,61,492394" for clock in ("01-PM", "12-PM", "12-AM")]
    symbol, timeframe, bars = take("Coinbase_BTCUSD_1h.csv", head + "\n".join(rows))
    assert (symbol, timeframe) == ("BTCUSD", "1h")
    assert bars["ts"].dt.hour().to_list() == [0, 12, 13]
    assert bars["volume"].to_list() == [61.0] * 3


def test_databento_prices_in_billionths(take) -> None:
    head = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol\n"
    rows = [
        f"{1704150060000000000 + i * 60_000_000_000},33,1,2,1107600000,1107850000,1107600000,1107800000,205,6EH4"
        for i in range(3)
    ]
    symbol, timeframe, bars = take("glbx.csv", head + "\n".join(rows))
    assert (symbol, timeframe) == ("6EH4", "1m")
    assert bars["high"][0] == pytest.approx(1.10785, abs=1e-12)


def test_any_table_is_read_by_a_mapping(take) -> None:
    text = "When|First|Top|Bottom|Last|Turnover\n2024-01-02|1|3|1|2|9\n2024-01-03|2|4|2|3|8\n"
    columns = {"ts": "When", "open": "First", "high": "Top", "low": "Bottom", "close": "Last", "volume": "Turnover"}
    symbol, _, bars = take("odd.csv", text, columns=columns, timeframe="1d")
    assert symbol == "odd"
    assert bars["volume"].to_list() == [9.0, 8.0]
    with pytest.raises(MarketError, match="has no column 'Lst'"):
        take("odd.csv", text, columns={**columns, "close": "Lst"})
    with pytest.raises(UsageError, match="no column 'klose' to map"):
        take("odd.csv", text, columns={**columns, "klose": "Last"})


def test_an_unknown_format_or_zone_is_named(take) -> None:
    with pytest.raises(UsageError, match="no format 'yaho'") as caught:
        take("a.csv", KLINES, format="yaho")
    assert "yahoo" in caught.value.hint
    with pytest.raises(UsageError, match="'Mars' is not a time zone"):
        take("EURUSD1.csv", "2018.07.02,02:01,1,1,1,1,7\n2018.07.02,02:02,1,1,1,1,8\n", zone="Mars")


def test_local_times_pass_the_repeated_hour_twice(take) -> None:
    clocks = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    text = "time,open,high,low,close\n" + "".join(f"2021-11-07 {clock},1,1,1,1\n" for clock in clocks)
    _, _, bars = take("A.csv", text, zone="America/New_York")
    assert bars["ts"].diff().drop_nulls().unique().to_list() == [dt.timedelta(minutes=30)]


@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_pandas_and_polars_frames_and_arrow_tables_are_imported(market, days, zone) -> None:
    frame = days(bars=4).drop("symbol")
    index = (
        pd.DatetimeIndex(frame["ts"].to_list()).tz_convert(zone)
        if zone
        else pd.DatetimeIndex([t.replace(tzinfo=None) for t in frame["ts"].to_list()], name="Date")
    )
    if zone:
        index = index.tz_localize(None).normalize().tz_localize(zone)
    table = pd.DataFrame({name.title(): frame[name].to_numpy() for name in frame.columns[1:]}, index=index)
    assert import_frame(market, table, "1d", source="pandas", symbol="P").taken == 4
    assert import_frame(market, frame.lazy(), "1d", source="polars", symbol="Q").taken == 4
    assert import_frame(market, frame.to_dict(), "1d", source="columns", symbol="R").taken == 4
    assert market.show("Q", "1d").equals(market.show("R", "1d"))
    assert market.show("P", "1d")["close"].to_list() == market.show("Q", "1d")["close"].to_list()
    with pytest.raises(UsageError, match="bars are a frame, got int"):
        import_frame(market, 3, "1d", source="x")


def test_a_parquet_file_without_a_timeframe_tells_it_by_its_bars(market, days, tmp_path) -> None:
    steps = {"1m": dt.timedelta(minutes=1), "4h": dt.timedelta(hours=4), "1w": dt.timedelta(weeks=1)}
    for timeframe, step in steps.items():
        ts = pl.Series([dt.datetime(2024, 1, 1) + i * step for i in range(9)]).cast(pl.Datetime("us", "UTC"))
        path = tmp_path / f"{timeframe}.parquet"
        days(bars=9).with_columns(ts=ts).write_parquet(path)
        assert import_files(market, [path]).timeframe == timeframe


EXPECTED = {
    "alphavantage_csv/DA-ANTM-T-2021-04-21.csv": ("ANTM", "1d", 5107),
    "alphavantage_csv/DA-GNRC-T-2021-04-21.csv": ("GNRC", "1d", 2817),
    "alphavantage_csv/DA-KSU-T-2021-04-21.csv": ("KSU", "1d", 5402),
    "alphavantage_csv/DA-ODFL-T-2021-04-21.csv": ("ODFL", "1d", 5402),
    "alphavantage_csv/DA-BF.B-T-2021-04-21.csv": "is an error message, not bars: { Error Message }",
    "backtesting_py/EURUSD.csv": ("EURUSD", "1h", 5000),
    "backtesting_py/GOOG.csv": ("GOOG", "1d", 2148),
    "binance_csv/ADABTC-1m-2021-11-27.csv": ("ADABTC", "1m", 10),
    "binance_csv/ADABTC-1m-2021-11-28.csv": ("ADABTC", "1m", 11),
    "bitfinex_json/19-01-01 00-00-00.json": "its name has no symbol",
    "bitfinex_json/19-01-01 02-00-00.json": "its name has no symbol",
    "bitfinex_json/EMPTY_19-02-09 08-00-00.json": "is an empty list",
    "bitfinex_json/LTCUSD_2013_merged_OCHL.csv": ("LTCUSD", "1m", 18645),
    "cryptodatadownload_csv/Coinbase_BTCUSD_1h.csv": ("BTCUSD", "1h", 20111),
    "cryptodatadownload_csv/Coinbase_BTCUSD_d.csv": ("BTCUSD", "1d", 1770),
    "databento_csv/6EH4.XCME_1min_bars_202401.csv.gz": ("6EH4", "1m", 29996),
    "freqtrade/ETH_BTC-5m.feather": ("ETH_BTC", "5m", 5760),
    "freqtrade/NOPAIR_XXX-4m.json": "is an empty list",
    "freqtrade/UNITTEST_BTC-1m.json": ("UNITTEST_BTC", "1m", 13681),
    "freqtrade/UNITTEST_BTC-5m.feather": ("UNITTEST_BTC", "5m", 5760),
    "freqtrade/UNITTEST_BTC-8m.feather": "is empty",
    "freqtrade/UNITTEST_BTC-8m.json.gz": "the name says 8m, but its bars are 1m apart",
    "freqtrade/XRP_ETH-5m.feather": ("XRP_ETH", "5m", 706),
    "freqtrade/futures/XRP_USDT_USDT-1h-futures.feather": ("XRP_USDT_USDT", "1h", 100),
    "freqtrade/futures/XRP_USDT_USDT-1h-mark.feather": ("XRP_USDT_USDT-mark", "1h", 100),
    "freqtrade/futures/XRP_USDT_USDT-5m-futures.feather": ("XRP_USDT_USDT", "5m", 1999),
    "freqtrade/futures/XRP_USDT_USDT-8h-funding_rate.feather": "holds funding rates",
    "freqtrade/kraken_trades_BCHEUR.csv": "holds trades",
    "lean_zip/aapl_daily.zip": ("AAPL", "1d", 5849),
    "lean_zip/aapl_factor.csv": "holds price factors",
    "lean_zip/aapl_hour.zip": ("AAPL", "1h", 40831),
    "lean_zip/btcusd_minute_20180404_trade.zip": ("BTCUSD", "1m", 1007),
    "lean_zip/goog_map.csv": "maps dates to tickers",
    "mt_csv/histdata_ETXEUR_M1_201801_head.csv": ("ETXEUR", "1m", 11),
    "yahoo_csv/2006-min-005.txt": ("2006-min-005", "5m", 2142),
    "yahoo_csv/2006-week-001.txt": ("2006-week-001", "1w", 52),
    "yahoo_csv/nvda-2014.txt": ("nvda-2014", "1d", 252),
    "yahoo_csv/yhoo-1996-2014.txt": ("yhoo-1996-2014", "1d", 4713),
}
"""Every file of the shared vendor samples: symbol, timeframe and rows, or why it is refused."""


def test_every_real_vendor_file_is_imported_or_refused_with_the_reason(market, shared) -> None:
    raw = shared / "raw"
    files = sorted(path for path in raw.rglob("*") if path.is_file())
    assert {path.relative_to(raw).as_posix() for path in files} == set(EXPECTED)
    for path in files:
        expected = EXPECTED[path.relative_to(raw).as_posix()]
        if isinstance(expected, str):
            with pytest.raises(MarketError, match=expected.replace("{", r"\{").replace("}", r"\}")) as caught:
                import_files(market, [path])
            assert {fault.code for fault in caught.value.faults} == {"TG304"}
            assert caught.value.hint
        else:
            report = import_files(market, [path])
            assert (report.symbols[0].symbol, report.timeframe, report.taken) == expected, path


def test_what_is_known_of_real_vendor_files_is_found(market, shared) -> None:
    """The quirks of each sample: what is said of the file, and what is found in its bars."""
    raw = shared / "raw"

    def quirks(name: str, **more) -> tuple[str, dict[str, int]]:
        report = import_files(market, [raw / name], **more)
        found = {f.check: f for f in market.verify() if f.symbol == report.symbols[0].symbol}
        counts = {check: f.count for check, f in found.items() if f.timeframe == report.timeframe}
        return " ".join(report.files[0].notes), counts

    notes, found = quirks("cryptodatadownload_csv/Coinbase_BTCUSD_1h.csv")
    assert "rows stand newest first but for 5 and were sorted" in notes
    assert found["zero_volume"] == 28
    assert "gap" not in found  # read on the 12-hour clock, every hour is there
    _, found = quirks("cryptodatadownload_csv/Coinbase_BTCUSD_d.csv")
    assert (found["zero_volume"], found["gap"]) == (38, 1)
    _, found = quirks("freqtrade/futures/XRP_USDT_USDT-1h-mark.feather")
    assert found["no_volume"] == 100
    notes, found = quirks("yahoo_csv/2006-min-005.txt")
    assert "no zone and are taken as UTC" in notes
    assert found["zero_volume"] == 2142
    notes, _ = quirks("mt_csv/histdata_ETXEUR_M1_201801_head.csv")
    assert "no zone" not in notes
    _, found = quirks("lean_zip/aapl_daily.zip")
    assert found["split_missing"] == 4
    _, found = quirks("bitfinex_json/LTCUSD_2013_merged_OCHL.csv")
    assert not {"ohlc_order", "duplicate"} & found.keys()


def test_files_that_lie_beside_the_canonical_ones_are_refused_by_name(market, shared) -> None:
    folder = shared / "equities_us_1d"
    with pytest.raises(MarketError, match="lists symbols, not bars"):
        import_files(market, [folder / "constituents.csv"])
    with pytest.raises(MarketError, match="no open, high, low, close"):
        import_files(market, [folder / "adj_close_reference_2011-2021.parquet"])
    with pytest.raises(MarketError, match="no bars file") as caught:
        import_files(market, [shared / "raw"])
    assert "alphavantage_csv" in caught.value.hint


def test_real_hours_of_lean_make_its_real_days(market, shared) -> None:
    import_files(market, [shared / "raw/lean_zip/aapl_daily.zip", shared / "raw/lean_zip/aapl_hour.zip"])
    hours, days = market.show("AAPL", "1h", limit=None), market.show("AAPL", "1d", limit=None)
    starts = hours["ts"].dt.convert_time_zone("America/New_York").dt.hour()
    assert (starts == 9).sum() == 5848
    from_hours = (
        hours.with_columns(ts=pl.col("ts").dt.convert_time_zone("America/New_York").dt.date())
        .group_by("ts", maintain_order=True)
        .agg(pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last())
    )
    joined = from_hours.join(days.with_columns(pl.col("ts").dt.date()), on="ts", suffix="_day")
    assert joined.height == 5849
    for name in ("open", "high", "low", "close"):
        assert (joined[name] == joined[f"{name}_day"]).all(), name


def test_bitfinex_read_as_it_is_has_no_high_below_a_low(market, shared) -> None:
    path = shared / "raw/bitfinex_json/LTCUSD_2013_merged_OCHL.csv"
    (symbol,) = import_files(market, [path]).symbols
    assert "ohlc_order" not in {finding.check for finding in symbol.findings}
    named = import_files(market, [shared / "raw/bitfinex_json/19-01-01 00-00-00.json"], symbol="BTCUSD")
    assert named.timeframe == "1m"


def test_formats_have_names_of_their_own_and_one_file_each() -> None:
    names = [form.name for form in FORMATS]
    assert len(set(names)) == len(names)
    folder = Path(Sample.of.__func__.__code__.co_filename).parent
    assert {f"{name}.py" for name in names} <= {path.name for path in folder.iterdir()}
