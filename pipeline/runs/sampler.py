"""Choosing cells by what the ones before gave, with Optuna's tree-structured Parzen estimator.

Cells are asked for in rounds of one size, whoever computes them: the same seed chooses the same cells.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pipeline.errors import UsageError
from pipeline.graph.sweep import Cell
from pipeline.runs.sweep import Search

__all__ = ["ROUND", "choose"]

ROUND = 10
"""Cells of a round."""
_TRIES = 20
"""So often a sampler may propose what is not allowed or was tried; then a cell is drawn by chance."""

Values: TypeAlias = Callable[[Sequence[Cell], str], Sequence[float | None]]
"""What cells gave, in a metric."""


def choose(cells: Sequence[Cell], search: Search, values: Values) -> list[Cell]:
    """The cells that are tried, at most `search.most`, in their order; `values` computes them, round by round.

    Raises UsageError TG135 when it is not said how many, TG523 without Optuna.
    """
    if search.most is None:
        hint = "Say how many cells are tried: --max 100."
        raise UsageError("the sampler optuna goes on for ever", code="TG135", hint=hint)
    rounds = _Rounds(cells, search)
    tried: dict[int, Cell] = {}
    most = min(search.most, len(cells))
    while len(tried) < most:
        asked = rounds.ask(min(ROUND, most - len(tried)), tried)
        tried.update((cell.number, cell) for cell, _ in asked)
        found = values([cell for cell, _ in asked], search.objective)
        rounds.tell([trial for _, trial in asked], found)
    return [tried[number] for number in sorted(tried)]


class _Rounds:
    """A study over the places of values on their axes: neighbours are near each other."""

    def __init__(self, cells: Sequence[Cell], search: Search) -> None:
        try:
            import optuna  # an extra, and slow to import
        except ImportError as error:
            hint = "pip install 'tradegraph[optuna]'"
            raise UsageError("the sampler optuna needs the package optuna", code="TG523", hint=hint) from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(seed=search.seed, constant_liar=True)
        directions = optuna.study.StudyDirection
        direction = directions.MINIMIZE if search.least else directions.MAXIMIZE
        self._failed = optuna.trial.TrialState.FAIL
        self._study = optuna.create_study(sampler=sampler, direction=direction)
        self._chance = random.Random(search.seed)  # noqa: S311 - no secret hangs on it
        self._axes = {name: list(dict.fromkeys(cell.values[name] for cell in cells)) for name in cells[0].values}
        self._places = {name: {repr(v): at for at, v in enumerate(axis)} for name, axis in self._axes.items()}
        self._cells = {self._place(cell): cell for cell in cells}
        self._space: dict[str, Any] = {
            name: optuna.distributions.IntDistribution(0, len(axis) - 1) for name, axis in self._axes.items()
        }

    def ask(self, count: int, tried: dict[int, Cell]) -> list[tuple[Cell, Any]]:
        """Cells that were not tried so far, each with its trial."""
        asked: dict[int, tuple[Cell, Any]] = {}
        while len(asked) < count:
            cell, trial = self._propose({*tried, *asked})
            asked[cell.number] = cell, trial
        return list(asked.values())

    def tell(self, trials: Sequence[Any], values: Sequence[float | None]) -> None:
        """What came of trials."""
        for trial, value in zip(trials, values, strict=True):
            if value is None or not math.isfinite(value):
                self._study.tell(trial, state=self._failed)
            else:
                self._study.tell(trial, value)

    def _propose(self, taken: set[int]) -> tuple[Cell, Any]:
        for _ in range(_TRIES):
            trial = self._study.ask(self._space)
            cell = self._cells.get(tuple(trial.params[name] for name in self._axes))
            if cell is not None and cell.number not in taken:
                return cell, trial
            self._study.tell(trial, state=self._failed)
        cell = self._chance.choice([cell for cell in self._cells.values() if cell.number not in taken])
        self._study.enqueue_trial(dict(zip(self._axes, self._place(cell), strict=True)))
        return cell, self._study.ask(self._space)

    def _place(self, cell: Cell) -> tuple[int, ...]:
        return tuple(self._places[name][repr(value)] for name, value in cell.values.items())
