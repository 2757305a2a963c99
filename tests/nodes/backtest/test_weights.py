"""Accounts on target weights: against the plain loop, alone and with a shared cash, and rule by rule."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SETTINGS = settings(derandomize=True, deadline=None, database=None, max_examples=80)
FLAT = {"open": [10.0] * 5, "high": [10.0] * 5, "low": [10.0] * 5, "close": [10.0] * 5}
TARGETS = st.sampled_from([0.0, 0.5, -0.5, 1.0, 0.3, np.nan, 2.0, -1.5])


def costs(data):
    return {
        "fill": data.draw(st.sampled_from(["next_open", "next_close", "same_close"])),
        "fee": data.draw(st.sampled_from([0.0, 0.001, 0.05])),
        "slippage": data.draw(st.sampled_from([0.0, 0.002, 0.05])),
    }


@SETTINGS
@given(data=st.data())
def test_a_shared_cash_says_what_the_plain_loop_says(data, plain, portfolio, market) -> None:
    names = "ABCD"[: data.draw(st.integers(1, 4))]
    lengths = {name: data.draw(st.integers(1, 30)) for name in names}
    starts = {name: data.draw(st.integers(0, 5)) for name in names}
    bars = {name: market(n, data.draw(st.integers(0, 9_999)), gaps=0.05) for name, n in lengths.items()}
    target = {name: data.draw(st.lists(TARGETS, min_size=n, max_size=n)) for name, n in lengths.items()}
    options = costs(data)
    found = portfolio(bars, target, starts, **options)
    times = {name: list(range(starts[name], starts[name] + n)) for name, n in lengths.items()}
    expected = plain.play_weights(bars, target, times=times, **options)
    np.testing.assert_allclose(found.curve["equity"], expected["equity"], rtol=1e-9, atol=1e-6)
    held = np.concatenate([expected["positions"][name] for name in names])
    np.testing.assert_allclose(found.position, held, rtol=1e-9, atol=1e-9)
    assert found.orders.height == len(expected["orders"])
    if not expected["ruined"]:
        earned = expected["equity"][-1] - 100_000.0
        np.testing.assert_allclose(found.trades["pnl"].sum(), earned, rtol=1e-6, atol=0.1)


@SETTINGS
@given(data=st.data())
def test_an_account_of_one_symbol_orders_when_its_weight_changes(data, plain, weights, market) -> None:
    rows = data.draw(st.integers(1, 40))
    bars = market(rows, data.draw(st.integers(0, 9_999)), gaps=0.05)
    target = np.array(data.draw(st.lists(TARGETS, min_size=rows, max_size=rows)))
    options = costs(data)
    changed = np.where(np.concatenate(([False], target[1:] == target[:-1])), np.nan, target)
    found = weights(bars, target, **options)
    expected = plain.play_weights({"A": bars}, {"A": changed.tolist()}, **options)
    np.testing.assert_allclose(found.equity, expected["equity"], rtol=1e-9, atol=1e-6)
    assert found.orders.height == len(expected["orders"])


def test_purchases_beyond_the_cash_are_scaled_by_one_factor_whatever_the_order_of_symbols(portfolio) -> None:
    bars = dict.fromkeys("ABC", FLAT)
    given_target = {"A": [0.9], "B": [0.6], "C": [0.3]}
    target = {name: values + [np.nan] * 4 for name, values in given_target.items()}
    found = portfolio(bars, target)
    bought = dict(found.orders.select("symbol", "size").rows())
    assert bought == {name: pytest.approx(10_000.0 * values[0] / 1.8) for name, values in given_target.items()}
    turned = portfolio(bars, {"A": target["C"], "B": target["A"], "C": target["B"]})
    assert sorted(turned.orders["size"]) == pytest.approx(sorted(bought.values()))


def test_sales_pay_for_purchases_of_the_same_bar(portfolio) -> None:
    found = portfolio(
        {"A": FLAT, "B": FLAT}, {"A": [0.0, 1.0, 0.0, np.nan, np.nan], "B": [1.0, 0.0, 1.0, np.nan, np.nan]}
    )
    assert found.orders.select("symbol", "side", "idx").rows() == [
        ("B", "buy", 1),
        ("B", "sell", 2),
        ("A", "buy", 2),
        ("A", "sell", 3),
        ("B", "buy", 3),
    ]


def test_a_shared_account_restores_weights_and_a_single_one_lets_them_drift(portfolio, weights) -> None:
    rise = {name: [10.0, 10.0, 20.0, 20.0] for name in FLAT}
    assert weights(rise, [0.5] * 4).orders.height == 1
    assert portfolio({"A": rise}, {"A": [0.5] * 4}).orders["side"].to_list() == ["buy", "sell"]


def test_weights_may_count_on_the_first_bar_of_a_period_alone(portfolio) -> None:
    bars = {name: np.linspace(10.0, 20.0, 70).tolist() for name in FLAT}
    found = portfolio({"A": bars}, {"A": [0.5] * 70}, rebalance="month")
    assert found.orders["time"].dt.to_string("%m-%d").to_list() == ["01-02", "02-02", "03-02"]
    assert portfolio({"A": bars}, {"A": [0.5] * 70}, rebalance="week").orders.height == 11


def test_an_order_that_takes_a_part_ends_a_trade_of_that_part(weights) -> None:
    found = weights(FLAT, [1.0, 0.25, 0.25, 0.0, 0.0], fee=0.01)
    assert found.trades.select("entry_idx", "exit_idx", "status").rows() == [(1, 2, "closed"), (1, 4, "closed")]
    assert found.trades["entry_fee"].sum() + found.trades["exit_fee"].sum() == pytest.approx(found.orders["fee"].sum())


def test_metrics_of_a_shared_account_are_one_row(portfolio, market) -> None:
    bars = {"A": market(40, 1), "B": market(40, 2)}
    found = portfolio(bars, {"A": [0.5] * 40, "B": [0.5] * 40}, fee=0.001)
    (metrics,) = found.metrics.to_dicts()
    assert (metrics["symbol"], metrics["symbols"], metrics["bars"]) == (None, 2, 40)
    assert metrics["fees_paid"] == pytest.approx(found.orders["fee"].sum())
    assert found.curve.columns == ["ts", "equity", "benchmark"]
    kept = pl.Series(found.equity)[:40]
    assert kept.to_list() == found.curve["equity"].to_list()
