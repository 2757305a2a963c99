"""Reading and checking a graph file of 1,000 nodes, with plain PyYAML on the same text as the floor.

python -m benchmarks.yaml_reading [--nodes 1000] [--rounds 7] [--json]

`CSafeLoader` is the fastest that PyYAML has and gives plain dicts: no positions, no duplicate keys noticed, no
shapes, no names looked up. `parse events` is the part of it that our reader shares.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median

import yaml

from benchmarks.report import Table, show
from benchmarks.timing import Sample, one_round, timed
from benchmarks.workload import REGISTRY, Shape
from pipeline.graph.check import check, check_text
from pipeline.graph.graph import Graph
from pipeline.graph.read import read_text

__all__ = ["main", "reading"]

FLOOR = "yaml.load, CSafeLoader"


def reading(nodes: int, rounds: int) -> Table:
    """Microseconds a node of the floors, of reading and of checking, in interleaved rounds."""
    shape = Shape("chain", nodes)
    text = shape.text("plus_kernel")
    samples: dict[str, Sample] = {}

    _assert_read(check_text(text, REGISTRY), shape)  # builds the models of params
    for _ in range(rounds):
        with one_round():
            for what, seconds in _round(text, shape).items():
                samples.setdefault(what, Sample()).add(seconds)
    floor = samples[FLOOR]
    table = Table(
        f"YAML of {nodes:,} nodes ({len(text) / 1024:,.0f} KiB): min / median of {rounds} rounds",
        ("what", "µs a node", "ms", "× floor"),
    )
    for what, sample in samples.items():
        ratio = median(a / b for a, b in zip(sample.seconds, floor.seconds, strict=True))
        table.add(what=what, **{"µs a node": sample.per(nodes), "ms": sample.per(1000), "× floor": ratio})
    table.notes = [f"the floor is {FLOOR} on the same text"]
    return table


def _round(text: str, shape: Shape) -> dict[str, float]:
    events, _ = timed(lambda: sum(1 for _ in yaml.parse(text, Loader=yaml.CSafeLoader)))
    plain, found = timed(lambda: yaml.load(text, Loader=yaml.CSafeLoader))
    if len(found["nodes"]) != shape.nodes:
        raise AssertionError(f"PyYAML found {len(found['nodes'])} nodes, expected {shape.nodes}")
    read, spec = timed(lambda: read_text(text))
    checked, graph = timed(lambda: check(spec, REGISTRY))
    _assert_read(graph, shape)
    both, graph = timed(lambda: check_text(text, REGISTRY))
    _assert_read(graph, shape)
    return {
        "yaml.parse, C events alone": events,
        FLOOR: plain,
        "read: text to spec with positions": read,
        "check: spec to graph": checked,
        "check_text: both": both,
    }


def _assert_read(graph: Graph, shape: Shape) -> None:
    """The graph must be the shape: its nodes in order, each wired and set as written, no warning."""
    found = {
        name: (".".join((node.wires[0].source, *node.wires[0].columns)), node.params["by"])
        for name, node in graph.nodes.items()
    }
    expected = {
        name: (source if "." in source else f"{source}.value", by)
        for name, (source, by) in shape.wires("daily.close").items()
    }
    if found != expected or graph.warnings:
        raise AssertionError("the graph that was read is not the one that was written")


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.yaml_reading", description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=1_000, help="nodes of the graph (default 1000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds (default 7)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    given = parser.parse_args(arguments)
    tables = [reading(given.nodes, given.rounds)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
