"""Exports: one file that needs nothing of the project, with everything in it as a real table."""

import shutil

import duckdb
import polars as pl
import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError, UsageError


def contents(path):
    """Every table with its rows in their order, as text."""
    with duckdb.connect(str(path), read_only=True) as plain:
        assert plain.sql("select count(*) from duckdb_views() where not internal").fetchall() == [(0,)]
        names = plain.sql("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        return {
            (schema, table): plain.sql(f'select columns(*)::varchar from "{schema}"."{table}"').fetchall()
            for schema, table in names
        }


def test_the_latest_run_of_a_graph_stands_in_one_file_that_outlives_the_project(ran, tmp_path) -> None:
    ran.run(ran.path, Overrides(settings={"c": {"by": 9.0}}))
    values = ran.engine().sql("select symbol, ts::varchar as ts, value from g.c").rows()
    run_id = ran.engine().database.latest("g")
    done = ran.engine().export(tmp_path / "out.duckdb", "g")
    assert [(run.run_id, run.graph) for run in done.runs] == [(run_id, "g")]
    assert done.tables == (("g", "a"), ("g", "b"), ("g", "c"), ("g", "result"))
    assert done.missing == ()
    assert done.bytes == (tmp_path / "out.duckdb").stat().st_size
    shutil.rmtree(ran.root / ".tradegraph" / "segments")
    ran.database.unlink()
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as plain:
        assert plain.sql("select symbol, ts::varchar, value from g.c").fetchall() == values
        assert plain.sql("select distinct run_id, step from g.result").fetchall() == [(run_id, 2.0)]
        assert plain.sql("select node, status from node_timings order by node").fetchall() == [
            ("a", "cached"),
            ("b", "cached"),
            ("c", "computed"),
        ]
        assert plain.sql("select count(*) from runs").fetchall() == [(1,)]


def test_two_exports_of_one_run_hold_the_same(ran, tmp_path) -> None:
    for name in ("one.duckdb", "two.duckdb"):
        ran.engine().export(tmp_path / name, "g")
    assert contents(tmp_path / "one.duckdb") == contents(tmp_path / "two.duckdb")
    assert len(contents(tmp_path / "one.duckdb")[("g", "c")]) == 36


def test_a_run_is_named_and_without_a_name_every_graph_is_exported(ran, tmp_path) -> None:
    first = ran.first.run.id
    ran.run(ran.path, Overrides(settings={"c": {"by": 9.0}}))
    ran.run("a: {use: plus, in: daily.close, with: {by: 50}}", name="other")
    ran.engine().export(tmp_path / "first.duckdb", first)
    assert contents(tmp_path / "first.duckdb")[("g", "c")][0][-1] == "106.0"
    done = ran.engine().export(tmp_path / "all.duckdb")
    assert [run.graph for run in done.runs] == ["g", "other"]
    found = contents(tmp_path / "all.duckdb")
    assert found[("g", "c")][0][-1] == "112.0"
    assert found[("other", "a")][0][-1] == "150.0"
    assert len(found[("main", "runs")]) == 2


def test_nodes_without_a_value_are_named(site, tmp_path) -> None:
    site.break_("no luck")
    site.run("a: {use: plus, in: daily.close}\nb: {use: fragile, in: a}", outputs="line: b")
    site.mend()
    done = site.engine().export(tmp_path / "out.duckdb", "g")
    assert done.missing == (("g", "b"),)
    assert done.tables == (("g", "a"),)
    assert [row[4] for row in contents(tmp_path / "out.duckdb")[("main", "failures")]] == ["TG501"]


def test_parquet_files_hold_the_same_as_the_database(ran, tmp_path) -> None:
    ran.engine().export(tmp_path / "folder", "g", form="parquet")
    ran.engine().export(tmp_path / "out.duckdb", "g")
    files = {path.relative_to(tmp_path / "folder").as_posix() for path in (tmp_path / "folder").rglob("*.*")}
    assert {"g/a.parquet", "g/result.parquet", "runs.parquet", "node_timings.parquet"} <= files
    frame = pl.read_parquet(tmp_path / "folder" / "g" / "c.parquet")
    assert [str(value) for value in frame["value"]] == [
        row[-1] for row in contents(tmp_path / "out.duckdb")[("g", "c")]
    ]
    assert not list(tmp_path.glob(".*"))


def test_what_cannot_be_exported_leaves_nothing_behind(ran, tmp_path) -> None:
    (tmp_path / "there.duckdb").write_text("somebody's")
    with pytest.raises(UsageError, match="there already"):
        ran.engine().export(tmp_path / "there.duckdb", "g")
    with pytest.raises(UsageError, match="neither a graph"):
        ran.engine().export(tmp_path / "out.duckdb", "h")
    with pytest.raises(StoreError) as caught:
        ran.engine().export(tmp_path / "no" / "folder.duckdb", "g")
    assert caught.value.faults[0].code == "TG601"
    (segment,) = ran.segments
    data = bytearray(segment.read_bytes())
    data[300] ^= 1
    segment.write_bytes(data)
    for form in ("duckdb", "parquet"):
        with pytest.raises(StoreError, match="damaged"):
            ran.engine().export(tmp_path / "out", "g", form=form)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there.duckdb"]


def test_nothing_can_be_exported_before_the_first_run(site, tmp_path) -> None:
    with pytest.raises(StoreError) as caught:
        site.engine().export(tmp_path / "out.duckdb")
    assert caught.value.faults[0].code == "TG605"
