"""Samplers: cells chosen by what the ones before gave, the same ones for the same seed."""

import pytest

from pipeline.errors import UsageError
from pipeline.graph.sweep import Axis, Sweep, cells_of, sampled
from pipeline.runs.sampler import ROUND, choose
from pipeline.runs.sweep import Search

CELLS, _ = cells_of(Sweep((Axis("x", tuple(range(30))), Axis("y", tuple(range(30)))), where="x + y > 4"), {})


def hill(cells, metric):
    """A hill whose top is at 21, 8; nothing beyond x = 27."""
    assert metric == "height"
    assert len(cells) <= ROUND
    return [None if c.params["x"] > 27 else -((c.params["x"] - 21) ** 2) - (c.params["y"] - 8) ** 2 for c in cells]


def chosen(most, **more):
    return choose(CELLS, Search(most=most, sampler="optuna", objective="height", **more), hill)


def test_the_same_seed_chooses_the_same_cells_and_none_twice() -> None:
    first = chosen(60)
    assert first == chosen(60)
    assert first != chosen(60, seed=1)
    assert len({cell.number for cell in first}) == 60
    assert [cell.number for cell in first] == sorted(cell.number for cell in first)


def test_it_gets_nearer_to_the_best_than_chance_does() -> None:
    def best(cells):
        rounds = [hill(cells[at : at + ROUND], "height") for at in range(0, len(cells), ROUND)]
        return max(value for values in rounds for value in values if value is not None)

    def chance(seed):
        return sampled(CELLS, 60, sampler="random", seed=seed)

    wins = sum(best(chosen(60, seed=seed)) >= best(chance(seed)) for seed in range(4))
    assert wins >= 3


def test_all_cells_are_tried_when_there_are_no_more() -> None:
    few = CELLS[:13]
    search = Search(most=500, sampler="optuna", objective="height")
    assert choose(few, search, hill) == list(few)


def test_it_must_be_told_when_to_end() -> None:
    with pytest.raises(UsageError) as caught:
        chosen(None)
    assert caught.value.faults[0].code == "TG135"
