"""A graph that is followed: every save is a round, faults leave the last good result, a run keeps what it has."""

import runpy
from pathlib import Path

import pytest

from pipeline.engine import Engine, Overrides
from pipeline.follow import Follower, files_of
from pipeline.reloading import Reloading
from pipeline.watch import Changes, survey

NOUNS = runpy.run_path(str(Path(__file__).parent / "execution" / "world.py"))
GRAPH = """
a: {use: mine, in: daily.close, with: {by: $step}}
b: {use: scale, in: a, with: {factor: 2}}
c: {use: scale, in: daily.open, with: {factor: 3}}
"""
PARAMS = "step: {type: float, default: 1, min: 0, max: 50}"
MINE = '''
from typing import Annotated

from pipeline import Number, Param, SameKind, indicator

from ..kernels.shift import SHIFT


@indicator
def mine(x: Number, *, by: Annotated[float, Param("What is added", ge=0, le=50)] = 1.0) -> SameKind:
    """Add."""
    return x + by + SHIFT
'''


@pytest.fixture(scope="module")
def stage(tmp_path_factory, compiled_kernels):
    """The project that `site` begins with: 3 symbols, 12 daily bars, a node type with a helper, a graph."""
    made = NOUNS["Site"](tmp_path_factory.mktemp("stage") / "site", compiled_kernels)
    (made.root / "nodes/custom").mkdir(parents=True, exist_ok=True)
    (made.root / "nodes/kernels").mkdir(exist_ok=True)
    (made.root / "nodes/kernels/shift.py").write_text("SHIFT = 0.0\n")
    (made.root / "nodes/custom/mine.py").write_text(MINE)
    made.path = made.graph(GRAPH, params=PARAMS, outputs="result: b\nother: c")
    made.snapshot()
    return made


@pytest.fixture
def site(stage, registries, monkeypatch):
    """A project on disk, in the place of the one before it, so that its registry is known."""
    monkeypatch.setenv(NOUNS["CALLS"], str(stage.root.with_name("calls")))
    monkeypatch.setattr("pipeline.plugins.system.build_registry", registries)
    return stage.restored()


@pytest.fixture
def follower(site):
    made = Follower(Engine.open(site.root), site.path)
    assert made.round().result.run.counts["computed"] == 3
    return made


