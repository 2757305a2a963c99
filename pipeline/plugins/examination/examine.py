"""Examine a plugin of the guide on made-up bars: the contract of its outputs, the same answer twice, no look ahead.

Two samples, hourly and daily bars. The look ahead is searched for by cutting the bars: a causal plugin gives for the
first rows the same whether or not more follow. Cuts lie right after rows on which something is decided and after rows
that are rare in one way or another; `exhaustive` cuts after every row.
"""

from __future__ import annotations

import ast
import datetime as dt
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import Fault, NodeError, Place
from pipeline.execution.alarm import Overdue, alarm
from pipeline.execution.attempt import Caller, Outcome
from pipeline.frame import Series
from pipeline.frame.library.real import twin_of
from pipeline.laws.breach import Breach, first_difference
from pipeline.laws.choice import base, ends
from pipeline.laws.sample import Sample
from pipeline.model.column import Column, FloatArray
from pipeline.model.node import NodeType
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.examination.sample_call import other_inputs, sample_call
from pipeline.plugins.examination.suspect import suspicious_line

__all__ = ["Examination", "examine"]

_Kind: TypeAlias = "tuple[Literal['h', 'D'], int, int]"
_Patience: TypeAlias = "tuple[float, Callable[[], None]]"
"""How long a call may take, and who is told before each."""
_SAMPLES: tuple[_Kind, ...] = (("h", 700, 11), ("D", 500, 12))
_MORE = 8
"""So many times longer are the samples of a plugin that refuses the first ones."""
_GRID = 40
_RARE = 8
_DECIDED = 90
_FEWEST = 12


@dataclass(frozen=True)
class Examination:
    """What was found. `faults` is empty when all is well; `cuts` counts the beginnings of the bars that were tried.

    `ms` is the time of a call over the longest sample, `fallback` what the pandas adapter lacked, `infinite` says where
    a value is infinite: that is no reason to refuse, and rarely what its author wants.
    """

    faults: tuple[Fault, ...] = ()
    rows: int = 0
    cuts: int = 0
    ms: float = 0.0
    fallback: str = ""
    signals: int | None = None
    infinite: str = ""

    def after(self, bench: _Bench) -> Examination:
        """With what the first call over another sample has shown."""
        values = bench.values if bench.outcome.raised is None else {}
        infinite = next(
            (f"{name!r} in row {np.argmax(np.isinf(a))}" for name, a in values.items() if np.isinf(a).any()), ""
        )
        signals = self.signals
        if "event" in values:
            signals = (signals or 0) + int(np.count_nonzero(np.nan_to_num(values["event"])))
        return replace(
            self,
            rows=self.rows + len(bench.sample.panel),
            ms=max(self.ms, bench.outcome.ms),
            fallback=self.fallback or bench.outcome.fallback,
            signals=signals,
            infinite=self.infinite or infinite,
        )


