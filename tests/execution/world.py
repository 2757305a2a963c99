"""The nouns of these rooms' tests: a `World` in memory, a `Site` on disk, both counting every call of a node.

Other rooms load this file by its path, for tests are no package. Node files are written as plugin authors
write them and loaded by the ordinary road. Calls are noted in a file whose name stands in the environment,
so that the note costs nothing in a code digest and works from other processes as well.
"""

import copy
import datetime as dt
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from pipeline.engine import Engine, Overrides, Result
from pipeline.execution.execute import Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.plan import Plan, plan
from pipeline.execution.protocols import MemoryObjects, Silent
from pipeline.execution.run import Run
from pipeline.graph.check import check
from pipeline.graph.graph import Graph
from pipeline.graph.read import read_text
from pipeline.market import Market, MemoryMarket
from pipeline.market.importing import import_frame
from pipeline.model.column import Column
from pipeline.model.registry import Registry
from pipeline.plugins.discover import Discovery, build_registry

CHECKOUT = Path(__file__).parents[2]
PLACES = """
import sys
from pathlib import Path

root, args = Path(sys.argv[1]), sys.argv[2:]
"""
OPENED = """
from pipeline.engine import Engine, Overrides
from pipeline.plugins.discover import build_registry

graph = root / "graphs" / "g.yaml"
engine = Engine.open(root)
engine.plugins.take(build_registry([root / "nodes" / "custom"], shipped=root / "shipped"))
"""
CALLS = "TRADEGRAPH_TEST_CALLS"
HEAD = """\
from typing import Annotated, Literal, NamedTuple
import numpy as np
import polars as pl
from pipeline import Bars, Condition, Event, Number, Param, Price, Returns, SameKind, Signal, Weight
from pipeline import indicator, portfolio, strategy
from ._calls import note
"""
NOTE = f"""\
import os

def note(what):
    with open(os.environ[{CALLS!r}], "a") as file:
        file.write(what + "\\n")
"""
ARITHMETIC = '''
@indicator
def plus(
    x: Number,
    y: Number = None,
    *,
    by: Annotated[float, Param("What is added", ge=-1000.0, le=1e6)] = 0.0,
    times: Annotated[int, Param("How often", ge=0, le=9)] = 1,
) -> Number:
    """Add a constant, and another column if there is one."""
    note(f"plus {by:g}")
    total = x + by * times
    return total if y is None else total + y


@indicator
def fragile(x: Number, *, by: Annotated[float, Param("What is added")] = 0.0) -> Number:
    """Add a constant, or fail when there is a file called `broken` beside the calls."""
    note(f"fragile {by:g}")
    breaking()
    return x + by


@portfolio
def account(x: Number, *, by: Annotated[float, Param("What is added")] = 0.0) -> Returns:
    """Run up a column over the asked range."""
    note(f"account {by:g}")
    return x.cum_sum() + by


def breaking():
    import os
    from pathlib import Path
    broken = Path(os.environ["TRADEGRAPH_TEST_CALLS"]).with_name("broken")
    if broken.exists():
        raise ValueError(broken.read_text())
'''
DAILY = "daily: {timeframe: 1d}"