def save(file, old, new):
    """Edit a file; the changes that a watcher would tell."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return Changes(edited=(file,))


def test_a_saved_graph_computes_what_changed_and_says_what_moved(follower, site):
    done = follower.round(save(site.path, "default: 1", "default: 3"))
    assert (done.result.run.counts["computed"], done.result.run.counts["cached"]) == (2, 1)
    (moved,) = done.moved
    assert (moved.output, moved.differing) == ("result", 36)
    assert {value.now - value.before for value in moved.values} == {4.0}
    assert follower.good is done.result


def test_overrides_hold_in_every_round(site):
    follower = Follower(Engine.open(site.root), "g", Overrides(params={"step": "5"}))
    first = follower.round().result
    done = follower.round(save(site.path, "factor: 2", "factor: 4"))
    assert (done.result.graph.params["step"], first.graph.params["step"]) == (5.0, 5.0)


def test_a_comment_computes_nothing(follower, site):
    done = follower.round(save(site.path, "params:", "# words\nparams:"))
    assert (done.same, done.result, done.error) == (True, None, None)


def test_a_faulty_graph_leaves_the_last_good_result_and_mending_it_is_told(follower, site):
    good = follower.good
    done = follower.round(save(site.path, "use: scale", "use: scael"))
    assert {fault.code for fault in done.error.faults} == {"TG201"}
    assert follower.good is good
    done = follower.round(save(site.path, "use: scael", "use: scale"))
    assert (done.result.run.counts["cached"], done.moved) == (3, ())


def test_a_removed_graph_is_an_error_until_it_is_back(follower, site):
    text = site.path.read_text()
    site.path.unlink()
    assert follower.round(Changes(gone=(site.path,))).error.faults[0].code == "TG110"
    site.path.write_text(text)
    assert follower.round(Changes(new=(site.path,))).result.run.status == "ok"


def test_a_saved_node_and_its_helper_recompute_what_rests_on_them(follower, site):
    done = follower.round(save(site.root / "nodes/custom/mine.py", "x + by", "x - by"))
    assert done.result.run.counts["computed"] == 2
    done = follower.round(save(site.root / "nodes/kernels/shift.py", "0.0", "7.0"))
    assert done.result.run.counts["computed"] == 2
    assert {value.now - value.before for moved in done.moved for value in moved.values} == {14.0}


def test_a_broken_node_keeps_its_last_good_version_and_is_told_once(follower, site):
    file = site.root / "nodes/custom/mine.py"
    done = follower.round(save(file, "return x", "retrun x"))
    assert [(record.status, record.ids) for record in done.plugins] == [("kept", ("mine",))]
    assert (done.same, done.error) == (True, None)
    said = follower.engine.sql("select event, code from plugin_events where event = 'kept'")
    assert said.rows() == [("kept", "TG402")]
    assert follower.round(save(site.path, "default: 1", "default: 2")).plugins == ()
    done = follower.round(save(file, "retrun x", "return 2 * x"))
    assert (done.plugins, done.result.run.status) == ((), "ok")


def test_a_node_that_fails_is_a_round_and_what_is_compared_stays_the_good_one(follower, site):
    good = follower.good
    file = site.root / "nodes/custom/mine.py"
    done = follower.round(save(file, "    return x", "    raise ZeroDivisionError('no')\n    return x"))
    assert done.result.run.status == "failed"
    assert follower.good is good
    done = follower.round(save(file, "    raise ZeroDivisionError('no')\n", ""))
    assert (done.result.run.status, done.moved) == ("ok", ())


def test_new_bars_are_a_change_of_the_market(follower, site):
    before = survey(follower.places())
    site.put(NOUNS["bars"](rows=14))
    changed = {file for file, digest in survey(follower.places()).items() if before.get(file) != digest}
    assert {file.parent.name for file in changed} == {"heads"}
    done = follower.round(Changes(new=tuple(changed)))
    assert done.result.run.counts["computed"] == 3
    assert {moved.rows for moved in done.moved} == {42}


def test_settings_that_were_saved_hold_in_the_next_round(follower, site):
    settings = site.root / "plugin_config.json"
    settings.write_text('{"project": {"universes": {"few": ["AAA"]}}}')
    follower.round(Changes(edited=(settings,)))
    done = follower.round(save(site.path, "timeframe: 1d", "timeframe: 1d, symbols: few"))
    assert {moved.rows for moved in done.moved} == {12}
    settings.write_text('{"project": {"universe": {}}}')
    assert follower.round(Changes(edited=(settings,))).error.faults[0].code == "TG011"


def test_files_that_graphs_name_are_followed_also_those_that_are_not_there(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "g.yaml").write_text("extends: ./base.yaml\ngraphs: {x: 'parts/one.yml'}  # not.yaml\n")
    (tmp_path / "base.yaml").write_text('extends: "parts/none.yaml"\n')
    (tmp_path / "parts/one.yml").write_text("extends: ../my base.yaml\nnodes: {\n")
    found = {file.relative_to(tmp_path).as_posix() for file in files_of(tmp_path / "g.yaml")}
    assert found >= {"g.yaml", "base.yaml", "parts/one.yml", "parts/none.yaml", "my base.yaml"}
    assert "not.yaml" not in found


def test_plugins_are_loaded_again_while_nobody_asks_and_a_graph_keeps_those_it_began_with(site):
    engine = Engine.open(site.root)
    graph = engine.check("g")
    with Reloading(engine.plugins) as reloading:
        save(site.root / "nodes/kernels/shift.py", "0.0", "7.0")
        assert reloading.wait(timeout=60)
        assert engine.registry["mine"].code != graph.nodes["a"].type.code
        before = engine.run(graph).output("result")["value"]
        now = engine.run("g").output("result")["value"]
    assert {later - sooner for later, sooner in zip(now, before, strict=True)} == {14.0}
    assert engine.sql("select count(*) from plugin_events where plugin = 'mine'").item() == 2
