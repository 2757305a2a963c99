"""The nouns of deaths: a `Zygote` that lets children die in a project, and what must hold of the project afterwards."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.engine import Overrides

HERE = Path(__file__).parent
GRAPH = {
    "nodes": """
        a: {use: plus, in: daily.close, with: {by: 1}}
        b: {use: plus, in: a, with: {by: $step}}
        c: {use: plus, in: {x: b, y: a}, with: {by: 3}}
        paid: {use: account, in: c}
        sum: {use: user_table, in: paid}
    """,
    "params": "step: {type: float, default: 2}",
    "outputs": "result: c\nrest: sum",
}
NODES = ("a", "b", "c", "paid", "sum")
STEP = 10.0
"""The value of the param with which those who die run the graph."""


class Zygote:
    """The process that forks those who die, see `zygote.py`."""

    def __init__(self) -> None:
        checkout = HERE.parents[1]
        # numpy's and polars' threads would not live on in a child
        quiet = {"OPENBLAS_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "PYTHONPATH": str(checkout)}
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "zygote.py")],
            env={**os.environ, **quiet},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._hear() == "ready"

    def order(self, root: Path, script: str, *, at: int = 0, by: str = "file", after: float = 0.0) -> dict[str, Any]:
        """Let a child run a script and die before its `at`-th event, or `after` seconds by "clock"; 0: let it live."""
        notes = {"TRADEGRAPH_TEST_CALLS": os.environ["TRADEGRAPH_TEST_CALLS"]}
        self._say({"root": str(root), "script": script, "at": at, "by": by, "after": after, "notes": notes})
        return dict(json.loads(self._hear()))

    def order_at_once(self, orders: Sequence[dict[str, Any]], meanwhile: Callable[[], None]) -> list[dict[str, Any]]:
        """Let children carry out orders side by side, and do something again and again until all have ended."""
        assert self._process.stdout is not None
        self._say([{"at": 0, "by": "file", "notes": {}, **order} for order in orders])
        while not select.select([self._process.stdout], [], [], 0)[0]:
            meanwhile()
        return list(json.loads(self._hear()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)

    def _say(self, order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def published_runs(site: Any) -> list[str]:
    """The runs in the published file as plain DuckDB sees it; every table and view in it answers."""
    with duckdb.connect(str(site.database), read_only=True) as plain:
        plain.execute("set enable_progress_bar = false")
        tables = plain.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        views = plain.execute("select schema_name, view_name from duckdb_views() where not internal").fetchall()
        for schema, name in (*tables, *views):
            plain.execute(f'select count(*), count(columns(*)) from "{schema}"."{name}"').fetchall()
        for (run,) in plain.execute("select distinct run_id from nodes").fetchall():
            assert plain.execute("select count(*) from runs where run_id = ?", [run]).fetchone() == (1,)
        found = [run for (run,) in plain.execute("select run_id from runs order by started_at").fetchall()]
    assert len(found) == len(set(found))
    return found


def values(site: Any) -> dict[str, str]:
    """The value of every node in the graph's latest run to the last bit, as plain DuckDB sees it."""
    with duckdb.connect(str(site.database), read_only=True) as plain:
        ask = "select * exclude (run_id) replace (epoch_us(ts) as ts) from g.{} order by symbol, ts"
        return {node: repr(plain.execute(ask.format(node)).fetchall()) for node in NODES}


def finish(site: Any) -> tuple[dict[str, str], list[str]]:
    """Run what those who die run, to the end; its values, and the calls that it took."""
    site.calls()
    result = site.engine().run(site.path, Overrides(params={"step": STEP}))
    assert result.run.exit_status == 0, [record.failure for record in result.run.records]
    return values(site), site.calls()


def leftovers(site: Any) -> list[str]:
    """What is left of deaths in the places where whole things lie."""
    private = site.root / ".tradegraph"
    return sorted(path.name for path in (private / "journal").glob("[!.]*"))


def incoming(site: Any) -> pl.DataFrame:
    """Bars to import: a new symbol, a corrected bar, later bars and a split."""
    later = site.bars(rows=20).filter(pl.col("ts") > site.day("2020-01-12"))
    fixed = site.bars().head(1).with_columns(close=pl.lit(100.25))
    frame = pl.concat([fixed, later, site.bars(("DDD",))])
    split = pl.when((pl.col("ts") == site.day("2020-01-14")) & (pl.col("symbol") == "AAA")).then(2.0).otherwise(1.0)
    return frame.with_columns(split=split)
