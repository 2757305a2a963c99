"""All benchmarks in one run: python -m benchmarks [DATA] [--quick] [--json]."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import overhead, universe, yaml_reading
from benchmarks.report import Table, show

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure everything, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="All benchmarks in one run.")
    parser.add_argument("data", nargs="?", help=f"bars for the universe (default: what {universe.VARIABLE} names)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the nodes and one or two rounds")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given = parser.parse_args(arguments)
    nodes, rounds = (100, 2) if given.quick else (1_000, 5)
    tables: list[Table] = []
    for what, measure in (
        ("reading YAML", lambda: [yaml_reading.reading(nodes, rounds)]),
        ("start-up", lambda: [overhead.start_up(rounds)]),
        ("overhead beside peers", lambda: overhead.rivals(nodes, rounds)),
        ("margins", lambda: overhead.margins(nodes, 10 * nodes, rounds, store_rounds=min(rounds, 3))),
    ):
        print(f"{what} …", file=sys.stderr)
        tables += measure()
    data = universe.data_path(given.data)
    if isinstance(data, str):
        print(f"universe skipped: {data}", file=sys.stderr)
    else:
        print("universe …", file=sys.stderr)
        tables.append(universe.universe(data, min(rounds, 3)))
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
