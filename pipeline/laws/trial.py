"""Run a node over samples, outside any graph, as the engine would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import polars as pl

from pipeline.execution.array import evaluate_arrays
from pipeline.execution.attempt import Call
from pipeline.execution.call import call as call_node
from pipeline.execution.call import prepare
from pipeline.execution.kernel import KernelCache
from pipeline.execution.protocols import Outputs as Values
from pipeline.laws.sample import Sample, draw
from pipeline.model.column import FloatArray
from pipeline.model.kind import Kind
from pipeline.model.node import NodeType

__all__ = ["Compiled", "Evaluator", "Interpreted", "Outputs", "Trial", "as_numbers", "kinds_of"]

Outputs = Mapping[str, FloatArray]
"""Values by output column, NaN where missing; one column per column of a table."""


class Evaluator(Protocol):
    """Who calls the node."""

    def __call__(self, call: Call) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`."""


@dataclass
class Compiled:
    """The engine's own way, kernels compiled."""

    kernels: KernelCache = field(default_factory=KernelCache)

    def __call__(self, call: Call) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`."""
        prepared = prepare(call.node, call.ports, call.params, call.panel, self.kernels, call.axes)
        return as_numbers(call_node(call.node, call.ports, call.params, call.columns, call.panel, prepared))


class Interpreted(Compiled):
    """The same but for kernels, which run as plain Python: slower by the row, and nothing is compiled."""

    def __call__(self, call: Call) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`."""
        if call.node.style != "kernel":
            return super().__call__(call)
        with np.errstate(all="ignore"):  # what compiled code does without a word
            arrays = evaluate_arrays(call.node, call.ports, call.params, call.columns, call.panel)
        return dict(zip((name for name, _ in call.columns), arrays, strict=True))


@dataclass(frozen=True)
class Trial:
    """One node type with checked params, and its samples of `rows` bars, each drawn and computed once."""

    node: NodeType
    params: Mapping[str, Any]
    evaluate: Evaluator
    rows: int

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of the outputs when every port gets the widest kind that it takes."""
        return kinds_of(self.node)

    @cached_property
    def warmup(self) -> int:
        """Leading rows that may be missing. Raises PluginError where the node refuses the params together."""
        return self.node.warmup_of(self.params)

    @cached_property
    def lively(self) -> Sample:
        """Bars of a random walk."""
        return draw(self.node, self.rows)

    @cached_property
    def whole(self) -> Outputs:
        """The outputs over `lively`."""
        return self.outputs(self.lively)

    def outputs(self, sample: Sample) -> Outputs:
        """The outputs over a sample. Raises whatever the node raises."""
        columns = self.node.columns(self.kinds)
        return self.evaluate(Call(self.node, sample.ports, self.params, columns, sample.panel))


def kinds_of(node: NodeType) -> dict[str, Kind]:
    """The kinds of the outputs when every port gets the widest kind that it takes."""
    kinds = {}
    for output in node.outputs:
        if isinstance(output.kind, Kind):
            kinds[output.name] = output.kind
        else:
            port = node.port(output.kind.port) if output.kind.port else node.ports[0]
            assert port is not None
            kinds[output.name] = port.takes
    return kinds


def as_numbers(given: Values) -> Outputs:
    """What a call gave as numbers, columns of tables among them."""
    found: dict[str, FloatArray] = {}
    for name, value in given.items():
        if isinstance(value, pl.DataFrame):
            found.update({f"{name}.{column}": _numbers(value[column]) for column in value.columns})
        else:
            found[name] = value.array
    return found


def _numbers(series: pl.Series) -> FloatArray:
    """A column of a table as numbers; texts and times by their hash, so that they can be compared."""
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        return series.cast(pl.Float64).to_numpy()
    return series.cast(pl.String).hash(seed=0).cast(pl.Float64).to_numpy()
