"""Ranks, quantiles and mean distances of long windows: what a tree finds is what looking at every value finds."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from nodes.kernels.order import LONG_DISTANCE, LONG_QUANTILE, LONG_SHARE
from nodes.kernels.rank import rank_below, rank_distance, rank_quantile
from nodes.kernels.window import measure_windows

ROWS = 5_000


def walk(rows=ROWS):
    """Whole cents, so that many values are equal, with a burst of 1e9 that must not be remembered."""
    x = 100.0 + np.cumsum(np.random.default_rng(41).integers(-3, 4, rows)) / 100.0
    x[rows // 3 : rows // 3 + 40] += 1e9
    return x


@pytest.mark.parametrize("period", [1, 2, 7, 1_500])
def test_ranks_are_those_of_every_window(helper, period):
    x = walk()
    before, now = sliding_window_view(x, period)[: ROWS - period], x[period:]
    np.testing.assert_array_equal(helper(rank_below)(x, period)[period:], (before < now[:, None]).sum(axis=1) / period)


@pytest.mark.parametrize("share", [0.0, 0.37, 0.5, 1.0])
def test_quantiles_are_those_of_every_window(helper, share):
    x, period = walk(2_000), 601
    position = share * (period - 1)
    below = int(position)
    found = helper(rank_quantile)(x, period, below, position - below)[period - 1 :]
    expected = np.quantile(sliding_window_view(x, period), share, axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("period", [2, 7, 1_500])
def test_mean_distances_agree_with_extended_precision(helper, period):
    x = walk()
    leads = helper(measure_windows)(x, period, 0)[2]
    found = helper(rank_distance)(x, period, leads)[period - 1 :]
    windows = sliding_window_view(x, period)[::7].astype(np.longdouble)
    windows = windows - windows[:, :1]  # exact, and without it even the oracle runs out of digits at 1e9
    expected = np.abs(windows - windows.mean(axis=1)[:, None]).mean(axis=1).astype(np.float64)
    np.testing.assert_allclose(found[::7], expected, rtol=1e-10, atol=1e-14)


def test_a_gap_spoils_its_windows_and_no_others(helper):
    x, period = walk(3_000), 500
    whole = helper(rank_below)(x, period), helper(rank_quantile)(x, period, 100, 0.5)
    x = x.copy()
    x[1_200:1_203] = np.nan
    for full, length, found in (
        (whole[0], period + 1, helper(rank_below)(x, period)),
        (whole[1], period, helper(rank_quantile)(x, period, 100, 0.5)),
    ):
        spoilt = np.isnan(found) & ~np.isnan(full)
        assert np.flatnonzero(spoilt).tolist() == list(range(1_200, 1_202 + length))
        np.testing.assert_array_equal(found[~spoilt], full[~spoilt])


@pytest.mark.parametrize(
    ("id_", "longest", "inputs"),
    [("percent_rank", LONG_SHARE, 1), ("quantile", LONG_QUANTILE, 1), ("cci", LONG_DISTANCE, 3)],
)
def test_nodes_say_the_same_on_both_sides_of_the_longest_window_that_is_looked_at(compute, id_, longest, inputs):
    # one value more in the window hardly moves what is known about a thousand of them
    rng = np.random.default_rng(42)
    columns = [rng.normal(100.0, 1.0, 4_000)] * inputs
    short, long = (compute(id_, *columns, period=period) for period in (longest, longest + 1))
    assert np.nanmax(np.abs(short - long)) < 0.02 * np.nanmax(np.abs(short))
