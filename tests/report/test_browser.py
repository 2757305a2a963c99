"""Reports opened from their files in Chromium: what they show, and that nothing leaves them."""

import numpy as np
import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("report")

MARKS = "tradegraph.page.marks.map((mark) => [tradegraph.page.data.times[mark.row], mark.role, mark.trade.id])"
SHOWN = """(() => {
  const { chart } = tradegraph.page;
  const drawn = chart.chart.panes().flatMap((pane) => pane.getSeries()).map((series) => series.data().length);
  return [chart.frame, Math.max(...drawn), chart.visible];
})()"""


def quiet(seen):
    """True when the page asked for nothing but itself, and its console had nothing to say."""
    return seen.said == [] and len(seen.asked) == 1 and seen.asked[0].startswith("file:")


def trades(site, run, symbol):
    found = site.engine.sql(
        "select trade_id, epoch(entry_time) as entry, epoch(exit_time) as exit, status, entry_price, pnl from trades"
        f" where run_id = '{site.runs[run]}' and symbol = '{symbol}' order by trade_id"
    )
    return found.rows(named=True)


@pytest.mark.parametrize("width", [1440, 420])
def test_marks_are_the_trades_and_nothing_leaves_the_file(site, opened, width):
    seen = opened(site.report("trading"), width=width)
    told = trades(site, "trading", "NASDAQ")
    expected = [(row["entry"], "entry", row["trade_id"]) for row in told]
    expected += [(row["exit"], "exit", row["trade_id"]) for row in told if row["status"] != "open"]
    assert sorted(map(tuple, seen.js(MARKS))) == sorted(expected)
    rows = seen.page.locator("#trade-table tbody tr")
    assert rows.count() == len(told)
    assert [int(text) for text in rows.locator("th").all_inner_texts()] == [row["trade_id"] for row in told]
    assert seen.js("document.documentElement.scrollWidth <= innerWidth")
    assert quiet(seen)


def test_a_click_on_a_trade_zooms_to_its_bars(site, opened):
    seen = opened(site.report("trading"))
    told = trades(site, "trading", "NASDAQ")[3]
    seen.page.locator("#trade-table tbody tr").nth(3).locator("button").press("Enter")
    seen.settle()
    frame, buckets, visible = seen.js(SHOWN)
    assert frame["size"] == 1
    assert buckets <= 2000
    times = seen.js("[...tradegraph.page.data.times]")
    first, last = times[max(round(visible["first"]), 0)], times[min(round(visible["last"]), len(times) - 1)]
    assert first <= told["entry"]
    assert told["exit"] <= last
    assert visible["last"] - visible["first"] < 400
    assert quiet(seen)


def test_another_symbol_brings_its_own_figures(site, opened):
    seen = opened(site.report("trading"))
    before = seen.page.locator("#figures strong").first.inner_text()
    seen.page.get_by_role("combobox", name="Symbol", exact=True).select_option(label="SPX")
    told = trades(site, "trading", "SPX")
    seen.page.locator("#symbol-table tr.chosen", has_text="SPX").wait_for()
    assert seen.page.locator("#trade-table tbody tr").count() == len(told)
    assert seen.page.locator("#figures strong").first.inner_text() != before
    assert len(seen.js(MARKS)) == 2 * len(told) - sum(row["status"] == "open" for row in told)
    assert quiet(seen)


def test_prices_and_values_at_the_last_bar_are_those_of_the_run(site, opened):
    seen = opened(site.report("trading"))
    last = seen.js("Object.fromEntries(Object.entries(tradegraph.page.data.columns).map(([n, v]) => [n, v.at(-1)]))")
    names = {one["label"]: one["id"] for one in site.report("trading").data["series"]}
    bars = site.engine.market.show("NASDAQ", "1d", limit=1, adjust="splits")
    assert [last[name] for name in "ohlc"] == list(bars.select("open", "high", "low", "close").row(0))
    for node in ("fast", "strength"):
        value = site.engine.database.output(site.runs["trading"], "trading", node)
        value = value.filter(pl.col("symbol") == "NASDAQ")["value"][-1]
        assert last[names[node]] == pytest.approx(value, rel=2e-6)


def test_monthly_returns_multiply_to_the_total(site, opened):
    seen = opened(site.report("trading"))
    years = seen.js("tradegraph.page.months()")
    for symbol, count in (("NASDAQ", 1),):
        total = site.engine.sql(
            f"select value from metrics where run_id = '{site.runs['trading']}' and symbol = '{symbol}'"
            " and metric = 'total_return'"
        ).item()
        assert np.prod([1 + year["whole"] for year in years]) * count == pytest.approx(1 + total, rel=1e-4)
    assert seen.page.locator("#month-table tbody tr").count() == len(years) == 7


@pytest.mark.parametrize(("run", "width"), [("quiet", 1440), ("indicators", 420), ("measured", 1440), ("hostile", 420)])
def test_pages_of_every_kind_open(site, opened, run, width):
    seen = opened(site.report(run), width=width, dark=width == 420)
    assert seen.page.locator("#charts canvas").count() > 2
    assert seen.js("tradegraph.page.marks.length") == 0
    assert seen.js("document.documentElement.scrollWidth <= innerWidth")
    assert seen.page.locator("[role=alert]").count() == 0
    assert quiet(seen)
    if run == "quiet":
        assert "made no trade" in seen.page.locator("#trade-table").inner_text()


