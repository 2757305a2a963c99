"""Files of older layouts are brought up to this one; those of newer versions are left alone."""

import json

import duckdb
import polars as pl
import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError
from pipeline.store import migrate as room
from pipeline.store import publish as publishing
from pipeline.store import tables

FIRST = """
create table if not exists store (schema_version integer, root varchar);

create table if not exists runs (
    run_id varchar, graph varchar, status varchar, started_at timestamptz, finished_at timestamptz,
    seconds double, compile_ms double, computed integer, cached integer, failed integer, skipped integer,
    params varchar, settings varchar, versions varchar, worker varchar, file varchar
);

create table if not exists nodes (
    run_id varchar, graph varchar, node varchar, node_type varchar, category varchar, style varchar,
    key varchar, recipe varchar, code varchar, params varchar, upstream varchar, data varchar,
    versions varchar, warmup integer, columns varchar, kinds varchar, range_start timestamptz, origin varchar
);

create table if not exists node_timings (
    run_id varchar, graph varchar, node varchar, node_type varchar, symbol varchar, key varchar,
    status varchar, ms double, cpu_ms double, rows bigint, bytes bigint, worker varchar, started_at timestamptz
);

create table if not exists failures (
    run_id varchar, graph varchar, node varchar, symbol varchar, code varchar, message varchar,
    cause varchar, traceback varchar
);

create table if not exists metrics (
    run_id varchar, graph varchar, node varchar, symbol varchar, metric varchar, value double
);

create table if not exists plugins (
    run_id varchar, path varchar, origin varchar, digest varchar, ids varchar, status varchar, reason varchar
);

create table if not exists outputs (run_id varchar, graph varchar, output varchar, node varchar, key varchar);

create table if not exists objects (key varchar, segment varchar, rows bigint, bytes bigint);

create table if not exists shown (graph varchar, name varchar, definition varchar);
"""
"""The tables as the first version of the schema made them."""


def age(path) -> None:
    """Give a published file the layout of the first version, its rows kept."""
    with duckdb.connect(str(path)) as connection:
        old = connection.cursor()
        names = [
            name
            for (name,) in old.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        ]
        for name in names:
            old.execute(f"alter table {name} rename to new_{name}")
        old.execute(FIRST)
        for name in names:
            if f"create table if not exists {name} " not in FIRST:  # a table that came later
                old.execute(f"drop table new_{name}")
                continue
            columns = [column[0] for column in old.execute(f"select * from {name} limit 0").description]
            old.execute(f"insert into {name} by name select {', '.join(columns)} from new_{name}")
            old.execute(f"drop table new_{name}")


