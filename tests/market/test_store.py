"""The market through its protocol: resolve, read, correct, remove, verify."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import MarketError, UsageError
from pipeline.market import Market
from pipeline.market.importing import import_frame
from pipeline.market.manifest import KEPT
from pipeline.model.bars import BarsRequest, ResolvedBars
from pipeline.model.digest import digest_bytes

OHLCV = ("open", "high", "low", "close", "volume")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def code(caught: pytest.ExceptionInfo[MarketError]) -> str:
    return caught.value.faults[0].code


def digests(market: Market, adjust: str = "splits", **more: object) -> tuple[str, ...]:
    return market.resolve(BarsRequest("1d", adjust=adjust, **more)).digests


def test_what_was_stored_is_read_sorted_by_symbol_and_time(market, put, days) -> None:
    put(pl.concat([days("B", bars=3), days("A", bars=2, close=7.0)]))
    resolved = market.resolve(BarsRequest("1d", symbols=("B", "A", "B")))
    assert resolved.symbols == ("A", "B")
    panel = market.read(resolved, ["close", "volume"])
    assert panel.symbols == ("A", "B")
    assert panel.offsets.tolist() == [0, 2, 5]
    assert panel.symbol_column.to_list() == ["A", "A", "B", "B", "B"]
    assert panel.ts.dtype == pl.Datetime("us", "UTC")
    assert list(panel.columns) == ["close", "volume"]
    assert panel.columns["close"].series.to_list() == [7.0, 8.0, 100.0, 101.0, 102.0]


def test_history_before_the_start_is_read_and_rows_from_the_end_on_are_not(market, put, days) -> None:
    put(pl.concat([days("A", bars=6), days("B", "2020-01-03", 6)]))
    request = BarsRequest("1d", start=at("2020-01-03"), end=at("2020-01-05"))
    panel = market.read(market.resolve(request), ["close"])
    assert panel.offsets.tolist() == [0, 4, 6]
    assert panel.ts.max() == at("2020-01-04")


def test_no_columns_still_gives_times(market, put, days) -> None:
    put(days("A", bars=3))
    panel = market.read(market.resolve(BarsRequest("1d")), [])
    assert len(panel) == 3
    assert panel.columns == {}


def test_an_unknown_column_is_named(market, put, days) -> None:
    put(days("A"))
    with pytest.raises(UsageError, match="close"):
        market.read(market.resolve(BarsRequest("1d")), ["closee"])


def test_all_unknown_symbols_are_named_at_once(market, put, days) -> None:
    put(pl.concat([days("AAPL"), days("MSFT")]))
    with pytest.raises(MarketError) as caught:
        market.resolve(BarsRequest("1d", symbols=("APPL", "MSFT", "XYZ")))
    assert [fault.code for fault in caught.value.faults] == ["TG301", "TG301"]
    assert "APPL" in caught.value.faults[0].message
    assert "'AAPL'" in caught.value.faults[0].hint
    assert "XYZ" in caught.value.faults[1].message


def test_an_unknown_timeframe_tells_what_there_is(market, put, days) -> None:
    with pytest.raises(MarketError) as caught:
        market.resolve(BarsRequest("1d"))
    assert code(caught) == "TG302"
    put(days("A"))
    with pytest.raises(MarketError, match="There is 1d") as caught:
        market.resolve(BarsRequest("1h"))
    assert code(caught) == "TG302"
    with pytest.raises(MarketError) as caught:
        market.resolve(BarsRequest("1day"))
    assert code(caught) == "TG306"


@pytest.mark.parametrize("sides", [{"end": at("2019-12-31")}, {"start": at("2020-02-01")}])
def test_a_range_without_bars_tells_the_stored_range(market, put, days, sides) -> None:
    put(days("A"))
    with pytest.raises(MarketError, match="2020-01-01 00:00 to 2020-01-05 00:00") as caught:
        market.resolve(BarsRequest("1d", ("A",), **sides))
    assert code(caught) == "TG303"


def test_a_symbol_listed_after_the_end_is_left_out(market, put, days) -> None:
    put(pl.concat([days("A"), days("NEW", "2021-01-01")]))
    request = BarsRequest("1d", symbols=("A", "NEW"), end=at("2020-06-01"))
    assert market.resolve(request).symbols == ("A",)


def stored_files(market):
    """All files but the accounts of imports."""
    return sorted(path for path in market.root.rglob("*") if "accounts" not in path.parts)


def test_importing_the_same_bars_again_changes_nothing(market, put, days) -> None:
    frame = days("A", bars=400, dividend=[0.0] * 399 + [1.0])
    put(frame)
    before, files = digests(market, "total"), stored_files(market)
    report = put(frame)
    assert (report.new, report.replaced, report.unchanged) == (0, 0, 400)
    assert digests(market, "total") == before
    assert stored_files(market) == files


@pytest.mark.parametrize("adjust", ["none", "splits", "total"])
def test_an_append_even_of_a_split_changes_no_digest_of_an_earlier_end(market, put, days, adjust) -> None:
    put(days("A", "2020-01-01", 500, dividend=[0.0] * 100 + [1.0] + [0.0] * 399))
    ends = [at("2020-02-02"), at("2020-12-31"), at("2021-05-14"), at("2021-05-15")]
    before = [market.resolve(BarsRequest("1d", end=end, adjust=adjust)) for end in ends]
    panels = [market.read(resolved, OHLCV).columns["close"].series for resolved in before]
    latest = digests(market, adjust)
    put(days("A", "2021-05-15", 30, dividend=[0.0] * 9 + [2.0] + [0.0] * 20, split=[1.0] * 20 + [4.0] + [1.0] * 9))
    after = [market.resolve(BarsRequest("1d", end=end, adjust=adjust)) for end in ends]
    assert after == before
    for resolved, panel in zip(after, panels, strict=True):
        assert market.read(resolved, OHLCV).columns["close"].series.equals(panel)
    assert digests(market, adjust) != latest


def test_a_full_download_with_new_days_at_its_end_is_an_append(market, put, days) -> None:
    put(days("A", bars=50))
    before = digests(market, end=at("2020-02-01"))
    report = put(days("A", bars=55))
    assert (report.new, report.unchanged) == (5, 50)
    assert digests(market, end=at("2020-02-01")) == before


def test_a_correction_changes_the_digest_of_ranges_that_hold_it_only(market, put, days) -> None:
    frame = days("A", "2018-01-01", 1000)
    put(frame)
    early, late = digests(market, end=at("2019-01-01")), digests(market, end=at("2020-06-01"))
    fixed = frame.filter(pl.col("ts") == at("2019-03-01")).with_columns(pl.col("close") + 0.25)
    report = put(fixed)
    assert (report.new, report.replaced, report.unchanged) == (0, 1, 0)
    assert digests(market, end=at("2019-01-01")) == early
    assert digests(market, end=at("2020-06-01")) != late
    shown = market.show("A", "1d", limit=None).filter(pl.col("ts") == at("2019-03-01"))
    assert shown["close"].to_list() == fixed["close"].to_list()
    put(frame)
    assert digests(market, end=at("2020-06-01")) == late


def test_two_ends_beyond_the_last_bar_are_the_same_data_and_two_cuts_are_not(market, put, days) -> None:
    put(days("A", bars=10))
    assert digests(market, end=at("2021-01-01")) == digests(market, end=at("2022-01-01")) == digests(market)
    assert digests(market, end=at("2020-01-03")) != digests(market, end=at("2020-01-04"))


def test_the_adjustment_is_in_the_digest_only_where_it_matters(market, put, days) -> None:
    plain, split = days("PLAIN"), days("SPLIT", split=[1, 1, 2, 1, 1])
    put(pl.concat([plain.with_columns(split=pl.lit(1.0)), split]))
    none, splits, total = (digests(market, adjust) for adjust in ("none", "splits", "total"))
    assert none[0] == splits[0] == total[0]
    assert none[1] != splits[1]
    assert splits[1] == total[1]
    early = {digests(market, adjust, end=at("2020-01-03")) for adjust in ("none", "splits", "total")}
    assert len(early) == 1


def test_a_dividend_matters_to_total_alone(market, put, days) -> None:
    put(days("A", dividend=[0, 0, 1, 0, 0]))
    assert digests(market, "none") == digests(market, "splits") != digests(market, "total")


def test_a_corrected_action_replaces_the_stored_one(market, put, days) -> None:
    put(days("A", split=[1, 1, 2, 1, 1]))
    put(days("A", split=[1, 1, 1, 3, 1]))
    assert market.actions("A").select("ts", "split").rows() == [(at("2020-01-04"), 3.0)]
    put(days("A", close=50.0))
    assert market.actions("A")["close"].to_list() == [53.0]


def test_a_plan_made_before_a_correction_still_reads_what_it_named(market, put, days) -> None:
    put(days("A"))
    old = market.resolve(BarsRequest("1d"))
    put(days("A", close=500.0))
    assert Market(market.root).read(old, ["close"]).columns["close"].series[0] == 100.0
    new = market.resolve(BarsRequest("1d"))
    assert market.read(new, ["close"]).columns["close"].series[0] == 500.0


def test_old_heads_and_their_files_go_after_enough_imports(market, put, days) -> None:
    for i in range(KEPT + 4):
        put(days("A", close=100.0 + i))
        if i == 1:
            old = market.resolve(BarsRequest("1d"))
    assert len(list((market.root / "heads").iterdir())) == KEPT
    assert len(list((market.root / "bars/1d/A").iterdir())) == KEPT
    assert len(list((market.root / "sheets").iterdir())) == KEPT
    with pytest.raises(MarketError) as caught:
        market.read(old, ["close"])
    assert code(caught) == "TG307"
    assert market.sweep(older_than=-60.0) == []


def test_a_name_that_is_taken_by_an_older_file_is_never_shared(market, put, days) -> None:
    first, second = days("A"), days("A", close=500.0)
    for frame in (first, second, first):
        put(frame)
    names = {path.name for path in (market.root / "bars/1d/A").iterdir()}
    assert len(names) == 3
    assert market.show("A", "1d")["close"][0] == 100.0


@pytest.mark.parametrize("damage", ["gone", "short", "flipped"])
def test_a_damaged_part_is_refused_with_its_path_and_found_by_verify(market, put, days, damage) -> None:
    put(pl.concat([days("A"), days("B")]))
    resolved = market.resolve(BarsRequest("1d"))
    part = next((market.root / "bars/1d/B").iterdir())
    data = part.read_bytes()
    if damage == "gone":
        part.unlink()
    else:
        part.write_bytes(data[:-1] if damage == "short" else data[:50] + bytes([data[50] ^ 1]) + data[51:])
    with pytest.raises(MarketError) as caught:
        market.read(resolved, ["close"])
    assert code(caught) == "TG305"
    assert str(part) in str(caught.value)
    findings = market.verify()
    assert [(f.symbol, f.check, f.severity) for f in findings] == [("B", "damaged_part", "error")]
    assert len(market.read(market.resolve(BarsRequest("1d", ("A",))), ["close"])) == 5


def test_a_market_of_the_first_builds_is_read(market, put, days, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.market.part.file_digest", digest_bytes)
    put(days("A", bars=4))
    monkeypatch.undo()
    put(days("A", bars=6))
    assert market.show("A", "1d")["close"].to_list() == [100.0, 101, 102, 103, 104, 105]


def test_a_damaged_manifest_is_refused(market, put, days) -> None:
    put(days("A"))
    sheet = next((market.root / "sheets").iterdir())
    sheet.write_bytes(sheet.read_bytes()[:-2])
    with pytest.raises(MarketError) as caught:
        Market(market.root).resolve(BarsRequest("1d"))
    assert code(caught) == "TG305"


def test_removing_forgets_bars_and_then_actions(market, put, days) -> None:
    put(pl.concat([days("A", split=[1, 2, 1, 1, 1]), days("B", split=[1] * 5)]))
    hours = days("A", bars=3).with_columns(ts=pl.col("ts").dt.epoch("s").cast(pl.Int64) // 24)
    put(hours.with_columns(pl.from_epoch("ts", "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")), "1h")
    market.remove("A", "1d")
    assert [(c.timeframe, c.symbol) for c in market.coverage()] == [("1h", "A"), ("1d", "B")]
    assert len(market.actions("A")) == 1
    market.remove("A", "1h")
    assert [(c.timeframe, c.symbol) for c in market.coverage()] == [("1d", "B")]
    assert len(market.actions("A")) == 0
    with pytest.raises(MarketError) as caught:
        market.remove("A", "1d")
    assert code(caught) == "TG301"
    with pytest.raises(MarketError) as caught:
        market.remove("A", "1h")
    assert code(caught) == "TG302"


def test_daily_actions_adjust_intraday_bars_too(market, put, days) -> None:
    put(days("A", split=[1, 1, 2, 1, 1]))
    first = at("2020-01-02")
    hours = days("A", bars=48).with_columns(
        ts=pl.Series([first + dt.timedelta(hours=i) for i in range(48)]).cast(pl.Datetime("us", "UTC"))
    )
    put(hours, "1h")
    close = market.read(market.resolve(BarsRequest("1h")), ["close"]).columns["close"].series
    assert close[23] == 123 / 2
    assert close[24] == 124


def test_symbols_that_differ_in_case_only_are_refused(market, put, days) -> None:
    put(days("AAPL"))
    with pytest.raises(MarketError) as caught:
        put(days("aapl"))
    assert code(caught) == "TG308"


def test_odd_symbols_are_stored_and_read(market, put, days) -> None:
    names = ["BTC/USDT:USDT", "^GSPC", "BRK.B", "PRN", "..", "日経"]
    put(pl.concat([days(name) for name in names]))
    assert market.resolve(BarsRequest("1d")).symbols == tuple(sorted(names))
    assert len(market.read(market.resolve(BarsRequest("1d")), ["close"])) == 5 * len(names)


def test_coverage_tells_source_and_invention(market, days) -> None:
    import_frame(market, days("A"), "1d", source="mine.csv")
    import_frame(market, days("B"), "1d", source="made up", synthetic=True)
    import_frame(market, days("B", "2020-01-06"), "1d", source="real.csv")
    one, two = market.coverage()
    assert (one.source, one.synthetic, one.rows, one.parts) == ("mine.csv", False, 5, 1)
    assert (one.first, one.last) == (at("2020-01-01"), at("2020-01-05"))
    assert (two.source, two.synthetic, two.rows) == ("real.csv", True, 10)


def test_null_volume_stays_null(market, put, days) -> None:
    put(days("A", bars=3).with_columns(volume=pl.Series([1.0, None, 0.0])))
    assert market.show("A", "1d")["volume"].to_list() == [1.0, None, 0.0]


def test_a_resolution_of_another_market_is_refused(market, put, days) -> None:
    put(days("A"))
    with pytest.raises(MarketError) as caught:
        market.read(ResolvedBars(BarsRequest("1d"), ("A",), ("0" * 32,)), ["close"])
    assert code(caught) == "TG307"