def test_a_name_switches_a_line_and_keys_move_the_chart(site, opened):
    seen = opened(site.report("trading"))
    entry = seen.page.locator("button.entry", has_text="strength")
    panes = seen.js("tradegraph.page.panes.length")
    entry.click()
    assert entry.get_attribute("aria-pressed") == "false"
    assert seen.js("tradegraph.page.panes.length") == panes - 1
    seen.page.get_by_role("button", name="The last 250 bars").click()
    seen.page.keyboard.press("ArrowLeft")
    seen.page.keyboard.press("+")
    seen.settle()
    _, _, visible = seen.js(SHOWN)
    assert 100 < visible["last"] - visible["first"] < 150
    seen.page.keyboard.press("Home")
    seen.settle()
    _, _, visible = seen.js(SHOWN)
    assert visible["first"] == pytest.approx(-0.5, abs=0.01)
    seen.page.get_by_role("button", name="log").click()
    assert quiet(seen)


def test_a_sweep_has_its_map_ranking_and_neighbours(site, opened):
    seen = opened(site.report("sweep"))
    values = site.engine.sql(
        "select fast, slow, avg(sharpe) as value from trading.sweep group by all order by value desc"
    ).rows()
    assert seen.page.locator(".map td button").count() == 6
    best = seen.page.locator("#ranking-table tbody tr").first.locator("td").all_inner_texts()
    assert [int(best[0]), int(best[1])] == list(values[0][:2])
    lead = seen.page.locator("#stability-table .lead").inner_text()
    assert f"fast {values[0][0]}, slow {values[0][1]}" in lead
    assert "number 1 of 6" in lead
    seen.page.locator("#ranking-table tbody tr").nth(2).locator("button").click()
    assert f"fast {values[2][0]}, slow {values[2][1]}" in seen.page.locator("#stability-table .lead").inner_text()
    seen.page.get_by_role("combobox", name="Metric", exact=True).select_option(label="Total return")
    seen.page.get_by_role("combobox", name="Down", exact=True).select_option(label="symbol")
    assert seen.page.locator(".map tbody tr").count() == 2
    assert quiet(seen)


def test_a_batch_has_its_graphs_by_symbol(site, opened):
    seen = opened(site.report("batch"), width=420)
    assert seen.page.locator("#ranking-table tbody tr").count() == 2
    assert seen.page.locator(".map td").count() == 4
    assert seen.js("document.documentElement.scrollWidth <= innerWidth")
    assert quiet(seen)


def test_a_wheel_scrolls_the_page_and_with_ctrl_the_chart_zooms(site, opened):
    seen = opened(site.report("trading"))
    box = seen.page.locator("#charts .chart").bounding_box()
    seen.page.mouse.move(box["x"] + 300, box["y"] + 60)
    seen.page.mouse.wheel(0, 200)
    seen.settle()
    _, _, visible = seen.js(SHOWN)
    assert visible["last"] - visible["first"] == pytest.approx(seen.js("tradegraph.page.data.rows"))
    seen.page.keyboard.down("Control")
    seen.page.mouse.wheel(0, -400)
    seen.page.keyboard.up("Control")
    seen.settle()
    _, _, closer = seen.js(SHOWN)
    assert closer["last"] - closer["first"] < visible["last"] - visible["first"]


@pytest.mark.heavy
def test_a_hundred_thousand_bars_open_in_little_and_zoom_to_one(long_site, opened):
    rng = np.random.default_rng(4)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 1e-3, 100_000))), 2)
    begin = pl.datetime(2020, 1, 1, time_zone="UTC")
    frame = pl.DataFrame({"symbol": "LONG", "close": close}).with_columns(
        ts=begin + pl.duration(minutes=pl.int_range(100_000)),
        open=pl.Series(np.roll(close, 1)),
        volume=pl.Series(rng.integers(1, 1000, 100_000).astype(float)),
    )
    frame = frame.with_columns(
        high=pl.max_horizontal("open", "close") + 0.05, low=pl.min_horizontal("open", "close") - 0.05
    )
    site = long_site(frame, "1m")
    report = site.report("long")
    assert len(report.data["charts"][0]["columns"]) >= 14
    assert report.path.stat().st_size < 4_000_000
    seen = opened(report)
    frame_, buckets, _ = seen.js(SHOWN)
    assert frame_["size"] > 1
    assert buckets <= 2000
    told = trades(site, "long", "LONG")
    assert len(seen.js(MARKS)) == 2 * len(told) - sum(row["status"] == "open" for row in told)
    for _ in range(14):
        seen.page.get_by_role("button", name="Zoom in").click()
    frame_, buckets, visible = seen.js(SHOWN)
    assert frame_["size"] == 1
    assert buckets <= 2000
    assert visible["last"] - visible["first"] < 60
    assert quiet(seen)


MARKET = __import__("pathlib").Path(__file__).parents[3] / "shared" / "market" / "crypto_1m"


@pytest.mark.heavy
@pytest.mark.skipif(not MARKET.is_dir(), reason="../shared/market is not there")
def test_a_year_of_real_minutes_opens(long_site, opened):
    file = MARKET / "LTCUSD_2019.parquet"
    frame = pl.read_parquet(file)
    names = {name.lower(): name for name in frame.columns}
    time = next(names[name] for name in ("ts", "timestamp", "time", "date", "datetime") if name in names)
    frame = frame.select(
        pl.lit("LTCUSD").alias("symbol"),
        pl.col(time).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("ts"),
        *(pl.col(names[name]).alias(name) for name in ("open", "high", "low", "close", "volume")),
    )
    site = long_site(frame, "1m")
    seen = opened(site.report("long"), width=420)
    _, buckets, _ = seen.js(SHOWN)
    assert buckets <= 2000
    told = trades(site, "long", "LTCUSD")
    assert len(seen.js(MARKS)) == 2 * len(told) - sum(row["status"] == "open" for row in told)
    assert quiet(seen)
