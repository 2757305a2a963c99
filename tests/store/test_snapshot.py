"""Tables that are not about runs: replaced whole, by the latest state."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from pipeline.errors import StoreError
from pipeline.store.draft import publish_lock
from pipeline.store.snapshot import publish_tables


@pytest.fixture
def published(tmp_path):
    """`published("told")`: the rows of a table in the published file."""

    def rows(table: str) -> list[tuple]:
        with duckdb.connect(str(tmp_path / "t.duckdb"), read_only=True) as connection:
            return connection.execute(f"select * from {table}").fetchall()

    return rows


def test_tables_are_replaced_and_the_others_stay(tmp_path, published) -> None:
    place = (tmp_path / "t.duckdb", tmp_path / "private")
    publish_tables(*place, lambda: {"told": pl.DataFrame({"x": [1, 2]}), "other": pl.DataFrame({"y": ["a"]})})
    publish_tables(*place, lambda: {"told": pl.DataFrame({"x": [3]})})
    assert (published("told"), published("other")) == ([(3,)], [("a",)])


def test_tables_are_made_while_nobody_else_publishes(tmp_path, published) -> None:
    """So of two who publish at once, the later one cannot put an earlier state in the place of a later one."""
    free = []

    def tables():
        with publish_lock(tmp_path / "private", wait=False) as mine:
            free.append(mine)
        return {"told": pl.DataFrame({"x": [1]})}

    publish_tables(tmp_path / "t.duckdb", tmp_path / "private", tables)
    assert free == [False]
    assert published("told") == [(1,)]


def test_a_place_that_cannot_be_written_is_a_fault(tmp_path) -> None:
    (tmp_path / "private").write_text("a file in the place of a folder")
    with pytest.raises(StoreError) as caught:
        publish_tables(tmp_path / "t.duckdb", tmp_path / "private", dict)
    assert caught.value.faults[0].code == "TG601"
