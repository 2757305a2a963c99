"""The laws of panel nodes: those that may change the axis, so that a law can count in instants and not in rows.

Each port has rows of its own: bars of an hour on weekdays, and for a port of which only the rows are seen bars of 25
minutes, which end when an hour does now and then. What was known at an instant are the bars that were over by then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.execution.arguments import Argument
from pipeline.execution.attempt import Call
from pipeline.laws.breach import Breach, first_difference
from pipeline.laws.law import Law, out_of_kind
from pipeline.laws.sample import Mood, Sample, draw
from pipeline.laws.trial import Evaluator, Outputs, kinds_of
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.kind import Kind
from pipeline.model.node import NodeType
from pipeline.model.period import bar_ends
from pipeline.model.rows import axis_frame, made_rows

__all__ = ["AXIS_LAWS", "AxisTrial"]

_MONDAY = dt.datetime(2020, 1, 6)
_HOUR = 3_600_000_000


@dataclass(frozen=True)
class Wired:
    """What a port gets: columns, and the rows that they stand on."""

    axis: pl.DataFrame
    columns: Mapping[str, Column]

    def take(self, kept: npt.NDArray[np.int64]) -> Wired:
        """Those rows alone."""
        return Wired(self.axis[kept], {name: column.take(kept) for name, column in self.columns.items()})


@dataclass(frozen=True)
class Answer:
    """What a panel node gave: its rows, and values on them."""

    rows: Sample
    outputs: Outputs

    @property
    def ends(self) -> pl.Series:
        """When each row is over."""
        assert self.rows.panel.end is not None
        return self.rows.panel.end


@dataclass(frozen=True)
class AxisTrial:
    """One panel node with checked params over made-up bars of `rows` hours."""

    node: NodeType
    params: Mapping[str, Any]
    evaluate: Evaluator
    rows: int

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of the outputs."""
        return kinds_of(self.node)

    @cached_property
    def lively(self) -> tuple[Wired, ...]:
        """Bars of a random walk."""
        return self.drawn(self.rows)

    @cached_property
    def whole(self) -> Answer:
        """The answer over `lively`."""
        return self.answer(self.lively)

    def drawn(self, rows: int, mood: Mood = "lively") -> tuple[Wired, ...]:
        """What the ports get in some mood of the market."""
        sample = draw(self.node, rows, mood)
        lengths = np.diff(sample.panel.offsets)
        hours = _axis(sample.panel.symbols, lengths, _weekdays(lengths), "1h")
        fine = _axis(sample.panel.symbols, 2 * lengths, _steps(2 * lengths), "25m")
        wired = []
        for port in sample.ports:
            assert port is not None
            columns = port if isinstance(port, Mapping) else {"value": port}
            wired.append(Wired(hours if columns else fine, columns))
        return tuple(wired)

    def answer(self, wired: tuple[Wired, ...]) -> Answer:
        """What the node gives. Raises whatever it raises, and NodeError when its rows are none."""
        node = self.node
        panel = made_rows(node, self.params, wired[0].axis) if callable(node.rows) else _panel(self._given(wired).axis)
        ports: list[Argument] = [port.columns for port in wired]
        axes = [axis_frame(panel, "1h"), *(port.axis for port in wired)]
        found = self.evaluate(Call(node, ports, self.params, node.columns(self.kinds), panel, axes))
        return Answer(Sample(panel, ()), found)

    def _given(self, wired: tuple[Wired, ...]) -> Wired:
        return next(
            port for declared, port in zip(self.node.ports, wired, strict=True) if declared.name == self.node.rows
        )


def whole_axis(trial: AxisTrial) -> Breach | None:
    """Values are finite and within what their kind allows."""
    return _sound(trial, trial.whole)


def repeated_axis(trial: AxisTrial) -> Breach | None:
    """The same bars give the same rows and bits."""
    message = "a second call over the same bars gives another value"
    return _unlike(trial.whole, trial.answer(trial.drawn(trial.rows)), message, exact=True)


