from typing import NamedTuple

from nodes.kernels.statement import warn_of_fill
from nodes.kernels.terms import BarsPerYear, Cash, Fee, Fill, Slippage
from nodes.kernels.weight_statement import Terms, measure_apart, trade_apart
from pipeline import Axis, Bars, Metrics, Number, Price, Table, Trades, Weight, portfolio


class Backtest(NamedTuple):
    """What became of the weights."""

    equity: Price
    position: Number
    benchmark: Price
    metrics: Metrics
    trades: Trades
    orders: Table


@portfolio(style="table", caution=warn_of_fill, cells=measure_apart)
def backtest_weights(
    axis: Axis,
    bars: Bars,
    weight: Weight,
    *,
    fill: Fill = "next_open",
    fee: Fee = 0.0,
    slippage: Slippage = 0.0,
    cash: Cash = 100_000.0,
    bars_per_year: BarsPerYear = 252.0,
) -> Backtest:
    """Bring each symbol to its target weight, in an account of its own; see `backtest_portfolio` for one account.

    A weight is a share of equity, its sign the side: 1 all in, 0 flat, -1 all short. It is decided at a close
    and ordered at the next bar, and only when it differs from that of the bar before: between two orders the share
    drifts with the price. Wanted are weight times equity at the price of the fill, over that price, in units; fee and
    slippage come on top, and a purchase is cut to the cash.

    Outputs as in `backtest`. A trade here is what one order took off a position, at the mean price of what was bought
    until then; stops are for `backtest`.

    Missing: a missing weight is no order, and the next one is an order again; so is a bar without a price to fill at.
    Warm-up: none. Units: those of the price and of the cash. Edges: an account that is worth nothing at a close is
    ruined: closed there, 0 for ever. Source: the target mode of the back-test; vectorbt from_orders, size type
    targetpercent.
    """
    traded = trade_apart(axis, bars, weight, Terms(fill, fee, slippage, cash, bars_per_year))
    return Backtest(traded.equity, traded.position, traded.benchmark, traded.metrics, traded.trades, traded.orders)