def columns(path) -> dict[str, set[str]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.sql(
            "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal"
        ).fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found


@pytest.fixture
def aged(ran):
    """A project whose file an older tradegraph wrote."""
    age(ran.database)
    return ran


@pytest.fixture
def grown(monkeypatch):
    """`grown(text)`: the next version has this DDL as well."""

    def grow(text: str, version: int = tables.SCHEMA_VERSION) -> None:
        monkeypatch.setattr(room, "DDL", f"{text}\n{tables.DDL}")
        monkeypatch.setattr(room, "SCHEMA_VERSION", version)
        room.layout.cache_clear()
        room._digest.cache_clear()

    yield grow
    monkeypatch.undo()
    room.layout.cache_clear()
    room._digest.cache_clear()


def test_the_first_layout_is_what_it_says(aged) -> None:
    assert columns(aged.database)["store"] == {"schema_version", "root"}
    assert "layout" in room.layout()["store"]


def test_a_publish_adds_the_columns_that_are_missing_and_keeps_the_rows(aged) -> None:
    aged.run(aged.path)
    found = columns(aged.database)
    for table, wanted in room.layout().items():
        assert set(wanted) <= found[table], table
    assert aged.engine().sql("select count(*), count(distinct run_id) from runs").row(0) == (2, 2)
    assert aged.calls() == []


def test_a_question_mends_an_older_file_first(aged, grown) -> None:
    grown("create table if not exists objects (key varchar, segment varchar, rows bigint, bytes bigint, note varchar);")
    assert aged.engine().sql("select count(*), count(note) from objects").row(0) == (3, 0)
    assert aged.engine().sql("select count(*) from g.c").item() == 36


def test_new_tables_and_columns_are_added_wherever_they_stand_in_the_ddl(ran, grown) -> None:
    grown("create table if not exists runs (note varchar, worker varchar, graph varchar, run_id varchar);"
          "create table if not exists trades (run_id varchar, price double);")  # fmt: skip
    ran.run(ran.path)
    assert ran.engine().sql("select count(graph), count(worker), count(note) from runs").row(0) == (2, 2, 0)
    assert ran.engine().sql("select count(*) from trades").item() == 0
    # the order of columns is that of the older layout
    with duckdb.connect(str(ran.database), read_only=True) as plain:
        assert plain.sql("select * from runs limit 0").columns[-1] == "note"


def test_a_waiting_journal_of_an_older_version_lands(ran, monkeypatch, grown) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.recorder.publish", lambda *_, **__: None)
        ran.run(ran.path, Overrides(settings={"c": {"by": 8.0}}))
    grown("create table if not exists runs (note varchar, peak bigint);")
    publishing.publish(ran.database, ran.root / ".tradegraph")
    assert ran.engine().sql("select count(graph), count(note) from runs").row(0) == (2, 0)
    assert ran.engine().sql("select value from g.c limit 1").item() == 111.0


def test_a_step_carries_out_what_is_not_additive_once(ran, monkeypatch, grown) -> None:
    after = tables.SCHEMA_VERSION + 1
    steps = {tables.SCHEMA_VERSION: "update runs set worker = 'was ' || worker"}
    monkeypatch.setattr(room, "STEPS", steps)
    before = ran.engine().sql("select worker from runs").item()
    grown("", after)
    for _ in range(2):
        assert ran.engine().sql("select worker from runs").item() == f"was {before}"
    assert ran.engine().sql("select schema_version from store").item() == after


def test_every_version_before_this_one_has_a_step() -> None:
    assert sorted(room.STEPS) == list(range(1, tables.SCHEMA_VERSION))


def test_two_siblings_of_one_version_do_not_undo_each_other(ran, grown) -> None:
    grown("create table if not exists runs (note varchar);")
    ran.run(ran.path)
    before = ran.database.stat().st_mtime_ns
    grown("")  # one that knows less reads it
    assert ran.engine().sql("select count(*) from runs").item() == 2
    assert ran.database.stat().st_mtime_ns == before
    assert "note" in columns(ran.database)["runs"]


def test_a_newer_file_is_read_as_it_is_and_written_by_nobody(ran) -> None:
    with duckdb.connect(str(ran.database)) as connection:
        connection.execute(f"update store set schema_version = {tables.SCHEMA_VERSION + 1}, root = '/elsewhere'")
    before = ran.database.read_bytes()
    assert ran.engine().sql("select count(*) from runs").item() == 1
    with pytest.raises(StoreError) as caught:
        ran.run(ran.path)
    assert caught.value.faults[0].code == "TG602"
    assert ran.database.read_bytes() == before


def test_the_journal_may_have_its_columns_in_any_order(ran, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.recorder.publish", lambda *_, **__: None)
        ran.run(ran.path)
    for file in (ran.root / ".tradegraph" / "journal").glob("[!.]*/*.parquet"):
        frame = pl.read_parquet(file)
        frame.select(reversed(frame.columns)).write_parquet(file)
        (file.parent / "seal.json").unlink(missing_ok=True)  # as journals were before they had one
    publishing.publish(ran.database, ran.root / ".tradegraph")
    assert ran.engine().sql("select distinct graph, node_type from node_timings").rows() == [("g", "plus")]


@pytest.fixture
def waiting(ran, monkeypatch):
    """The files of a journal that nobody has published; its run computed one node."""
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.recorder.publish", lambda *_, **__: None)
        ran.run(ran.path, Overrides(settings={"c": {"by": 8.0}}))
    (folder,) = (ran.root / ".tradegraph" / "journal").glob("[!.]*")
    return folder


def test_a_waiting_journal_of_a_sibling_that_knows_more_lands_with_all_that_it_knows(ran, waiting) -> None:
    for table in ("runs", "objects", "panels", "node_timings"):
        frame = pl.read_parquet(waiting / f"{table}.parquet").with_columns(note=pl.lit("more"), least=pl.lit(1.5))
        frame.write_parquet(waiting / f"{table}.parquet")
    (waiting / "seal.json").unlink()
    ran.calls()
    assert ran.run(ran.path, Overrides(settings={"c": {"by": 8.0}})).run.counts["computed"] == 0
    assert ran.calls() == []
    engine = ran.engine()
    assert engine.sql("select note, least from runs where note is not null").rows() == [("more", 1.5)]
    assert engine.sql("select count(*), count(note) from runs").row(0) == (3, 1)


def test_a_waiting_journal_of_a_newer_version_goes_on_waiting_and_all_others_land(ran, waiting) -> None:
    seal = json.loads((waiting / "seal.json").read_text())
    (waiting / "seal.json").write_text(json.dumps({**seal, "schema": tables.SCHEMA_VERSION + 1}))
    for count in (2, 3):
        with pytest.raises(StoreError, match="recorded by a newer version") as caught:
            ran.run(ran.path)
        assert caught.value.faults[0].code == "TG602"
        assert str(waiting.relative_to(ran.root)) in caught.value.faults[0].hint
        assert ran.engine().sql("select count(*) from runs").item() == count
    waiting.rename(ran.root / "moved-away")
    ran.run(ran.path)
    assert ran.engine().sql("select count(*) from runs").item() == 4
