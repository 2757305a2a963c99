"""Questions to the published file: what SQL may do, and how each no is said."""

import subprocess
import sys
import threading

import duckdb
import polars as pl
import pytest

from pipeline.errors import StoreError
from pipeline.execution.holding import Coverage, Holding
from pipeline.store.query import Database


def refused(site, query):
    database = getattr(site, "asks", None) or site.engine().database
    with pytest.raises(StoreError) as caught:
        database.sql(query)
    return caught.value.faults[0]


def test_the_two_questions_that_everybody_asks(published) -> None:
    asks = published.asks
    medians = asks.sql("select node, median(ms) as ms from node_timings group by node order by node")
    assert medians["node"].to_list() == ["a", "b", "c"]
    assert all(ms > 0 for ms in medians["ms"])
    rows = asks.sql("select * from g.c where symbol = 'BBB' order by ts")
    assert rows.columns == ["run_id", "symbol", "ts", "step", "value"]
    assert rows["value"].to_list() == [206.0 + i for i in range(12)]
    assert set(rows["run_id"]) == {published.first.run.id}
    assert rows["ts"].dtype == pl.Datetime("us", "UTC")


def test_a_question_may_have_values_of_its_own(published) -> None:
    database = published.asks
    assert database.sql("select count(*) as n from g.a where symbol = ? and value > ?", ["AAA", 105.5]).item() == 7


@pytest.mark.parametrize(
    "query",
    [
        *("select 1", "from runs", "with x as (select 1 as n) from x", "values (1)", "table runs", "(select 1)"),
        *("describe runs", "summarize runs", "show tables", "show all tables", "pivot runs on graph using count(*)"),
        *(
            "explain select 1",
            "explain analyze select 1",
            "explain (format json) select 1",
            "SELECT 1;",
            "-- why\nselect 1",
        ),
        *("/* why */ select 1", "select 1; select 2"),
    ],
)
def test_every_kind_of_question_is_answered(published, query) -> None:
    assert published.asks.sql(query).height > 0


@pytest.mark.parametrize("query", ["", "  ", "-- nothing", ";"])
def test_no_question_has_no_answer(published, query) -> None:
    assert published.asks.sql(query).is_empty()


@pytest.mark.parametrize(
    "query",
    [
        *("create table x as select 1", "create temp table x as select 1", "create view x as select 1"),
        *("insert into runs select * from runs", "delete from runs", "update runs set graph = 'x'", "drop table runs"),
        *("alter table runs drop column graph", "truncate runs", "comment on table runs is 'x'"),
        *("copy runs to 'PLACE/x.csv'", "copy (select 1 as n) to 'PLACE/x.parquet'", "export database 'PLACE/x'"),
        *(
            "copy (pivot runs on graph) to 'PLACE/x.csv'",
            "copy runs from 'PLACE/x.csv'",
            "select 1; copy runs to 'PLACE/x.csv'",
        ),
        *("explain analyze copy runs to 'PLACE/x.csv'", "explain (analyze) copy runs to 'PLACE/x.csv'"),
        *("prepare p as copy runs to 'PLACE/x.csv'", "execute p", "attach 'PLACE/x.duckdb' as x", "detach tradegraph"),
        *("attach ':memory:' as m", "use memory", "set threads = 1", "reset threads", "pragma enable_profiling"),
        *("install httpfs", "load httpfs", "checkpoint", "vacuum", "begin", "call enable_logging(storage = 'file')"),
        *("with x as (select 1) insert into runs from x", "create table memory.main.x as select 1"),
        *("import database 'PLACE'", "create macro m() as 1", "set variable v = 1"),
    ],
)
@pytest.mark.parametrize("place", ["segments", "elsewhere"])
def test_sql_cannot_write(published, tmp_path, query, place) -> None:
    folder = published.root / ".tradegraph" / "segments" if place == "segments" else tmp_path

    def all_there():
        return [(path, path.stat().st_mtime_ns) for path in sorted((*published.root.rglob("*"), *tmp_path.rglob("*")))]

    before = all_there()
    assert refused(published, query.replace("PLACE", str(folder))).code == "TG604"
    assert all_there() == before


@pytest.mark.parametrize(
    "query",
    [
        *(
            "select * from read_text('FILE')",
            "select * from read_csv('FILE')",
            "select * from 'FILE'",
            "from read_blob('FILE')",
        ),
        *("select * from read_json('FILE')", "select * from sniff_csv('FILE')", "select * from glob('FOLDER/*')"),
        *("select * from read_parquet('FILE')", "select * from parquet_metadata('FILE')", "from read_text(['FILE'])"),
    ],
)
def test_sql_cannot_read_files_outside_the_projects_values(published, query) -> None:
    for file in (
        published.root / "plugin_config.json",
        published.root / ".tradegraph" / "segments" / ".." / ".." / "plugin_config.json",
    ):
        asked = query.replace("FILE", str(file)).replace("FOLDER", str(published.root))
        assert refused(published, asked).code == "TG604"


