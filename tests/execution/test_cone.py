"""Cones: what of a plan can be carried out apart, so that nothing is computed twice."""

import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.execution.cone import cones

NOUNS = runpy.run_path(str(Path(__file__).with_name("world.py")))


@pytest.fixture(scope="module")
def world(tmp_path_factory, compiled_kernels):
    """Bars and nodes in memory."""
    from pipeline.execution.kernel import KernelCache

    return NOUNS["World"](tmp_path_factory.mktemp("cones"), KernelCache(compiled_kernels))


def named(planned, found):
    """The names of the steps of cones, and what each needs."""
    names = {step.index: step.node.name for step in planned.steps}
    return [([names[i] for i in cone.steps], [names[i] for i in cone.above], cone.handed) for cone in found]


def test_a_chain_is_one_cone_and_what_two_need_is_one_of_its_own(world) -> None:
    planned = world.plan(world.CHAIN)
    assert named(planned, cones(planned)) == [(["a", "b", "c"], [], False)]
    planned = world.plan(world.TREE)
    assert named(planned, cones(planned)) == [
        (["root"], [], True),
        (["right"], ["root"], True),
        (["left", "joined"], ["root", "right"], False),
        (["leaf"], ["right"], False),
        (["apart"], [], False),
    ]


def test_what_is_there_needs_no_computing_and_nor_does_what_it_was_made_of(world) -> None:
    planned = world.plan(world.TREE)
    for step in planned.steps:
        step.parts = ("",) if step.node.name in ("joined", "leaf", "apart") else ()
    key = planned.step("g", "right").key
    assert named(planned, cones(planned, {key})) == [
        (["root", "left", "joined"], [], False),
        (["leaf"], [], False),
        (["apart"], [], False),
    ]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=10))
@settings(derandomize=True, deadline=None, database=None, max_examples=40)
def test_every_step_is_in_one_cone_and_only_tops_pass_from_one_to_another(world, edges) -> None:
    lines = []
    for number, (first, second) in enumerate(edges):
        above = [f"n{first % number}", f"n{second % number}"] if number else ["daily.close", "daily.open"]
        lines.append(f"n{number}: {{use: plus, in: {{x: {above[0]}, y: {above[1]}}}, with: {{by: {number + 1}}}}}")
    planned = world.plan("\n".join(lines))
    found = cones(planned)
    home = {index: cone for cone in found for index in cone.steps}
    assert sorted(home) == [step.index for step in planned.steps]
    for step in planned.steps:
        for index in step.upstream:
            if home[index] is not home[step.index]:
                assert home[index].top == index
                assert home[index].handed
                assert index in home[step.index].above
                assert home[index].level < home[step.index].level
