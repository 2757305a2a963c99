"""What a position earned: by hand, against plain numpy, and at the edges."""

import numpy as np
import polars as pl
import pytest

from nodes.portfolio.performance import performance

NAN = np.nan


@pytest.fixture
def measured(table, tabulate):
    def measure(close, returns, weight, **params):
        ports = {"close": close, "returns": returns, "weight": weight}
        frame = table(performance, {name: np.asarray(port, dtype=np.float64) for name, port in ports.items()})
        (row,) = tabulate(performance, frame, **params).rows(named=True)
        return row

    return measure


def test_a_weight_earns_from_the_next_bar_on(compute):
    found = compute("position_returns", [100.0, 110.0, 99.0, 99.0], [1.0, -0.5, 0.0, 1.0])
    np.testing.assert_allclose(found, [0.0, 0.1, 0.05, 0.0], atol=1e-15)


def test_a_missing_weight_keeps_the_last_one_and_a_missing_close_is_skipped(compute):
    close = [100.0, 110.0, NAN, 121.0, 133.1]
    found = compute("position_returns", close, [NAN, 1.0, 0.0, NAN, 0.0])
    np.testing.assert_allclose(found, [0.0, 0.0, NAN, 0.1, 0.1], rtol=1e-12)


def test_a_return_on_a_price_of_zero_is_missing_once(compute):
    found = compute("position_returns", [1.0, 0.0, 2.0, 4.0], [1.0, 1.0, 1.0, 1.0])
    np.testing.assert_array_equal(found, [0.0, -1.0, NAN, 1.0])


def test_growth_of_a_held_price_is_the_price(compute, bars):
    close = bars(2_000, seed=1).close
    grown = compute("growth", compute("position_returns", close, np.ones(2_000)))
    np.testing.assert_allclose(grown, close / close[0], rtol=1e-12)


def test_growth_stays_at_nothing_once_all_is_lost(compute):
    np.testing.assert_array_equal(compute("growth", [0.0, 1.0, -1.5, 1.0, NAN]), [1.0, 2.0, 0.0, 0.0, NAN])


