"""What a worker keeps between tasks is bounded, and saves it the reading."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

from pipeline.engine import Engine
from pipeline.runs.crew import Crew
from pipeline.runs.sweep import Search
from pipeline.runs.warm import Warmth
from pipeline.store.segment import Segments

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))
GRAPH = """
fast: {use: plus, in: daily.close, with: {by: $fast}}
slow: {use: plus, in: daily.open, with: {by: $slow}}
entry: {use: cross, in: {fast: fast, slow: slow}}
bt: {use: backtest, in: {bars: daily, signal: entry}}
"""


def test_what_was_not_used_for_the_longest_time_goes_first() -> None:
    warmth = Warmth(100)
    for name in "abc":
        warmth.put(name, name.upper(), 40)
    assert [warmth.get(name) for name in "abc"] == [None, "B", "C"]
    warmth.get("b")
    warmth.put("d", "D", 40)
    assert [warmth.get(name) for name in "bcd"] == ["B", None, "D"]
    warmth.put("e", "E", 101)  # there can be no room for it
    assert (warmth.get("e"), len(warmth)) == (None, 2)


@pytest.mark.parametrize(("limit", "least"), [(None, 0), (0, 8)])
def test_values_that_tasks_hand_over_are_read_when_there_was_no_room_for_them(
    tmp_path, compiled_kernels, monkeypatch, limit, least
) -> None:
    site = NOUNS["Site"](tmp_path / "site", compiled_kernels)
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    site.graph(GRAPH, params="fast: {type: float, default: 1}\nslow: {type: float, default: 3}")
    read: Counter[str] = Counter()
    plain = Segments._read

    def counting(self, row, columns, part):
        read[row.key] += bool(columns)
        return plain(self, row, columns, part)

    monkeypatch.setattr(Segments, "_read", counting)
    if limit is not None:
        monkeypatch.setattr("pipeline.runs.task.Warmth", lambda _limit: Warmth(limit))
    monkeypatch.setattr("pipeline.runs.spread.MOST_CONES", 4)
    monkeypatch.setattr("pipeline.runs.pace.MOST_CONES", 4)
    swept = Engine.open(site.root).sweep("g", Search({"fast": "0:3", "slow": "2:8:2"}), workers=Crew("inline"))
    assert swept.run.status == "ok"
    assert sum(read.values()) >= least
    if not least:
        assert sum(read.values()) == 0
