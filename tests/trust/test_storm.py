"""Three writers and two readers at one market, kill -9 at drawn moments: nothing is lost or half there."""

import random
import runpy
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pipeline.market import Market
from pipeline.market.tables import market_tables

HERE = Path(__file__).parent
STORM, DEATHS = runpy.run_path(str(HERE / "storm.py")), runpy.run_path(str(HERE / "deaths.py"))
WRITERS, name = STORM["WRITERS"], STORM["name"]
OPERATIONS = 4
"""Operations of a life that nobody ends."""
EVENTS = 500
"""A life touches files 200 times when it is alone, and more often beside others; deaths are drawn from so many."""


@pytest.fixture(scope="module")
def zygote():
    made = DEATHS["Zygote"]()
    yield made
    made.close()


def rage(root: Path, zygote, seed: int, rounds: int):
    """Let it storm, with no deaths in the first round; what a reader saw last, and how many writers died."""
    draw, glance = random.Random(seed), random.Random(seed)  # how often is looked must not move the deaths
    most = rounds * OPERATIONS + 2
    common = {"root": str(root)}
    done, deaths = dict.fromkeys(WRITERS, -1), 0
    sight = STORM["Sight"](root, seed, most)
    watch = {**common, "script": "watch", "with": {"seed": seed, "most": most, "looks": 8}}
    for number in range(rounds):
        writers = [
            {**common, "script": "write", "at": draw.randint(1, EVENTS) if number else 0}
            | {"with": {"seed": seed, "writer": writer, "begin": done[writer] + 1, "count": OPERATIONS}}
            for writer in WRITERS
        ]
        *ends, watched = zygote.order_at_once([*writers, watch], lambda: sight.look(glance.choice(["none", "splits"])))
        assert (watched["ended"], watched["acknowledged"]) == (0, ["saw"]), (seed, number, "see the reader's traceback")
        for writer, end in zip(WRITERS, ends, strict=True):
            assert end["ended"] in {0, -9}, (seed, number, writer)
            deaths += end["ended"] == -9
            done[writer] = int(end["acknowledged"][-1]) if end["acknowledged"] else done[writer]
        sight.look()
        for writer in WRITERS:
            # what was acknowledged is there, and at most what the dead was at
            assert sight.seen[writer] - done[writer] in {0, 1}, (seed, number, writer)
    return sight, deaths


def check_story(market: Market, sight) -> None:
    """The log has every operation once and in order, differences agree with it, and so do accounts."""
    log = market.log()[::-1]
    assert [number for number, _ in log] == list(range(1, len(log) + 1))
    for writer in WRITERS:
        did = sight.script[writer][: sight.seen[writer] + 1]
        mine = [note for _, note in log if name(writer) in note.symbols]
        assert [note.source or "remove" for note in mine] == [
            "remove" if operation.what == "remove" else f"{name(writer)} {operation.number}" for operation in did
        ]
    kept = log[-20:]
    for number, note in kept:
        found = market.diff(number - 1, number) if number > 1 else market.diff(0, 1)
        counts = Counter[str]()
        for one in found:
            counts.update(new=one.added, removed=one.removed, replaced=one.changed)
        assert (counts["new"], counts["replaced"], counts["removed"]) == (note.new, note.replaced, note.removed)
    taken = market_tables(market)["market_taken"].drop_nulls("change")
    counts_of = taken.group_by("change").agg(pl.col("new", "replaced").sum())
    told = {change: (new, replaced) for change, new, replaced in counts_of.iter_rows()}
    newest = log[-256:]
    assert told == {number: (note.new, note.replaced) for number, note in newest if note.what == "import"}


def check_storm(market: Market, zygote, seed: int, rounds: int) -> None:
    sight, deaths = rage(market.root, zygote, seed, rounds)
    assert deaths, "a storm in which nobody died proves little: draw moments elsewhere"
    check_story(market, sight)
    assert [found for found in market.verify() if found.severity == "error"] == []
    market.sweep(older_than=-60.0)
    sight.look("splits")
    check_story(market, sight)
    assert [found for found in market.verify() if found.severity == "error"] == []


def test_three_writers_that_are_killed_and_readers_that_look_on(tmp_path, zygote) -> None:
    check_storm(Market(tmp_path / "market"), zygote, seed=1, rounds=4)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(2, 8))
def test_a_long_storm(tmp_path, zygote, seed) -> None:
    """More changes than states are kept, so heads are pruned meanwhile."""
    check_storm(Market(tmp_path / "market"), zygote, seed=seed, rounds=30)
