from typing import Annotated, Literal, NamedTuple

from nodes.kernels.statement import warn_of_fill
from nodes.kernels.weight_statement import Terms, trade_together
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


@portfolio(style="table", caution=warn_of_fill)
def backtest_portfolio(
    axis: Axis,
    bars: Bars,
    weight: Weight,
    *,
    rebalance: Annotated[
        Literal["bar", "day", "week", "month", "quarter"],
        Param("Which weights count: those of every bar, or of the first bar of each period alone"),
    ] = "bar",
    fill: Annotated[
        Literal["next_open", "next_close", "same_close"],
        Param("Where an order is filled: the open or close of the next bar; same_close is optimistic"),
    ] = "next_open",
    fee: Annotated[float, Param("Share of what is traded, per side; 0.001 is ten basis points", ge=0.0, lt=1.0)] = 0.0,
    slippage: Annotated[float, Param("How much worse than the price a fill is, per side", ge=0.0, lt=1.0)] = 0.0,
    cash: Annotated[float, Param("What the account begins with", gt=0.0, le=1e15)] = 100_000.0,
    bars_per_year: Annotated[
        float, Param("252 daily equities, 365 daily crypto, 6048 hourly FX, 12 monthly bars", gt=0.0, le=4e7)
    ] = 252.0,
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