def day(text: str) -> dt.datetime:
    """A date as an instant in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def bars(symbols: Sequence[str] = ("AAA", "BBB", "CCC"), rows: int = 12, *, start: str = "2020-01-01") -> pl.DataFrame:
    """Daily bars whose closes are 100, 101 … for the first symbol, 200 … for the second, and so on."""
    first = dt.datetime.fromisoformat(start)
    frames = []
    for number, symbol in enumerate(symbols, 1):
        close = 100.0 * number + np.arange(rows, dtype=float)
        frames.append(
            pl.DataFrame(
                {
                    "symbol": [symbol] * rows,
                    "ts": pl.Series([first + dt.timedelta(days=i) for i in range(rows)]).cast(pl.Datetime("us", "UTC")),
                    "open": close - 0.5,
                    "high": close + 1.0,
                    "low": close - 1.0,
                    "close": close,
                    "volume": np.full(rows, 1000.0),
                }
            )
        )
    return pl.concat(frames)


def graph_text(nodes: str, *, bars: str = DAILY, params: str = "", outputs: str = "", name: str = "g") -> str:
    """The text of a graph file; sections as indented YAML lines."""
    parts = [f"tradegraph: 1\nname: {name}\n"]
    for section, body in (("params", params), ("bars", bars), ("nodes", nodes), ("outputs", outputs)):
        if body.strip():
            parts.append(f"{section}:\n{textwrap.indent(textwrap.dedent(body).strip(), '  ')}\n")
    return "".join(parts)


CHAIN = """
a: {use: plus, in: daily.close, with: {by: 1}}
b: {use: plus, in: a, with: {by: 2}}
c: {use: plus, in: b, with: {by: 3}}
"""
TREE = """
root: {use: plus, in: daily.close, with: {by: 1}}
left: {use: plus, in: root, with: {by: 2}}
right: {use: plus, in: root, with: {by: 3}}
joined: {use: plus, in: {x: left, y: right}, with: {by: 4}}
leaf: {use: plus, in: right, with: {by: 5}}
apart: {use: plus, in: daily.open, with: {by: 6}}
"""


BARS = MemoryMarket({"1d": bars()})


class Files:
    """Node files below a folder, and the calls that their nodes noted."""

    CHAIN, TREE = CHAIN, TREE
    bars, day, text = staticmethod(bars), staticmethod(day), staticmethod(graph_text)

    def __init__(self, root: Path) -> None:
        self.root = root
        self.nodes = root / "nodes" / "custom"
        self.nodes.mkdir(parents=True)
        self.shipped = root / "shipped"
        self.shipped.mkdir()
        (self.shipped / "manifest.json").write_text('{"files": {}}')
        self.write("_calls", NOTE)
        self.write("arithmetic", HEAD + ARITHMETIC)

    def write(self, name: str, text: str) -> Path:
        """A file below `nodes/custom`; `name` may hold folders."""
        path = self.nodes / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def node(self, name: str, text: str) -> Path:
        """A node file that begins with the usual imports."""
        return self.write(name, HEAD + textwrap.dedent(text))

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one place in a file."""
        path = self.nodes / f"{name}.py"
        text = path.read_text()
        assert text.count(old) == 1, (name, old, text.count(old))
        path.write_text(text.replace(old, new))

    def discover(self) -> Discovery:
        """The files as they are now, without the shipped nodes."""
        return build_registry([self.nodes], shipped=self.shipped)

    def registry(self) -> Registry:
        """The node types of the files as they are now; a refused file is an error."""
        found = self.discover()
        assert not found.registry.refused, found.registry.refused
        return found.registry

    def calls(self) -> list[str]:
        """What was called since this was last asked, in order."""
        path = Path(os.environ[CALLS])
        noted = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return noted

    def break_(self, message: str = "broken on purpose") -> None:
        """Let `fragile` nodes fail from now on."""
        Path(os.environ[CALLS]).with_name("broken").write_text(message)

    def mend(self) -> None:
        """Let `fragile` nodes work again."""
        Path(os.environ[CALLS]).with_name("broken").unlink()


class World(Files):
    """Bars and values in memory: what execution does, without market or store."""

    def __init__(self, root: Path, kernels: KernelCache) -> None:
        super().__init__(root)
        self.market = BARS
        self.store = MemoryObjects()
        self.kernels = kernels
        self._runs = 0

    def on_disk(self) -> None:
        """Keep the bars in files from now on, so that they can be appended to and corrected."""
        self.market = Market(self.root / "market")
        self.put(bars())

    def put(self, frame: pl.DataFrame) -> None:
        """Import daily bars into the market on disk."""
        import_frame(self.market, frame, "1d", source="test")

    def check(self, nodes: str, *, overrides: Mapping[str, Any] | None = None, **sections: str) -> Graph:
        """The checked graph of some nodes, over the node files as they are now."""
        return check(read_text(graph_text(nodes, **sections)), self.registry(), **(overrides or {}))

    def plan(self, nodes: str | Graph, *, cache: bool = True, refresh: Iterable[str] = (), **more: Any) -> Plan:
        """The plan of a graph over what is stored."""
        graph = nodes if isinstance(nodes, Graph) else self.check(nodes, **more)
        return plan([graph], self.market, self.store, reuse=cache, refresh=refresh)

    def run(self, nodes: str | Graph | Plan, *, fail_fast: bool = False, progress: Any = None, **more: Any) -> Run:
        """A run of a graph."""
        planned = nodes if isinstance(nodes, Plan) else self.plan(nodes, **more)
        self._runs += 1
        options = Options(fail_fast=fail_fast, progress=progress or Silent())
        return execute(planned, f"run{self._runs}", self.market, self.store, self.kernels, options=options)

    def column(self, run: Run, node: str, part: str = "value") -> Column:
        """A column of a node's value, as it was stored."""
        step = run.plan.step(run.plan.graphs[0].name, node)
        value = self.store.values[step.key]
        assert isinstance(value, dict)
        return value[part]

    def values(self, run: Run, node: str, part: str = "value") -> list[Any]:
        """The same as a list; None where missing."""
        return self.column(run, node, part).series.to_list()

    def frame(self, run: Run, node: str, part: str = "value") -> pl.DataFrame:
        """The same with symbol and ts; its name is `value` whatever the part."""
        step = run.plan.step(run.plan.graphs[0].name, node)
        panel = self.market.read(run.plan.bars[step.axis], ["close"])
        return pl.DataFrame(
            [panel.symbol_column, panel.ts.alias("ts"), self.column(run, node, part).series.alias("value")]
        )