def test_metrics_agree_with_their_definitions(measured, bars):
    rng = np.random.default_rng(2)
    rows = 600
    close = bars(rows, seed=2).close
    weight = np.repeat(rng.choice([-1.0, 0.0, 0.5, 1.0], rows // 6), 6)
    r = np.concatenate(([0.0], weight[:-1] * (close[1:] / close[:-1] - 1.0)))
    equity = np.concatenate(([1.0], np.cumprod(1.0 + r)))
    drawdown = equity / np.maximum.accumulate(equity) - 1.0
    longest = run = 0
    for below in drawdown < 0.0:
        run = run + 1 if below else 0
        longest = max(longest, run)
    down = np.sqrt(np.mean(np.minimum(r, 0.0) ** 2))
    annual = equity[-1] ** (252 / rows) - 1.0
    side = np.sign(weight)
    found = measured(close, r, weight)
    assert found.pop("symbol") == "A"
    assert found == pytest.approx(
        {
            "bars": rows,
            "total_return": equity[-1] - 1.0,
            "buy_and_hold": close[-1] / close[0] - 1.0,
            "ann_return": annual,
            "cagr": equity[-1] ** (365.25 / (rows - 1)) - 1.0,
            "volatility": r.std(ddof=1) * np.sqrt(252),
            "sharpe": r.mean() / r.std(ddof=1) * np.sqrt(252),
            "downside_risk": down * np.sqrt(252),
            "sortino": r.mean() * 252 / (down * np.sqrt(252)),
            "max_drawdown": drawdown.min(),
            "max_drawdown_bars": longest,
            "calmar": annual / -drawdown.min(),
            "omega": r[r > 0].sum() / -r[r < 0].sum(),
            "var_95": np.percentile(r, 5),
            "cvar_95": np.sort(r)[: int((rows - 1) * 0.05) + 1].mean(),
            "exposure": np.mean(weight != 0.0),
            "trades": int((side != 0)[0]) + int(np.sum((side[1:] != side[:-1]) & (side[1:] != 0))),
        },
        rel=1e-10,
    )


def test_bars_per_year_scales_annual_figures(measured, bars):
    close = bars(100, seed=3).close
    r = np.random.default_rng(3).normal(0.0, 0.01, 100)
    daily, yearly = (measured(close, r, np.ones(100), bars_per_year=n) for n in (252.0, 1.0))
    assert daily["volatility"] == pytest.approx(yearly["volatility"] * np.sqrt(252))
    assert daily["sharpe"] == pytest.approx(yearly["sharpe"] * np.sqrt(252))


def test_metrics_are_null_where_they_are_undefined(measured):
    flat = measured([5.0] * 10, [0.0] * 10, [0.0] * 10)
    assert {name for name, value in flat.items() if value is None} == {"sharpe", "sortino", "calmar", "omega"}
    assert (flat["volatility"], flat["max_drawdown"], flat["max_drawdown_bars"], flat["trades"]) == (0.0, 0.0, 0, 0)
    one = measured([5.0], [0.0], [1.0])
    assert {"cagr", "volatility", "sharpe"} <= {name for name, value in one.items() if value is None}


def test_equal_returns_have_no_sharpe_instead_of_an_absurd_one(measured):
    assert measured([5.0] * 7, [0.001] * 7, [1.0] * 7)["sharpe"] is None


def test_an_annual_return_beyond_all_numbers_is_null(measured):
    found = measured([1.0, 3.0], [0.0, 2.0], [1.0, 1.0], bars_per_year=525_600.0)
    assert found["ann_return"] is None
    assert found["total_return"] == 2.0


def test_a_ruined_account_stays_at_nothing(measured):
    found = measured([1.0, 4.0, 1.0, 1.0], [0.0, -3.0, 0.75, 0.1], [-1.0, -1.0, -1.0, 0.0])
    assert (found["total_return"], found["max_drawdown"], found["max_drawdown_bars"]) == (-1.0, -1.0, 3)
    assert found["ann_return"] == -1.0


def test_bars_without_close_or_return_are_left_out(measured):
    whole = measured([1.0, 2.0, 3.0], [0.0, 0.5, 0.1], [1.0, 1.0, 0.0])
    holed = measured([1.0, NAN, 2.0, 2.5, 3.0], [0.0, 0.0, 0.5, NAN, 0.1], [1.0, 0.0, NAN, NAN, 0.0])
    assert {**holed, "cagr": 0} == {**whole, "cagr": 0}


def test_without_returns_they_are_those_of_the_weight_and_without_weight_it_is_all_in(compute, table, tabulate, bars):
    close = bars(50, seed=4).close
    weight = np.random.default_rng(4).choice([-1.0, 0.0, 1.0], 50)
    earned = compute("position_returns", close, weight)
    frame = table(performance, {"close": close, "returns": earned, "weight": weight})
    assert tabulate(performance, frame.drop("returns")).equals(tabulate(performance, frame))
    (held,) = tabulate(performance, frame.drop("returns", "weight")).rows(named=True)
    assert held["total_return"] == pytest.approx(held["buy_and_hold"], rel=1e-12)
    assert (held["exposure"], held["trades"]) == (1.0, 1)


def test_every_symbol_has_its_row_even_one_without_bars(table, tabulate):
    ports = {"close": np.array([1.0, 2.0]), "returns": np.array([0.0, 1.0]), "weight": np.array([1.0, 1.0])}
    first = table(performance, ports)
    empty = first.with_columns(symbol=pl.lit("B"), close=pl.lit(None, pl.Float64))
    found = tabulate(performance, pl.concat([first, empty, first.with_columns(symbol=pl.lit("C"))]))
    assert found["symbol"].to_list() == ["A", "B", "C"]
    assert found["bars"].to_list() == [2, 0, 2]
    assert found["total_return"].to_list() == [1.0, None, 1.0]
    assert tabulate(performance, first.clear()).schema == found.schema
