"""The page of a run says what the database says, and nothing that a name or a message wants it to."""

import json
import re
import subprocess

import numpy as np
import polars as pl
import pytest

from pipeline.errors import MarketError, ReportError, StoreError, UsageError
from pipeline.market import Market
from pipeline.market.importing import import_frame
from pipeline.report.series import place_of

pytestmark = pytest.mark.xdist_group("report")


def tiles(report):
    """The accounts of a page by name."""
    return {account["name"]: account for account in report.data["accounts"]}


def test_metrics_are_those_that_the_run_measured(site):
    metrics = tiles(site.report("trading"))["bt"]["metrics"]
    rows = site.engine.sql(f"select symbol, metric, value from metrics where run_id = '{site.runs['trading']}'").rows()
    assert {(s, m): metrics[s][m] for s, m, _ in rows} == {(s, m): v for s, m, v in rows}
    assert len(rows) > 50


def test_the_same_run_gives_the_same_bytes(site):
    assert site.report("trading", "once").text == site.report("trading", "twice").text


def test_a_page_is_one_file_with_a_strict_policy(site):
    text = site.report("trading").text
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#x27;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"<(link|img|iframe|object|embed|base|form)\b", site.report("trading").page)
    assert "<script src" not in text
    assert "TradingView Lightweight Charts" in text
    assert 'href="https://www.tradingview.com/"' in text
    assert " style=" not in site.report("trading").page  # the policy would refuse it


def test_every_trade_is_in_the_page(site):
    data = site.report("trading").data
    assert [symbol["name"] for symbol in data["symbols"]] == ["NASDAQ", "SPX"]
    assert all(symbol["trades"] and symbol["chart"] is not None for symbol in data["symbols"])


def test_series_stand_where_they_belong(site):
    place = {one["label"]: one["place"] for one in site.report("trading").data["series"]}
    assert place == {
        "fast": "price", "slow": "price", "strength": "pane", "above": "lane", "entry": "lane", "position": "pane",
    }  # fmt: skip


def test_a_price_far_from_the_closes_has_a_pane_and_a_number_near_them_does_not():
    close = np.linspace(90, 110, 50)
    assert place_of("price", [close * 0.02], [close]) == "pane"
    assert place_of("price", [close * 1.2], [close]) == "price"
    assert place_of("number", [close * 1.01], [close]) == "price"
    assert place_of("number", [close * 1.2], [close]) == "pane"
    assert place_of("number", [close * 1.01, close], [close, close * 3]) == "pane"
    assert place_of("percent", [close], [close]) == "pane"
    assert place_of("price", [close * np.nan], [close]) == "pane"
    assert place_of("event", [close], [close]) == "lane"


def test_text_from_a_run_is_text(site):
    report = site.report("hostile")
    assert "alert(1)" in report.text
    for part in (report.page, json.dumps(report.data)):
        assert "<script>alert" not in part
    assert "<b>bold" not in report.text
    assert report.text.count("<script") == 2
    assert report.text.count("</script>") == 2


def test_a_failed_node_is_shown_with_its_error(site):
    page = site.report("hostile").page
    assert '<article class="failure"><h3>bad <code>TG501</code></h3>' in page
    assert "ValueError: &lt;/script&gt;" in page
    assert "Skipped because of it: after." in page
    assert "Traceback" in page
    assert re.search(r'class="node failed[^"]*"><title>bad', page)


def test_warnings_say_what_to_doubt(site, registries):
    assert "TG225" in site.report("hopeful").page
    assert "TG225" not in site.report("trading").page
    hostile = site.report("hostile").page
    assert "Nobody tested fails, peeks for look-ahead" in hostile
    engine = site.engine
    list(engine.certify([(engine.registry.get("peeks"), None)]))
    certified = site.report("hostile", "certified").page
    assert "<b>Look-ahead.</b> peeking (peeks):" in certified
    assert "Nobody tested fails for" in certified


def test_survivorship_synthetic_and_unadjusted_bars_are_told(long_site):
    days = pl.datetime_range(pl.datetime(2015, 1, 1), pl.datetime(2017, 1, 1), "1d", time_zone="UTC", eager=True)
    close = 100 + np.arange(len(days)) % 17 * 1.0
    frame = pl.concat(
        pl.DataFrame({"symbol": f"S{at:02}", "ts": days}).with_columns(
            open=pl.Series(close),
            high=pl.Series(close + 1),
            low=pl.Series(close - 1),
            close=pl.Series(close),
            volume=1.0,
        )
        for at in range(12)
    )
    page = long_site(frame, "1d", synthetic=True).report("long").page
    assert "Survivorship." in page
    assert "Of 12 symbols none ended" in page
    assert "Synthetic bars." in page


def test_a_graph_without_a_back_test_and_one_without_trades_have_pages(site):
    indicators = site.report("indicators")
    assert indicators.data["accounts"] == []
    assert 'id="trades"' not in indicators.page
    assert 'id="months"' not in indicators.page
    assert len(indicators.data["charts"]) == 2
    quiet = site.report("quiet")
    assert all(symbol["trades"] is None for symbol in quiet.data["symbols"])
    assert 'id="trades"' in quiet.page


def test_growth_is_compared_with_buying_and_holding(site):
    account = tiles(site.report("measured"))["stats"]
    assert (account["equity"], account["benchmark"], account["trades"]) == ("e0", "b0", False)
    names = {column["name"] for column in site.report("measured").data["charts"][0]["columns"]}
    assert {"e0", "b0", "o", "h", "l", "c", "v", "t"} <= names