class Site(Files):
    """A project on disk with a market of its own."""

    _known: ClassVar[dict[tuple[tuple[Path, bytes], ...], Discovery]] = {}

    def __init__(self, root: Path, kernels: Path) -> None:
        super().__init__(root)
        # nodes of tests note their calls in a file, which they could not from a worker that is shut in
        (root / "plugin_config.json").write_text('{"isolation": "none"}')
        (root / "graphs").mkdir()
        (root / ".tradegraph").mkdir()
        # compiled kernels are found by their code digest, so all tests of a session may share them
        (root / ".tradegraph" / "kernels").symlink_to(kernels)
        self.put(bars())

    def put(self, frame: pl.DataFrame, timeframe: str = "1d") -> None:
        """Import bars."""
        import_frame(Market(self.root / "market"), frame, timeframe, source="test")

    def engine(self, *, shipped: bool = False) -> Engine:
        """The project, opened anew; with the shipped nodes on demand, for loading them takes 0.1 s.

        What was discovered is frozen: where no file has changed since, it is taken as it is.
        """
        engine = Engine.open(self.root)
        if not shipped:
            files = tuple((path, path.read_bytes()) for path in sorted(self.nodes.rglob("*.py")))
            if files not in self._known:
                self._known.clear()  # one state at a time: an edit that is taken back is discovered like any other
                self._known[files] = self.discover()
            engine.plugins.take(self._known[files])
        return engine

    def graph(self, nodes: str, **sections: str) -> Path:
        """A graph file."""
        path = self.root / "graphs" / f"{sections.get('name', 'g')}.yaml"
        path.write_text(graph_text(nodes, **sections))
        return path

    def run(self, nodes: str | Path, overrides: Overrides | None = None, **options: Any) -> Result:
        """A run by a newly opened engine; sections of the graph and options of `Engine.run`."""
        sections = {key: options.pop(key) for key in ("bars", "params", "outputs", "name") if key in options}
        path = nodes if isinstance(nodes, Path) else self.graph(nodes, **sections)
        return self.engine(shipped=options.pop("shipped", False)).run(path, overrides, **options)

    def process(self, code: str, *args: str, wait: bool = True, bare: bool = False, seed: str = "0") -> Any:
        """Run code in another process, with `root`, `args` and, unless `bare`, `engine` and `graph` at hand.

        Gives what it prints; the process itself when not to `wait`: its stdin and stdout are pipes then.
        """
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(CHECKOUT), "POLARS_MAX_THREADS": "1"}
        command = [
            sys.executable,
            "-c",
            PLACES + ("" if bare else OPENED) + textwrap.dedent(code),
            str(self.root),
            *args,
        ]
        if wait:
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            return done.stdout.strip()
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def snapshot(self) -> Path:
        """Remember the project as it is now, for `restored`."""
        kept = self.root.with_name("snapshot")
        shutil.copytree(self.root, kept, symlinks=True)
        return kept

    def restored(self) -> "Site":
        """The project as it was remembered, in its old place: ten times faster than to build it anew."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.root.with_name("snapshot"), self.root, symlinks=True)
        Path(os.environ[CALLS]).unlink(missing_ok=True)
        Path(os.environ[CALLS]).with_name("broken").unlink(missing_ok=True)
        return copy.copy(self)

    @property
    def segments(self) -> list[Path]:
        """The files of values, by name."""
        return sorted((self.root / ".tradegraph" / "segments").rglob("*.parquet"))

    @property
    def database(self) -> Path:
        """The published file."""
        return self.root / "tradegraph.duckdb"