def examine(
    node: NodeType,
    tree: ast.Module,
    caller: Caller,
    *,
    exhaustive: bool = False,
    limit: float = 30.0,
    alive: Callable[[], None] = lambda: None,
) -> Examination:
    """Put a plugin's node type through its examination; `tree` is its file, for the line that a fault names.

    All is tried with the defaults, look ahead at a few cuts also with each param at the ends of its range. A call may
    take `limit` seconds; a slow plugin is tried at fewer cuts, so that all of them take about as long. `alive` is told
    before each call.
    """
    chosen = base(node)
    result = Examination()
    for step, length, seed in _SAMPLES:
        bench = _Bench(node, chosen, caller, (step, length, seed), (limit, alive))
        if bench.outcome.raised is not None and bench.outcome.raised.code == "TG507":
            bench = _Bench(node, chosen, caller, (step, length * _MORE, seed), (limit, alive))
        result = result.after(bench)
        fault = _contract(bench, tree) or _steadiness(bench, tree)
        if fault is None:
            tried, breach = bench.looks_ahead(exhaustive=exhaustive)
            result = replace(result, cuts=result.cuts + tried)
            fault = None if breach is None else _look_ahead(node, tree, breach)
        if fault is not None:
            return replace(result, faults=(fault,))
    for other in _ends(node, chosen):
        bench = _Bench(node, other, caller, _SAMPLES[0], (limit, alive))
        most = min(_FEWEST, max(2, bench.affordable // 20))
        tried, breach = (0, None) if bench.outcome.raised is not None else bench.looks_ahead(most=most)
        result = replace(result, cuts=result.cuts + tried)
        if breach is not None and breach.row is not None:
            changed = next(f"{name}={value}" for name, value in other.items() if value != chosen[name])
            return replace(result, faults=(_look_ahead(node, tree, breach, f"with {changed} "),))
    return result


def _ends(node: NodeType, chosen: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The params with one that is bounded on both sides, or has options, at one end."""
    for other in ends(node, chosen):
        param = next(param for param in node.params if other[param.name] is not chosen[param.name])
        bounds = param.param.bounds.given()
        if ("ge" in bounds and "le" in bounds) or (not bounds.keys() and isinstance(other[param.name], str | bool)):
            yield other


class _Bench:
    """One sample, and what the plugin gives for it and for its beginnings."""

    def __init__(
        self,
        node: NodeType,
        params: Mapping[str, Any],
        caller: Caller,
        kind: _Kind,
        patience: _Patience,
    ) -> None:
        step, rows, seed = kind
        limit, alive = patience
        self.node, self.caller, self.alive = node, caller, alive
        self.bars = sample_bars(rows, step=step, seed=seed)
        self.others = other_inputs(node, self.bars)
        self.call = sample_call(node, params, self.bars)
        self.sample = Sample(self.call.panel, tuple(self.call.ports))
        self.limit = limit
        alive()
        self.outcome = caller.call(self.call, limit)

    @cached_property
    def values(self) -> dict[str, FloatArray]:
        return _arrays(self.outcome)

    @cached_property
    def _function(self) -> Callable[..., Any]:
        return twin_of(self.node.fn) if self.outcome.fallback else self.node.fn

    def beginning(self, rows: int) -> dict[str, FloatArray]:
        """What it gives for the first bars alone. Raises whatever it raises.

        The engine's own call checks and converts, for three times as long as most plugins compute; hundreds of calls
        do without, unless the result is not in the order of the bars.
        """
        part = self.bars.head(rows)
        with redirect_stdout(sys.stderr):
            found = self._function(part, *(other.head(rows) for other in self.others), **self.call.params)
        results = found if isinstance(found, tuple) else (found,)
        plain = [
            np.asarray(result._values.floats, dtype=np.float64)
            for result in results
            if isinstance(result, Series) and len(result) == rows and result.index.equals(part.index)
        ]
        if len(plain) == len(self.call.columns):
            return {name: array for (name, _), array in zip(self.call.columns, plain, strict=True)}
        sample = self.sample.until(rows)
        outcome = self.caller.call(replace(self.call, ports=sample.ports, panel=sample.panel), None)
        if outcome.raised is not None:
            raise NodeError(outcome.raised.message, code=outcome.raised.code)
        return _arrays(outcome)

    def differs(self) -> Breach | None:
        self.alive()
        again = self.caller.call(self.call, self.limit)
        if again.raised is not None:
            return Breach(f"the second call raises {again.raised.message}")
        return first_difference(self.sample, self.values, _arrays(again), "another value", exact=True)

    def looks_ahead(self, *, exhaustive: bool = False, most: int | None = None) -> tuple[int, Breach | None]:
        """How many cuts were tried, `most` at most, and the first row whose value depends on what follows."""
        raised: list[str] = []
        cuts = _some(np.array(self.cuts(exhaustive=exhaustive)), most or self.affordable).tolist()
        for tried, rows in enumerate(cuts, 1):
            self.alive()
            try:
                with alarm(self.limit):
                    found = self.beginning(rows)
            except (Exception, SystemExit, Overdue) as error:  # noqa: BLE001 - too few bars: this cut says nothing
                raised.append(f"{type(error).__name__}: {error}")
                continue
            known = {name: array[:rows] for name, array in self.values.items()}
            message = f"with the bars up to row {rows - 1} alone it is another value"
            if breach := first_difference(self.sample, known, found, message):
                return tried, breach
        if len(raised) * 2 > len(cuts):
            return len(cuts), Breach(f"most calls over fewer bars fail, the last with: {raised[-1]}")
        return len(cuts), None

    @property
    def affordable(self) -> int:
        """How many calls take about as long as one may take."""
        return max(_FEWEST, int(self.limit * 1e3 / max(self.outcome.ms, 0.1)))

    def cuts(self, *, exhaustive: bool) -> list[int]:
        total = len(self.sample.panel)
        if exhaustive:
            return list(range(2, total))
        rows = {int(row) for row in np.linspace(2, total - 2, _GRID)}
        rows |= {total - 1, total - 2, total - 3}
        for array in self.values.values():
            rows |= {row + 1 for row in _decided(array)}
        rows |= {row + 1 for row in _rare(self.sample)}
        return sorted(row for row in rows if 1 < row < total)


def _decided(array: FloatArray) -> Iterator[int]:
    """Rows on which a column says something new: those where a signal begins or stands, or a line turns."""
    known = np.nan_to_num(array)
    changed = np.flatnonzero(np.diff(known) != 0.0) + 1
    if len(changed) < len(array) // 2:  # something that decides now and then
        rows = np.union1d(changed, np.flatnonzero(known != 0.0)) if len(changed) < _DECIDED else changed
        rows = np.union1d(changed[:_DECIDED], _some(rows, _DECIDED))
    else:
        rows = _some(np.flatnonzero(np.diff(np.sign(np.diff(known))) != 0.0) + 1, _GRID)
    yield from rows.tolist()


def _rare(sample: Sample) -> Iterator[int]:
    """Rows that are rare in one way or another: large moves, much or no volume, no move, new days and months."""
    bars = sample.ports[0]
    assert isinstance(bars, Mapping)
    field = {name: column.array for name, column in bars.items()}
    close, volume = field["close"], field["volume"]
    moves = np.concatenate(([0.0], np.diff(close) / close[:-1]))
    for measure in (moves, -moves, volume, -volume, field["high"] / field["low"], close, -close):
        yield from np.argsort(measure, kind="stable")[-_RARE:].tolist()
    times = sample.panel.ts.dt
    beginnings = [_new(part) for part in (times.date(), times.month(), times.week())]
    edges = [moves == 0.0, field["open"] == close, *beginnings]
    for mask in edges:
        yield from _some(np.flatnonzero(mask), _RARE).tolist()
    for mask in beginnings:  # the last row of a day, of a month
        yield from _some(np.flatnonzero(mask)[1:] - 1, _RARE).tolist()


def _new(part: pl.Series) -> npt.NDArray[np.bool_]:
    return (part != part.shift(1)).fill_null(True).to_numpy()


def _some(rows: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    return rows if len(rows) <= count else rows[np.linspace(0, len(rows) - 1, count).astype(np.int64)]


def _contract(bench: _Bench, tree: ast.Module) -> Fault | None:
    node, raised = bench.node, bench.outcome.raised
    if raised is not None:
        line = _raising_line(raised.traceback, node.origin)
        message = raised.message.removeprefix(f"{node.id}: ")
        return Fault("TG413", f"on sample bars: {message}", _place(node, tree, line))
    strength = bench.values.get("strength") if node.category == "strategy" else None
    if strength is not None:
        wrong = np.flatnonzero((strength < 0.0) | (np.isinf(strength)))
        if len(wrong):
            message = f"signal_strength is {strength[wrong[0]]:g} in row {wrong[0]}, allowed: 0 to 1"
            return Fault("TG413", message, _place(node, tree))
    for name, array in bench.values.items():
        if len(array) and np.isnan(array).all():
            message = f"{name!r} is missing in all {len(array)} rows of the sample bars"
            return Fault("TG413", message, _place(node, tree), "Is its window longer than that?")
    return None


def _steadiness(bench: _Bench, tree: ast.Module) -> Fault | None:
    breach = bench.differs()
    if breach is None:
        return None
    hint = "Random numbers need a fixed seed, and nothing may be kept between calls."
    message = f"it answers differently from call to call: {_told(breach)}"
    return Fault("TG414", message, _place(bench.node, tree), hint)


def _look_ahead(node: NodeType, tree: ast.Module, breach: Breach, when: str = "") -> Fault:
    line = suspicious_line(tree)
    hint = f"Look at line {line[0]}: {line[1]}." if line else "A value may use the rows up to its own alone."
    return Fault("TG414", f"{when}it looks ahead: {_told(breach)}", _place(node, tree, line and line[0]), hint)


def _place(node: NodeType, tree: ast.Module, line: int | None = None) -> Place:
    """The line in the plugin's file, that of its main method where none is known."""
    wanted = "generate_signals" if node.category == "strategy" else "calculate"
    lines = [item.lineno for item in ast.walk(tree) if isinstance(item, ast.FunctionDef) and item.name == wanted]
    return Place(node.origin, line or next(iter(lines), 1))


def _raising_line(text: str, origin: str) -> int | None:
    """The innermost line of the plugin's file in a traceback."""
    found = None
    for line in text.splitlines():
        if line.strip().startswith(f'File "{origin}", line '):
            found = int(line.split(", line ")[1].partition(",")[0])
    return found


def _told(breach: Breach) -> str:
    if breach.row is None:
        return breach.message
    at = f" ({breach.ts:%Y-%m-%d %H:%M})" if isinstance(breach.ts, dt.datetime) else ""
    values = f"{_shown(breach.got)} there, {_shown(breach.expected)} with all bars"
    return f"{breach.output!r} in row {breach.row}{at}, {breach.message}: {values}"


def _shown(value: float | None) -> str:
    return "missing" if value is None else f"{value:.10g}"


def _arrays(outcome: Outcome) -> dict[str, FloatArray]:
    if outcome.value is None:
        raise NodeError("it gave nothing", code="TG502")
    return {name: value.array for name, value in outcome.value.items() if isinstance(value, Column)}
