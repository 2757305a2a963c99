"""What a run left, over HTTP: windows, buckets, tables, metrics, trades; and stored bars."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.api.series import sampled

pytestmark = pytest.mark.xdist_group("api")


def day(ms):
    return dt.datetime.fromtimestamp(ms / 1e3, dt.UTC).date().isoformat()


def series(site, run, node, **params):
    return site.get(f"/api/runs/{run}/nodes/{node}/series", **params)


def test_a_series_is_what_the_store_has(site, past):
    found = series(site, past, "move", symbol="AAA")
    kept = site.server.served.engine.database.output(past, "tested", "move").filter(pl.col("symbol") == "AAA")
    assert (found["rows"], found["bucketed"], found["kinds"]) == (120, False, {"value": "price"})
    (column,) = found["columns"]
    assert column == {"name": "value", "last": kept["value"].to_list(), "least": None, "most": None}
    assert [day(ms) for ms in found["ts"]] == kept["ts"].dt.date().cast(pl.String).to_list()
    assert column["last"][:2] == [None, None]


def test_a_window_of_time_is_cut_and_its_last_day_counts_whole(site, past):
    found = series(site, past, "move", symbol="BBB", **{"from": "2024-02-01", "to": "2024-02-03"})
    assert [day(ms) for ms in found["ts"]] == ["2024-02-01", "2024-02-02", "2024-02-03"]
    none = series(site, past, "move", symbol="BBB", **{"from": "2030-01-01"})
    assert (none["rows"], none["ts"], none["columns"][0]["last"]) == (0, [], [])


def test_a_bucket_loses_no_peak(site, past):
    whole = series(site, past, "move", symbol="AAA")["columns"][0]["last"]
    found = series(site, past, "move", symbol="AAA", points=7)
    (column,) = found["columns"]
    assert found["bucketed"] is True
    assert len(found["ts"]) == len(column["last"]) == len(column["least"]) == 7
    known = [value for value in whole if value is not None]
    assert min(column["least"]) == min(known)
    assert max(column["most"]) == max(known)
    assert column["last"][-1] == whole[-1]


def test_several_symbols_need_a_name_and_unknown_nodes_get_a_suggestion(site, past):
    several = site.client.get(f"/api/runs/{past}/nodes/move/series")
    assert (several.status_code, several.json()["code"]) == (422, "TG801")
    assert "AAA, BBB" in several.json()["hint"]
    unknown = site.client.get(f"/api/runs/{past}/nodes/mov/series", params={"symbol": "AAA"})
    assert (unknown.status_code, unknown.json()["hint"]) == (404, "Did you mean 'move'?")
    assert site.client.get(f"/api/runs/{past}/nodes/deals/series").json()["code"] == "TG802"
    assert site.client.get(f"/api/runs/{past}/nodes/move/table").json()["code"] == "TG802"
    wrong = site.client.get(f"/api/runs/{past}/nodes/move/series", params={"symbol": "AAA", "from": "soon"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "TG801")


def test_tables_are_paged(site, past):
    whole = site.get(f"/api/runs/{past}/nodes/deals/table")
    assert whole["total"] == len(whole["rows"]) > 10
    assert [column["name"] for column in whole["columns"]][:3] == ["symbol", "trade_id", "direction"]
    page = site.get(f"/api/runs/{past}/nodes/deals/table", limit=3, offset=2)
    assert page["rows"] == whole["rows"][2:5]
    assert page["total"] == whole["total"]


def test_trades_and_metrics_are_those_of_the_run(site, past):
    found = site.get(f"/api/runs/{past}/trades", symbol="AAA", limit=5)
    rows = site.post("/api/sql", {"query": f"select count(*) from trades where run_id = '{past}' and symbol = 'AAA'"})
    assert found["total"] == rows["rows"][0][0] > 5
    times = [trade["entry_time"] for trade in found["trades"]]
    assert times == sorted(times)
    assert found["trades"][0]["pnl"] == found["trades"][0]["entry_price"] / 2
    assert found["trades"][0]["return"] is None
    metrics = {(m["symbol"], m["metric"]): m["value"] for m in site.get(f"/api/runs/{past}/metrics")}
    assert metrics["BBB", "best"] == 10 * metrics["AAA", "best"] == 20.0
    assert site.get(f"/api/runs/{past}/metrics", node="nope") == []


def test_bars_are_put_together_as_bars(site):
    whole = site.get("/api/data/bars", symbol="AAA", timeframe="1d")
    assert (whole["rows"], whole["bucketed"], len(whole["ts"])) == (120, False, 120)
    few = site.get("/api/data/bars", symbol="AAA", timeframe="1d", points=4, **{"from": "2024-01-11"})
    assert (few["rows"], few["bucketed"], len(few["ts"])) == (110, True, 4)
    # 110 bars in 4 buckets: the first has 28
    piece = slice(10, 38)
    assert few["open"][0] == whole["open"][10]
    assert few["close"][0] == whole["close"][37]
    assert few["high"][0] == max(whole["high"][piece])
    assert few["low"][0] == min(whole["low"][piece])
    assert sum(few["volume"]) == 110 * 1000
    unknown = site.client.get("/api/data/bars", params={"symbol": "AAB", "timeframe": "1d"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "TG301")
    assert site.client.get("/api/data/bars", params={"symbol": "AAA", "timeframe": "x"}).json()["code"] == "TG306"


def test_the_market_is_listed_and_verified(site):
    assert [entry["symbol"] for entry in site.get("/api/data/symbols")] == ["AAA", "BBB"]
    (covered,) = site.get("/api/data/coverage", symbol="BBB")
    assert (covered["timeframe"], covered["rows"], covered["first"][:10]) == ("1d", 120, "2024-01-01")
    task = site.post("/api/data/verify", status=202)
    assert list(site.client.get(f"/api/tasks/{task['id']}/events").iter_lines())
    shown = site.get(f"/api/tasks/{task['id']}")
    assert (shown["kind"], shown["state"]) == ("verify", "ok")
    defects = site.get("/api/data/defects")
    assert defects["verified_at"] is not None
    assert len(defects["defects"]) == sum(shown["result"]["counts"].values())


_COLUMN = st.lists(
    st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True, width=32)), min_size=0, max_size=60
)


@settings(max_examples=40)
@given(values=_COLUMN, points=st.integers(1, 30))
def test_buckets_lose_nothing_that_is_known(values, points):
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    ts = pl.Series("ts", [start + dt.timedelta(hours=n) for n in range(len(values))], dtype=pl.Datetime("us", "UTC"))
    frame = pl.DataFrame([ts, pl.Series("value", values, dtype=pl.Float64)])
    instants, (column,) = sampled(frame, ["value"], points)
    known = [v for v in values if v is not None and abs(v) != float("inf") and v == v]
    assert len(instants) == min(len(values), points)
    assert instants == sorted(set(instants))
    if column.least is None or column.most is None:
        assert [v for v in column.last if v is not None] == known
    else:
        assert min((v for v in column.least if v is not None), default=None) == min(known, default=None)
        assert max((v for v in column.most if v is not None), default=None) == max(known, default=None)
        assert [v for v in column.last if v is not None][-1:] == known[-1:]
