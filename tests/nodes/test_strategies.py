"""Decisions: crossings, latches, positions and votes, by hand and with null in every place."""

import numpy as np
import pytest

NAN = np.nan


def same(found, expected):
    np.testing.assert_array_equal(found, np.array(expected, dtype=np.float64))


def test_a_crossing_needs_at_or_below_before_and_above_now(compute):
    fast = [1.0, 3.0, 3.0, 1.0, 2.0, 3.0, 2.0, 3.0]
    slow = [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    same(compute("cross", fast, slow), [NAN, 1, 0, -1, 0, 1, 0, 1])
    same(compute("crossed_above", fast, slow), [NAN, 1, 0, 0, 0, 1, 0, 1])
    same(compute("crossed_below", fast, slow), [NAN, 0, 0, 1, 0, 0, 0, 0])


def test_a_crossing_is_missing_where_either_line_is_and_told_after_the_gap(compute):
    fast = [NAN, 1.0, NAN, 3.0, 3.0, 1.0]
    slow = [2.0, 2.0, 2.0, 2.0, NAN, 2.0]
    same(compute("cross", fast, slow), [NAN, NAN, NAN, 1, NAN, -1])
    same(compute("crossed_above", fast, slow), [NAN, NAN, NAN, 1, NAN, 0])
    same(compute("crossed_below", fast, slow), [NAN, NAN, NAN, 0, NAN, 1])


def test_lines_that_lie_on_each_other_never_cross(compute):
    same(compute("cross", [1.0, 1.0, 2.0], [1.0, 1.0, 2.0]), [NAN, 0, 0])


def test_long_flat_is_a_latch(compute):
    enter = [0, 1, 1, 0, 0, 1, 0]
    exit_ = [1, 0, 0, 0, 1, 0, 0]
    same(compute("long_flat", enter, exit_), [0, 1, 0, 0, -1, 1, 0])


def test_exit_wins_where_both_hold(compute):
    same(compute("long_flat", [1, 1, 1, 1], [1, 0, 1, 1]), [0, 1, -1, 0])


def test_an_unknown_condition_does_not_hold(compute):
    same(compute("long_flat", [NAN, 1, NAN, 0], [0, NAN, NAN, 1]), [0, 1, 0, -1])


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("long", [0, 1, 1, 1, 0, 0, 0, 1]),
        ("short", [0, 0, 0, 0, -1, -1, -1, 0]),
        ("both", [0, 1, 1, 1, -1, -1, -1, 1]),
    ],
)
def test_the_last_event_decides_the_position(compute, direction, expected):
    same(compute("position", [0, 1, NAN, 0, -1, -1, 0, 1], direction=direction), expected)


def test_long_flat_and_position_agree_on_who_is_long(compute):
    rng = np.random.default_rng(1)
    enter, leave = rng.choice([0.0, 1.0, NAN], (2, 500), p=[0.6, 0.3, 0.1])
    event = compute("long_flat", enter, leave)
    np.testing.assert_array_equal(compute("position", event), np.cumsum(event))
    assert set(np.cumsum(event)) == {0.0, 1.0}


def test_a_vote_needs_enough_say_on_one_side(compute):
    found = compute("vote", [1, 1, 1, -1, NAN], [1, 0, -1, -1, NAN], threshold=0.75)
    same(found.event, [1, 0, 0, -1, 0])
    same(found.strength, [1.0, 0.0, 0.0, 1.0, 0.0])


def test_a_vote_weighs_events(compute):
    found = compute("vote", [1, 1, -1], [-1, -1, 1], [0, -1, 0], first_weight=3.0, third_weight=0.0)
    same(found.event, [1, 1, -1])
    np.testing.assert_allclose(found.strength, 0.5)


def test_three_equal_voices_of_a_third_make_a_whole(compute):
    found = compute("vote", [1], [1], [1], threshold=1.0, third_weight=1.0)
    same(found.event, [1])
    found = compute("vote", [1], [1], first_weight=0.0, second_weight=0.0)
    same(found.event, [0])
