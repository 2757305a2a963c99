"""Landing runs in the published file: whole or not at all, once, whatever dies in between."""

import duckdb
import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError
from pipeline.store import draft, recorder
from pipeline.store import publish as room
from pipeline.store.tables import SCHEMA_VERSION


class Crash(Exception):
    """The process dies here."""


def crash(*_, **__):
    raise Crash


def journals(site):
    return sorted(path.name for path in (site.root / ".tradegraph" / "journal").glob("[!.]*"))


def runs(site):
    return site.engine().sql("select run_id from runs order by started_at")["run_id"].to_list()


def test_a_run_lands_in_every_table(ran) -> None:
    engine = ran.engine()
    run = ran.first.run
    assert engine.sql("select graph, status, computed, cached, failed, skipped, params from runs").rows() == [
        ("g", "ok", 3, 0, 0, 0, '{"step": 2.0}')
    ]
    nodes = engine.sql("select node, node_type, key, params, origin from nodes order by node")
    assert nodes["node"].to_list() == ["a", "b", "c"]
    assert nodes["key"].to_list() == [run.plan.step("g", name).key for name in "abc"]
    assert nodes["params"][1] == '{"by": 2.0, "times": 1}'
    assert set(nodes["origin"]) == {str(ran.nodes / "arithmetic.py")}
    timings = engine.sql("select * from node_timings order by node")
    assert timings["status"].to_list() == ["computed"] * 3
    assert timings["rows"].to_list() == [36] * 3
    assert timings["bytes"].to_list() == [36 * 8] * 3
    assert timings["symbol"].to_list() == [None] * 3
    assert all(timings["started_at"] >= run.started_at)
    plugins = engine.sql("select path, status, ids from plugins")
    assert plugins.rows() == [(str(ran.nodes / "arithmetic.py"), "loaded", "account fragile plus")] or set(
        plugins["ids"][0].split()
    ) == {"plus", "fragile", "account"}
    assert engine.sql("select output, node from outputs").rows() == [("result", "c")]
    assert set(engine.sql("select key from objects")["key"]) == set(nodes["key"])
    assert journals(ran) == []


def test_a_cached_node_has_no_time_and_a_failed_one_has(site) -> None:
    path = site.graph("a: {use: plus, in: daily.close}\nb: {use: fragile, in: a}\nc: {use: plus, in: b, with: {by: 1}}")
    site.run(path)
    site.break_("no luck")
    failed = site.run(path, refresh=["b"], overrides=Overrides(settings={"c": {"by": 2.0}})).run
    rows = site.engine().sql(
        f"select node, status, ms is null as untimed, rows from node_timings where run_id = '{failed.id}'"
    )
    assert sorted(rows.rows()) == [
        ("a", "cached", True, None),
        ("b", "failed", False, None),
        ("c", "skipped", True, None),
    ]
    failures = site.engine().sql("select node, code, message, cause, traceback from failures order by node")
    assert failures["node"].to_list() == ["b", "c"]
    assert failures["code"].to_list() == ["TG501", "TG503"]
    assert failures["message"][0] == "ValueError: no luck"
    assert failures["cause"].to_list() == ["", "b"]
    assert "in breaking" in failures["traceback"][0]
    assert site.engine().sql(f"select status from runs where run_id = '{failed.id}'").item() == "failed"


def test_a_journal_survives_a_crash_before_publishing_and_the_next_run_lands_it(site, monkeypatch) -> None:
    path = site.graph(site.CHAIN)
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "publish", crash)
        with pytest.raises(Crash):
            site.run(path)
    assert len(journals(site)) == 1
    assert not site.database.exists()
    site.calls()
    # what waits is used before it has landed
    assert site.run(path).run.counts["cached"] == 3
    assert site.calls() == []
    assert len(runs(site)) == 2
    assert journals(site) == []


@pytest.mark.parametrize(("module", "step"), [(room, "_merge"), (draft, "_fsync"), (room, "refresh_graph")])
def test_a_crash_while_publishing_leaves_the_published_file_as_it_was(ran, monkeypatch, module, step) -> None:
    before = ran.database.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(module, step, crash)
        with pytest.raises(Crash):
            ran.run(ran.path)
    assert ran.database.read_bytes() == before
    assert len(journals(ran)) == 1
    ran.run(ran.path)
    assert len(runs(ran)) == 3
    assert journals(ran) == []


