"""How large tasks are: by what is known of node types, and then by what was measured."""

from types import SimpleNamespace

import pytest

from pipeline.execution.cone import Cone
from pipeline.execution.execute import Computed
from pipeline.runs.crew import Crew
from pipeline.runs.forecast import Forecast
from pipeline.runs.pace import LEAST, MOST, MOST_CONES, Pace

STEP = SimpleNamespace(type=SimpleNamespace(id="slow"))
PLAN = SimpleNamespace(steps=[STEP] * 1000)
CONES = [Cone((number,), (), (), False, 0) for number in range(1000)]


def pace(ms: float, due: int = 1000) -> Pace:
    """What two workers are given when a step takes so long and so many are due."""
    made = Pace(PLAN, {"slow": ms}, 2)
    for cone in CONES[:due]:
        made.add(cone)
    return made


@pytest.mark.parametrize(("ms", "count"), [(100.0, 50), (2000.0, 2), (60_000.0, 1)])
def test_a_task_takes_no_longer_than_five_seconds_unless_a_step_does(ms, count) -> None:
    assert pace(ms).take(CONES) == pytest.approx(count, abs=1 if count > 2 else 0)
    assert pace(ms).take(CONES) * ms <= max(MOST * 1e3, ms)


def test_what_is_measured_goes_before_what_was_known() -> None:
    made = pace(1.0)
    assert made.take(CONES) == MOST_CONES
    made.learn([Computed("key", status="computed", ms=100.0)] * 10, ["slow"] * 10, seconds=1.0)
    assert made.left == pytest.approx(100.0)
    assert made.take(CONES) == pytest.approx(MOST / 0.1, abs=1)


def test_what_a_task_takes_of_itself_is_worth_taking() -> None:
    made = pace(1.0, due=50)
    made.learn([Computed("key", status="computed", ms=1.0)] * 10, ["slow"] * 10, seconds=1.01)
    assert made.take(CONES) == MOST_CONES  # a second to begin with: tasks of a few milliseconds are not worth it
    made.learn([Computed("key", status="computed", ms=50.0)] * 10, ["slow"] * 10, seconds=0.6)
    assert made.take(CONES[:50]) < 50


def test_nobody_waits_for_the_last_task() -> None:
    # eight seconds for two workers: four rounds of a second
    assert pace(10.0, due=800).take(CONES) == pytest.approx(100, abs=1)
    made = pace(10.0, due=800)
    for cone in CONES[:720]:
        made.drop(cone)
    assert made.take(CONES) * 0.01 == pytest.approx(LEAST, abs=0.02)


@pytest.mark.parametrize(
    ("crew", "seconds", "untimed", "pays"),
    [
        (Crew(workers=2), 100.0, (), True),
        (Crew(workers=2), 3.0, (), False),
        (Crew(workers=1), 100.0, (), False),
        (Crew(workers=2), None, ("slow",), True),
        (Crew(workers=2), 3.0, ("slow",), True),
        (Crew("processes", 2), 3.0, (), True),
    ],
)
def test_workers_pay_where_they_save_more_than_they_cost_or_nothing_is_known(crew, seconds, untimed, pays) -> None:
    assert crew.pays(Forecast(nodes=100, steps=100, compute=100, seconds=seconds, untimed=untimed)) is pays


def test_a_prospect_says_who_computes_and_why() -> None:
    known = Forecast(nodes=100, steps=100, compute=100, seconds=100.0)
    short = Forecast(nodes=100, steps=100, compute=100, seconds=3.0)
    done = Forecast(nodes=100, steps=100, compute=0, seconds=0.0)
    assert Crew(workers=2).prospect(done).why == "there is nothing to compute"
    assert Crew("dask", 3).prospect(done).executor == "here"
    assert Crew("dask", 3).prospect(known).seconds == pytest.approx(100 / 3, rel=0.2)
    here = Crew(workers=2).prospect(short)
    assert (here.executor, here.workers, here.seconds) == ("here", 0, pytest.approx(4.05, abs=0.01))
    assert "about 3.0 s here" in here.why
    assert Crew().prospect(short).why == "no workers were asked for"


def test_more_workers_than_processors_are_no_gain(monkeypatch) -> None:
    monkeypatch.setattr("pipeline.runs.crew._processors", lambda: 2)
    known = Forecast(nodes=100, steps=100, compute=100, seconds=100.0)
    assert Crew(workers=50).prospect(known).seconds == Crew(workers=2).prospect(known).seconds
    assert Crew().prospect(known).why == f"--workers 2 would take about {Crew(workers=2).prospect(known).seconds:.1f} s"
    monkeypatch.setattr("pipeline.runs.crew._processors", lambda: 1)
    assert Crew(workers=50).prospect(known).executor == "here"
