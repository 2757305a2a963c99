"""kill -9 before the n-th thing that a run, a publish, an import or a collection does to files, for n over all of
them, and at moments of the clock, in the middle of a statement too."""

import random
import runpy
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.market import Market
from pipeline.model.bars import BarsRequest

DEATHS = runpy.run_path(str(Path(__file__).parent / "deaths.py"))
published_runs, finish, leftovers = DEATHS["published_runs"], DEATHS["finish"], DEATHS["leftovers"]
SHARES = 24
"""Kill points of an undisturbed child are dealt out in turn to so many tests, of which a quick pass takes some."""


@pytest.fixture(scope="session")
def zygote():
    made = DEATHS["Zygote"]()
    yield made
    made.close()


@pytest.fixture(scope="session")
def scene(tmp_path_factory, nouns, zygote, compiled_kernels):
    """A project whose graph has run once, what an undisturbed child makes of it, and how much a child does."""
    folder = tmp_path_factory.mktemp("deaths")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(nouns["CALLS"], str(folder / "calls"))
        site = nouns["Site"](folder / "site", compiled_kernels)
        nouns["furnish"](site)
        site.path = site.graph(**DEATHS["GRAPH"])
        site.first = site.run(site.path).run.id
        DEATHS["incoming"](site).write_parquet(site.root.with_name("incoming.parquet"))
        site.snapshot()
        site.truth, site.due = finish(site)
        site.events = {}
        site.seconds = {}
        for script, by in (
            ("run", "file"),
            ("run", "call"),
            ("run_in_pieces", "file"),
            ("run_in_pieces", "clock"),
            ("run_thrice", "file"),
            ("import_bars", "file"),
        ):
            site.restored()
            lived = zygote.order(site.root, script, by=by)
            assert lived["ended"] == 0
            site.events[script, by], site.seconds[script] = lived["events"], lived["seconds"]
        site.corrected = read(site)
    return site


@pytest.fixture
def stricken(scene, nouns, monkeypatch):
    """The project, restored; calls of children and of this process are noted in one file."""
    monkeypatch.setenv(nouns["CALLS"], str(scene.root.with_name("calls")))
    return scene.restored()


def read(site):
    """All bars of the market, as it is now."""
    market = Market(site.root / "market")
    panel = market.read(market.resolve(BarsRequest("1d")), ["open", "high", "low", "close", "volume"])
    return pl.DataFrame(
        [panel.symbol_column, panel.ts.alias("ts"), *(c.series.alias(n) for n, c in panel.columns.items())]
    )


def check_after(site, died, *, died_in_one=True) -> None:
    """Nothing acknowledged is lost, every view answers, and what comes next ends as if nothing had happened.

    Who did not die in one run, without increments, may have left any part of it and more runs.
    """
    runs = published_runs(site)
    assert runs[0] == site.first
    assert set(died["acknowledged"]) <= set(runs)
    values, calls = finish(site)
    assert values == site.truth
    after = published_runs(site)
    assert set(runs) < set(after)
    if died_in_one:
        assert calls in ([], site.due)
        # the run that died has landed as a whole or not at all; if it was acknowledged, nothing was left to compute
        assert len(after) - len(runs) in (1, 2)
        assert calls == [] or len(after) - len(runs) == 1
    else:
        assert calls == site.due[len(site.due) - len(calls) :]
    assert leftovers(site) == []


def die(site, zygote, script, at, by="file"):
    died = zygote.order(site.root, script, at=at, by=by)
    assert died["ended"] == -9, (script, at, died)
    return died


def points(site, share, script, by, *, sparsely=1):
    """Every `SHARES`-th event from the `share`-th on, or of them every `sparsely`-th."""
    return range(1 + share * sparsely, site.events[script, by] + 1, SHARES * sparsely)


def shares(quick):
    one = pytest.mark.xdist_group("deaths")  # the scene is made in one worker
    return pytest.mark.parametrize(
        "share", [pytest.param(n, marks=one if n in quick else pytest.mark.heavy) for n in range(SHARES)]
    )


@shares(quick=(0, 12))
def test_a_run_killed_at_any_touch_of_a_file_loses_nothing_and_is_resumed(stricken, zygote, share) -> None:
    for at in points(stricken, share, "run", "file"):
        site = stricken.restored()
        check_after(site, die(site, zygote, "run", at))


@shares(quick=())
def test_the_third_of_three_runs_killed_leaves_the_two_that_were_acknowledged(stricken, zygote, share) -> None:
    for at in points(stricken, share, "run_thrice", "file"):
        site = stricken.restored()
        check_after(site, die(site, zygote, "run_thrice", at), died_in_one=False)


