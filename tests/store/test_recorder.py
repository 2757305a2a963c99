"""A run that is recorded while it goes on: seen by others, used by others, and kept when it is killed."""

import signal
import time

import duckdb
import pytest

from pipeline.store import recorder as room

SLOW = '''
import os, time

@indicator(style="frame")
def gated(x: Number, *, by: Annotated[float, Param("What is added")] = 0.0) -> Number:
    """Add a constant; wait first until there is a file `open` beside the calls, if the constant is 9."""
    note(f"gated {by:g}")
    door = os.path.join(os.path.dirname(os.environ["TRADEGRAPH_TEST_CALLS"]), "open")
    while by == 9.0 and not os.path.exists(door):
        time.sleep(0.01)
    return x + by
'''
NODES = """
a: {use: gated, in: daily.close, with: {by: 1}}
b: {use: gated, in: a, with: {by: 2}}
last: {use: gated, in: b, with: {by: 9}}
"""
RUN = "print(engine.run(graph).run.status, flush=True)"
EAGER = "from pipeline.store import recorder\nrecorder.EVERY = 0.0\nrecorder._SHARE = 0\n" + RUN


@pytest.fixture
def slow(site):
    site.node("slow", SLOW)
    (site.root.parent / "open").unlink(missing_ok=True)
    return site


def opened(site) -> None:
    (site.root.parent / "open").touch()


def wait_until(true, process) -> None:
    """Wait for what a process is about to do; one that ends before is an error, not a wait without end."""
    while not true():
        assert process.poll() is None or true(), process.communicate()
        time.sleep(0.01)


def statuses(site) -> list[str]:
    with duckdb.connect(str(site.database), read_only=True) as plain:
        return [row[0] for row in plain.sql("select status from runs order by started_at").fetchall()]


@pytest.fixture
def going(slow):
    """A run in another process that records at every step and is at its last one."""
    slow.graph(NODES)
    process = slow.process(EAGER, wait=False)
    calls = slow.root.parent / "calls"
    wait_until(lambda: calls.exists() and "gated 9" in calls.read_text(), process)
    yield process
    process.kill()
    process.communicate()


def test_a_run_in_progress_is_in_the_published_file_and_its_views_wait_for_its_end(slow, going) -> None:
    with duckdb.connect(str(slow.database), read_only=True) as plain:
        assert plain.sql("select graph, status, computed from runs").fetchall() == [("g", "running", 2)]
        assert plain.sql("select node, status from node_timings order by node").fetchall() == [
            ("a", "computed"),
            ("b", "computed"),
        ]
        assert plain.sql("select count(*) from duckdb_views() where schema_name = 'g'").fetchall() == [(0,)]
    opened(slow)
    assert going.stdout.readline() == "ok\n"
    assert statuses(slow) == ["ok"]
    assert slow.engine().sql("select count(*) as n, count(distinct node) as nodes from node_timings").row(0) == (3, 3)
    assert slow.engine().sql("select value from g.last limit 1").item() == 112.0


def test_a_killed_run_is_said_to_be_and_the_next_one_goes_on_where_it_was(slow, going) -> None:
    going.send_signal(signal.SIGKILL)
    going.wait()
    opened(slow)
    slow.calls()
    result = slow.run(NODES)
    assert slow.calls() == ["gated 9"] * 3
    assert statuses(slow) == ["killed", "ok"]
    assert [record.status for record in result.run.records] == ["cached", "cached", "computed"]
    assert result.output("last")["value"][0] == 112.0
    assert slow.engine().database.find_run("latest") == result.run.id


def test_two_runs_at_once_compute_nothing_twice(slow, going) -> None:
    second = slow.process(RUN, wait=False)
    # it finds what the first has computed, and waits for what it is computing
    opened(slow)
    assert [process.stdout.readline() for process in (going, second)] == ["ok\n"] * 2
    assert sorted(slow.calls()) == ["gated 1"] * 3 + ["gated 2"] * 3 + ["gated 9"] * 3
    assert statuses(slow) == ["ok"] * 2
    second.communicate()


def test_a_run_that_waits_for_a_killed_one_computes_itself(slow, going) -> None:
    second = slow.process(RUN, wait=False)
    live = slow.root / ".tradegraph" / "live"
    wait_until(lambda: len(list(live.glob("2*"))) == 2, second)
    going.send_signal(signal.SIGKILL)
    opened(slow)
    assert second.stdout.readline() == "ok\n"
    second.communicate()
    assert statuses(slow) == ["killed", "ok"]
    assert slow.engine().sql("select value from g.last limit 1").item() == 112.0


def test_what_is_recorded_in_parts_is_what_is_recorded_at_once(slow, monkeypatch) -> None:
    opened(slow)
    tables = ("nodes", "node_timings", "outputs", "failures", "warnings", "objects", "panels")
    ask = {table: f"select * exclude ({{}}) from {table} order by all" for table in tables}
    loose = {
        "nodes": "run_id",
        "node_timings": "run_id, ms, cpu_ms, worker, started_at",
        "outputs": "run_id",
        "failures": "run_id",
        "warnings": "run_id",
        "objects": "segment, bytes",
        "panels": "ends",
    }
    found = []
    for every in (1e9, 0.0):
        monkeypatch.setattr(room, "EVERY", every)
        monkeypatch.setattr(room, "_SHARE", 0)
        slow.run(NODES, outputs="end: last")
        engine = slow.engine()
        found.append({table: engine.sql(query.format(loose[table])) for table, query in ask.items()})
        for name in ("tradegraph.duckdb", ".tradegraph/segments"):
            (slow.root / name).rename(slow.root / f"{name}.{every}")
    for table in tables:
        assert found[0][table].equals(found[1][table]), table


def test_a_step_that_was_told_of_and_is_computed_again_is_told_of_once(slow, monkeypatch) -> None:
    monkeypatch.setattr(room, "EVERY", 0.0)
    monkeypatch.setattr(room, "_SHARE", 0)
    opened(slow)
    slow.run(NODES)
    plan_then_lose = slow.engine()
    for path in slow.segments:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    text = NODES.replace("by: 9", "by: 8")
    result = plan_then_lose.run(slow.graph(text))
    assert result.run.exit_status == 0
    rows = slow.engine().sql(f"select node, status from node_timings where run_id = '{result.run.id}' order by node")
    assert rows.rows() == [("a", "computed"), ("b", "computed"), ("last", "computed")]
