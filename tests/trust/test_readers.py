"""A reader in another process that polls the published file never fails; runs at once both end, and agree."""

import json
from pathlib import Path

import polars as pl
import pytest

from pipeline.engine import Overrides

READER = """
import duckdb, json, threading
told = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), told.set()), daemon=True).start()
failures, runs, polls = [], [], 0
print("ready", flush=True)
while not told.is_set() or polls < 5:
    try:
        with duckdb.connect(str(root / "tradegraph.duckdb"), read_only=True) as plain:
            count = plain.execute("select count(*) from runs").fetchone()[0]
            tables = plain.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            views = plain.execute("select schema_name, view_name from duckdb_views() where not internal").fetchall()
            assert {name for _, name in views} >= set(args), views
            for schema, name in (*tables, *views):
                plain.execute(f'select count(*), count(columns(*)) from "{schema}"."{name}"').fetchall()
            for node in args:
                one = plain.execute(f'select count(*), count(distinct run_id), max(run_id) from g."{node}"').fetchone()
                ask = "select max_by(run_id, (started_at, run_id)) from runs where graph = 'g'"
                latest = plain.execute(ask).fetchone()
                assert one[0] >= 36 and one[1] == 1 and one[2] == latest[0], (node, one, latest)
        runs.append(count)
        polls += 1
    except Exception as error:
        failures.append(repr(error))
        if len(failures) > 5:
            break
print(json.dumps({"failures": failures, "polls": polls, "runs": sorted(set(runs)), "ordered": runs == sorted(runs)}))
"""
GRAPH = """
a: {use: plus, in: daily.close, with: {by: 1}}
b: {use: plus, in: a, with: {by: 2}}
c: {use: plus, in: b, with: {by: $step}}
sum: {use: user_table, in: c}
"""
PARAMS = "step: {type: float, default: 3}"


@pytest.fixture
def ran(site):
    """A project whose graph has run."""
    site.path = site.graph(GRAPH, params=PARAMS, outputs="result: c")
    site.first = site.run(site.path)
    assert site.first.run.exit_status == 0
    site.calls()
    return site


def heard(reader):
    rest, _ = reader.communicate("stop\n", timeout=120)
    assert reader.returncode == 0
    return json.loads(rest.splitlines()[-1])


def poll_through(site, rounds) -> None:
    reader = site.process(READER, "a", "b", "c", "sum", wait=False, bare=True)
    assert reader.stdout.readline().strip() == "ready"
    for n in range(rounds):
        assert site.engine().run(site.path, Overrides(params={"step": float(n + 10)})).run.exit_status == 0
        if n % 3 == 1:  # every node's value moves to another file
            site.put(site.bars(rows=13 + n).tail(1))
        if n % 3 == 2:
            site.run("z: {use: plus, in: daily.open, with: {by: 5}}", name="other")
    said = heard(reader)
    assert said["failures"] == []
    assert said["ordered"]
    assert said["runs"][0] >= 1
    assert len(said["runs"]) > 1


def test_a_reader_never_fails_through_runs_and_imports(ran) -> None:
    poll_through(ran, 3)


@pytest.mark.heavy
def test_a_reader_never_fails_through_many_runs_and_imports(ran) -> None:
    poll_through(ran, 60)


RUNNER = """
print("ready", flush=True)
sys.stdin.readline()
for step in args[1:]:
    result = engine.run(root / "graphs" / f"{args[0]}.yaml", Overrides(params={"step": float(step)}))
    assert result.run.exit_status == 0, [record.failure for record in result.run.records]
    print("ran", result.run.id, sum(result.output("c")["value"].to_list()), flush=True)
"""


def at_once(site, *orders):
    """What processes said that were let go at the same moment, each with a graph and values of its param."""
    runners = [site.process(RUNNER, *map(str, order), wait=False) for order in orders]
    for runner in runners:
        assert runner.stdout.readline().strip() == "ready"
    for runner in runners:
        runner.stdin.write("go\n")
        runner.stdin.flush()
    said = []
    for runner in runners:
        rest, _ = runner.communicate(timeout=300)
        assert runner.returncode == 0
        said.append([line.split()[1:] for line in rest.splitlines() if line.startswith("ran ")])
    return said


def total(site, step):
    return sum(close + 3.0 + step for close in site.bars()["close"])


def check_together(site, orders) -> list[str]:
    """All end, all are published, each with the values that it would have had alone; the calls that it took."""
    before = site.engine().sql("select run_id from runs")["run_id"].to_list()
    said = at_once(site, *orders)
    calls = site.calls()
    for (_, *steps), lines in zip(orders, said, strict=True):
        assert [float(value) for _, value in lines] == [total(site, step) for step in steps]
    runs = site.engine().sql("select run_id, status, failed, skipped from runs")
    assert set(runs["run_id"]) == {*before, *(run for lines in said for run, _ in lines)}
    assert set(runs["status"]) == {"ok"}
    assert runs["failed"].sum() + runs["skipped"].sum() == 0
    assert list((site.root / ".tradegraph" / "journal").glob("[!.]*")) == []
    # every value that anybody computed serves everybody afterwards
    for _, *steps in orders:
        for step in steps:
            assert site.run(site.path, Overrides(params={"step": step})).run.counts["computed"] == 0
    assert site.calls() == []
    return calls


@pytest.fixture
def fresh(site):
    """A project in which nothing has run, with the same graph under two names."""
    for name in ("g", "h"):
        site.path = site.graph(GRAPH, params=PARAMS, outputs="result: c", name=name)
    site.path = site.root / "graphs" / "g.yaml"
    site.run("z: {use: plus, in: daily.open, with: {by: 5}}", name="other")
    site.calls()
    return site


@pytest.mark.heavy
def test_three_runs_at_once_again_and_again(fresh) -> None:
    for n in range(5):
        check_together(fresh, [(graph, *(float(10 * n + k) for k in range(4))) for graph in ("g", "h", "g")])


def test_two_runs_at_once_both_end_agree_with_runs_one_after_the_other_and_compute_no_key_twice(fresh) -> None:
    calls = check_together(fresh, [("g", 3.0, 4.0), ("h", 3.0, 5.0)])
    assert sorted(calls) == sorted(
        ["plus 1", "plus 2", "plus 3", "user_table", "plus 4", "user_table", "plus 5", "user_table"]
    )


@pytest.mark.heavy
def test_runs_and_imports_at_once_each_see_whole_bars(fresh) -> None:
    importer = fresh.process(
        """
        from pipeline.market import Market
        from pipeline.market.importing import import_frame
        import polars as pl
        frame = pl.read_parquet(args[0])
        print("ready", flush=True)
        sys.stdin.readline()
        for n in range(20):
            import_frame(Market(root / "market"), frame.with_columns(symbol=pl.lit(f"X{n}")), "1d", source="other")
        """,
        str(parquet(fresh)),
        wait=False,
        bare=True,
    )
    assert importer.stdout.readline().strip() == "ready"
    importer.stdin.write("go\n")
    importer.stdin.flush()
    for n in range(10):
        result = fresh.run(fresh.path, Overrides(params={"step": float(n)}))
        assert result.run.exit_status == 0
        assert result.output("c").group_by("symbol").len()["len"].unique().to_list() == [12]
    importer.communicate(timeout=120)
    assert importer.returncode == 0


def parquet(site) -> Path:
    path = site.root.with_name("more.parquet")
    site.bars(("X",)).drop("symbol").with_columns(pl.col("close") + 0.0).write_parquet(path)
    return path
