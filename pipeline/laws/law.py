"""The laws. Each is a function from a trial to the first breach that it finds, None when there is none.

A node that raises breaks the law that made it raise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.errors import NodeError
from pipeline.laws.breach import Breach, first_difference
from pipeline.laws.sample import Mood, Sample, draw
from pipeline.laws.trial import Outputs, Trial
from pipeline.model.kind import Kind
from pipeline.model.node import NodeType

__all__ = ["LAWS", "Law", "is_refusal", "out_of_kind", "values_of_kind"]

Check: TypeAlias = "Callable[[Trial], Breach | None]"
TrialT = TypeVar("TrialT")


@dataclass(frozen=True, slots=True)
class Law(Generic[TrialT]):
    """A law by name: what it demands, of which node types, and how it is checked."""

    name: str
    demand: str
    check: Callable[[TrialT], Breach | None]
    binds: Callable[[NodeType], bool] = lambda _: True


def is_refusal(error: BaseException) -> bool:
    """True when a node itself says that it cannot work with so few bars, as a plugin's `validate_data` does."""
    return isinstance(error, NodeError) and error.faults[0].code == "TG507"


def _on_axis(node: NodeType) -> bool:
    return node.style != "table"


def _on_rows(node: NodeType) -> bool:
    return len(node.tables) < len(node.outputs)


def _by_symbol(node: NodeType) -> bool:
    return node.scope == "symbol"


def causality(trial: Trial) -> Breach | None:
    """Prefix invariance at many cuts, also on and right after the rows where a decision changes.

    Of a table node it binds the columns, which have a value for each row; what it makes tables of may be all bars.
    """
    for rows in _cuts(trial):
        part = trial.lively.until(rows)
        known = _prefix(trial.lively, trial.whole, rows)
        message = f"with the bars up to row {rows - 1} alone the value is another: it depends on later bars"
        try:
            found = trial.outputs(part)
        except NodeError as error:
            if is_refusal(error):  # too few bars for the node: this cut says nothing
                continue
            raise
        if breach := first_difference(part, known, found, message):
            return breach
    return None


def _columns(outputs: Outputs) -> Outputs:
    """Without the columns of tables, which have rows of their own."""
    return {name: array for name, array in outputs.items() if "." not in name}


