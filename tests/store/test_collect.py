"""Collecting: what kept runs need stays, whatever happens in between; all else goes."""

import os
import subprocess
import sys

import duckdb
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline.engine import Overrides
from pipeline.errors import UsageError
from pipeline.store import collect as room
from pipeline.store.live import LiveRun
from pipeline.store.remove import Selection


class Crash(Exception):
    """The process dies here."""


def by(value, node="c"):
    return Overrides(settings={node: {"by": float(value)}})


def private(site):
    return site.root / ".tradegraph"


def ids(site):
    """Runs, the oldest first."""
    return site.engine().sql("select run_id from runs order by started_at")["run_id"].to_list()


def files(site):
    return sorted(path.relative_to(private(site)).as_posix() for path in site.segments)


def ended_process() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def values(site):
    """The outputs of all nodes of all runs that are known."""
    database = site.engine().database
    rows = database.sql("select run_id, graph, node from nodes order by all").rows()
    return {row: database.output(*row)["value"].to_list() for row in rows}


def assert_all_views_answer(site) -> None:
    """As a client that knows nothing of the engine sees it."""
    with duckdb.connect(str(site.database), read_only=True) as plain:
        views = plain.sql("select schema_name, view_name from duckdb_views() where not internal").fetchall()
        for schema, view in views:
            assert plain.sql(f"select count(*) from {schema}.{view}").fetchall() == [(36,)], (schema, view)


@pytest.fixture
def edited(ran):
    """Two runs: a → b → c, then the same with another b; both need a, which rests beside the first b and c."""
    ran.run(ran.path, by(7, "b"))
    ran.calls()
    return ran


def test_nothing_is_removed_while_all_of_it_is_needed(edited) -> None:
    before = edited.database.read_bytes(), files(edited)
    found = edited.engine().collect()
    assert (found.values, found.files, found.rewritten, found.leftovers, found.bytes) == (0, 0, 0, 0, 0)
    assert (edited.database.read_bytes(), files(edited)) == before


def test_values_of_a_removed_run_go_and_those_that_others_need_stay(edited) -> None:
    kept = values(edited)
    edited.engine().remove_runs(Selection(runs=("latest",)))
    (gone,) = {run for run, _, _ in kept} - set(ids(edited))
    found = edited.engine().collect()
    assert (found.values, found.files, found.rewritten) == (2, 1, 0)
    assert found.bytes > 0
    assert values(edited) == {row: value for row, value in kept.items() if row[0] != gone}
    assert not (private(edited) / "segments" / gone).exists()
    edited.run(edited.path)
    assert edited.calls() == []
    edited.run(edited.path, by(7, "b"))
    assert edited.calls() == ["plus 7", "plus 3"]


def test_a_file_of_which_most_is_needless_is_written_anew(edited, monkeypatch) -> None:
    monkeypatch.setattr(room, "WORTHWHILE", 0.1)  # of so few rows the footer is the most
    kept = values(edited)
    edited.engine().remove_runs(Selection(runs=("latest~1",)))
    (latest,) = ids(edited)
    before = files(edited)
    found = edited.engine().collect()
    assert (found.values, found.files, found.rewritten) == (2, 0, 1)
    assert len(files(edited)) == len(before) == 2
    assert set(files(edited)) != set(before)
    assert values(edited) == {row: value for row, value in kept.items() if row[0] == latest}
    assert_all_views_answer(edited)
    edited.run(edited.path, by(7, "b"))
    assert edited.calls() == []
    assert edited.engine().collect().bytes == 0


def test_a_file_of_which_most_is_needed_is_left_as_it_is(edited) -> None:
    edited.run(edited.path, by(9))  # the first b is needed again, only its c is not
    edited.engine().remove_runs(Selection(runs=("latest~2",)))
    before = files(edited)
    found = edited.engine().collect()
    assert (found.values, found.rewritten) == (1, 0)
    assert files(edited) == before


