"""Graphs of trivial nodes whose results are known beforehand: what remains when they are timed is the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import numpy as np
import polars as pl

from pipeline import Number, Param, indicator
from pipeline.graph.read import read_text
from pipeline.graph.spec import GraphSpec
from pipeline.market.memory import MemoryMarket
from pipeline.model.bars import BAR_FIELDS
from pipeline.model.registry import Registry

__all__ = ["REGISTRY", "ROWS", "Shape", "Values", "assert_expected", "close", "market", "plus"]

Values = Mapping[str, np.ndarray[Any, np.dtype[np.float64]]]
"""Results by node name."""

ROWS = 16
"""Rows of the column that all nodes work on: too few for the arithmetic to show."""


def plus(x: np.ndarray[Any, Any], by: float) -> np.ndarray[Any, Any]:
    """The work of a node, as the peers call it."""
    return x + by


@indicator(style="kernel")
def plus_kernel(x: Number, *, by: Annotated[float, Param("What is added")] = 1.0) -> Number:
    """The same work as a kernel, compiled by numba."""
    return x + by


@indicator
def plus_expression(x: Number, *, by: Annotated[float, Param("What is added")] = 1.0) -> Number:
    """The same work as a polars expression."""
    return x + by


REGISTRY = Registry(
    node.loaded(code=digit * 32, origin="benchmarks") for node, digit in ((plus_kernel, "0"), (plus_expression, "1"))
)


def close() -> np.ndarray[Any, np.dtype[np.float64]]:
    """The one column of input."""
    return np.arange(1.0, ROWS + 1.0)


def market() -> MemoryMarket:
    """One symbol whose closes are `close()`."""
    first = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    values = pl.Series(close())
    prices = dict.fromkeys(BAR_FIELDS, values)
    ts = [first + dt.timedelta(days=day) for day in range(ROWS)]
    return MemoryMarket({"1d": pl.DataFrame({"symbol": ["A"] * ROWS, "ts": ts, **prices})})


@dataclass(frozen=True)
class Shape:
    """A chain (each node adds 1 to the one before) or a fan (node i adds i to the input).

    In a fan all nodes differ: equal ones would be merged into a single step.
    """

    kind: Literal["chain", "fan"]
    nodes: int

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(f"n{i}" for i in range(self.nodes))

    def wires(self, root: str) -> dict[str, tuple[str, float]]:
        """(source, what is added) of every node; `root` is what the input is called."""
        if self.kind == "fan":
            return {name: (root, float(i)) for i, name in enumerate(self.names)}
        return {name: (self.names[i - 1] if i else root, 1.0) for i, name in enumerate(self.names)}

    @property
    def asked(self) -> tuple[str, ...]:
        """Nodes whose results are wanted: the end of a chain, all of a fan."""
        return self.names if self.kind == "fan" else self.names[-1:]

    @cached_property
    def expected(self) -> Values:
        if self.kind == "fan":
            return {name: close() + i for i, name in enumerate(self.names)}
        return {self.names[-1]: close() + self.nodes}

    def text(self, use: str) -> str:
        """The shape as a graph file of nodes of the type `use`."""
        lines = ["tradegraph: 1", f"name: {self.kind}", "bars:", "  daily: {timeframe: 1d}", "nodes:"]
        lines += [
            f"  {name}: {{use: {use}, in: {source}, with: {{by: {by}}}}}"
            for name, (source, by) in self.wires("daily.close").items()
        ]
        if self.kind == "chain":  # a fan declares none: nodes beside the named ones would be warned about
            lines += ["outputs:", f"  result: {self.names[-1]}"]
        return "\n".join([*lines, ""])

    def spec(self, use: str) -> GraphSpec:
        return read_text(self.text(use))


def assert_expected(shape: Shape, found: Values, who: str) -> None:
    """Refuse to time nonsense: every asked result must be there and equal to the last bit."""
    if found.keys() != shape.expected.keys():
        raise AssertionError(f"{who}: {len(found)} results of a {shape.kind}, expected {len(shape.expected)}")
    for name, values in shape.expected.items():
        if not np.array_equal(found[name], values):
            raise AssertionError(f"{who}: {name} of a {shape.kind} is {found[name]}, expected {values}")