@shares(quick=())
def test_a_run_with_increments_killed_at_any_touch_of_a_file_is_resumed_where_it_was(stricken, zygote, share) -> None:
    for at in points(stricken, share, "run_in_pieces", "file"):
        site = stricken.restored()
        check_after(site, die(site, zygote, "run_in_pieces", at), died_in_one=False)


@shares(quick=(0,))
def test_a_run_killed_at_any_moment_of_the_clock_loses_nothing_and_is_resumed(stricken, zygote, share) -> None:
    moments = random.Random(share)
    for _ in range(4):
        site = stricken.restored()
        after = moments.uniform(0.01, stricken.seconds["run_in_pieces"])
        died = zygote.order(site.root, "run_in_pieces", by="clock", after=after)
        assert died["ended"] in (-9, 0)
        check_after(site, died, died_in_one=False)


@shares(quick=(0,))
def test_a_collection_killed_at_any_touch_of_a_file_takes_nothing_that_a_kept_run_needs(
    scene, stricken, zygote, share
) -> None:
    two = stricken.root.with_name("two-runs")
    if not two.exists():
        finish(stricken)
        shutil.copytree(stricken.root, two, symlinks=True)
        scene.events["collect", "file"] = zygote.order(stricken.root, "collect")["events"]
    for at in points(scene, share, "collect", "file"):
        shutil.rmtree(stricken.root)
        shutil.copytree(two, stricken.root, symlinks=True)
        died = die(stricken, zygote, "collect", at)
        runs = published_runs(stricken)
        assert len(runs) in (1, 2)
        assert "removed" not in died["acknowledged"] or len(runs) == 1
        assert DEATHS["values"](stricken) == stricken.truth
        assert zygote.order(stricken.root, "collect")["ended"] == 0
        assert published_runs(stricken) == runs[-1:]
        left = stricken.engine().collect(dry_run=True)
        assert (left.values, left.files, left.leftovers) == (0, 0, 0)
        assert finish(stricken) == (stricken.truth, [])


@shares(quick=())
def test_a_run_killed_between_two_statements_of_the_store_loses_nothing(stricken, zygote, share) -> None:
    """Five hundred of the four thousand calls into and out of the store."""
    for at in points(stricken, share, "run", "call", sparsely=8):
        site = stricken.restored()
        check_after(site, die(site, zygote, "run", at, by="call"))


@shares(quick=(0,))
def test_an_import_killed_at_any_touch_of_a_file_happened_or_did_not(stricken, zygote, share) -> None:
    before = read(stricken)
    for at in points(stricken, share, "import_bars", "file"):
        site = stricken.restored()
        died = die(site, zygote, "import_bars", at)
        assert died["acknowledged"] == [] or at > site.events["import_bars", "file"] - 2
        found = read(site)
        assert found.equals(before) or found.equals(site.corrected), at
        assert zygote.order(site.root, "import_bars")["ended"] == 0
        assert read(site).equals(site.corrected)
        assert [found for found in Market(site.root / "market").verify() if found.severity == "error"] == []
        published_runs(site)


@shares(quick=(0,))
def test_a_publish_killed_at_any_touch_of_a_file_lands_everything_the_next_time(stricken, zygote, share) -> None:
    """Two runs wait; whoever publishes them dies."""
    waiting = stricken.root.with_name("waiting")
    if not waiting.exists():
        make_waiting(stricken, waiting)
    events = None
    at = 1 + share
    while events is None or at <= events:
        site = with_waiting(stricken, waiting)
        if events is None:
            events = zygote.order(site.root, "publish_waiting")["events"]
            continue
        died = die(site, zygote, "publish_waiting", at)
        runs = published_runs(site)
        assert len(runs) in (1, 3)
        assert set(died["acknowledged"]) <= set(runs)
        lived = zygote.order(site.root, "publish_waiting")
        assert lived["ended"] == 0
        assert len(published_runs(site)) == 3
        assert leftovers(site) == []
        at += SHARES


def make_waiting(site, kept) -> None:
    """Keep a copy of the journals of two runs that nobody has published."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.store.recorder.publish", lambda *_, **__: None)
        engine = site.engine()
        for _ in range(2):
            engine.run(site.path)
    (site.root / ".tradegraph" / "journal").rename(kept)


def with_waiting(site, kept):
    restored = site.restored()
    shutil.copytree(kept, restored.root / ".tradegraph" / "journal", dirs_exist_ok=True)
    return restored
