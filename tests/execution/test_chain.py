"""Long chains: everything walks a graph in loops, nothing calls itself once per node."""

import pytest

from pipeline.execution.plan import plan
from pipeline.execution.protocols import MemoryObjects


def chain(length: int, last: float = 1.0) -> str:
    lines = ["n0: {use: plus, in: daily.close, with: {by: 1}}"]
    lines += [f"n{i}: {{use: plus, in: n{i - 1}, with: {{by: 1}}}}" for i in range(1, length - 1)]
    return "\n".join([*lines, f"n{length - 1}: {{use: plus, in: n{length - 2}, with: {{by: {last}}}}}"])


@pytest.mark.parametrize("length", [2_500, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_thousands_of_nodes_in_a_chain_are_planned_and_computed_once_each(world, length) -> None:
    run = world.run(world.check(chain(length)))
    assert len(world.calls()) == length
    assert run.exit_status == 0
    assert world.values(run, f"n{length - 1}")[0] == 100.0 + length
    assert world.run(run.plan.graphs[0]).counts["cached"] == length
    assert world.calls() == []


def test_a_failure_at_the_top_of_a_long_chain_skips_the_rest_with_its_name(world) -> None:
    world.break_()
    length = 2_000
    run = world.run(chain(length).replace("n0: {use: plus", "n0: {use: fragile"))
    assert run.counts == {"computed": 0, "cached": 0, "failed": 1, "skipped": length - 1}
    assert run.record("g", f"n{length - 1}").failure.cause == "n0"


def test_a_long_chain_whose_stored_values_are_all_lost_is_computed_again(world) -> None:
    length = 1_500
    world.run(chain(length))
    planned = world.plan(chain(length, 2.0))
    assert [step.action for step in planned.steps].count("compute") == 1
    world.store.values.clear()
    world.calls()
    run = world.run(planned)
    assert len(world.calls()) == length
    assert run.counts["computed"] == length
    assert world.values(run, f"n{length - 1}")[0] == 100.0 + length + 1


def test_planning_many_graphs_at_once_shares_their_equal_steps(world) -> None:
    first = world.check(world.CHAIN)
    second = world.check(world.CHAIN + "d: {use: plus, in: c, with: {by: 4}}", name="other")
    merged = plan([first, second], world.market, MemoryObjects())
    assert len(merged.steps) == 4
    assert merged.step("g", "c") is merged.step("other", "c")
    assert merged.step("g", "c").users == [("g", "c"), ("other", "c")]
