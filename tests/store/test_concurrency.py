"""Several processes at one project: every run lands, readers never fail, locks go with their owners."""

import json
import threading

import pytest

from pipeline.engine import Overrides

RUNNER = """
print("ready", flush=True)
sys.stdin.readline()
by, rounds = float(args[0]), int(args[1])
for i in range(rounds):
    engine.run(graph, Overrides(settings={"c": {"by": by + i}}))
    print("done", flush=True)
"""
ASKER = """
import duckdb, json
failures, counts = [], set()
print("ready", flush=True)
asked = 0
while sys.stdin.readline().strip() != "stop":
    for _ in range(4):
        try:
            with duckdb.connect(str(root / "tradegraph.duckdb"), read_only=True) as plain:
                counts.add(plain.sql("select count(*) from runs").fetchall()[0][0])
                rows = plain.sql("select count(*) from g.c where symbol = 'AAA'").fetchall()
                assert rows == [(12,)], rows
            assert engine.sql("select count(*) from g.result").item() == 36
            asked += 1
        except Exception as error:
            failures.append(repr(error))
    print("asked", flush=True)
print(json.dumps({"failures": failures, "counts": sorted(counts), "asked": asked}), flush=True)
"""
HOLDER = """
import fcntl
handle = (root / ".tradegraph" / "publish.lock").open("a")
fcntl.flock(handle, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.readline()
"""


def tell(process, line: str) -> None:
    process.stdin.write(line + "\n")
    process.stdin.flush()


def hear(process) -> str:
    return process.stdout.readline().strip()


def end(process) -> str:
    """What a process still has to say; it must end well."""
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return rest.strip()


@pytest.mark.heavy  # two that compute the same values are among the tests of trust
def test_runs_of_two_processes_at_once_all_land(ran) -> None:
    rounds = 2
    runners = [ran.process(RUNNER, str(by), str(rounds), wait=False) for by in (100, 200)]
    assert [hear(runner) for runner in runners] == ["ready", "ready"]
    for runner in runners:
        tell(runner, "go")
    for runner in runners:
        assert end(runner).split() == ["done"] * rounds
    engine = ran.engine()
    assert engine.sql("select count(*) from runs").item() == 1 + 2 * rounds
    assert engine.sql("select count(distinct run_id) from runs").item() == 1 + 2 * rounds
    assert engine.sql("select count(*) from node_timings").item() == 3 * (1 + 2 * rounds)
    assert list((ran.root / ".tradegraph" / "journal").glob("[!.]*")) == []
    # all of their values are there, for everybody
    ran.calls()
    for by in (100.0, 101.0, 200.0, 201.0):
        assert ran.run(ran.path, Overrides(settings={"c": {"by": by}})).output("c")["value"][0] == 103.0 + by
    assert ran.calls() == []


@pytest.mark.heavy  # a reader that looks at every view is among the tests of trust
def test_readers_never_fail_while_runs_are_published(ran) -> None:
    reader = ran.process(ASKER, wait=False)
    assert hear(reader) == "ready"
    engine = ran.engine()
    for i in range(5):
        tell(reader, "ask")
        engine.run(ran.path, Overrides(settings={"c": {"by": float(i)}}))
        assert hear(reader) == "asked"
    tell(reader, "stop")
    said = json.loads(end(reader))
    assert said["failures"] == []
    assert said["asked"] == 20
    assert set(said["counts"]) <= set(range(1, 7))
    assert len(said["counts"]) > 1


def test_a_plain_client_that_opens_the_file_answers(ran) -> None:
    code = """
    import duckdb
    with duckdb.connect(str(root / "tradegraph.duckdb"), read_only=True) as plain:
        medians = plain.sql("select node, median(ms) >= 0 from node_timings group by node order by node").fetchall()
        rows = plain.sql("select count(*), min(value) from g.a where symbol = 'CCC' and step = 2").fetchall()
    with duckdb.connect() as other:
        other.execute(f"attach '{root / 'tradegraph.duckdb'}' as there (read_only)")
        attached = other.sql("select count(distinct run_id), count(*) from there.g.b").fetchall()
    print(medians, rows, attached)
    """
    assert ran.process(code, bare=True) == "[('a', True), ('b', True), ('c', True)] [(12, 301.0)] [(1, 36)]"


def test_a_reader_that_keeps_the_file_open_hinders_no_run(ran) -> None:
    code = """
    import duckdb
    plain = duckdb.connect(str(root / "tradegraph.duckdb"), read_only=True)
    print(plain.sql("select count(*) from runs").fetchall(), flush=True)
    sys.stdin.readline()
    print(plain.sql("select count(*) from runs").fetchall(), flush=True)
    """
    reader = ran.process(code, wait=False, bare=True)
    assert hear(reader) == "[(1,)]"
    ran.run(ran.path)
    assert ran.engine().sql("select count(*) from runs").item() == 2
    tell(reader, "go on")
    assert end(reader) == "[(1,)]"


def test_the_lock_of_a_killed_publisher_is_free(ran) -> None:
    holder = ran.process(HOLDER, wait=False, bare=True)
    assert hear(holder) == "locked"
    holder.kill()
    holder.communicate()
    ran.run(ran.path)
    assert ran.engine().sql("select count(*) from runs").item() == 2


def test_a_publish_waits_for_the_one_before(ran) -> None:
    holder = ran.process(HOLDER, wait=False, bare=True)
    assert hear(holder) == "locked"
    runner = threading.Thread(target=ran.run, args=(ran.path,))
    runner.start()
    journal = ran.root / ".tradegraph" / "journal"
    while not list(journal.glob("[!.]*")):  # it has run, and now it waits
        assert runner.is_alive()
    assert ran.engine().sql("select count(*) from runs").item() == 1
    tell(holder, "go")
    end(holder)
    runner.join(timeout=60)
    assert ran.engine().sql("select count(*) from runs").item() == 2