@pytest.mark.parametrize("step", ["rewritten", "_forget", "_remove"])
def test_a_crash_while_collecting_loses_nothing_and_the_next_one_finishes(edited, monkeypatch, step) -> None:
    monkeypatch.setattr(room, "WORTHWHILE", 0.1)
    edited.run(edited.path, by(9))
    edited.engine().remove_runs(Selection(runs=("latest~2",)))
    edited.engine().remove_runs(Selection(runs=("latest",)))
    kept = values(edited)
    work = getattr(room, step)

    def crash(*given, **named):
        work(*given, **named)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(room, step, crash)
        with pytest.raises(Crash):
            edited.engine().collect()
    assert values(edited) == kept
    assert_all_views_answer(edited)
    edited.engine().collect()
    assert values(edited) == kept
    assert_all_views_answer(edited)
    named = edited.engine().sql("select distinct 'segments/' || segment as file from objects order by 1")["file"]
    assert files(edited) == named.to_list()
    assert len(set(edited.engine().sql("select key from objects")["key"])) == 3


def test_a_dry_run_says_the_same_and_removes_nothing(edited, monkeypatch) -> None:
    monkeypatch.setattr(room, "WORTHWHILE", 0.1)
    edited.engine().remove_runs(Selection(runs=("latest~1",)))
    before = edited.database.read_bytes(), files(edited)
    planned = edited.engine().collect(dry_run=True)
    assert (edited.database.read_bytes(), files(edited)) == before
    done = edited.engine().collect()
    assert (planned.values, planned.rewritten, planned.bytes) == (done.values, done.rewritten, done.bytes)


def test_beside_a_run_in_progress_no_value_is_touched(edited) -> None:
    edited.engine().remove_runs(Selection(runs=("latest",)))
    before = files(edited)
    folder = private(edited) / "segments" / "working"
    folder.mkdir()
    (folder / "00000.tmp").write_bytes(b"half a file")
    (folder / "00001.abc.parquet").write_bytes(b"not named by anything yet")
    with LiveRun(private(edited), "working"):
        found = edited.engine().collect()
        assert found.live == ("working",)
        assert (found.values, found.files, found.leftovers) == (0, 0, 0)
        assert sorted(path.name for path in folder.iterdir()) == ["00000.tmp", "00001.abc.parquet"]
        assert set(before) < set(files(edited))
    assert edited.engine().collect().values == 2
    assert not folder.exists()


def test_what_killed_runs_left_goes_and_says_how_much(ran) -> None:
    folder = private(ran)
    left = [
        folder / "segments" / "killed" / "00003.tmp",
        folder / "segments" / "killed" / "00001.0badf00d.parquet",
        folder / "segments" / ran.first.run.id / "00007.damaged",
        folder / "journal" / ".killed.tmp" / "runs.parquet",
        folder / "journal" / ".20200101T000000-dead.damaged" / "runs.parquet",
        folder / "failures" / "20200101T000000-dead" / "g.a" / "0.json",
        folder / "spill" / f"{ended_process()}-0a1b2c3d" / "duckdb_temp_block-1.block",
    ]
    in_use = [
        folder / "failures" / ran.first.run.id / "g.a" / "0.json",
        folder / "spill" / f"{os.getpid()}-0a1b2c3d" / "duckdb_temp_block-1.block",
    ]
    for path in (*left, *in_use):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")
    found = ran.engine().collect()
    assert (found.leftovers, found.files, found.bytes) == (6, 1, 70)
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in in_use)
    assert not (folder / "segments" / "killed").exists()
    assert values(ran)


def test_a_run_that_was_killed_is_collected_and_then_computed(site) -> None:
    code = """
    import os, signal
    import pipeline.store.recorder
    pipeline.store.recorder.write_journal = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    engine.run(graph)
    """
    path = site.graph(site.CHAIN)
    process = site.process(code, wait=False)
    process.communicate()
    assert process.returncode < 0
    assert len(site.segments) == 1
    found = site.engine().collect()
    assert (found.files, found.live) == (1, ())
    assert site.segments == []
    site.calls()
    site.run(path)
    assert site.calls() == ["plus 1", "plus 2", "plus 3"]


