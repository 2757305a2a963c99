"""Removing runs: exactly those that are meant, from every table, and what others need stays."""

import datetime as dt

import duckdb
import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError, UsageError
from pipeline.store.live import LiveRun
from pipeline.store.migrate import layout
from pipeline.store.remove import RunOfGraph, Selection


@pytest.fixture
def thrice(ran):
    """A site with three runs of `g`, `by` of c being 3, 5 and 6, and one of `other` before the last."""
    ran.run(ran.path, Overrides(settings={"c": {"by": 5.0}}))
    ran.run("a: {use: plus, in: daily.close, with: {by: 50}}", name="other")
    ran.run(ran.path, Overrides(settings={"c": {"by": 6.0}}))
    return ran


def ids(site, graph="g"):
    """Runs of a graph, the oldest first."""
    return site.engine().sql(f"select run_id from runs where graph = '{graph}' order by started_at")["run_id"].to_list()


def removed(site, **selection):
    return [run.run_id for run in site.engine().remove_runs(Selection(**selection))]


def test_a_named_run_goes_from_every_table(thrice) -> None:
    first, second, third = ids(thrice)
    assert thrice.engine().remove_runs(Selection(runs=(second,))) == [RunOfGraph(second, "g")]
    assert ids(thrice) == [first, third]
    for table, columns in layout().items():
        if "run_id" in columns:
            left = set(thrice.engine().sql(f"select run_id from {table}")["run_id"])
            assert second not in left, table
            assert (
                table in ("cell_keys", "cells", "failures", "metrics", "retries", "trades", "warnings")
                or {first, third} <= left
            ), table


@pytest.mark.parametrize(("name", "at"), [("latest", 2), ("latest~2", 1), ("latest~3", 0)])
def test_runs_are_named_by_how_far_back_they_lie(thrice, name, at) -> None:
    before = ids(thrice)
    assert removed(thrice, runs=(name,)) == [before[at]]


def test_views_show_the_latest_run_that_is_left(thrice) -> None:
    assert thrice.engine().sql("select value from g.c limit 1").item() == 109.0
    removed(thrice, runs=("latest",))
    assert thrice.engine().sql("select value from g.c limit 1").item() == 108.0
    assert thrice.engine().sql("select value from g.result limit 1").item() == 108.0
    assert thrice.engine().sql("select distinct run_id from g.c").item() == ids(thrice)[-1]


def test_a_graph_without_runs_is_gone_and_may_come_back(thrice) -> None:
    removed(thrice, graph="other")
    with pytest.raises(StoreError):
        thrice.engine().sql("from other.a")
    assert thrice.engine().sql("select count(*) from shown where graph = 'other'").item() == 0
    thrice.calls()
    thrice.run("a: {use: plus, in: daily.close, with: {by: 50}}", name="other")
    assert thrice.calls() == []  # its value was never collected
    assert thrice.engine().sql("select count(*) from other.a").item() == 36


def test_options_apply_together(thrice) -> None:
    first, second, _ = ids(thrice)
    assert removed(thrice, graph="g", keep=2) == [first]
    assert removed(thrice, keep=1) == [second]
    assert removed(thrice, older_than=dt.timedelta(hours=1)) == []
    assert len(removed(thrice, older_than=dt.timedelta(0))) == 2
    assert ids(thrice) == ids(thrice, "other") == []


def test_a_dry_run_changes_nothing(thrice) -> None:
    before = thrice.database.read_bytes()
    assert len(thrice.engine().remove_runs(Selection(keep=1), dry_run=True)) == 2
    assert thrice.database.read_bytes() == before


def test_a_run_in_progress_is_left_alone(thrice) -> None:
    private = thrice.root / ".tradegraph"
    latest = ids(thrice)[-1]
    with LiveRun(private, latest):
        assert latest not in removed(thrice, graph="g")
        with pytest.raises(UsageError, match="in progress"):
            removed(thrice, runs=("latest",))
    assert ids(thrice) == [latest]


def test_a_selection_that_means_nothing_is_refused(thrice) -> None:
    before = len(ids(thrice))
    for selection in (Selection(), Selection(graph="othr")):
        with pytest.raises(UsageError) as caught:
            thrice.engine().remove_runs(selection)
        assert caught.value.hint
    with pytest.raises(StoreError) as missing:
        thrice.engine().remove_runs(Selection(runs=("1999",)))
    assert missing.value.faults[0].code == "TG605"
    assert len(ids(thrice)) == before


def test_a_waiting_journal_of_a_removed_run_does_not_bring_it_back(ran, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.recorder.publish", lambda *_, **__: None)
        ran.run(ran.path)
    waiting = [path.name for path in (ran.root / ".tradegraph" / "journal").glob("[!.]*")]
    assert removed(ran, runs=("latest",)) == waiting
    assert ids(ran) == [ran.first.run.id]
    ran.run(ran.path)
    assert not set(waiting) & set(ids(ran))


def test_only_the_part_of_one_graph_goes_from_a_run_of_several(ran) -> None:
    run_id = ran.first.run.id
    with duckdb.connect(str(ran.database)) as connection:
        connection.execute("insert into runs by name select * replace ('h' as graph) from runs")
        connection.execute("insert into nodes by name select * replace ('h' as graph) from nodes")
    assert ran.engine().remove_runs(Selection(graph="g")) == [RunOfGraph(run_id, "g")]
    assert ran.engine().sql("select distinct graph from nodes").item() == "h"
    assert ran.engine().sql("select count(*) from plugins").item() > 0
    assert removed(ran, graph="h") == [run_id]
    assert ran.engine().sql("select count(*) from plugins").item() == 0