def test_provenance_has_the_text_the_params_and_the_digests(site):
    page = site.report("trading").page
    run, nodes = site.runs["trading"], site.engine.database.nodes_of(site.runs["trading"])
    assert "trading.yaml as it was when it ran" in page
    assert "use: backtest" in page
    assert run in page
    for row in nodes:
        for digest in (row["code"], row["key"]):
            assert f'title="{digest}"' in page
    (versions,) = site.engine.sql(f"select versions from runs where run_id = '{run}'")["versions"]
    assert all(version in page for version in json.loads(versions).values())


def test_the_text_is_that_of_the_run_not_of_the_file(site):
    file = site.engine.project.root / "graphs" / "trading.yaml"
    before = file.read_text()
    file.write_text(before.replace("period: 14", "period: 15"))
    try:
        page = site.report("trading", "edited").page
    finally:
        file.write_text(before)
    assert "period: 14" in page
    assert "period: 15" not in page


def test_symbols_can_be_chosen(site):
    data = site.report("trading", symbols=["SPX"]).data
    assert [(symbol["name"], symbol["chart"]) for symbol in data["symbols"]] == [("NASDAQ", None), ("SPX", 0)]
    with pytest.raises(UsageError, match="no symbol 'SPY'"):
        site.report("trading", symbols=["SPY"])


def test_a_run_that_is_not_there_is_refused(site):
    with pytest.raises(UsageError, match="neither a graph that ran nor a run"):
        site.report("20990101T000000")
    with pytest.raises(UsageError, match="no graph 'tradin'"):
        site.report("trading", graph="tradin")
    with pytest.raises((UsageError, StoreError)):
        site.report("latest~500")


def test_a_report_goes_where_it_can_be_written(site, tmp_path):
    with pytest.raises(ReportError, match="cannot write"):
        site.engine.report(site.runs["trading"], tmp_path / "missing" / "x.html")
    default = site.engine.report(site.runs["quiet"])
    assert default == site.engine.project.root / "reports" / f"quiet-{site.runs['quiet']}.html"
    assert [path.name for path in default.parent.iterdir()] == [default.name]


def test_bars_are_those_that_the_run_saw(long_site, monkeypatch):
    days = pl.datetime_range(pl.datetime(2015, 1, 1), pl.datetime(2018, 1, 1), "1d", time_zone="UTC", eager=True)
    close = 100 + np.arange(len(days)) % 31 * 1.0
    frame = pl.DataFrame({"symbol": "A", "ts": days}).with_columns(
        open=pl.Series(close), high=pl.Series(close + 1), low=pl.Series(close - 1), close=pl.Series(close), volume=1.0
    )
    site = long_site(frame, "1d")
    before = site.report("long", "before").data["charts"]
    market = Market(site.engine.project.root / "market")
    import_frame(market, frame.tail(3).with_columns(close=pl.col("close") + 0.5), "1d", source="corrected")
    after = site.report("long", "after")
    assert after.data["charts"] == before
    assert "Other bars" not in after.page
    assert "Synthetic" not in after.page
    read, asked = Market.read, []

    def forgetful(self, resolved, columns):
        asked.append(resolved)
        if len(asked) == 1:  # as when many imports came after the run
            raise MarketError("the bars of this plan are no longer in the market", code="TG307")
        return read(self, resolved, columns)

    monkeypatch.setattr(Market, "read", forgetful)
    later = site.report("long", "later")
    assert "Other bars." in later.page
    assert later.data["charts"] != before


def test_values_that_have_gone_are_told(site, tmp_path, monkeypatch):
    from pipeline.store.query import Database

    real = Database.output

    def gone(self, run_id, graph, node, table=""):
        if node == "strength":
            raise StoreError("the value of 'strength' is not stored", code="TG603")
        return real(self, run_id, graph, node, table)

    monkeypatch.setattr(Database, "output", gone)
    report = site.report("trading", "gone")
    assert "no values of strength: they are not stored" in report.page
    assert {one["label"] for one in report.data["series"]} >= {"fast", "strength"}


def test_a_page_is_sound_html(site):
    """Every element that is opened is closed, in the right order."""
    from html.parser import HTMLParser

    open_, wrong = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in {"meta", "br", "input"}:
                open_.append(tag)

        def handle_endtag(self, tag):
            if not open_ or open_.pop() != tag:
                wrong.append(tag)

    for name in ("trading", "hostile", "indicators", "sweep", "batch"):
        Reader().feed(site.report(name).text)
        assert (open_, wrong) == ([], [])
    ids = re.findall(r'\sid="([^"]+)"', site.report("trading").page)
    assert len(ids) == len(set(ids))


def test_the_report_room_starts_no_process(site, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    assert site.report("trading", "alone").path.exists()


def test_slower_values_stand_on_times_of_their_own(site):
    data = site.report("weekly").data
    place = {one["label"]: (one["place"], one["shown"]) for one in data["series"]}
    assert place["tide"] == ("price", True)
    assert place["weekly.bars_close"] == ("price", False)
    chart = data["charts"][0]
    (tide,) = [one["id"] for one in data["series"] if one["label"] == "tide"]
    assert tide not in {column["name"] for column in chart["columns"]}
    weeks = [other for other in chart["others"] if tide in {column["name"] for column in other["columns"]}]
    assert len(weeks) == 1
    assert 0.15 < weeks[0]["rows"] / chart["rows"] < 0.25
