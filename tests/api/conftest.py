"""A project that is served: over a real socket, for as long as the session lasts; and doors without a server."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

from pipeline.api.access import Access
from pipeline.api.app import guarded
from pipeline.api.server import Server, listen
from pipeline.market import Market
from pipeline.market.importing import import_frame

SLOPE = """\
tradegraph: 1
name: slope
description: A line and how steep it is
params:
  lag: {type: int, default: 1, min: 1, max: 5, description: Bars back}
bars:
  daily: {timeframe: 1d, symbols: all}
nodes:
  move: {use: diff, in: daily.close, with: {periods: $lag}}
  twice: {use: scale, in: move, with: {factor: 2}}
outputs:
  line: twice
"""

TESTED = """\
tradegraph: 1
name: tested
params:
  lag: {type: int, default: 2, min: 1, max: 5}
bars:
  daily: {timeframe: 1d, symbols: [AAA, BBB]}
nodes:
  move: {use: diff, in: daily.close, with: {periods: $lag}}
  twice: {use: scale, in: move, with: {factor: 2}}
  deals: {use: deals, in: move}
  marks: {use: marks, in: move}
outputs:
  result: marks
"""

ENDLESS = SLOPE.replace("slope", "endless").replace("use: scale, in: move, with: {factor: 2}", "use: endless, in: move")
DEADLY = SLOPE.replace("slope", "deadly").replace("use: scale, in: move, with: {factor: 2}", "use: deadly, in: move")
BROKEN = SLOPE.replace("slope", "broken").replace("use: scale, in: move, with: {factor: 2}", "use: breaks, in: move")

NODES = '''\
import os
import signal

import polars as pl

from pipeline import Axis, Metrics, Number, SameKind, Trades, indicator, portfolio


@portfolio(style="table")
def deals(axis: Axis, x: Number) -> Trades:
    """A trade at each rise of two or more, held for a bar."""
    frame = axis.with_columns(x=x, idx=pl.int_range(pl.len()).over("symbol"), after=pl.col("ts").shift(-1))
    return frame.filter(pl.col("x") >= 2).select(
        "symbol", trade_id=pl.int_range(pl.len()).over("symbol"), direction=pl.lit("long"), status=pl.lit("closed"),
        entry_idx="idx", entry_time="ts", exit_time="after", entry_price="x", pnl=pl.col("x") / 2,
    )


@portfolio(style="table")
def marks(axis: Axis, x: Number) -> Metrics:
    """The greatest and the mean value of each symbol; the mean of none is no number."""
    frame = axis.with_columns(x=x)
    return frame.group_by("symbol", maintain_order=True).agg(best=pl.col("x").max(), mean=pl.col("x").mean())


@indicator
def endless(x: Number) -> SameKind:
    """Never come back."""
    while True:
        signal.pause()


@indicator
def deadly(x: Number) -> SameKind:
    """Take the process along."""
    os._exit(3)


@indicator
def breaks(x: Number) -> SameKind:
    """Fail whatever comes."""
    raise ZeroDivisionError("no luck")
'''

INDICATOR = '''\
from typing import Any, Dict

import pandas as pd

from ..strategy_plugin_system import IndicatorPlugin


class Reach(IndicatorPlugin):
    """High less low."""

    def __init__(self, factor: float = 1.0, **kwargs):
        self.factor = factor

    def calculate(self, data: pd.DataFrame, **kwargs) -> pd.Series:
        return (data["high"] - data["low"]) * self.factor

    def get_metadata(self) -> Dict[str, Any]:
        return {
            "id": "reach",
            "name": "Reach",
            "version": "1.2.0",
            "author": "us",
            "description": "How far a bar reaches",
            "type": "indicator",
            "parameters": {
                "factor": {"type": "float", "default": 1.0, "min": 0.5, "max": 4.0, "step": 0.5,
                           "description": "What it is multiplied by"},
            },
        }
'''


def wave(rows: int = 120) -> pl.DataFrame:
    """Daily bars from 2024-01-01 on of AAA, which goes up and down, and BBB, which is ten times as much."""
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    close = [100.0 + abs(n % 20 - 10) for n in range(rows)]
    frames = []
    for symbol, factor in (("AAA", 1.0), ("BBB", 10.0)):
        frames.append(
            pl.DataFrame(
                {
                    "symbol": [symbol] * rows,
                    "ts": pl.Series(
                        [start + dt.timedelta(days=n) for n in range(rows)], dtype=pl.Datetime("us", "UTC")
                    ),
                    "open": [factor * (c - 0.5) for c in close],
                    "high": [factor * (c + 1) for c in close],
                    "low": [factor * (c - 1) for c in close],
                    "close": [factor * c for c in close],
                    "volume": [1000.0] * rows,
                }
            )
        )
    return pl.concat(frames)


def lay_out(root: Path) -> Path:
    """A project in a folder."""
    (root / "graphs/base").mkdir(parents=True)
    (root / "nodes/custom").mkdir(parents=True)
    (root / "plugin_config.json").write_text('{"plugin_timeout": 60}\n')
    for name, text in {
        "slope": SLOPE,
        "tested": TESTED,
        "endless": ENDLESS,
        "deadly": DEADLY,
        "broken": BROKEN,
    }.items():
        (root / f"graphs/{name}.yaml").write_text(text)
    (root / "graphs/base/deep.yaml").write_text(SLOPE.replace("name: slope", "name: deep"))
    (root / "nodes/custom/mine.py").write_text(NODES)
    import_frame(Market(root / "market"), wave(), "1d", source="test bars")
    return root


class Site:
    """A served project and a client that has its token."""

    def __init__(self, root: Path, server: Server) -> None:
        self.root = root
        self.server = server
        self.client = self.visitor()

    def visitor(self, **headers: str) -> httpx.Client:
        """One more client."""
        bearer = {"Authorization": f"Bearer {self.server.access.token}"}
        return httpx.Client(base_url=self.server.listening.address, headers={**bearer, **headers}, timeout=60)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of an answer that is well."""
        answer = self.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        """The JSON of an answer with this status."""
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def events(self, run: str, client: httpx.Client | None = None, last: str | None = None) -> Iterator[dict[str, Any]]:
        """The events of a run as they come: `number`, `event` and their facts."""
        headers = {"Last-Event-ID": last} if last else {}
        with (client or self.client).stream("GET", f"/api/runs/{run}/events", headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            found: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name:
                    found[name] = value
                elif found:
                    yield {"number": int(found["id"]), "event": found["event"], **json.loads(found["data"])}
                    found = {}

    def finished(self, run: str) -> dict[str, Any]:
        """The last event of a run."""
        return list(self.events(run))[-1]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, sharing_kernels: Callable[[Path], Path]) -> Iterator[Site]:
    """A project behind a server on a port of its own, in a thread of this process."""
    root = sharing_kernels(lay_out(tmp_path_factory.mktemp("api") / "project"))
    server = Server(root, listen("127.0.0.1", 0))
    ready = threading.Event()
    thread = threading.Thread(target=server.serve_until_stopped, args=(lambda _: ready.set(),))
    thread.start()
    assert ready.wait(60)
    made = Site(root, server)
    yield made
    made.client.close()
    server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def past(site: Site) -> str:
    """The id of a run of `tested`, which has trades."""
    run: str = site.post("/api/runs", {"graph": "tested"}, status=202)["id"]
    assert site.finished(run)["status"] == "ok"
    return run


@pytest.fixture(scope="session")
def swept(site: Site) -> str:
    """The id of a sweep of `tested` over three cells."""
    run: str = site.post("/api/sweeps", {"graph": "tested", "values": {"lag": [1, 2, 3]}}, status=202)["id"]
    assert site.finished(run)["status"] == "ok"
    return run


@pytest.fixture(scope="session")
def door(site: Site) -> Callable[..., Callable[..., httpx.Response]]:
    """`door(read_only=True)(method, path, headers=…)`: an application before which nobody has opened yet."""

    def made(**access: Any) -> Callable[..., httpx.Response]:
        app, _ = guarded(site.root, Access(port=8321, token="secret", **access))

        def asked(method: str, path: str, *, address: str = "http://127.0.0.1:8321", **more: Any) -> httpx.Response:
            async def ask() -> httpx.Response:
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url=address) as client:
                    return await client.request(method, path, **more)

            return asyncio.run(ask())

        return asked

    return made
