"""Exports at the prompt."""

from __future__ import annotations

import duckdb


def test_an_export_says_what_is_in_it(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    answer = tradegraph("export", "slope", "-o", "out.duckdb")
    assert answer.status == 0
    assert "exported slope" in answer.out
    assert "5 tables of values" in answer.out
    assert "out.duckdb" in answer.out
    with duckdb.connect("out.duckdb", read_only=True) as plain:
        assert plain.sql("select count(*) from slope.line").fetchall() == [(24,)]
    again = tradegraph("export", "slope", "-o", "out.duckdb")
    assert again.status == 2
    assert "there already" in again.err


def test_failed_nodes_are_named(project, tradegraph) -> None:
    tradegraph("run", "trouble", "-q")
    answer = tradegraph("export", "latest", "-o", "folder", "--format", "parquet")
    assert "without a value" in answer.out
    assert "trouble.after, trouble.broken" in answer.out
    document = tradegraph("export", "trouble", "-o", "other", "--format", "parquet", "--json").json
    assert document["tables"] == ["trouble.before", "trouble.beside", "trouble.kept"]
    assert document["missing"] == ["trouble.after", "trouble.broken"]
    assert (project / "other" / "trouble" / "kept.parquet").exists()


def test_what_is_neither_graph_nor_run_is_refused(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    answer = tradegraph("export", "slop", "-o", "out.duckdb")
    assert answer.status == 2
    assert "'slope'" in answer.err
