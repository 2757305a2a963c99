"""All benchmarks in one run: python -m benchmarks [DATA] [--nodes 1000] [--rounds 5] [--json]."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import backtests, isolation, library, market, overhead, pandas_plugins, storage, universe, yaml_reading
from benchmarks.report import Table, show

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure everything, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="All benchmarks in one run.")
    parser.add_argument("data", nargs="?", help=f"bars for the universe (default: what {universe.VARIABLE} names)")
    parser.add_argument("--nodes", type=int, default=1_000, help="nodes of a graph; margins go to ten times as many")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; three of what writes to the disk")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given = parser.parse_args(arguments)
    nodes, rounds, on_disk = given.nodes, given.rounds, min(given.rounds, 3)
    tables: list[Table] = []
    for what, measure in (
        ("reading YAML", lambda: [yaml_reading.reading(nodes, rounds)]),
        (
            "pandas-style plugins",
            lambda: [pandas_plugins.plugins(pandas_plugins.SIZES[: 2 if nodes < 100 else 4], rounds)],
        ),
        ("isolation", lambda: _isolation(nodes, rounds)),
        ("library", lambda: [library.measure(*((2, 200) if nodes < 100 else (500, 2_520)), rounds)]),
        ("back-tests", lambda: _backtests(nodes, on_disk)),
        ("bars on disk", lambda: _market(nodes, rounds)),
        ("start-up", lambda: [overhead.start_up(rounds)]),
        ("overhead beside peers", lambda: overhead.rivals(nodes, rounds)),
        ("margins", lambda: overhead.margins(nodes, 10 * nodes, rounds, store_rounds=on_disk)),
        ("storage", lambda: [storage.by_gigabyte(4 * nodes // 10), storage.by_node(max(2, nodes // 10), 2 * rounds)]),
    ):
        print(f"{what} …", file=sys.stderr)
        tables += measure()
    data = universe.data_path(given.data)
    if isinstance(data, str):
        print(f"universe skipped: {data}", file=sys.stderr)
    else:
        print("universe …", file=sys.stderr)
        tables.append(universe.universe(data, on_disk))
    print(show(tables, as_json=given.json))
    return tables


def _isolation(nodes: int, rounds: int) -> list[Table]:
    """A small size alone where graphs are small."""
    return [isolation.measure(isolation.SIZES[: 1 if nodes < 100 else 3], rounds), isolation.starting(rounds)]


def _backtests(nodes: int, rounds: int) -> list[Table]:
    """As many runs as a graph has nodes, short ones where there are few."""
    return [backtests.measure(rows, nodes, rounds) for rows in ((200,) if nodes < 100 else (5_000, 100_000))]


def _market(nodes: int, rounds: int) -> list[Table]:
    """Small where graphs are small."""
    if nodes < 100:
        return [market.reading(3, 300, rounds), market.taking_in(20_000, None)]
    return [market.reading(500, 2_520, rounds), market.taking_in(8_000_000, None)]


if __name__ == "__main__":
    main()
