from typing import Annotated, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline import Axis, Metrics, Param, Price, Returns, Weight, portfolio

YEAR = np.timedelta64(31_557_600, "s")  # 365.25 days


@portfolio(style="table")
def performance(
    axis: Axis,
    close: Price,
    returns: Returns = None,
    weight: Weight = None,
    *,
    bars_per_year: Annotated[
        float, Param("252 daily equities, 365 daily crypto, 6048 hourly FX, 12 monthly bars", gt=0.0, le=4e7)
    ] = 252.0,
) -> Metrics:
    """Sum up what a position earned: one row per symbol, one column per metric, as the back-test defines them.

    `weight` is the position held at each close, always all in when it is not wired. `returns` are those of
    the position; when not wired, those of `weight` without costs, as `position_returns` gives them. So with
    close alone it measures buy and hold. Equity starts at 1 before the first bar, the risk-free return is 0.

    Columns: bars, total_return, buy_and_hold (last close over the first, less 1), ann_return, cagr (by the
    calendar), volatility (ddof 1), sharpe, downside_risk (over all bars), sortino, max_drawdown (negative),
    max_drawdown_bars (longest stay below a peak), calmar, omega, var_95, cvar_95, exposure (share of bars
    with a position at the close), trades (times a side was taken, an open one included). Units: 0.01 is one
    percent; annual figures count `bars_per_year` bars, which is never guessed: say it unless bars are daily equities.

    Missing: bars without a close or a return are left out; a missing weight keeps the last one, flat before the
    first. Edges: null where a metric is undefined (a division by 0, a single bar), never infinite or NaN;
    equity that reaches 0 stays there. Source: the metrics of the back-test.
    """
    closes = close.to_numpy()
    weights = np.ones(len(axis)) if weight is None else weight.to_numpy()
    earned = None if returns is None else returns.to_numpy()
    times = axis["ts"].to_numpy()
    rows = []
    start = 0
    for symbol, length in axis["symbol"].rle().struct.unnest().select("value", "len").iter_rows():
        part = slice(start, start + length)
        start += length
        known = np.isfinite(closes[part])
        given = None if earned is None else earned[part]
        if given is not None:
            known &= np.isfinite(given)
        held = _hold(weights[part][known])
        price = closes[part][known]
        gains = _earn(price, held) if given is None else given[known]
        rows.append({"symbol": symbol, **_measure(price, gains, held, times[part][known], bars_per_year)})
    return pl.DataFrame(rows, schema=SCHEMA)


SCHEMA = {
    "symbol": pl.String,
    "bars": pl.Int64,
    "total_return": pl.Float64,
    "buy_and_hold": pl.Float64,
    "ann_return": pl.Float64,
    "cagr": pl.Float64,
    "volatility": pl.Float64,
    "sharpe": pl.Float64,
    "downside_risk": pl.Float64,
    "sortino": pl.Float64,
    "max_drawdown": pl.Float64,
    "max_drawdown_bars": pl.Int64,
    "calmar": pl.Float64,
    "omega": pl.Float64,
    "var_95": pl.Float64,
    "cvar_95": pl.Float64,
    "exposure": pl.Float64,
    "trades": pl.Int64,
}


def _hold(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight of each bar, the last known one where it is missing."""
    latest = np.maximum.accumulate(np.where(np.isfinite(weight), np.arange(1, len(weight) + 1), 0))
    return np.concatenate(([0.0], weight))[latest]


def _earn(close: NDArray[np.float64], held: NDArray[np.float64]) -> NDArray[np.float64]:
    before = np.where(close[:-1] == 0.0, np.nan, close[:-1])
    moves = held[:-1] * (close[1:] / before - 1.0)
    return np.concatenate((np.zeros(min(len(close), 1)), np.nan_to_num(moves, nan=0.0)))


def _measure(
    close: NDArray[np.float64],
    returns: NDArray[np.float64],
    held: NDArray[np.float64],
    times: NDArray[np.datetime64],
    bars_per_year: float,
) -> dict[str, Any]:
    bars = len(returns)
    if bars == 0:
        return {"bars": 0}
    equity = np.cumprod(1.0 + returns)
    if equity.min() <= 0.0:
        ruin = int(np.argmax(equity <= 0.0))
        returns = np.where(np.arange(bars) > ruin, 0.0, returns)
        returns[ruin] = -1.0
        equity[ruin:] = 0.0
    drawdown = equity / np.maximum(np.maximum.accumulate(equity), 1.0) - 1.0
    peaks = np.flatnonzero(np.concatenate(([0.0], drawdown, [0.0])) >= 0.0)
    losses, ordered = np.minimum(returns, 0.0), np.sort(returns)
    # numbers that are all equal have a deviation of 0; their rounded mean would say otherwise
    deviation = returns.std(ddof=1) if ordered[0] < ordered[-1] else 0.0 if bars > 1 else np.nan
    downside = np.sqrt(np.mean(losses * losses))
    total, mean = equity[-1], returns.mean()
    with np.errstate(over="ignore"):  # a good week to the power of a year of minutes: infinite, hence null
        annual = total ** (bars_per_year / bars) - 1.0
        years = (times[-1] - times[0]) / YEAR
        cagr = total ** (1.0 / years) - 1.0 if years > 0.0 else np.nan
    side = np.sign(held)
    metrics = {
        "total_return": total - 1.0,
        "buy_and_hold": _over(close[-1], close[0]) - 1.0,
        "ann_return": annual,
        "cagr": cagr,
        "volatility": deviation * np.sqrt(bars_per_year),
        "sharpe": _over(mean, deviation) * np.sqrt(bars_per_year),
        "downside_risk": downside * np.sqrt(bars_per_year),
        "sortino": _over(mean, downside) * np.sqrt(bars_per_year),
        "max_drawdown": drawdown.min(),
        "calmar": _over(annual, -drawdown.min()),
        "omega": _over(np.maximum(returns, 0.0).sum(), -losses.sum()),
        "var_95": np.percentile(ordered, 5),
        "cvar_95": ordered[: int((bars - 1) * 0.05) + 1].mean(),
        "exposure": np.count_nonzero(side) / bars,
    }
    return {
        "bars": bars,
        **{name: float(value) if np.isfinite(value) else None for name, value in metrics.items()},
        # between two bars on a peak (or before the first and after the last bar) lies a stay below it
        "max_drawdown_bars": int(np.diff(peaks).max()) - 1,
        "trades": int(np.count_nonzero((side != 0.0) & (side != np.concatenate(([0.0], side[:-1]))))),
    }


def _over(value: float, by: float) -> float:
    return value / by if by != 0.0 else np.nan
