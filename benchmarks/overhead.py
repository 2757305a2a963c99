"""Engine overhead per node: a chain and a fan beside the peers, and the margin between two chains by phase.

python -m benchmarks.overhead [--nodes 1000] [--large 10000] [--rounds 5] [--skip pipefunc …] [--json]

The margin is (t(large) - t(nodes)) / (large - nodes): what one more node costs, without whatever a run costs
once. The aim counts the phases of `engine.COUNTED` and stands at 15 µs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.contestant import Contestant, Result, compete
from benchmarks.engine import APART, COUNTED, PHASES, Tradegraph, in_memory, in_store
from benchmarks.report import Table, show
from benchmarks.timing import Laps, Sample, one_round, timed
from benchmarks.workload import Shape

__all__ = ["main", "margins", "rivals", "start_up"]

KERNEL = "plus_kernel"
EXPRESSION = "plus_expression"
AIM = 15.0
OURS = "tradegraph"


def rivals(nodes: int, rounds: int, *, skip: Sequence[str] = ()) -> list[Table]:
    """One table a shape: microseconds a node of every contestant, minimum / median."""
    shapes = [Shape("chain", nodes), Shape("fan", nodes)]
    return [_rivals(shape, rounds, skip) for shape in shapes]


def _rivals(shape: Shape, rounds: int, skip: Sequence[str]) -> Table:
    from benchmarks.peers import peers  # two libraries that the product does not need

    contestants: list[Contestant] = [peer for peer in peers() if not peer.name.startswith(tuple(skip))]
    with one_round():  # it warms up
        contestants += [Tradegraph(OURS, KERNEL, [shape]), Tradegraph(f"{OURS}, polars nodes", EXPRESSION, [shape])]
    results = compete(contestants, shape, rounds)
    table = Table(
        f"{shape.kind} of {shape.nodes:,} nodes: µs a node, min / median of {rounds} rounds",
        ("engine", "build", "first run", "from cache", "build + first", "× build + first", "× first", "× from cache"),
    )
    ours = results[OURS]
    for name, result in results.items():
        table.add(
            engine=name,
            **{
                "build": _per_node(result.build, shape),
                "first run": _per_node(result.cold, shape),
                "from cache": _per_node(result.cached, shape),
                "build + first": _per_node(_both(result), shape),
                "× build + first": _ratio(_both(result), _both(ours)),
                "× first": _ratio(result.cold, ours.cold),
                "× from cache": _ratio(result.cached, ours.cached),
            },
        )
    table.notes = [f"× is the median over the rounds of (this engine / {OURS}): above 1, {OURS} is faster."]
    return table


def _both(result: Result) -> Sample:
    """Building and the first run of each round; the one build counts for all rounds where there is only one."""
    build = result.build.seconds
    if not build:
        return Sample()
    builds = build if len(build) == len(result.cold.seconds) else [build[0]] * len(result.cold.seconds)
    return Sample([a + b for a, b in zip(builds, result.cold.seconds, strict=True)])


def _per_node(sample: Sample, shape: Shape) -> dict[str, float] | None:
    return sample.per(shape.nodes) if sample.seconds else None


def _ratio(theirs: Sample, ours: Sample) -> float | None:
    if not theirs.seconds or len(theirs.seconds) != len(ours.seconds):
        return None
    return median(a / b for a, b in zip(theirs.seconds, ours.seconds, strict=True))


def margins(nodes: int, large: int, rounds: int, *, store_rounds: int) -> list[Table]:
    """What one more node costs between two chains, by phase: in memory, then with the real store."""
    tables = [
        _margin(f"{style} nodes, in memory", nodes, large, rounds, lambda shape, use=use: in_memory(shape, use))
        for style, use in (("kernel", KERNEL), ("polars", EXPRESSION))
    ]
    return [*tables, _margin("kernel nodes, real store", nodes, large, store_rounds, _stored)]


def _stored(shape: Shape) -> tuple[Laps, Laps]:
    with tempfile.TemporaryDirectory(prefix="tradegraph-bench-") as folder:
        return in_store(shape, KERNEL, Path(folder))


def _margin(title: str, nodes: int, large: int, rounds: int, measure: Callable[[Shape], tuple[Laps, Laps]]) -> Table:
    with one_round():
        measure(Shape("chain", 2))  # compile, import, open: not a cost of nodes
    found: dict[str, dict[str, tuple[Sample, Sample]]] = {"cold": {}, "cached": {}}
    for _ in range(rounds):
        with one_round():
            measured = zip(measure(Shape("chain", nodes)), measure(Shape("chain", large)), strict=True)
        for way, (laps_small, laps_large) in zip(found, measured, strict=True):
            for phase in laps_large.seconds:
                small, big = found[way].setdefault(phase, (Sample(), Sample()))
                small.add(laps_small.seconds.get(phase, 0.0))
                big.add(laps_large.seconds[phase])
    table = Table(
        f"chain, {title}: µs a node, min / median of {rounds} rounds",
        ("phase", f"cold {nodes:,}", f"cold {large:,}", "cold margin", "cached margin"),
    )
    span = large - nodes
    for phase in PHASES:
        cold, cached = found["cold"].get(phase), found["cached"].get(phase)
        if cold or cached:
            table.add(
                phase=phase,
                **{
                    f"cold {nodes:,}": cold and cold[0].per(nodes),
                    f"cold {large:,}": cold and cold[1].per(large),
                    "cold margin": cold and _difference(*cold).per(span),
                    "cached margin": cached and _difference(*cached).per(span),
                },
            )
    for name, phases in (("counted", COUNTED), ("apart", APART)):
        cold, cached = _sum(found["cold"], phases), _sum(found["cached"], phases)
        table.add(
            phase=f"= {name}",
            **{
                f"cold {nodes:,}": cold[0].per(nodes),
                f"cold {large:,}": cold[1].per(large),
                "cold margin": _difference(*cold).per(span),
                "cached margin": _difference(*cached).per(span),
            },
        )
    table.notes = [
        f"margin = (t({large:,}) - t({nodes:,})) / {span:,}; counted = {' + '.join(COUNTED)}, the aim is {AIM:.0f} µs"
    ]
    return table


def _difference(small: Sample, large: Sample) -> Sample:
    """Pair by pair, so that a slow spell of the machine hits both."""
    return Sample([b - a for a, b in zip(small.seconds, large.seconds, strict=True)])


def _sum(found: dict[str, tuple[Sample, Sample]], phases: Sequence[str]) -> tuple[Sample, Sample]:
    pairs = [found[phase] for phase in phases if phase in found]
    small, large = ([sum(parts) for parts in zip(*(pair[i].seconds for pair in pairs), strict=True)] for i in (0, 1))
    return Sample(small), Sample(large)


def start_up(rounds: int) -> Table:
    """Seconds until a bare interpreter has imported what a run needs."""
    table = Table(f"start-up: ms of a new interpreter, min / median of {rounds} rounds", ("what", "ms"))
    programs = {
        "python": "pass",
        "import pipeline (what a node author imports)": "import pipeline",
        "import pipeline.engine": "import pipeline.engine",
    }
    samples = {what: Sample() for what in programs}
    with one_round():
        for what, program in [*programs.items()] * rounds:
            seconds, _ = timed(lambda: subprocess.run([sys.executable, "-c", program], check=True))  # noqa: B023
            samples[what].add(seconds)
    for what, sample in samples.items():
        table.add(what=what, ms=sample.per(1000))
    return table


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=1_000, help="nodes of the shapes (default 1000)")
    parser.add_argument("--large", type=int, default=10_000, help="nodes of the large chain (default 10000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of everything but the real store (default 5)")
    parser.add_argument("--store-rounds", type=int, default=2, help="rounds with the real store (default 2)")
    parser.add_argument("--skip", nargs="*", default=[], metavar="PEER", help="leave out peers whose name begins so")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given = parser.parse_args(arguments)
    tables = [
        *rivals(given.nodes, given.rounds, skip=given.skip),
        *margins(given.nodes, given.large, given.rounds, store_rounds=given.store_rounds),
        start_up(given.rounds),
    ]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
