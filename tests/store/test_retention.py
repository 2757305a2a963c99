"""What a project keeps and for how long: values go by policy, age and size, records never do."""

import json

import duckdb
import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError
from pipeline.store.retention import Retention, kept

ALL = "a: {use: plus, in: daily.close, with: {by: 1}}\nb: {use: plus, in: a, with: {by: 2}}"


def by(value):
    return Overrides(settings={"c": {"by": float(value)}})


def settle(site, **said) -> None:
    (site.root / "plugin_config.json").write_text(json.dumps({"project": said}))


def ids(site):
    return site.engine().sql("select run_id from runs order by started_at")["run_id"].to_list()


def stored(site):
    """Whether each run has the value of its c, the oldest first."""
    found = []
    for run_id in ids(site):
        try:
            found.append(site.engine().database.output(run_id, "g", "c").height == 36)
        except StoreError:
            found.append(False)
    return found


@pytest.fixture
def thrice(ran):
    """Three runs that differ in c alone."""
    ran.run(ran.path, by(5))
    ran.run(ran.path, by(6))
    ran.calls()
    return ran


def test_without_limits_everything_is_kept(thrice) -> None:
    thrice.engine().collect()
    assert stored(thrice) == [True] * 3


def test_age_lets_values_of_older_runs_go_and_never_the_latest_of_a_graph(thrice) -> None:
    thrice.run("a: {use: plus, in: daily.close, with: {by: 50}}", name="other")
    settle(thrice, keep_days=0)
    assert thrice.engine().collect().values == 2
    assert stored(thrice)[:3] == [False, False, True]
    assert thrice.engine().sql("select count(*) from other.a").item() == 36
    assert thrice.engine().sql("select count(*) from g.b").item() == 36
    # records stay
    assert thrice.engine().sql("select count(*) from node_timings where graph = 'g'").item() == 9


def test_age_keeps_what_is_young_enough(thrice) -> None:
    settle(thrice, keep_days=1)
    assert thrice.engine().collect().values == 0
    assert stored(thrice) == [True] * 3


def test_size_lets_values_of_the_oldest_runs_go_first(thrice) -> None:
    size = sum(path.stat().st_size for path in thrice.segments)
    settle(thrice, keep_bytes=size)
    thrice.engine().collect()
    assert stored(thrice) == [True] * 3
    settle(thrice, keep_bytes=size - 1)
    thrice.engine().collect()
    assert stored(thrice) == [False, False, True]
    settle(thrice, keep_bytes="1kB")  # less than the latest run needs
    thrice.engine().collect()
    assert stored(thrice) == [False, False, True]
    assert thrice.engine().sql("select count(*) from g.a").item() == 36


def test_limits_are_applied_after_a_run_without_being_asked(thrice) -> None:
    settle(thrice, keep_days=0)
    thrice.run(thrice.path, by(8))
    assert stored(thrice) == [False, False, False, True]
    before = len(thrice.segments)
    thrice.run(thrice.path, by(9))
    assert stored(thrice) == [False] * 4 + [True]
    # the files of the second and third run were named until the run before, and are gone now
    assert before == 4
    assert len(thrice.segments) == 3
    thrice.calls()
    thrice.run(thrice.path, by(9))
    assert thrice.calls() == []


def test_a_reader_who_opened_the_file_before_a_run_finds_all_that_its_views_name(thrice) -> None:
    settle(thrice, keep_days=0)
    thrice.run(thrice.path, by(8))
    thrice.run("a: {use: plus, in: daily.close, with: {by: 50}}", name="other")
    code = """
    import duckdb
    plain = duckdb.connect(str(root / "tradegraph.duckdb"), read_only=True)
    print(plain.sql("select value from g.c limit 1").fetchall(), flush=True)
    sys.stdin.readline()
    print(plain.sql("select value from g.c limit 1").fetchall(), flush=True)
    """
    reader = thrice.process(code, wait=False, bare=True)
    assert reader.stdout.readline().strip() == "[(111.0,)]"
    thrice.run(thrice.path, by(9))
    rest, _ = reader.communicate("go\n", timeout=60)
    assert rest.strip() == "[(111.0,)]"


@pytest.mark.parametrize(("policy", "left"), [("all", {"a", "b", "c"}), ("outputs", {"c"}), ("metrics", set())])
def test_a_policy_keeps_the_values_that_it_names(ran, policy, left) -> None:
    settle(ran, store=policy)
    ran.engine().collect()
    with duckdb.connect(str(ran.database), read_only=True) as plain:
        views = {name for (name,) in plain.sql("select view_name from duckdb_views() where not internal").fetchall()}
        assert views == left
        assert plain.sql("select count(*) from g.result").fetchall() == [(36,)]
    ran.run(ran.path)
    assert ran.engine().sql("select value from g.result limit 1").item() == 106.0


def test_metrics_are_kept_by_every_policy(site) -> None:
    nodes = "a: {use: plus, in: daily.close, with: {by: 1}}\nstats: {use: performance, in: {close: daily.close}}"
    site.run(nodes, shipped=True, outputs="line: a")
    settle(site, store="metrics")
    site.engine().collect()
    assert site.engine().sql("select count(*) from g.stats").item() == 3
    assert site.engine().sql("select count(distinct metric) from metrics").item() > 3
    with pytest.raises(StoreError):
        site.engine().sql("from g.a")


def test_what_a_policy_keeps_of_a_graph(site) -> None:
    path = site.graph(f"{ALL}\nstats: {{use: performance, in: {{close: daily.close}}}}", outputs="line: b.value")
    graph = site.engine(shipped=True).check(path)
    keeps = {
        policy: {node for node in graph.nodes if kept(policy, graph, node)} for policy in ("all", "outputs", "metrics")
    }
    assert keeps == {"all": {"a", "b", "stats"}, "outputs": {"b", "stats"}, "metrics": {"stats"}}


def test_a_project_without_settings_keeps_all(site) -> None:
    assert site.engine().cache.retention == Retention("all", None, None)
    assert not site.engine().cache.retention.bounded
