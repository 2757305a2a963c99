"""What workers cost and bring: seconds until the first task is done, then for each further one, and a sweep over them.

python -m benchmarks.workers [--tasks 200] [--cells 400] [--symbols 20] [--bars 2520] [--rounds 1] [--json]

A task that does nothing is timed on each executor. A sweep of averages is timed as one plan in this process, then as
tasks of one and of two processes; nothing is taken from the store, kernels are compiled before. Dask is left out where
`distributed` is not installed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.report import Table, show
from benchmarks.sweeps import project, windows
from pipeline.runs.crew import Crew
from pipeline.runs.sweep import Search

__all__ = ["main", "overhead", "scaling"]


def nothing(number: int) -> int:
    """A task."""
    return number


def overhead(tasks: int) -> Table:
    """Seconds to the first answer of two workers, and milliseconds for each further task."""
    rows = []
    for kind in ("inline", "processes", "dask"):
        if kind == "dask" and find_spec("distributed") is None:
            continue
        began = time.perf_counter()
        executor = Crew(kind, 2).hire(nothing)  # type: ignore[arg-type]
        executor.submit(0, 0)
        list(executor.as_completed())
        first = time.perf_counter() - began
        began = time.perf_counter()
        for number in range(1, tasks + 1):
            executor.submit(number, number)
        assert len(list(executor.as_completed())) == tasks
        each = (time.perf_counter() - began) / tasks * 1e3
        executor.close()
        rows.append({"executor": kind, "first, s": round(first, 3), "each further one, ms": round(each, 3)})
    return Table(f"{tasks} tasks that do nothing, two workers", ("executor", "first, s", "each further one, ms"), rows)


def scaling(cells: int, symbols: int, bars: int, rounds: int) -> Table:
    """A sweep here, and over one and two processes."""
    fast, slow = windows(cells)
    search = Search({"fast": fast, "slow": slow})
    names = ("who", "seconds", "of it in nodes")
    with tempfile.TemporaryDirectory() as folder:
        engine = project(Path(folder), symbols, bars)
        engine.sweep("averages", search, cache=False)  # kernels are compiled
        rows = []
        for who, crew in (
            ("one plan", Crew()),
            ("1 process", Crew("processes", 1)),
            ("2 processes", Crew("processes", 2)),
        ):
            best, inside = float("inf"), 0.0
            for _ in range(rounds):
                began = time.perf_counter()
                swept = engine.sweep("averages", search, cache=False, workers=crew)
                took = time.perf_counter() - began
                if took < best:
                    best, inside = took, sum(record.ms or 0.0 for record in swept.run.records) / 1e3
            rows.append(dict(zip(names, (who, round(best, 2), round(inside, 2)), strict=True)))
        count = len(swept.cells.cells)
    note = f"2 processes take {rows[2]['seconds'] / rows[1]['seconds']:.2f} of the time of one"
    return Table(f"a sweep of {count} cells over {symbols} × {bars} bars", names, rows, [note])


def main(arguments: Sequence[str] | None = None) -> list[Table]:
    """Measure, print, and give the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.workers", description="What workers cost and bring.")
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--cells", type=int, default=400)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--bars", type=int, default=2_520)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    given = parser.parse_args(arguments)
    tables = [overhead(given.tasks), scaling(given.cells, given.symbols, given.bars, given.rounds)]
    print(show(tables, as_json=given.json))
    return tables


if __name__ == "__main__":
    main()
