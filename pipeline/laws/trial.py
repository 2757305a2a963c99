"""Run a node over samples, outside any graph, as the engine would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import polars as pl

from pipeline.execution.arguments import Argument
from pipeline.execution.array import evaluate_arrays
from pipeline.execution.call import call, prepare
from pipeline.execution.kernel import KernelCache
from pipeline.execution.protocols import Outputs as Values
from pipeline.laws.sample import Sample, draw
from pipeline.model.bars import Panel
from pipeline.model.column import FloatArray
from pipeline.model.kind import Dtype, Kind
from pipeline.model.node import NodeType

__all__ = ["Compiled", "Evaluator", "Interpreted", "Outputs", "Trial", "as_numbers", "kinds_of"]

Outputs = Mapping[str, FloatArray]
"""Values by output column, NaN where missing; one column per column of a table."""


class Evaluator(Protocol):
    """Who calls the node."""

    def __call__(
        self,
        node: NodeType,
        ports: Sequence[Argument],
        params: Mapping[str, Any],
        columns: Sequence[tuple[str, Dtype]],
        panel: Panel,
        *,
        axes: Sequence[pl.DataFrame | None] = (),
    ) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`. `axes` are as those of a call."""


@dataclass
class Compiled:
    """The engine's own way, kernels compiled."""

    kernels: KernelCache = field(default_factory=KernelCache)

    def __call__(
        self,
        node: NodeType,
        ports: Sequence[Argument],
        params: Mapping[str, Any],
        columns: Sequence[tuple[str, Dtype]],
        panel: Panel,
        *,
        axes: Sequence[pl.DataFrame | None] = (),
    ) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`. `axes` are as those of a call."""
        prepared = prepare(node, ports, params, panel, self.kernels, axes)
        return as_numbers(call(node, ports, params, columns, panel, prepared))


class Interpreted(Compiled):
    """The same but for kernels, which run as plain Python: slower by the row, and nothing is compiled."""

    def __call__(
        self,
        node: NodeType,
        ports: Sequence[Argument],
        params: Mapping[str, Any],
        columns: Sequence[tuple[str, Dtype]],
        panel: Panel,
        *,
        axes: Sequence[pl.DataFrame | None] = (),
    ) -> Outputs:
        """The outputs as numbers; a column of a table is called `output.column`. `axes` are as those of a call."""
        if node.style != "kernel":
            return super().__call__(node, ports, params, columns, panel, axes=axes)
        with np.errstate(all="ignore"):  # what compiled code does without a word
            arrays = evaluate_arrays(node, ports, params, columns, panel)
        return dict(zip((name for name, _ in columns), arrays, strict=True))


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
        return self.evaluate(self.node, sample.ports, self.params, self.node.columns(self.kinds), sample.panel)


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
