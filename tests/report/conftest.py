"""A project over the sample bars with a graph of each kind, run once, and a browser that looks at its reports."""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.engine import Engine, Overrides
from pipeline.market import Market
from pipeline.market.importing import import_files, import_frame
from pipeline.report.write import Wanted
from pipeline.runs.sweep import Search

CHECKOUT = Path(__file__).parents[2]
BARS = "bars:\n  daily: {timeframe: 1d, symbols: all, from: 2012-01-02}\n"
TRADING = """\
nodes:
  fast: {use: sma, in: daily.close, with: {period: $fast}}
  slow: {use: sma, in: daily.close, with: {period: $slow}}
  strength: {use: rsi, in: daily.close, with: {period: 14}}
  above: {use: greater, in: {x: fast, y: slow}}
  entry: {use: cross, in: {fast: fast, slow: slow}}
  bt: {use: backtest, in: {bars: daily, signal: entry}, with: {fee: 0.001, fill: FILL}}
outputs: {stats: bt.metrics, equity: bt.equity, strength: strength}
"""
PARAMS = "params:\n  fast: {type: int, default: 10, min: 2}\n  slow: {type: int, default: 40, min: 3}\n"
HOSTILE = "</script><script>alert(1)</script> & <b>bold</b>"
GRAPHS = {
    "trading": f"{PARAMS}{BARS}{TRADING}".replace("FILL", "next_open"),
    "hopeful": f"{PARAMS}{BARS}{TRADING}".replace("FILL", "same_close"),
    "quiet": f"""{BARS}nodes:
  strength: {{use: rsi, in: daily.close}}
  low: {{use: below, in: strength, with: {{level: 0.000001}}}}
  high: {{use: above, in: strength, with: {{level: 99.9999}}}}
  entry: {{use: long_flat, in: {{enter: low, exit: high}}}}
  bt: {{use: backtest, in: {{bars: daily, signal: entry}}}}
""",
    "indicators": f"""{BARS}nodes:
  fast: {{use: sma, in: daily.close, with: {{period: 10}}}}
  strength: {{use: rsi, in: daily.close}}
outputs: {{fast: fast, strength: strength}}
""",
    "measured": f"""{BARS}nodes:
  fast: {{use: sma, in: daily.close, with: {{period: 10}}}}
  entry: {{use: cross, in: {{fast: daily.close, slow: fast}}}}
  held: {{use: position, in: entry}}
  earned: {{use: position_returns, in: {{close: daily.close, weight: held}}}}
  equity: {{use: growth, in: earned}}
  stats: {{use: performance, in: {{close: daily.close, returns: earned, weight: held}}}}
outputs: {{result: stats, curve: equity}}
""",
    "weekly": f"""{BARS}nodes:
  weekly: {{use: resample, in: daily, with: {{timeframe: 1w, weekdays: true}}}}
  tide: {{use: sma, in: weekly.bars_close, with: {{period: 10}}}}
outputs: {{tide: tide}}
""",
    "hostile": f"""description: "A graph {HOSTILE}"
{BARS}nodes:
  fast: {{use: sma, in: daily.close, with: {{period: 10}}}}
  bad: {{use: fails, in: fast}}
  after: {{use: above, in: bad, with: {{level: 0}}}}
  peeking: {{use: peeks, in: daily.close}}
outputs: {{after: after, fast: fast, peeking: peeking}}
""",
}
NODES = f'''\
from pipeline import Number, SameKind, indicator


@indicator(style="array")
def fails(x: Number) -> SameKind:
    """A node that fails: {HOSTILE}."""
    raise ValueError("{HOSTILE}")


@indicator
def peeks(x: Number) -> SameKind:
    """The value of tomorrow."""
    return x.shift(-1)
'''


@dataclass
class Report:
    """A report that was written, and what its script is given."""

    path: Path
    text: str = field(repr=False)

    @property
    def data(self) -> dict[str, Any]:
        (found,) = re.findall(r'<script type="application/json" id="report">(.*?)</script>', self.text, re.DOTALL)
        return json.loads(found)

    @property
    def page(self) -> str:
        """The page without its style and its script."""
        return re.sub(r"<(style|script)>.*?</\1>", "", self.text, flags=re.DOTALL)


