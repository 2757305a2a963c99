"""Questions share a connection while somebody holds it, and always see the newest file."""

import fcntl
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import StoreError
from pipeline.store.query import Database

COUNT = "select count(*) from runs"


@pytest.fixture
def connects(monkeypatch):
    """How often DuckDB was started, as a list that grows."""
    found = []
    plain = duckdb.connect

    def counted(*args, **options):
        found.append(args)
        return plain(*args, **options)

    monkeypatch.setattr(duckdb, "connect", counted)
    return found


@pytest.fixture
def database(ran):
    """The database of a project in which a graph has run, as a new process sees it."""
    return Database(ran.root / "tradegraph.duckdb", ran.root / ".tradegraph")


def replaced(database) -> None:
    """Put an equal file in the place of the published one, as a publish does."""
    copy = database.path.with_suffix(f".{threading.get_ident()}")
    copy.write_bytes(database.path.read_bytes())
    copy.replace(database.path)


def test_questions_of_a_block_share_one_connection(database, connects) -> None:
    with database.hold():
        assert [database.sql(COUNT).item() for _ in range(3)] == [1, 1, 1]
        assert database.find_run("latest")
    assert len(connects) == 1


def test_without_a_block_each_question_has_its_own(database, connects) -> None:
    for _ in range(3):
        database.sql(COUNT)
    assert len(connects) == 3


def test_a_file_that_was_published_meanwhile_is_seen_by_the_next_question(ran, database, connects) -> None:
    with database.hold():
        assert database.sql(COUNT).item() == 1
        ran.run(ran.root / "graphs/g.yaml")
        assert database.sql(COUNT).item() == 2


def test_an_equal_file_in_its_place_is_opened_as_well(database, connects) -> None:
    with database.hold():
        database.sql(COUNT)
        replaced(database)
        database.sql(COUNT)
        database.sql(COUNT)
    assert len(connects) >= 2


def test_when_the_block_ends_nothing_is_open(database) -> None:
    with database.hold():
        database.sql(COUNT)
        with database.hold():
            database.sql(COUNT)
        database.sql(COUNT)
    with database.path.open("rb+") as file:  # DuckDB's lock on what it reads is gone
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    names = {os.path.realpath(path) for path in Path("/proc/self/fd").iterdir()}
    assert str(database.path) not in names


def test_the_rules_of_a_question_hold_on_a_shared_connection_too(database, tmp_path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with database.hold():
        for query in (
            f"select * from read_csv('{tmp_path}/secret.csv')",
            "set enable_external_access = true",
            "create table mine (a int)",
        ):
            with pytest.raises(StoreError) as error:
                database.sql(query)
            assert error.value.faults[0].code == "TG604"
        assert database.sql("select current_setting('TimeZone') as zone")["zone"].item() in ("UTC", "Etc/UTC")
        assert database.sql("select value from g.a limit 1").height == 1


def test_threads_may_ask_at_once_while_files_come_and_go(database) -> None:
    def ask(turn: int) -> int:
        if turn % 7 == 0:
            replaced(database)
        return database.sql(COUNT).item()

    with database.hold(), ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(28))) == {1}


def test_a_file_that_is_gone_is_told(database) -> None:
    with database.hold():
        database.sql(COUNT)
        database.path.unlink()
        with pytest.raises(StoreError) as error:
            database.sql(COUNT)
    assert error.value.faults[0].code == "TG605"


def test_a_file_of_an_older_layout_is_mended_before_the_first_question(database, connects) -> None:
    with duckdb.connect(str(database.path)) as writer:
        writer.execute("update store set root = 'elsewhere'")
    with database.hold():
        assert database.sql("select root from store").item() == str(database.path.parent)
        before = len(connects)
        database.sql(COUNT)
    assert len(connects) == before
