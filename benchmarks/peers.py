"""The peers: plain networkx with a dict, apache-hamilton and pipefunc, each built programmatically.

Each is used the way its documentation recommends for a graph that a program makes, in one process, without
progress bars, with the caches that rest in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, Literal, TypeAlias

import networkx as nx
import numpy as np
from hamilton import ad_hoc_utils, base, driver
from hamilton.caching.stores.memory import InMemoryMetadataStore, InMemoryResultStore
from hamilton.function_modifiers import parameterize, source, value
from pipefunc import PipeFunc, Pipeline

from benchmarks.contestant import Contestant, Runner
from benchmarks.timing import deep_recursion
from benchmarks.workload import Shape, Values, close, plus

__all__ = ["peers"]

Builds: TypeAlias = Literal["each round", "once", "shared"]

ROOT = "x0"
_MODULES = count()


def peers() -> list[Contestant]:
    """All peers, the floor first."""
    built = PipefuncPipelines()
    return [
        Networkx(),
        Hamilton(caches=False),
        Hamilton(caches=True),
        Pipefunc(built, "map", caches=False),
        Pipefunc(built, "map", caches=True),
        Pipefunc(built, "run", caches=False),
        Pipefunc(built, "run", caches=True),
    ]


class Networkx:
    """The floor: a topological order and a dict of values that is also the cache. No keys, no record."""

    name = "networkx and a dict"
    caches = True
    builds: Builds = "each round"

    def build(self, shape: Shape) -> Runner:
        return _NetworkxRunner(shape)


class _NetworkxRunner:
    def __init__(self, shape: Shape) -> None:
        self._wires = shape.wires(ROOT)
        self._asked = shape.asked
        self._dag = nx.DiGraph((source, name) for name, (source, _) in self._wires.items())
        if not nx.is_directed_acyclic_graph(self._dag):
            raise AssertionError("a shape has a cycle")
        self._values: dict[str, Any] = {}

    def forget(self) -> None:
        self._values = {}

    def run(self) -> Values:
        values = self._values
        values[ROOT] = close()
        for name in nx.topological_sort(self._dag):
            if name not in values:
                source, by = self._wires[name]
                values[name] = plus(values[source], by)
        return {name: values[name] for name in self._asked}


class Hamilton:
    """One function under @parameterize, which is Hamilton's own way to make many nodes of one."""

    builds: Builds = "each round"

    def __init__(self, *, caches: bool) -> None:
        self.name = "hamilton, its cache" if caches else "hamilton"
        self.caches = caches

    def build(self, shape: Shape) -> Runner:
        return _HamiltonRunner(shape, caches=self.caches)


class _HamiltonRunner:
    def __init__(self, shape: Shape, *, caches: bool) -> None:
        self._shape = shape
        self._caches = caches
        self._driver = self._build()
        self._used = False

    def forget(self) -> None:
        # stores belong to a driver, and a used one keeps what it logged: a new one is the only clean slate
        if self._used:
            self._driver = self._build()

    def _build(self) -> driver.Driver:
        def node(x: np.ndarray, by: float) -> np.ndarray:
            """Add."""
            return plus(x, by)

        wires = self._shape.wires(ROOT)
        many = parameterize(**{n: {"x": source(up), "by": value(by)} for n, (up, by) in wires.items()})
        module = ad_hoc_utils.create_temporary_module(many(node), module_name=f"benchmark_nodes_{next(_MODULES)}")
        builder = driver.Builder().with_modules(module).with_adapters(base.DictResult())
        if self._caches:
            builder = builder.with_cache(
                metadata_store=InMemoryMetadataStore(), result_store=InMemoryResultStore(), log_to_file=False
            )
        return builder.build()

    def run(self) -> Values:
        self._used = True
        with deep_recursion(self._shape.nodes):
            found: Values = self._driver.execute(list(self._shape.asked), inputs={ROOT: close()})
        return found


class PipefuncPipelines:
    """One pipeline a shape for all ways of running it: building takes seconds, its time is quadratic in the nodes."""

    def __init__(self) -> None:
        self._built: dict[Shape, Pipeline] = {}
        self.claimed = False  # somebody counts the building as its own

    def get(self, shape: Shape) -> Pipeline:
        if shape not in self._built:
            functions = [
                PipeFunc(plus, output_name=name, renames={"x": up}, bound={"by": by}, cache=True)
                for name, (up, by) in shape.wires(ROOT).items()
            ]
            # type annotations are not compared: it is the faster setting
            self._built[shape] = Pipeline(functions, cache_type="simple", validate_type_annotations=False)
        return self._built[shape]


class Pipefunc:
    """`map` (a cache key from each function's inputs) or `run` (one key from the pipeline's root arguments)."""

    def __init__(self, built: PipefuncPipelines, way: Literal["map", "run"], *, caches: bool) -> None:
        self.name = f"pipefunc {way}, its cache" if caches else f"pipefunc {way}"
        self.caches = caches
        self.builds: Builds = "shared" if built.claimed else "once"
        built.claimed = True
        self._built = built
        self._way = way

    def build(self, shape: Shape) -> Runner:
        return _PipefuncRunner(self._built.get(shape), shape, self._way, caches=self.caches)


class _PipefuncRunner:
    def __init__(self, pipeline: Pipeline, shape: Shape, way: Literal["map", "run"], *, caches: bool) -> None:
        self._pipeline = pipeline
        self._shape = shape
        self._caches = caches
        ways: dict[str, Callable[[], Values]] = {"map": self._map, "run": self._run}
        self.run: Callable[[], Values] = ways[way]

    def forget(self) -> None:
        for function in self._pipeline.functions:  # the pipeline is shared with the other ways
            function.cache = self._caches
        self._pipeline.cache.clear()

    def _map(self) -> Values:
        found = self._pipeline.map({ROOT: close()}, parallel=False, storage="dict", show_progress=False)
        return {name: found[name].output for name in self._shape.asked}

    def _run(self) -> Values:
        asked = self._shape.asked
        with deep_recursion(self._shape.nodes):
            found = self._pipeline.run(list(asked), kwargs={ROOT: close()})
        return dict(zip(asked, found, strict=True))
