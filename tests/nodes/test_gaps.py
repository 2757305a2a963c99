"""Missing values inside the input: windows recover, recursions skip, nothing is missing for ever."""

import numpy as np
import pytest

GAPS = [0, 1, 17, 60, 61, 62, 90]
ROWS = 200


def holed(x, gaps=GAPS):
    x = x.copy()
    x[gaps] = np.nan
    return x


def outputs(found):
    return found if isinstance(found, np.ndarray) else np.column_stack(list(vars(found).values()))


@pytest.mark.parametrize("id_", ["ema", "wilder", "dema", "rsi", "macd", "growth"])
def test_a_recursion_goes_on_as_if_missing_bars_did_not_exist(compute, bars, id_):
    x = bars(ROWS, seed=1).close if id_ != "growth" else np.random.default_rng(1).normal(0.0, 0.01, ROWS)
    params = {} if id_ in ("macd", "growth") else {"period": 5}
    present = np.delete(np.arange(ROWS), GAPS)
    found = outputs(compute(id_, holed(x), **params))
    np.testing.assert_array_equal(found[present], outputs(compute(id_, x[present], **params)))
    assert np.isnan(found[GAPS]).all()


@pytest.mark.parametrize("id_", ["true_range", "atr"])
def test_ranges_go_on_from_the_last_known_close(compute, bars, id_):
    market = bars(ROWS, seed=2)
    ports = [market.high, market.low, market.close]
    params = {"period": 5} if id_ == "atr" else {}
    present = np.delete(np.arange(ROWS), GAPS)
    found = compute(id_, *map(holed, ports), **params)
    np.testing.assert_array_equal(found[present], compute(id_, *(port[present] for port in ports), **params))
    assert np.isnan(found[GAPS]).all()


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_one_missing_field_makes_a_bar_missing_for_the_range_that_needs_it(compute, bars, missing):
    market = bars(30, seed=3)
    ports = [market.high.copy(), market.low.copy(), market.close.copy()]
    ports[missing][10] = np.nan
    found = compute("true_range", *ports)
    assert np.flatnonzero(np.isnan(found)).tolist() == ([0] if missing == 2 else [0, 10])


@pytest.mark.parametrize(
    "id_", ["sma", "wma", "rolling_sum", "rolling_max", "rolling_min", "rolling_std", "zscore", "bollinger"]
)
@pytest.mark.parametrize("period", [2, 5, 16, 40])
def test_a_window_with_a_missing_value_is_missing_and_recovers(compute, bars, id_, period):
    x = bars(ROWS, seed=4).close
    clear = np.ones(ROWS, dtype=bool)
    clear[: period - 1] = False
    for gap in GAPS:
        clear[gap : gap + period] = False
    found, whole = outputs(compute(id_, holed(x), period=period)), outputs(compute(id_, x, period=period))
    assert np.isnan(found[~clear]).all()
    np.testing.assert_allclose(found[clear], whole[clear], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("id_", ["ema", "wilder", "dema", "rsi", "macd"])
def test_an_infinite_value_is_a_missing_one_for_a_recursion(compute, bars, id_):
    x = bars(ROWS, seed=5).close
    gone, infinite = x.copy(), x.copy()
    gone[50] = np.nan
    infinite[50] = np.inf
    np.testing.assert_array_equal(outputs(compute(id_, infinite)), outputs(compute(id_, gone)))


@pytest.mark.parametrize("id_", ["diff", "returns", "log_returns"])
def test_differences_are_missing_where_either_end_is(compute, bars, id_):
    found = compute(id_, holed(bars(30, seed=6).close, [10]), periods=3)
    assert np.flatnonzero(np.isnan(found)).tolist() == [0, 1, 2, 10, 13]


def test_an_average_of_an_average_starts_where_the_first_one_does(compute, bars):
    x = bars(100, seed=7).close
    twice = compute("ema", compute("sma", x, period=10), period=5)
    assert np.flatnonzero(~np.isnan(twice))[0] == 9 + 4


def test_a_column_without_any_value_stays_without(compute):
    nothing = np.full(50, np.nan)
    for id_ in ("sma", "ema", "wma", "wilder", "dema", "rsi", "rolling_std", "rolling_max", "zscore", "rolling_sum"):
        assert np.isnan(compute(id_, nothing, period=5)).all()
