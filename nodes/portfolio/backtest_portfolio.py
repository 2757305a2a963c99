from typing import Annotated, Literal, NamedTuple

from nodes.kernels.statement import warn_of_fill
from nodes.kernels.terms import BarsPerYear, Cash, Fee, Fill, Slippage
from nodes.kernels.weight_statement import Terms, measure_together, trade_together
from pipeline import Axis, Bars, Equity, Metrics, Number, Param, Price, Table, Trades, Weight, portfolio


class Backtest(NamedTuple):
    """What became of the weights."""

    equity: Price
    position: Number
    benchmark: Price
    metrics: Metrics
    trades: Trades
    orders: Table
    curve: Equity


@portfolio(style="table", caution=warn_of_fill, cells=measure_together)
def backtest_portfolio(
    axis: Axis,
    bars: Bars,
    weight: Weight,
    *,
    rebalance: Annotated[
        Literal["bar", "day", "week", "month", "quarter"],
        Param("Which weights count: those of every bar, or of the first bar of each period alone"),
    ] = "bar",
    fill: Fill = "next_open",
    fee: Fee = 0.0,
    slippage: Slippage = 0.0,
    cash: Cash = 100_000.0,
    bars_per_year: BarsPerYear = 252.0,
) -> Backtest:
    """Bring all symbols to their target weights in one account with one cash.

    On every bar on which a weight is given there is an order at the next one, also when the weight is the same: the
    share is restored. Give weights on the days of rebalancing and leave them missing between. All weights of a bar
    are shares of the same equity, at that bar's fill prices; sales go first; if purchases need more than the cash,
    all are scaled by one factor, so nothing depends on the order of symbols. Symbols may have different bars: each
    weight is filled at the next bar of its own symbol, and a symbol without a bar is worth its last close.

    Outputs: `equity` of the account and `benchmark` (the cash in equal parts bought and held) on the rows of each
    symbol, `position` in units, `metrics` with one row, `trades`, `orders`, and `curve`: one row for each label. An
    idx counts labels.

    Missing: a missing weight is no order; neither is a bar without a price to fill at. Warm-up: none. Units: those of
    the price and of the cash. Edges: an account that is worth nothing at a close is ruined: closed there, 0 for ever.
    Source: the shared cash of the back-test; vectorbt cash_sharing with call_seq auto, where nothing is cut.
    """
    traded = trade_together(axis, bars, weight, Terms(fill, fee, slippage, cash, bars_per_year), rebalance)
    return Backtest(
        traded.equity, traded.position, traded.benchmark, traded.metrics, traded.trades, traded.orders, traded.curve
    )