def test_a_forbidden_file_is_answered_with_what_may_be_read(published) -> None:
    fault = refused(published, "select * from read_text('/etc/hostname')")
    assert "tables and views" in fault.hint


def test_an_error_in_sql_says_what_duckdb_says(published) -> None:
    assert refused(published, "selec 1").code == "TG604"
    fault = refused(published, "select * from g.nothing")
    assert fault.code == "TG604"
    assert "nothing" in fault.message
    assert "show all tables" in fault.hint
    assert "no_such_column" in refused(published, "select no_such_column from runs").message


def test_asking_before_anything_ran_says_to_run_first(site) -> None:
    fault = refused(site, "select 1")
    assert fault.code == "TG605"
    assert "run" in fault.hint
    assert site.engine().database.latest("g") is None


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut"])
def test_a_damaged_published_file_is_said_to_be_so(ran, damage) -> None:
    data = ran.database.read_bytes()
    ran.database.write_bytes({"garbage": b"garbage" * 500, "empty": b"", "cut": data[:5000]}[damage])
    fault = refused(ran, "from runs")
    assert fault.code in ("TG603", "TG604")
    with pytest.raises(StoreError) as caught:
        ran.run(ran.path)
    assert caught.value.faults[0].code == "TG603"
    assert str(ran.database) in str(caught.value)


def test_runs_are_found_by_id_beginning_and_age(ran) -> None:
    second = ran.run(ran.path).run.id
    database = ran.engine().database
    first = ran.first.run.id
    assert database.find_run(first) == first
    assert database.find_run(first[:-1]) == first or first[:-1] == second[:-1]
    assert database.find_run("latest") == database.find_run("latest~0") == second
    assert database.find_run("latest~1") == first
    assert database.latest("g") == second


@pytest.mark.parametrize("run", ["nothing", "latest~2", "20"])
def test_a_run_that_is_not_there_or_not_the_only_one_is_tg605(ran, run) -> None:
    ran.run(ran.path)
    with pytest.raises(StoreError) as caught:
        ran.engine().database.find_run(run)
    assert caught.value.faults[0].code == "TG605"


def test_outputs_of_nodes_that_a_run_does_not_have_are_tg605(published) -> None:
    database = published.asks
    for run, graph, node in (
        ("nothing", "g", "a"),
        (published.first.run.id, "other", "a"),
        (published.first.run.id, "g", "z"),
    ):
        with pytest.raises(StoreError) as caught:
            database.output(run, graph, node)
        assert caught.value.faults[0].code == "TG605"


@pytest.mark.parametrize("damage", ["gone", "changed", "cut"])
def test_an_output_whose_file_is_damaged_is_tg603(ran, damage) -> None:
    (segment,) = ran.segments
    data = bytearray(segment.read_bytes())
    data[300] ^= 1
    if damage == "gone":
        segment.unlink()
    else:
        segment.write_bytes(data if damage == "changed" else data[:-9])
    with pytest.raises(StoreError) as caught:
        ran.engine().database.output(ran.first.run.id, "g", "c")
    assert caught.value.faults[0].code == "TG603"


def test_somebody_elses_connection_in_the_same_process_is_left_alone(ran) -> None:
    with duckdb.connect(str(ran.database), read_only=True) as mine:
        before = mine.sql("select count(*) from runs").fetchall()
        second = ran.run(ran.path)
        assert second.output("c").height == 36
        assert ran.engine().sql("select count(*) from runs").item() == 2
        # a connection sees the file that it opened, with the settings that it made
        assert mine.sql("select count(*) from runs").fetchall() == before
        mine.execute("set threads = 1")
        assert mine.sql("select current_setting('enable_external_access')").fetchall() == [(True,)]


def test_questions_from_many_threads_do_not_disturb_each_other(published) -> None:
    database = published.asks
    counts, failures = [], []

    def ask():
        try:
            counts.extend(database.sql("select count(*) as n from g.c").item() for _ in range(5))
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert counts == [36] * 20


def test_answers_have_types_that_polars_can_hold(published) -> None:
    row = published.asks.sql(
        "select interval 1 day as i, timestamptz '2020-01-01 00:00:00+00' as t, 1.5::decimal(5,2) as d, [1, 2] as l,"
        " {'a': 1} as s, null as n, 'x'::blob as b, 170141183460469231731687303715884105727 as h"
    )
    assert row.height == 1
    assert row["t"].dtype == pl.Datetime("us", "UTC")


def test_a_database_object_needs_no_file_to_be_made(tmp_path) -> None:
    database = Database(tmp_path / "nothing.duckdb", tmp_path / "private")
    assert database.lookup([]) == []
    assert database.lookup([Holding("key", "recipe", Coverage("data", ("A",), ("1",), ()))]) == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_program_has_open_for_writing_can_still_be_asked_and_published(ran) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(ran.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout.readline() == "open\n"
        before = ran.engine().sql("select count(*) from runs").item()
        result = ran.run(ran.path)
        assert result.run.counts["cached"] == len(result.run.records)
        assert ran.engine().sql("select count(*) from runs").item() == before + 1
    finally:
        writer.communicate()
    assert writer.returncode == 0