@dataclass
class Site:
    """The project, the ids of its runs by graph, and the way to their reports."""

    engine: Engine
    runs: dict[str, str]
    known: dict[str, Report] = field(default_factory=dict)

    def report(self, run: str, name: str = "", **wanted: Any) -> Report:
        """The report of a run; without a name and wishes the one that was written before, if there is one."""
        if name or wanted:
            return self._written(run, name or f"{run}-as-wished", wanted)
        if run not in self.known:
            self.known[run] = self._written(run, run, {})
        return self.known[run]

    def _written(self, run: str, name: str, wanted: dict[str, Any]) -> Report:
        folder = self.engine.project.root / "written"
        folder.mkdir(exist_ok=True)
        path = self.engine.report(self.runs.get(run, run), folder / f"{name}.html", Wanted(**wanted))
        return Report(path, path.read_text("utf-8"))


@pytest.fixture(scope="session")
def site(tmp_path_factory, sharing_kernels, registries) -> Iterator[Site]:
    root = sharing_kernels(tmp_path_factory.mktemp("reported") / "project")
    (root / "plugin_config.json").write_text("{}")
    (root / "graphs").mkdir()
    (root / "nodes" / "custom").mkdir(parents=True)
    (root / "nodes" / "custom" / "odd.py").write_text(NODES)
    for name, text in GRAPHS.items():
        (root / "graphs" / f"{name}.yaml").write_text(f"tradegraph: 1\nname: {name}\n{text}")
    import_files(Market(root / "market"), [CHECKOUT / "examples" / "bars"], "1d")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.plugins.system.build_registry", registries)
        engine = Engine.open(root)
        runs = {name: engine.run(name).run.id for name in GRAPHS}
        search = Search({"fast": [5, 10, 20], "slow": [30, 60]}, where="")
        runs["sweep"] = engine.sweep("trading", search).run.id
        files = [root / "graphs" / f"{name}.yaml" for name in ("trading", "measured")]
        runs["batch"] = engine.batch(engine.gather(files, Overrides())).run.id
        yield Site(engine, runs)


@pytest.fixture(scope="session")
def long_site(tmp_path_factory, sharing_kernels, registries) -> Callable[[pl.DataFrame, str], Site]:
    """`long_site(frame, timeframe)`: a project with these bars and ten columns over them, run."""

    def made(frame: pl.DataFrame, timeframe: str, *, synthetic: bool = False) -> Site:
        root = sharing_kernels(tmp_path_factory.mktemp("long") / "project")
        (root / "plugin_config.json").write_text("{}")
        (root / "graphs").mkdir()
        bars = BARS.replace("1d", timeframe).replace(", from: 2012-01-02", "")
        text = f"{PARAMS}{bars}{TRADING}".replace("FILL", "next_open")
        (root / "graphs" / "long.yaml").write_text(f"tradegraph: 1\nname: long\n{text}")
        import_frame(Market(root / "market"), frame, timeframe, source="test bars", synthetic=synthetic)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.plugins.system.build_registry", registries)
            engine = Engine.open(root)
            return Site(engine, {"long": engine.run("long", Overrides(params={"fast": 60, "slow": 600})).run.id})

    return made


@dataclass
class Seen:
    """An open report: its page, what its console said, and the addresses that it asked for."""

    page: Any
    said: list[str]
    asked: list[str]

    def js(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    def settle(self) -> None:
        """Wait until the chart has drawn what it was told to: a few pictures, no clock."""
        self.js(
            "new Promise((done) => { let n = 8; const next = () => (n-- ? requestAnimationFrame(next) : done());"
            " next(); })"
        )


@pytest.fixture
def opened(browser) -> Iterator[Callable[..., Seen]]:
    """`opened(report)`: the report, opened from its file, when it says that it is ready."""
    pages = []

    def open_(report: Report, *, width: int = 1440, dark: bool = False) -> Seen:
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
        )
        pages.append(page)
        seen = Seen(page, [], [])
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("request", lambda request: seen.asked.append(request.url))
        page.goto(report.path.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        return seen

    yield open_
    for page in pages:
        page.close()


@pytest.fixture(scope="session")
def utc() -> Callable[[str], dt.datetime]:
    return lambda text: dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