def _cuts(trial: Trial) -> list[int]:
    rows, warmup = trial.rows, trial.warmup
    cuts = {1, 2, 3, warmup, warmup + 1, warmup + 2, rows // 4, rows // 2, 3 * rows // 4, rows - 1}
    stop = trial.lively.segments[0][1]
    for array in _columns(trial.whole).values():
        column = array[:stop]
        changes = 1 + np.flatnonzero((np.diff(column) != 0.0) & ~np.isnan(np.diff(column)))
        # a column that changes with every bar gives two rows, one that decides now and then gives several
        for row in changes[:: max(1, len(changes) // 3)][:4].tolist():
            cuts |= {row + 1, row + 2}
    return sorted(cut for cut in cuts if 0 < cut < rows)


def _prefix(sample: Sample, outputs: Outputs, rows: int) -> Outputs:
    kept = np.concatenate([np.arange(start, min(start + rows, stop)) for start, stop in sample.segments])
    return {name: array[kept] for name, array in _columns(outputs).items()}


def warm_up(trial: Trial) -> Breach | None:
    """On whole bars nothing is missing after the warm-up, unless the page says that a value may be null."""
    node = trial.node
    if "null" in node.doc or (node.style == "frame" and node.warmup == 0):
        return None
    for name, array in trial.whole.items():
        for start, stop in trial.lively.segments:
            missing = np.flatnonzero(np.isnan(array[start + trial.warmup : stop]))
            if len(missing):
                row = start + trial.warmup + int(missing[0])
                message = f"it is missing after the declared warm-up of {trial.warmup} rows"
                return Breach.at(trial.lively, row, name, message, np.nan, np.nan)
    return None


def determinism(trial: Trial) -> Breach | None:
    """The same bars give the same bits."""
    again = trial.outputs(draw(trial.node, trial.rows))
    message = "a second call over the same bars gives another value"
    return first_difference(trial.lively, trial.whole, again, message, exact=True)


def independence(trial: Trial) -> Breach | None:
    """A symbol's values do not depend on which other symbols are there."""
    if trial.node.style == "table":
        return None
    for index, (start, stop) in enumerate(trial.lively.segments):
        mine = trial.lively.alone(index)
        known = {name: array[start:stop] for name, array in trial.whole.items()}
        message = "without the other symbols the value is another"
        if breach := first_difference(mine, known, trial.outputs(mine), message):
            return breach
    return None


def gaps(trial: Trial) -> Breach | None:
    """A missing bar does no harm for ever, and none at all beyond its window."""
    sample = draw(trial.node, trial.rows, "gaps")
    found = trial.outputs(sample)
    if breach := values_of_kind(trial, sample, found):
        return breach
    if trial.node.style == "table":
        return None
    if not trial.node.recursive and trial.warmup < trial.rows:
        message = "a gap changes a value whose window does not contain it"
        clear = _clear_of_gaps(sample, trial.warmup)
        if breach := first_difference(sample, trial.whole, found, message, clear):
            return breach
    start, stop = sample.segments[0]
    tail = slice(max(stop - trial.rows // 8, start), stop)
    reaches = trial.rows // 8 + 3 * trial.rows // 5 + trial.warmup * 2 < trial.rows
    for name, array in found.items():
        if reaches and np.isnan(array[tail]).all() and not np.isnan(trial.whole[name][tail]).all():
            expected = float(trial.whole[name][stop - 1])
            return Breach.at(sample, stop - 1, name, "it never comes back after a gap", expected, np.nan)
    return None


def _clear_of_gaps(sample: Sample, warmup: int) -> npt.NDArray[np.bool_]:
    """Rows whose last `warmup` + 1 bars are all there."""
    clear = np.zeros(len(sample.panel), dtype=bool)
    for start, stop in sample.segments:
        known = np.ones(stop - start, dtype=bool)
        known[[row for row in sample.gaps if row < stop - start]] = False
        since = np.arange(stop - start) - np.maximum.accumulate(np.where(known, -1, np.arange(stop - start)))
        clear[start:stop] = since > warmup
    return clear


def lonely_gaps(trial: Trial) -> Breach | None:
    """Nothing but missing values on one input is no reason to fail or to be infinite."""
    for number in range(len(trial.node.ports)):
        sample = trial.lively.without(number)
        if breach := values_of_kind(trial, sample, trial.outputs(sample)):
            return breach
    return None


def _in_mood(mood: Mood) -> Check:
    def check(trial: Trial) -> Breach | None:
        sample = draw(trial.node, trial.rows, mood)
        return values_of_kind(trial, sample, trial.outputs(sample))

    return check


def shortness(trial: Trial) -> Breach | None:
    """One row and no row are bars as well."""
    for rows in (0, 1, 2):
        sample = draw(trial.node, rows)
        try:
            found = trial.outputs(sample)
        except NodeError as error:
            if is_refusal(error):
                continue
            raise
        if trial.node.style != "table":
            for name, array in found.items():
                if len(array) != len(sample.panel):
                    return Breach(f"{len(array)} values for {len(sample.panel)} rows", name)
        if breach := values_of_kind(trial, sample, found):
            return breach
    return None


def kinds(trial: Trial) -> Breach | None:
    """Values are finite and within what their kind allows."""
    return values_of_kind(trial, trial.lively, trial.whole)


def values_of_kind(trial: Trial, sample: Sample, outputs: Outputs) -> Breach | None:
    """The first value that is infinite, or outside of its kind."""
    if trial.node.style == "table":
        return next((Breach("infinite", name) for name, array in outputs.items() if np.isinf(array).any()), None)
    return out_of_kind(trial.kinds, sample, outputs)


def out_of_kind(kinds: Mapping[str, Kind], sample: Sample, outputs: Outputs) -> Breach | None:
    """The first value that is infinite, or outside of what its kind allows."""
    limits = {"percent": (0.0, 100.0), "fraction": (0.0, 1.0), "event": (-1.0, 1.0), "condition": (0.0, 1.0)}
    for name, array in outputs.items():
        kind = kinds.get(name)
        low, high = limits.get(kind.name if kind else "", (-np.inf, np.inf))
        slack = 1e-9 * (high - low) if np.isfinite(high) else 0.0
        wrong = np.isinf(array) | (array < low - slack) | (array > high + slack)
        if wrong.any():
            row = int(np.argmax(wrong))
            message = "it is infinite" if np.isinf(array[row]) else f"it is no {kind}: allowed are {low:g} to {high:g}"
            return Breach.at(sample, row, name, message, np.nan, float(array[row]))
    return None


LAWS = (
    Law("kinds", "values are finite and within their kind", kinds),
    Law("determinism", "the same bars give the same bits", determinism),
    Law("causality", "no value depends on a later bar", causality, _on_rows),
    Law("warm-up", "nothing is missing after the declared warm-up", warm_up, _on_axis),
    Law("independence", "no value depends on another symbol", independence, _by_symbol),
    Law("gaps", "a missing bar spoils its windows and no more", gaps),
    Law("missing input", "an input without values is no failure", lonely_gaps),
    Law("flat prices", "constant prices are no failure", _in_mood("flat")),
    Law("no volume", "bars without trade are no failure", _in_mood("no volume")),
    Law("short", "one row and no rows are no failure", shortness),
)
