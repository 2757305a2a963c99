"""Strategies that decide on columns: what they do, bar by bar."""

import numpy as np
import polars as pl
import pytest

from nodes.indicators.spread import spread
from nodes.strategies.pairs import pairs
from nodes.strategies.rotation import rotation


def same(found, expected):
    np.testing.assert_array_equal(found, np.array(expected, dtype=float))


def test_mean_reversion_buys_far_below_and_sells_at_the_mean(compute) -> None:
    found = compute("mean_reversion", [-2.5, -1.0, 0.1, np.nan, 3.5], entry=2.0, full=5.0)
    same(found.event, [1, 0, -1, np.nan, -1])
    np.testing.assert_allclose(found.strength, [0.5, 0.2, 0.02, np.nan, 0.7])


def test_momentum_follows_the_sign_beyond_the_noise(compute) -> None:
    found = compute("momentum", [0.3, 0.04, -0.1, np.nan], threshold=0.05, full=0.2)
    same(found.event, [1, 0, -1, np.nan])
    np.testing.assert_allclose(found.strength, [1.0, 0.2, 0.5, np.nan])


def test_a_breakout_leaves_the_channel_of_the_bars_before(compute) -> None:
    high, low = [10, 11, 12, 12, 12, 9], [9, 9, 10, 10, 8, 7]
    close = [10, 10, 12, 12, 8.5, 7.5]
    same(compute("breakout", high, low, close, entry=2, exit=2), [np.nan, np.nan, 1, 0, -1, -1])


def test_macd_crosses_its_line_or_zero_or_its_line_on_the_far_side(compute) -> None:
    macd, line = [-2, -1, 1, 2, 1], [-1, -2, 0, 1, 2]
    same(compute("macd_cross", macd, line), [np.nan, 1, 0, 0, -1])
    same(compute("macd_cross", macd, line, variant="zero"), [np.nan, 0, 1, 0, 0])
    same(compute("macd_cross", macd, line, variant="confirmed"), [np.nan, 1, 0, 0, -1])


def test_volatility_target_holds_less_of_what_is_wild_and_changes_in_steps(compute) -> None:
    wild = [0.01, 0.01, 0.0101, 0.02, np.nan, 0.02, 0.02]
    side = [1, 1, 1, 1, 1, 0, -1]
    found = compute("volatility_target", side, wild, target=0.1, bars_per_year=100.0, most=2.0, band=0.1)
    np.testing.assert_allclose(found, [1.0, 1.0, 1.0, 0.5, 0.5, 0.0, -0.5])


def test_signals_are_composed_by_weight_and_strength(compute) -> None:
    first = {"event": np.array([1.0, 1.0, np.nan]), "strength": np.array([1.0, 0.5, 1.0])}
    second = {"event": np.array([1.0, -1.0, -1.0]), "strength": np.array([0.5, 1.0, 1.0])}
    found = compute("compose", first, second, first_weight=1.0, second_weight=1.0, threshold=0.25)
    same(found.event, [1, -1, -1])
    np.testing.assert_allclose(found.strength, [0.75, 0.25, 0.5])


def test_weights_become_events_where_their_side_changes(compute) -> None:
    same(compute("to_events", [np.nan, 0.5, 0.7, 0.0, -0.5, 0.0, 0.2]), [0, 1, 0, -1, -1, 0, 1])


@pytest.fixture
def panel():
    return pl.DataFrame({"symbol": ["A"] * 3 + ["B"] * 3 + ["C"] * 3, "ts": [1, 2, 3] * 3})


def test_a_spread_stands_with_every_symbol(panel) -> None:
    frame = panel.with_columns(x=pl.Series([1.0, 2.0, 4.0, 1.0, 1.0, None, 9.0, 9.0, 9.0]))
    found = frame.select(spread.fn(pl.col("x"), first="A", second="B")).to_series().to_list()
    assert found == [0.0, pytest.approx(np.log(2.0)), None] * 3


def test_a_pair_is_opened_when_it_parts_and_closed_when_it_meets(panel) -> None:
    frame = panel.with_columns(x=pl.Series([-2.5, None, 0.1] * 3))
    given = {"first": "A", "second": "B", "entry": 2.0, "exit": 0.5, "size": 0.5}
    found = frame.select(pairs.fn(pl.col("x"), **given)).to_series().to_list()
    assert found == [0.5, 0.5, 0.0, -0.5, -0.5, 0.0, 0.0, 0.0, 0.0]


def test_rotation_holds_the_best_that_are_good_enough(panel) -> None:
    frame = panel.with_columns(x=pl.Series([0.1, 0.2, -0.1, 0.3, None, -0.2, 0.2, 0.1, -0.3]))
    found = frame.select(rotation.fn(pl.col("x"), top=2, least=0.0, invested=1.0)).to_series().to_list()
    assert found == [0.0, 0.5, 0.0, 0.5, 0.0, 0.0, 0.5, 0.5, 0.0]