def test_kernels_of_code_that_is_gone_go_and_a_shared_folder_is_left_alone(ran, tmp_path) -> None:
    folder = private(ran) / "kernels"
    target = folder.resolve()
    present = next(iter(ran.engine().registry)).code[:32]
    assert ran.engine().collect().kernels == 0  # a link: other projects may need what lies there
    folder.unlink()
    for name in (present, "0" * 32):
        (folder / name).mkdir(parents=True)
        (folder / name / "kernel.nbc").write_bytes(b"code")
    found = ran.engine().collect()
    assert (found.kernels, found.bytes) == (1, 4)
    assert [path.name for path in folder.iterdir()] == [present]
    assert target.exists()


def test_a_value_that_is_cut_from_another_ones_keeps_that(ran, monkeypatch) -> None:
    monkeypatch.setattr(room, "WORTHWHILE", 0.01)
    keys = {name: ran.first.run.plan.step("g", name).key for name in "abc"}
    with duckdb.connect(str(ran.database)) as connection:
        connection.execute(
            "insert into objects by name select 'cut' as key, segment, rows, bytes, key as holder from objects"
            f" where key = '{keys['b']}'"
        )
        # an older run has the cut one, the latest neither b nor c
        connection.execute(
            "insert into runs by name"
            " select * replace ('older' as run_id, started_at - interval 1 day as started_at) from runs"
        )
        connection.execute("update nodes set run_id = 'older', stored = 'cut' where node = 'b'")
        connection.execute("delete from nodes where node = 'c'")
    found = ran.engine().collect()
    assert (found.values, found.rewritten) == (1, 1)
    (file,) = ran.segments
    assert set(pl.read_parquet_schema(file)) == {"symbol", "ts", f"{keys['a']}.value", f"{keys['b']}.value"}
    assert set(ran.engine().sql("select key from objects")["key"]) == {keys["a"], keys["b"], "cut"}
    assert ran.engine().sql("select distinct segment from objects").height == 1


def test_clearing_keeps_records_and_declared_outputs(edited) -> None:
    engine = edited.engine()
    before = engine.sql("select * from node_timings order by all").rows()
    result = engine.sql("select * from g.result order by all").rows()
    found = engine.cache.clear()
    assert (found.values, found.files) == (5, 2)
    assert found.bytes > 0
    assert edited.segments == []
    engine = edited.engine()
    assert engine.sql("select * from node_timings order by all").rows() == before
    assert engine.sql("select * from g.result order by all").rows() == result
    assert engine.sql("select name from shown").rows() == [("result",)]
    assert_all_views_answer(edited)
    edited.run(edited.path, by(7, "b"))
    assert edited.calls() == ["plus 1", "plus 7", "plus 3"]
    assert_all_views_answer(edited)


def test_clearing_waits_for_no_run_it_refuses(ran) -> None:
    with LiveRun(private(ran), "working"), pytest.raises(UsageError, match="working"):
        ran.engine().cache.clear()
    assert values(ran)


def test_collecting_where_nothing_was_run_does_nothing(site) -> None:
    assert site.engine().collect().bytes == 0
    assert site.engine().cache.clear().bytes == 0
    assert not site.database.exists()


@pytest.mark.heavy
@settings(max_examples=20, derandomize=True, deadline=None, database=None, phases=[Phase.generate])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("run"), st.sampled_from("abc"), st.integers(1, 3)),
            st.tuples(st.just("rm"), st.integers(0, 3)),
            st.tuples(st.just("gc")),
        ),
        min_size=4,
        max_size=7,
    )
)
def test_whatever_is_run_removed_and_collected_kept_runs_have_their_values(run_stage, steps) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADEGRAPH_TEST_CALLS", str(run_stage.root.with_name("calls")))
        patch.setattr(room, "WORTHWHILE", 0.1)
        site = run_stage.restored()
        known = values(site)
        for step in steps:
            if step[0] == "run":
                site.run(site.path, by(step[2], step[1]))
                known |= values(site)
            elif step[0] == "rm" and step[1] < len(ids(site)) - 1:
                site.engine().remove_runs(Selection(runs=(f"latest~{step[1]}",)))
            elif step[0] == "gc":
                site.engine().collect()
                assert site.engine().collect().bytes == 0
            kept = set(ids(site))
            assert values(site) == {row: value for row, value in known.items() if row[0] in kept}
            assert_all_views_answer(site)
