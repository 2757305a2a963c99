"""Fetching bars with the real libraries, from a stand-in of the vendors on this machine."""

from __future__ import annotations

import datetime as dt
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from urllib.parse import parse_qs, urlparse

import pytest

from pipeline.errors import MarketError
from pipeline.market.download import fetch, from_exchange, from_yahoo

START = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
END = dt.datetime(2024, 1, 5, tzinfo=dt.UTC)
MINUTES = 700


def candles(query: dict[str, list[str]]) -> list[list[float]]:
    """Minutes as Coinbase gives them: newest first, [s, low, high, open, close, volume], at most 300."""
    first, last = (dt.datetime.fromisoformat(query[name][0]).timestamp() for name in ("start", "end"))
    at = [START.timestamp() + 60 * i for i in range(MINUTES)]
    return [[t, 9.0, 12.0, 10.0, 11.0, 5.0] for t in reversed(at) if first <= t <= last][-300:]


def chart() -> dict:
    """Three days of Yahoo's chart: prices restated for the split of the last one."""
    stamps = [int((START + dt.timedelta(days=i, hours=14, minutes=30)).timestamp()) for i in range(3)]
    quote = {"open": [50.0, 51, 52], "high": [52.0, 53, 54], "low": [49.0, 50, 51], "close": [51.0, 52, 53]}
    meta = {
        "currency": "USD",
        "symbol": "AAA",
        "exchangeName": "NMS",
        "instrumentType": "EQUITY",
        "gmtoffset": -18000,
        "timezone": "EST",
        "exchangeTimezoneName": "America/New_York",
        "regularMarketTime": stamps[-1],
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "max"],
        "priceHint": 2,
        "currentTradingPeriod": {
            part: {"timezone": "EST", "start": stamps[-1], "end": stamps[-1] + 23400, "gmtoffset": -18000}
            for part in ("pre", "regular", "post")
        },
    }
    events = {
        "dividends": {str(stamps[1]): {"amount": 0.25, "date": stamps[1]}},
        "splits": {str(stamps[2]): {"date": stamps[2], "numerator": 2, "denominator": 1, "splitRatio": "2:1"}},
    }
    indicators = {"quote": [{**quote, "volume": [200, 200, 100]}], "adjclose": [{"adjclose": [51.0, 52, 53]}]}
    result = {"meta": meta, "timestamp": stamps, "events": events, "indicators": indicators}
    return {"chart": {"result": [result], "error": None}}


class Vendor(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlparse(self.path)
        if "candles" in url.path:
            body: object = candles(parse_qs(url.query))
        elif "chart" in url.path:
            body = chart()
        elif "products" in url.path:
            body = [
                {
                    "id": "BTC-USD",
                    "base_currency": "BTC",
                    "quote_currency": "USD",
                    "quote_increment": "0.01",
                    "base_increment": "0.00000001",
                    "display_name": "BTC/USD",
                    "min_market_funds": "1",
                    "margin_enabled": False,
                    "post_only": False,
                    "limit_only": False,
                    "cancel_only": False,
                    "status": "online",
                    "status_message": "",
                    "trading_disabled": False,
                }
            ]
        else:
            body = []
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Nothing is written."""


@pytest.fixture
def vendor():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_exchange_is_read_page_by_page(vendor) -> None:
    ccxt = pytest.importorskip("ccxt", reason="the extra `ccxt` is not installed")
    exchange = ccxt.coinbaseexchange({"enableRateLimit": False})
    exchange.urls["api"] = {"public": vendor, "private": vendor}
    frame = from_exchange(exchange, "BTC/USD", "1m", START, START + dt.timedelta(minutes=650))
    assert frame["ts"].to_list() == [START + dt.timedelta(minutes=i) for i in range(650)]
    assert frame.select("open", "high", "low", "close", "volume").row(0) == (10.0, 12.0, 9.0, 11.0, 5.0)


@pytest.mark.filterwarnings("ignore")
def test_what_yahoo_restated_for_splits_is_undone(vendor, monkeypatch, tmp_path) -> None:
    yfinance = pytest.importorskip("yfinance", reason="the extra `yfinance` is not installed")
    for module in ("base", "scrapers.history"):
        monkeypatch.setattr(import_module(f"yfinance.{module}"), "_BASE_URL_", vendor)
    monkeypatch.setattr(
        import_module("yfinance.data").YfData, "_get_cookie_and_crumb", lambda *_, **__: (None, "basic")
    )
    yfinance.set_tz_cache_location(str(tmp_path))
    frame = from_yahoo(yfinance, "AAA", "1d", START, END)
    assert frame["close"].to_list() == [102.0, 104.0, 53.0]
    assert frame["volume"].to_list() == [100.0, 100.0, 100.0]
    assert frame["dividend"].to_list() == [0.0, 0.5, 0.0]
    assert frame["split"].to_list() == [1.0, 1.0, 2.0]


def test_an_unknown_exchange_is_named() -> None:
    pytest.importorskip("ccxt", reason="the extra `ccxt` is not installed")
    with pytest.raises(MarketError, match="krakn: is no exchange") as caught:
        fetch("krakn", ["BTC/USD"], "1h", start=START)
    assert "kraken" in caught.value.hint


def test_a_library_that_is_missing_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(MarketError, match="yfinance is not installed") as caught:
        fetch("yahoo", ["AAPL"], "1d", start=START)
    assert caught.value.hint == "pip install 'tradegraph[yfinance]'"
    assert caught.value.faults[0].code == "TG310"
