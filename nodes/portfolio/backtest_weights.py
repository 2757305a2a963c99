from typing import Annotated, Literal, NamedTuple

from nodes.kernels.statement import warn_of_fill
from nodes.kernels.weight_statement import Terms, trade_apart
from pipeline import Axis, Bars, Metrics, Number, Param, Price, Table, Trades, Weight, portfolio


class Backtest(NamedTuple):
    """What became of the weights."""

    equity: Price
    position: Number
    benchmark: Price
    metrics: Metrics
    trades: Trades
    orders: Table


@portfolio(style="table", caution=warn_of_fill)
def backtest_weights(
    axis: Axis,
    bars: Bars,
    weight: Weight,
    *,
    fill: Annotated[
        Literal["next_open", "next_close", "same_close"],
        Param("Where an order is filled: the open or close of the next bar; same_close is optimistic"),
    ] = "next_open",
    fee: Annotated[float, Param("Share of what is traded, per side; 0.001 is ten basis points", ge=0.0, lt=1.0)] = 0.0,
    slippage: Annotated[float, Param("How much worse than the price a fill is, per side", ge=0.0, lt=1.0)] = 0.0,
    cash: Annotated[float, Param("What each account begins with", gt=0.0, le=1e15)] = 100_000.0,
    bars_per_year: Annotated[
        float, Param("252 daily equities, 365 daily crypto, 6048 hourly FX, 12 monthly bars", gt=0.0, le=4e7)
    ] = 252.0,
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
