"""How large tasks are: by what is known of node types, and then by what was measured."""

from types import SimpleNamespace

import pytest

from pipeline.execution.cone import Cone
from pipeline.execution.execute import Computed
from pipeline.runs.pace import LEAST, MOST, MOST_CONES, Pace

STEP = SimpleNamespace(type=SimpleNamespace(id="slow"))
PLAN = SimpleNamespace(steps=[STEP] * 1000)
CONES = [Cone((number,), (), (), False, 0) for number in range(1000)]


@pytest.mark.parametrize(("ms", "count"), [(100.0, 50), (2000.0, 2), (60_000.0, 1)])
def test_a_task_takes_no_longer_than_five_seconds_unless_a_step_does(ms, count) -> None:
    assert Pace(PLAN, {"slow": ms}, 2).take(CONES, left=ms) in (1, int(LEAST * 1e3 / ms), count)
    assert Pace(PLAN, {"slow": ms}, 2).take(CONES, left=ms) * ms <= max(MOST * 1e3, ms)
    assert Pace(PLAN, {"slow": ms}, 2).take(CONES, left=1e6) == count


def test_what_is_measured_goes_before_what_was_known_and_counts_what_goes_with_it() -> None:
    pace = Pace(PLAN, {"slow": 1.0}, 2)
    assert pace.take(CONES, left=1e6) == MOST_CONES
    told = [Computed("key", "computed", ms=100.0)] * 10
    pace.learn(told, ["slow"] * 10, seconds=2.0)  # twice as long as the steps: planning, reading, storing
    assert pace.seconds(CONES[0]) == pytest.approx(0.15)
    assert pace.take(CONES, left=1e6) == pytest.approx(MOST / 0.15, abs=1)


def test_nobody_waits_for_the_last_task() -> None:
    left = 8.0  # seconds for two workers: four rounds of a second
    assert Pace(PLAN, {"slow": 10.0}, 2).take(CONES, left=left) == pytest.approx(100, abs=1)
