"""Made-up market data for the ports of any node type: lively, with gaps, flat, without volume, short or empty.

Three symbols of uneven length share their first bar, one bar an hour. All is drawn from one seed: the same
rows give the same sample on every machine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from pipeline.execution.arguments import Argument
from pipeline.model.bars import Panel
from pipeline.model.column import Column, FloatArray, polars_dtype
from pipeline.model.kind import ANYTHING, Dtype, Kind
from pipeline.model.node import NodeType, Port

__all__ = ["Mood", "SYMBOLS", "Sample", "draw"]

Mood: TypeAlias = Literal["lively", "gaps", "flat", "no volume"]
SYMBOLS = ("AAA", "BBB", "CCC")
_START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Sample:
    """Arguments for the ports of one node type over one panel. `gaps` are the rows of a symbol that are missing."""

    panel: Panel
    ports: tuple[Argument, ...]
    gaps: tuple[int, ...] = ()

    def until(self, rows: int) -> Sample:
        """The first `rows` bars of every symbol: what was known at that time."""
        return self._take([(start, min(start + rows, stop)) for start, stop in self.segments], self.panel.symbols)

    def since(self, row: int) -> Sample:
        """What is left when the first `row` bars of every symbol are not there."""
        return self._take([(min(start + row, stop), stop) for start, stop in self.segments], self.panel.symbols)

    def alone(self, index: int) -> Sample:
        """One symbol by itself."""
        return self._take([self.segments[index]], self.panel.symbols[index : index + 1])

    def without(self, port: int) -> Sample:
        """The same with nothing but missing values on one port."""
        ports = list(self.ports)
        ports[port] = _map(ports[port], lambda column: _column(column.dtype, np.full(len(column), np.nan)))
        return replace(self, ports=tuple(ports))

    @property
    def segments(self) -> list[tuple[int, int]]:
        """Start and stop row of each symbol."""
        offsets = self.panel.offsets.tolist()
        return list(pairwise(offsets))

    def _take(self, spans: Sequence[tuple[int, int]], symbols: tuple[str, ...]) -> Sample:
        rows = np.concatenate([np.arange(*span, dtype=np.int64) for span in spans])
        lengths = [stop - start for start, stop in spans]
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        panel = Panel(symbols, offsets, self.panel.ts.gather(rows), {})
        ports = tuple(
            _map(port, lambda column: _column(column.dtype, np.ascontiguousarray(column.array[rows])))
            for port in self.ports
        )
        return replace(self, panel=panel, ports=ports)


def draw(node: NodeType, rows: int, mood: Mood = "lively") -> Sample:
    """A sample for the ports of `node`, optional ones too, whose longest symbol has `rows` bars."""
    lengths = [rows, max(rows - rows // 7, 1), max(rows // 3, 1)] if rows else [0, 0, 0]
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    clock = np.concatenate([np.arange(length) for length in lengths]).astype(np.int64)
    ts = pl.Series("ts", clock * 3_600_000_000 + int(_START.timestamp()) * 1_000_000).cast(pl.Datetime("us", "UTC"))
    gaps = _gaps(rows) if mood == "gaps" else ()
    missing = np.isin(clock, gaps)
    market = [_market(length, seed, mood) for seed, length in enumerate(lengths)]
    fields = {name: np.concatenate([bars[name] for bars in market]) for name in market[0]}
    ports: list[Argument] = []
    for number, port in enumerate(node.ports):
        if port.takes is ANYTHING:  # nothing but its rows is seen
            ports.append({})
            continue
        columns = _values(port, fields, number, len(clock), mood)
        for array in columns.values():
            array[missing] = np.nan
        made = {name: _column(dtype, columns[name]) for name, dtype in _dtypes(port.takes).items()}
        ports.append(made if port.takes.fields else made[""])
    return Sample(Panel(SYMBOLS, offsets, ts, {}), tuple(ports), gaps)


def _gaps(rows: int) -> tuple[int, ...]:
    """The first bar, a single one, three in a row and another single one; the last quarter has none."""
    middle = rows // 2
    return tuple(row for row in (0, rows // 3, middle, middle + 1, middle + 2, 3 * rows // 5) if row < rows)


def _market(rows: int, seed: int, mood: Mood) -> dict[str, FloatArray]:
    rng = np.random.default_rng(100 + seed)
    move, reach = rng.normal(0.0, 0.01, rows), rng.normal(0.0, 0.004, (3, rows))
    close = 100.0 * np.exp(np.cumsum(move))
    opened = close * np.exp(reach[0])
    high = np.maximum(opened, close) * np.exp(np.abs(reach[1]))
    low = np.minimum(opened, close) * np.exp(-np.abs(reach[2]))
    volume = np.floor(rng.lognormal(10.0, 1.0, rows))
    if mood == "flat":
        opened = high = low = close = np.full(rows, 12.34)
    if mood == "no volume":
        volume = np.zeros(rows)
    return {"open": opened, "high": high, "low": low, "close": close, "volume": volume}


def _dtypes(kind: Kind) -> dict[str, Dtype]:
    return {name: inner.dtype for name, inner in kind.fields} if kind.fields else {"": kind.dtype}


def _values(port: Port, fields: Mapping[str, FloatArray], number: int, rows: int, mood: Mood) -> dict[str, FloatArray]:
    """Values for the columns of a port: bars stay bars, other numbers walk by themselves, port by port."""
    kind = port.takes
    rng = np.random.default_rng(200 + number)
    flat = mood == "flat"
    event = np.zeros(rows) if flat else rng.choice([-1.0, 0.0, 0.0, 0.0, 1.0], rows)
    if kind.name == "bars":
        return {name: fields[name].copy() for name, _ in kind.fields}
    if kind.name == "signal":
        return {"event": event, "strength": rng.uniform(0.2, 1.0, rows)}
    if kind.name == "event":
        return {"": event}
    if kind.name == "condition":
        return {"": np.ones(rows) if flat else rng.choice([0.0, 0.0, 1.0], rows)}
    if kind.name == "weight":
        return {"": np.ones(rows) if flat else rng.choice([-1.0, 0.0, 0.5, 1.0], rows)}
    if kind.name == "returns":
        return {"": np.zeros(rows) if flat else rng.normal(0.0, 0.01, rows)}
    if kind.name in ("percent", "fraction"):
        whole = 100.0 if kind.name == "percent" else 1.0
        return {"": np.full(rows, 0.5 * whole) if flat else rng.uniform(0.0, whole, rows)}
    if kind.name == "volume" or port.name in fields:
        return {"": fields[port.name if port.name in fields else "volume"].copy()}
    if port.name == "periods":
        return {"": rng.integers(2, 30, rows).astype(np.float64)}
    if number == 0 or flat:
        return {"": fields["close"].copy()}
    return {"": fields["close"] * np.exp(np.cumsum(rng.normal(0.0, 0.003, rows)) % 0.1)}


def _map(port: Argument, change: object) -> Argument:
    assert callable(change)
    if isinstance(port, Mapping):
        return {name: change(column) for name, column in port.items()}
    return None if port is None else change(port)


def _column(dtype: Dtype, array: FloatArray) -> Column:
    """A column with both faces as the engine would have them: whole events, true and false, read-only floats."""
    array.flags.writeable = False
    if dtype == "float":
        return Column(dtype=dtype, array=array)
    series = pl.Series(array, nan_to_null=True)
    return Column(dtype=dtype, series=series.cast(polars_dtype(dtype)))
