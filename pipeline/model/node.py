"""Node types: declared computations. `pipeline.model.declare` has the decorators that make them.

Six styles say in what form a function gets its ports:

- ``expression`` (the default): polars expressions; the result is one (or a tuple of them).
- ``kernel``: float64 arrays of ONE symbol (NaN where missing); the result is an array of the same
  length (or a tuple); numba compiles it on first use.
- ``array``: the same arrays, in plain Python that may call any library; called once per symbol.
- ``frame``: pandas-like frames or series of one symbol; the style of the guide's plugins.
- ``table``: the axis (a polars frame of symbol and ts, all symbols), then polars series on it (a dict of
  them for a bundle); the result is a polars frame with rows of its own: metrics, trades and other tables.
  With several outputs it is a tuple, in which an output on the axis is a series with a row for each of the axis.
- ``panel``: the only style that may change the axis. First the rows of the result (a polars frame of symbol,
  ts and end, the instant at which a bar is over), then for each port a frame of ITS symbol, ts, end and
  columns (`value`, or the fields of a bundle); the result is a series, or a frame with the outputs' columns, one row
  for each of the rows. `rows` says where they come from: a port, or a function of the first port's rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import signature
from operator import index
from typing import Any, Literal, TypeAlias

from pipeline.errors import PluginError
from pipeline.model.captured import Captured
from pipeline.model.kind import NUMBER, Dtype, Kind, Same
from pipeline.model.param import ParamSet, Values

__all__ = ["Category", "Caution", "Cells", "NodeType", "Output", "Port", "RowMaker", "Scope", "Style", "Warmup"]

Style: TypeAlias = Literal["expression", "kernel", "array", "frame", "table", "panel"]
Scope: TypeAlias = Literal["symbol", "cross-section"]
Category: TypeAlias = Literal["indicator", "strategy", "portfolio"]
Warmup: TypeAlias = int | Callable[[Any], int]
Caution: TypeAlias = Callable[[Any], str]
Cells: TypeAlias = Callable[..., Any]
"""A table of metrics of many calls at once: given the axis and, for each call, its ports as arrays and its params."""
RowMaker: TypeAlias = Callable[..., Any]
"""A frame of rows (symbol, ts, end) from those of the first port, and from the params that it names as keywords."""

SINGLE_OUTPUT = "value"
"""The name of a node's only output; its column in SQL has this name too."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a node type. An optional port that is not wired is given as None."""

    name: str
    kind: Kind | Same
    optional: bool = False

    @property
    def takes(self) -> Kind:
        """The widest kind that may be wired here."""
        return self.kind if isinstance(self.kind, Kind) else NUMBER


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a node type."""

    name: str
    kind: Kind | Same


@dataclass(frozen=True, eq=False)
class NodeType:
    """A declared computation. Immutable; `code` is the digest of its source, "" until it is loaded.

    A type that is made from data declares the digest of that data as `code`; the loader adds that of the source.

    `warmup` is the number of leading rows of a symbol whose output is null because the window is not
    full; `recursive` says that a value depends on the whole history before it; `caution` gives a sentence
    of warning for params that are allowed and mislead easily, "" for others; `rows` of a panel node names the
    port whose rows its outputs have, or makes them; `cells` of a table node gives the metrics of many calls at
    once, a row per call and symbol in the order of the calls, each as the node itself would give it; `shipped` says
    that it is one of the types that come with the product and are tested with it; `captured` are the files that it was
    loaded from, None for those that ship. Calling a NodeType checks the params and calls the function, without any
    graph.
    """

    id: str
    category: Category
    style: Style
    scope: Scope
    ports: tuple[Port, ...]
    outputs: tuple[Output, ...]
    params: ParamSet
    fn: Callable[..., Any] = field(repr=False)
    warmup: Warmup = 0
    recursive: bool = False
    caution: Caution | None = None
    rows: str | RowMaker | None = None
    cells: Cells | None = None
    doc: str = field(default="", repr=False)
    code: str = ""
    origin: str = ""
    shipped: bool = False
    captured: Captured | None = field(default=None, repr=False)

    def __call__(self, *ports: Any, **params: Any) -> Any:
        checked, faults = self.params.check(params, owner=self.id)
        if faults:
            raise PluginError(faults[0].message, code=faults[0].code, hint=faults[0].hint)
        return self.fn(*ports, **checked)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The names of the outputs that have rows of their own."""
        return tuple(out.name for out in self.outputs if isinstance(out.kind, Kind) and not out.kind.on_axis)

    @property
    def ranged(self) -> bool:
        """True for nodes that keep or summarise an account: they see the asked range only."""
        return self.category == "portfolio"

    @property
    def row_params(self) -> tuple[str, ...]:
        """The params that its rows depend on: none unless it makes rows of its own."""
        return tuple(signature(self.rows).parameters)[1:] if callable(self.rows) else ()

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.doc.strip().partition("\n")[0]

    def port(self, name: str) -> Port | None:
        """The port called `name`, if there is one."""
        return next((port for port in self.ports if port.name == name), None)

    def warmup_of(self, params: Mapping[str, Any]) -> int:
        """Leading rows of a symbol that are null for these params. Raises PluginError TG405 when it fails."""
        if isinstance(self.warmup, int):
            return self.warmup
        try:
            rows = index(self.warmup(Values(**params)))
        except Exception as error:  # the author's code
            raise self._bad_warmup(f"{type(error).__name__}: {error}") from error
        if rows < 0:
            raise self._bad_warmup(f"got {rows}, expected a number of rows")
        return rows

    def caution_of(self, params: Mapping[str, Any]) -> str:
        """What to warn of for these params, "" for nothing. Raises PluginError TG405 when the function fails."""
        if self.caution is None:
            return ""
        try:
            return str(self.caution(Values(**params)))
        except Exception as error:  # the author's code
            problem = f"node type {self.id!r}: caution failed, {type(error).__name__}: {error}"
            raise PluginError(problem, code="TG405", hint="It gets the checked params and gives a sentence.") from error

    def _bad_warmup(self, problem: str) -> PluginError:
        hint = "It gets the checked params: `lambda p: p.period - 1`."
        return PluginError(f"node type {self.id!r}: warmup failed, {problem}", code="TG405", hint=hint)

    def columns(self, kinds: Mapping[str, Kind]) -> tuple[tuple[str, Dtype], ...]:
        """The columns that the outputs take, for the output kinds that a graph resolved.

        A column kind is one column; a bundle is one per field, named by the field alone when it is the
        only output; a table has none.
        """
        found: list[tuple[str, Dtype]] = []
        for output in self.outputs:
            kind = kinds[output.name]
            if kind.dtype == "bundle":
                prefix = "" if len(self.outputs) == 1 else f"{output.name}_"
                found += [(prefix + name, inner.dtype) for name, inner in kind.fields]
            elif kind.on_axis:
                found.append((output.name, kind.dtype))
        return tuple(found)

    def loaded(self, *, code: str, origin: str) -> NodeType:
        """The type as loaded from a file: with its code digest and where it comes from."""
        return replace(self, code=code, origin=origin)
