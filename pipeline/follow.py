"""A graph that is followed: run again when a file that it rests on was saved, and compared with what it gave before.

follower = Follower(Engine.open("."), "ema_cross")
with Watcher(follower.places()) as watcher:
    print(follower.round())
    while changes := watcher.wait():
        watcher.watch(follower.places())
        print(follower.round(changes))
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.engine import Engine, Overrides, Result
from pipeline.errors import StoreError, TradegraphError
from pipeline.execution.moved import Moved, moved
from pipeline.execution.protocols import Progress
from pipeline.graph.graph import Graph
from pipeline.plugins.discover import PluginRecord
from pipeline.reloading import plugin_places
from pipeline.settings import CONFIG_NAME, Project
from pipeline.watch import Changes, Place

__all__ = ["Follower", "Round", "files_of"]

_NAMED = (
    re.compile(r"[^\s'\"{}\[\],]+\.ya?ml\b"),
    re.compile(r"(?:^|[:,\[{-])\s*['\"]?([^'\"{}\[\],:#]*? [^'\"{}\[\],:#]*?\.ya?ml)\b"),
)
"""A word that ends like the name of a graph file, and such a name with spaces in it."""
_MOST_FILES = 1_000


@dataclass(frozen=True)
class Round:
    """What came of a change.

    `result` is None when nothing was run: because of `error`, or because no key of the graph changed (`same`).
    `plugins` are files with a fault that is new; of one that is `kept` the last good version is used.
    `moved` compares with the last result in which no node failed. `ms` is from the change's report to the end.
    """

    changes: Changes
    ms: float
    result: Result | None = None
    error: TradegraphError | None = None
    same: bool = False
    plugins: tuple[PluginRecord, ...] = ()
    moved: tuple[Moved, ...] = ()


class Follower:
    """Runs one graph of an engine again and again, and remembers its last good result."""

    def __init__(self, engine: Engine, graph: str | Path, overrides: Overrides | None = None) -> None:
        self.engine = engine
        self.file = Path(graph) if Path(graph).exists() else engine.project.root / "graphs" / f"{graph}.yaml"
        self.overrides = overrides or Overrides()
        engine.plugins.expect()
        self.good: Result | None = None
        self._keys: Mapping[str, str] = {}
        self._frames: dict[str, tuple[str, pl.DataFrame]] = {}
        self._faulty: set[PluginRecord] = set()

    def places(self) -> tuple[Place, ...]:
        """What the graph rests on as it is now: its files, the settings, plugins with their helpers, the market."""
        project = self.engine.project
        market = Place(project.market / "heads", (".json",))
        return (*map(Place, files_of(self.file)), *plugin_places(self.engine.plugins), market)

    def round(self, changes: Changes | None = None, progress: Progress | None = None) -> Round:
        """Take changes in, and run what they made stale. Faults of graph, plugins and market stand in the answer."""
        begun = time.perf_counter()
        engine, changes = self.engine, changes or Changes()

        def took() -> float:
            return (time.perf_counter() - begun) * 1e3

        reloaded = engine.plugins.reloads and any(_is_of_plugins(file) for file in changes.files)
        if reloaded:
            engine.plugins.reload()
            engine.project = engine.plugins.project
        plugins = self._newly_faulty()
        try:
            if any(file.name == CONFIG_NAME for file in changes.files):
                Project.open(engine.project.root)  # the old settings go on; here their fault is told
            graph = engine.check(self.file, self.overrides)
            keys = {f"node {name}": step.key for step in engine.plan(graph).steps for _, name in step.users}
            keys |= {f"output {name}": repr(node) for name, node in graph.outputs.items()} | {"graph": graph.name}
            if keys == self._keys:
                if reloaded:
                    engine.publish_events()  # no run does it
                return Round(changes, took(), same=True, plugins=plugins)
            result = engine.run(graph, self.overrides, progress=progress)
            compared = tuple(self._moved(result, graph))
        except TradegraphError as error:
            self._keys = {}  # once it is mended, that is told, whatever came of it
            return Round(changes, took(), error=error, plugins=plugins)
        self._keys = keys if result.run.status == "ok" else {}
        if result.run.status == "ok":
            self.good = result
        return Round(changes, took(), result, plugins=plugins, moved=compared)

    def _newly_faulty(self) -> tuple[PluginRecord, ...]:
        found = [record for record in self.engine.discovery.records if record.fault and record.origin != "shipped"]
        new = tuple(record for record in found if record not in self._faulty)
        self._faulty = set(found)
        return new

    def _moved(self, result: Result, graph: Graph) -> Iterator[Moved]:
        """What differs from the last good result; a result without failures is what is compared with from now on."""
        frames: dict[str, tuple[str, pl.DataFrame]] = {}
        for name, (node, part) in graph.outputs.items():
            record = result.run.record(graph.name, node)
            if record.status not in ("computed", "cached"):
                continue
            key = f"{record.stored or record.step.key} {part}"
            before = self._frames.get(name)
            if before is not None and before[0] == key:
                frames[name] = before
                continue
            try:
                frames[name] = (key, result.output(name))
            except StoreError:  # its node stores nothing
                continue
            if before is not None and (found := moved(name, before[1], frames[name][1])).differing:
                yield found
        if result.run.status == "ok":
            self._frames = frames


def _is_of_plugins(file: Path) -> bool:
    return file.suffix in (".py", ".sig") or file.name == CONFIG_NAME


def files_of(graph: Path) -> tuple[Path, ...]:
    """The graph file, and files that it and they name, whether or not they are there; told by their text alone.

    A graph with faults is followed too, so this asks no parser: what looks like the name of a graph file counts.
    """
    found: dict[Path, None] = {}
    waiting = [graph.absolute()]
    while waiting and len(found) < _MOST_FILES:
        file = waiting.pop()
        if file in found:
            continue
        found[file] = None
        try:
            text = file.read_text(encoding="utf-8-sig", errors="replace")
        except (OSError, ValueError):
            continue
        for line in text.splitlines():
            names = [name for form in _NAMED for name in form.findall(line.partition(" #")[0])]
            waiting += [(file.parent / name).resolve() for name in names if not Path(name).is_absolute()]
    return tuple(found)