def causal_axis(trial: AxisTrial) -> Breach | None:
    """What is over at an instant is the same whether or not there are later bars: rows and values."""
    ends = trial.whole.ends.unique().sort().to_list()
    for cut in sorted({at for at in (0, 1, len(ends) // 3, len(ends) // 2, len(ends) - 2) if 0 <= at < len(ends)}):
        for moment in (ends[cut], ends[cut] - dt.timedelta(minutes=10)):
            known = tuple(port.take(np.flatnonzero((port.axis["end"] <= moment).to_numpy())) for port in trial.lively)
            message = f"with the bars that are over at {moment:%Y-%m-%d %H:%M} alone the value is another"
            if breach := _unlike(_until(trial.whole, moment), _until(trial.answer(known), moment), message):
                return breach
    return None


def lone_axis(trial: AxisTrial) -> Breach | None:
    """A symbol's rows and values do not depend on which other symbols are there."""
    for symbol in trial.whole.rows.panel.symbols:
        mine = tuple(port.take(np.flatnonzero((port.axis["symbol"] == symbol).to_numpy())) for port in trial.lively)
        known = _kept(trial.whole, np.flatnonzero((trial.whole.rows.panel.symbol_column == symbol).to_numpy()))
        if breach := _unlike(known, trial.answer(mine), "without the other symbols the value is another"):
            return breach
    return None


def missing_axis(trial: AxisTrial) -> Breach | None:
    """Missing values, and bars that are not there, do no harm to the others."""
    if breach := _sound(trial, trial.answer(trial.drawn(trial.rows, "gaps"))):
        return breach
    rng = np.random.default_rng(5)
    kept: dict[int, npt.NDArray[np.int64]] = {}  # ports that share rows go on sharing them
    for port in trial.lively:
        kept.setdefault(id(port.axis), np.flatnonzero(rng.random(len(port.axis)) < 0.8))
    return _sound(trial, trial.answer(tuple(port.take(kept[id(port.axis)]) for port in trial.lively)))


def empty_axis(trial: AxisTrial) -> Breach | None:
    """Nothing but missing values on one input is no reason to fail or to be infinite."""
    for number, port in enumerate(trial.lively):
        nothing = {
            name: Column(dtype=column.dtype, array=np.full(len(column), np.nan))
            for name, column in port.columns.items()
        }
        wired = list(trial.lively)
        wired[number] = replace(port, columns=nothing)
        if breach := _sound(trial, trial.answer(tuple(wired))):
            return breach
    return None


def flat_axis(trial: AxisTrial) -> Breach | None:
    """Constant prices are no failure."""
    return _sound(trial, trial.answer(trial.drawn(trial.rows, "flat")))


def quiet_axis(trial: AxisTrial) -> Breach | None:
    """Bars without trade are no failure."""
    return _sound(trial, trial.answer(trial.drawn(trial.rows, "no volume")))


def short_axis(trial: AxisTrial) -> Breach | None:
    """One row and no row are bars as well, and every row has a value, be it a missing one."""
    for rows in (0, 1, 2):
        found = trial.answer(trial.drawn(rows))
        if breach := _sound(trial, found):
            return breach
    return None


AXIS_LAWS = (
    Law("kinds", "values are finite and within their kind", whole_axis),
    Law("determinism", "the same bars give the same rows and bits", repeated_axis),
    Law("causality", "nothing that is over depends on a later bar", causal_axis),
    Law("independence", "no row or value depends on another symbol", lone_axis),
    Law("gaps", "missing bars and values are no failure", missing_axis),
    Law("missing input", "an input without values is no failure", empty_axis),
    Law("flat prices", "constant prices are no failure", flat_axis),
    Law("no volume", "bars without trade are no failure", quiet_axis),
    Law("short", "one row and no rows are no failure", short_axis),
)


def _sound(trial: AxisTrial, found: Answer) -> Breach | None:
    for name, array in found.outputs.items():
        if len(array) != len(found.rows.panel):
            return Breach(f"{len(array)} values for {len(found.rows.panel)} rows", name)
    return out_of_kind(trial.kinds, found.rows, found.outputs)


def _unlike(expected: Answer, got: Answer, message: str, *, exact: bool = False) -> Breach | None:
    """The first row or value in which two answers differ."""
    ours, theirs = (axis_frame(answer.rows.panel, "1h") for answer in (got, expected))
    if not ours.equals(theirs):
        return Breach(f"{message}: it has other rows, {len(ours)} where {len(theirs)} were expected")
    return first_difference(expected.rows, expected.outputs, got.outputs, message, exact=exact)


def _until(answer: Answer, moment: dt.datetime) -> Answer:
    """What is over at a moment."""
    return _kept(answer, np.flatnonzero((answer.ends <= moment).to_numpy()))


def _kept(answer: Answer, rows: npt.NDArray[np.int64]) -> Answer:
    panel = _panel(axis_frame(answer.rows.panel, "1h")[rows])
    return Answer(Sample(panel, ()), {name: array[rows] for name, array in answer.outputs.items()})


def _panel(axis: pl.DataFrame) -> Panel:
    """The rows of a frame of symbol, ts and end, sorted by symbol and ts."""
    runs = axis["symbol"].rle().struct.unnest()
    offsets = np.concatenate(([0], np.cumsum(runs["len"].to_numpy()))).astype(np.int64)
    return Panel(tuple(runs["value"].to_list()), offsets, axis["ts"], {}, axis["end"])


def _axis(symbols: tuple[str, ...], lengths: npt.NDArray[np.int64], since: list[int], timeframe: str) -> pl.DataFrame:
    """Rows of each symbol; `since` are microseconds after a Monday."""
    names = pl.Series("symbol", np.repeat(np.array(symbols, dtype=object), lengths).tolist(), dtype=pl.String)
    start = int(_MONDAY.replace(tzinfo=dt.UTC).timestamp()) * 1_000_000
    ts = pl.Series("ts", [start + at for at in since], dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame([names, ts, bar_ends(ts, timeframe).alias("end")])


def _weekdays(lengths: npt.NDArray[np.int64]) -> list[int]:
    """Hours from Monday to Friday."""
    days = [(hour // 24, hour % 24) for length in lengths.tolist() for hour in range(length)]
    return [((day // 5 * 7 + day % 5) * 24 + hour) * _HOUR for day, hour in days]


def _steps(lengths: npt.NDArray[np.int64]) -> list[int]:
    """Bars of 25 minutes, one after the other."""
    return [step * _HOUR * 25 // 60 for length in lengths.tolist() for step in range(length)]
