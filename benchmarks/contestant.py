"""Contestants: engines that run the same shapes, and the rounds in which they are timed one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from benchmarks.timing import Sample, one_round, timed
from benchmarks.workload import Shape, Values, assert_expected

__all__ = ["Contestant", "Result", "Runner", "compete"]


class Runner(Protocol):
    """A shape, built and ready to run."""

    def forget(self) -> None:
        """Empty the cache; not timed."""

    def run(self) -> Values:
        """The asked results."""


class Contestant(Protocol):
    """An engine, or one way of using it.

    `caches` says that a second run takes what the first one stored. `builds` is "each round", or for engines
    that take long to build "once" (the runner is kept and its first run thrown away as a warm-up), or "shared"
    (as once, and it was another contestant that paid).
    """

    name: str
    caches: bool
    builds: Literal["each round", "once", "shared"]

    def build(self, shape: Shape) -> Runner:
        """From a definition in memory to a runner: whatever the engine checks or compiles beforehand."""


@dataclass
class Result:
    """What was measured of one contestant; `build` is empty where another contestant built the runner."""

    build: Sample = field(default_factory=Sample)
    cold: Sample = field(default_factory=Sample)
    cached: Sample = field(default_factory=Sample)


def compete(contestants: Sequence[Contestant], shape: Shape, rounds: int) -> dict[str, Result]:
    """Samples by contestant. A round runs them all, each one in another place than in the round before."""
    results = {contestant.name: Result() for contestant in contestants}
    kept: dict[str, Runner] = {}
    for number in range(rounds):
        turn = number % len(contestants)
        with one_round():
            for contestant in (*contestants[turn:], *contestants[:turn]):
                _round(contestant, shape, results[contestant.name], kept)
    return results


def _round(contestant: Contestant, shape: Shape, result: Result, kept: dict[str, Runner]) -> None:
    name = contestant.name
    if name in kept:
        runner = kept[name]
    else:
        seconds, runner = timed(lambda: contestant.build(shape))
        if contestant.builds != "shared":
            result.build.add(seconds)
        if contestant.builds != "each round":
            kept[name] = runner
            runner.forget()
            assert_expected(shape, runner.run(), name)
    runner.forget()
    seconds, found = timed(runner.run)
    assert_expected(shape, found, name)
    result.cold.add(seconds)
    if contestant.caches:
        seconds, found = timed(runner.run)
        assert_expected(shape, found, f"{name}, cached")
        result.cached.add(seconds)
