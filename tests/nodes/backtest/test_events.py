"""Accounts on events: against the plain loop on anything that hypothesis finds, and rule by rule on a few bars."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FLAT = {"open": [10.0] * 6, "high": [10.0] * 6, "low": [10.0] * 6, "close": [10.0] * 6}
SETTINGS = settings(derandomize=True, deadline=None, database=None, max_examples=150)


def bars(opened, high, low, close):
    return {"open": opened, "high": high, "low": low, "close": close}


@SETTINGS
@given(data=st.data())
def test_the_kernel_says_what_the_plain_loop_says(data, plain, backtest, market, agree) -> None:
    rows = data.draw(st.integers(1, 40))
    given_bars = market(rows, data.draw(st.integers(0, 10_000)), gaps=data.draw(st.sampled_from([0.0, 0.08])))
    signal = data.draw(st.lists(st.sampled_from([-1.0, 0.0, 0.0, 1.0, np.nan]), min_size=rows, max_size=rows))
    strength = data.draw(st.lists(st.sampled_from([0.0, 0.3, 1.0, 1.5, np.nan]), min_size=rows, max_size=rows))
    options = {
        "fill": data.draw(st.sampled_from(["next_open", "next_close", "same_close"])),
        "direction": data.draw(st.sampled_from(["long", "short", "both"])),
        "fee": data.draw(st.sampled_from([0.0, 0.001, 0.05])),
        "slippage": data.draw(st.sampled_from([0.0, 0.002, 0.05])),
        "stop_loss": data.draw(st.sampled_from([None, 0.03, 0.2])),
        "take_profit": data.draw(st.sampled_from([None, 0.05])),
        "trailing_stop": data.draw(st.sampled_from([None, 0.04])),
    }
    agree(
        backtest(given_bars, signal, strength, **options),
        plain.play_events(given_bars, signal, strength, **options),
    )


@pytest.mark.parametrize("fill", ["next_open", "next_close", "same_close"])
def test_stops_may_be_series_read_at_the_bar_of_the_signal(plain, backtest, market, agree, fill) -> None:
    rng = np.random.default_rng(3)
    given_bars, signal = market(200, 4), rng.choice([-1.0, 0.0, 1.0], 200).tolist()
    stop = np.where(rng.random(200) < 0.3, np.nan, rng.uniform(0.01, 0.1, 200)).tolist()
    found = backtest(given_bars, signal, direction="both", fill=fill, stop=stop, trail=stop, take_profit=0.05)
    agree(
        found,
        plain.play_events(
            given_bars, signal, direction="both", fill=fill, stop_loss=stop, trailing_stop=stop, take_profit=0.05
        ),
    )
    assert set(found.trades["exit_reason"]) >= {"signal", "sl", "tp"}


def test_a_signal_on_the_last_bar_is_filled_by_same_close_alone(backtest) -> None:
    signal = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    assert backtest(FLAT, signal).trades.height == 0
    (trade,) = backtest(FLAT, signal, fill="same_close").trades.to_dicts()
    assert (trade["entry_idx"], trade["exit_idx"], trade["status"], trade["exit_reason"]) == (5, 5, "open", "end")


def test_a_signal_for_what_is_held_does_nothing_and_one_against_it_turns_it_around(backtest) -> None:
    found = backtest(FLAT, [1.0, 1.0, -1.0, 0.0, 1.0, 0.0], direction="both", fee=0.01)
    assert found.trades.select("direction", "entry_idx", "exit_idx").rows() == [
        ("long", 1, 3),
        ("short", 3, 5),
        ("long", 5, 5),
    ]
    assert found.position.to_list()[1:3] == [pytest.approx(100_000 / 10.1)] * 2


def test_strength_0_closes_the_other_side_and_opens_nothing(backtest) -> None:
    found = backtest(FLAT, [1.0, -1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 1.0, 1.0, 1.0, 1.0], direction="both")
    assert found.trades.select("direction", "exit_idx", "status").rows() == [("long", 2, "closed")]


def test_a_missing_price_drops_the_decision(backtest) -> None:
    gap = FLAT | {"open": [10.0, np.nan, 10.0, 10.0, 10.0, 10.0]}
    assert backtest(gap, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]).trades.height == 0


def test_a_gap_through_a_stop_is_filled_at_the_open(backtest) -> None:
    gap = bars([10.0, 10.0, 7.0], [10.0, 10.0, 8.0], [10.0, 10.0, 7.0], [10.0, 10.0, 8.0])
    (trade,) = backtest(gap, [1.0, 0.0, 0.0], stop_loss=0.1).trades.to_dicts()
    assert (trade["exit_price"], trade["exit_reason"], trade["exit_idx"]) == (7.0, "sl", 2)


def test_a_stop_is_live_on_the_bar_of_entry_with_next_open_alone(backtest) -> None:
    dip = bars([10.0] * 3, [10.0] * 3, [10.0, 8.0, 9.9], [10.0] * 3)
    assert backtest(dip, [1.0, 0.0, 0.0], stop_loss=0.1).trades["exit_idx"].to_list() == [1]
    assert backtest(dip, [1.0, 0.0, 0.0], stop_loss=0.1, fill="next_close").trades["status"].to_list() == ["open"]


def test_the_stop_goes_before_the_profit_of_the_same_bar(backtest) -> None:
    wide = bars([10.0] * 3, [10.0, 10.0, 12.0], [10.0, 10.0, 8.0], [10.0] * 3)
    (trade,) = backtest(wide, [1.0, 0.0, 0.0], stop_loss=0.1, take_profit=0.1).trades.to_dicts()
    assert (trade["exit_reason"], trade["exit_price"]) == ("sl", 9.0)


def test_a_trailing_stop_follows_the_closes_and_is_live_from_the_next_bar(backtest) -> None:
    rise = bars([10, 10, 20, 19, 17], [10, 20, 20, 20, 19], [10, 10, 18.5, 18.1, 17], [10, 20, 20, 19, 17])
    (trade,) = backtest({k: [float(x) for x in v] for k, v in rise.items()}, [1.0] + [0.0] * 4, trailing_stop=0.1)[
        4
    ].to_dicts()
    assert (trade["exit_reason"], trade["exit_idx"], trade["exit_price"]) == ("trail", 4, 17.0)


def test_a_stop_is_the_only_order_of_its_bar_when_fills_are_at_closes(backtest) -> None:
    fall = bars([10.0] * 4, [10.0] * 4, [10.0, 10.0, 8.0, 10.0], [10.0, 10.0, 9.0, 10.0])
    found = backtest(fall, [1.0, -1.0, 0.0, 0.0], stop_loss=0.1, direction="both", fill="next_close")
    assert found.trades.select("direction", "exit_reason").rows() == [("long", "sl")]


def test_a_short_that_costs_all_there_is_ends_in_ruin(backtest) -> None:
    jump = bars([10.0, 10.0, 10.0, 30.0], [10.0, 10.0, 31.0, 30.0], [10.0] * 4, [10.0, 10.0, 30.0, 30.0])
    found = backtest(jump, [-1.0, 0.0, 1.0, 0.0], direction="both", fee=0.01)
    assert found.equity.to_list()[2:] == [0.0, 0.0]
    (trade,) = found.trades.to_dicts()
    assert (trade["exit_reason"], trade["status"], trade["exit_fee"] > 0) == ("ruin", "closed", True)
    (metrics,) = found.metrics.to_dicts()
    assert metrics["ruined"] is True
    assert metrics["total_return"] == -1.0
    assert metrics["worst_trade_return"] < -2.0


def test_nothing_undefined_is_a_number(backtest) -> None:
    (metrics,) = backtest(FLAT, [0.0] * 6).metrics.to_dicts()
    undefined = {name for name, value in metrics.items() if value is None}
    assert undefined == {
        *("sharpe", "sortino", "calmar", "omega", "win_rate", "profit_factor", "expectancy", "sqn"),
        *("avg_trade_return", "best_trade_return", "worst_trade_return"),
    }
    assert (metrics["n_trades"], metrics["total_return"], metrics["benchmark_return"]) == (0, 0.0, 0.0)


def test_symbols_have_accounts_of_their_own(accounts, backtest, market) -> None:
    node = accounts["backtest"]
    a, b = market(50, 1), market(30, 2)
    signal = np.random.default_rng(1).choice([-1.0, 0.0, 1.0], 80)
    import polars as pl

    day = np.timedelta64(86_400_000_000, "us")
    days = np.concatenate([np.datetime64("2020-01-01", "us") + np.arange(n) * day for n in (50, 30)])
    ts = pl.Series("ts", days).dt.replace_time_zone("UTC")
    axis = pl.DataFrame([pl.Series("symbol", ["A"] * 50 + ["B"] * 30), ts])
    joined = {name: pl.Series(a[name] + b[name]) for name in a}
    both = node.fn(
        axis, joined, {"event": pl.Series(signal), "strength": pl.Series(np.ones(80))}, fill="next_open",
        direction="both", fee=0.0, slippage=0.0, stop_loss=None, take_profit=None, trailing_stop=None, cash=1e5,
        bars_per_year=252.0,
    )  # fmt: skip
    for name, single, part in (("A", a, slice(0, 50)), ("B", b, slice(50, 80))):
        alone = backtest(single, signal[part], direction="both")
        assert both.equity[part].to_list() == alone.equity.to_list()
        mine = both.trades.filter(pl.col("symbol") == name).drop("symbol")
        assert mine.equals(alone.trades.drop("symbol"))