def test_a_crash_between_landing_and_tidying_up_lands_nothing_twice(ran, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(room.shutil, "rmtree", crash)
        with pytest.raises(Crash):
            ran.run(ran.path)
    assert len(journals(ran)) == 1
    assert len(runs(ran)) == 2
    ran.run(ran.path)
    assert len(runs(ran)) == len(set(runs(ran))) == 3
    assert ran.engine().sql("select count(*) from node_timings").item() == 9
    assert journals(ran) == []


def test_a_journal_that_cannot_be_read_is_set_aside_and_named_after_the_others_have_landed(ran) -> None:
    folder = ran.root / ".tradegraph" / "journal"
    bad = folder / "20200101T000000-dead"
    bad.mkdir()
    (bad / "runs.parquet").write_bytes(b"PAR1 rubbish")
    with pytest.raises(StoreError, match="20200101T000000-dead cannot be read") as error:
        ran.run(ran.path)
    assert error.value.faults[0].code == "TG603"
    assert len(runs(ran)) == 2
    assert not bad.exists()
    assert (folder / ".20200101T000000-dead.damaged" / "runs.parquet").exists()
    ran.run(ran.path)
    assert len(runs(ran)) == 3


def test_a_half_written_journal_is_not_read(ran) -> None:
    half = ran.root / ".tradegraph" / "journal" / ".20200101T000000-dead.tmp"
    half.mkdir(parents=True)
    (half / "runs.parquet").write_bytes(b"PAR1 rubbish")
    ran.run(ran.path)
    assert len(runs(ran)) == 2


def test_a_file_of_a_newer_version_is_left_alone(ran) -> None:
    with duckdb.connect(str(ran.database)) as connection:
        connection.execute(f"update store set schema_version = {SCHEMA_VERSION + 1}")
    before = ran.database.read_bytes()
    with pytest.raises(StoreError) as caught:
        ran.run(ran.path)
    fault = caught.value.faults[0]
    assert fault.code == "TG602"
    assert str(SCHEMA_VERSION + 1) in fault.message
    assert str(SCHEMA_VERSION) in fault.message
    assert fault.hint
    assert ran.database.read_bytes() == before
    # the run is kept: with the right version it lands
    with duckdb.connect(str(ran.database)) as connection:
        connection.execute(f"update store set schema_version = {SCHEMA_VERSION}")
    ran.run(ran.path)
    assert len(runs(ran)) == 3


def test_an_interrupted_run_is_published_with_what_was_done(site) -> None:
    site.node(
        "interrupt",
        """
        @indicator
        def interrupt(x: Number) -> Number:
            \"\"\"Somebody presses Ctrl-C.\"\"\"
            raise KeyboardInterrupt
        """,
    )
    result = site.run("a: {use: plus, in: daily.close, with: {by: 1}}\nb: {use: interrupt, in: a}")
    assert result.run.exit_status == 130
    engine = site.engine()
    assert engine.sql("select status, computed, skipped from runs").rows() == [("interrupted", 1, 1)]
    assert engine.sql("select count(*) from g.a").item() == 36
    assert engine.sql("select node, code from failures").rows() == [("b", "TG504")]


def test_a_node_that_fails_after_its_value_was_lost_does_not_keep_runs_from_landing(site) -> None:
    nodes = "a: {use: fragile, in: daily.close}\nb: {use: plus, in: daily.open, with: {by: $step}}"
    path = site.graph(nodes, params="step: {type: float, default: 1}")
    site.run(path)
    for segment in site.segments:
        segment.unlink()
    site.break_()
    # the param stands in the view of a as well, so the view is due to be made anew, over a file that is gone
    assert site.run(path, Overrides(params={"step": 2.0})).run.exit_status == 1
    assert len(runs(site)) == 2
    assert site.engine().sql("select count(*) from g.b").item() == 36
    with pytest.raises(StoreError):
        site.engine().sql("from g.a")
    site.mend()
    site.run(path)
    assert site.engine().sql("select count(*) from g.a").item() == 36


def test_the_published_file_is_replaced_never_written_into(ran) -> None:
    with ran.database.open("rb") as held:
        before = held.read()
        ran.run(ran.path)
        held.seek(0)
        assert held.read() == before
    assert ran.database.read_bytes() != before


def test_a_damaged_value_is_computed_again_and_published_anew(ran) -> None:
    (segment,) = ran.segments
    data = bytearray(segment.read_bytes())
    data[300] ^= 1
    segment.write_bytes(data)
    # the file has its old length, so the plan takes it; reading b notices
    result = ran.run(ran.path, Overrides(settings={"c": {"by": 7.0}}))
    assert ran.calls() == ["plus 1", "plus 2", "plus 7"]
    assert result.output("c")["value"][0] == 110.0
    assert result.run.counts == {"computed": 3, "cached": 0, "failed": 0, "skipped": 0}
    assert ran.engine().sql("select value from g.b limit 1").item() == 103.0
    ran.run(ran.path)
    assert ran.calls() == ["plus 3"]


def test_publishing_with_nothing_to_land_makes_no_file(tmp_path) -> None:
    published = room.publish(tmp_path / "tradegraph.duckdb", tmp_path / "private")
    assert published.runs == ()
    assert not (tmp_path / "tradegraph.duckdb").exists()


def test_drafts_of_a_crashed_publish_do_no_harm(ran) -> None:
    private = ran.root / ".tradegraph"
    (private / "draft.duckdb").write_bytes(b"half a draft")
    (private / "draft.duckdb.wal").write_bytes(b"and its log")
    ran.run(ran.path)
    assert len(runs(ran)) == 2


@pytest.mark.parametrize("graph", ["draft", "select"])
def test_a_graph_may_be_called_like_a_database_or_a_keyword(site, graph) -> None:
    site.run(site.CHAIN, name=graph)
    assert site.engine().sql(f'select count(*) from tradegraph."{graph}".a').item() == 36


def test_two_graphs_have_schemas_of_their_own(ran) -> None:
    ran.run("a: {use: plus, in: daily.close, with: {by: 50}}", name="other")
    engine = ran.engine()
    assert engine.sql("select value from other.a limit 1").item() == 150.0
    assert engine.sql("select value from g.a limit 1").item() == 101.0
    assert engine.sql("select graph from runs order by started_at")["graph"].to_list() == ["g", "other"]
