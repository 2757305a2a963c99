"""What an account is worth saying about: the metrics of the back-test, from its equity and its trades."""

import numpy as np
from numpy.typing import NDArray

METRICS = (
    "total_return",
    "ann_return",
    "cagr",
    "volatility",
    "sharpe",
    "downside_risk",
    "sortino",
    "max_drawdown",
    "max_drawdown_bars",
    "calmar",
    "omega",
    "var_95",
    "cvar_95",
    "win_rate",
    "profit_factor",
    "expectancy",
    "avg_trade_return",
    "best_trade_return",
    "worst_trade_return",
    "sqn",
    "n_trades",
    "fees_paid",
    "exposure",
    "turnover_per_year",
    "ruined",
)
"""The names of the numbers that `measure_account` gives, in their order."""

ENTRY, EXIT, SIDE, SIZE, PRICE, FEE, LEFT, LEAVING_FEE, REASON = range(9)
"""Columns of a trade: bars of entry and exit, side (1 or -1), size, price and fee of entry and of exit, reason."""

BY_SIGNAL, BY_STOP, BY_PROFIT, BY_TRAIL, BY_RUIN, AT_END = range(6)
"""Why a trade ended."""


def over(value: float, by: float) -> float:
    """A quotient, NaN where it has none."""
    return value / by if by != 0.0 else np.nan


def grow(factor: float, power: float) -> float:
    """What a factor becomes in another span of time, less 1; NaN when no number can hold it."""
    if factor > 0.0 and power * np.log(factor) > 700.0:
        return np.nan
    return float(factor**power - 1.0)


def measure_account(
    curve: NDArray[np.float64],
    cash: float,
    trades: NDArray[np.float64],
    held: int,
    traded: float,
    fees: float,
    bars_per_year: float,
    years: float,
    ruined: bool,
    scratch: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the metrics into `out`, NaN where one is undefined.

    `curve` is the equity at each close, `held` counts the bars with a position at the close, `traded` and `fees` are
    sums in cash, `years` lie between the labels of first and last bar; `scratch` is as long as the curve.
    """
    rows = len(curve)
    out[:] = np.nan
    out[20] = len(trades)
    out[21] = fees
    out[24] = 1.0 if ruined else 0.0
    if rows == 0:
        return
    before = cash
    peak = cash
    total = 0.0
    level = 0.0
    gains = 0.0
    losses = 0.0
    squares = 0.0
    least = np.inf
    most = -np.inf
    deepest = 0.0
    below = 0
    longest = 0
    for i in range(rows):
        value = curve[i]
        level += value
        change = value / before - 1.0 if before != 0.0 else 0.0
        before = value
        scratch[i] = change
        total += change
        least = min(least, change)
        most = max(most, change)
        if change > 0.0:
            gains += change
        else:
            losses -= change
            squares += change * change
        if value >= peak:
            peak = value
            below = 0
        else:
            deepest = min(deepest, value / peak - 1.0)
            below += 1
            longest = max(longest, below)
    mean = total / rows
    deviation = np.nan
    if rows > 1:
        deviation = 0.0
        # numbers that are all equal have a deviation of 0; their rounded mean would say otherwise
        if least < most:
            spread = 0.0
            for i in range(rows):
                spread += (scratch[i] - mean) * (scratch[i] - mean)
            deviation = np.sqrt(spread / (rows - 1))
    year = np.sqrt(bars_per_year)
    downside = np.sqrt(squares / rows)
    worth = curve[rows - 1] / cash
    out[0] = worth - 1.0
    out[1] = grow(worth, bars_per_year / rows)
    if years > 0.0:
        out[2] = grow(worth, 1.0 / years)
        out[23] = over(over(traded, level / rows), years)
    out[3] = deviation * year
    out[4] = over(mean, deviation) * year
    out[5] = downside * year
    out[6] = over(mean, downside) * year
    out[7] = deepest
    out[8] = longest
    out[9] = over(out[1], -deepest)
    out[10] = over(gains, losses)
    measure_tail(scratch[:rows], out)
    out[22] = held / rows
    measure_trades(trades, out)


def measure_tail(returns: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the return that five in a hundred fall below, and the mean of those, into `out`; reorders the returns."""
    place = (len(returns) - 1) * 0.05
    tail = int(place) + 1
    few = gather_low(returns, tail + 1)
    gather_least(returns[:few], tail)
    border = -np.inf
    total = 0.0
    for i in range(tail):
        border = max(border, returns[i])
        total += returns[i]
    out[11] = border
    out[12] = total / tail
    if place > tail - 1:
        beyond = np.inf
        for i in range(tail, few):
            beyond = min(beyond, returns[i])
        out[11] += (beyond - border) * (place - (tail - 1))


def gather_low(values: NDArray[np.float64], count: int) -> int:
    """Bring at least the `count` smallest values to the front, with few others: how many, a sample decides; gives it.

    One pass over all values with a guess of the border, so that what follows has a twentieth of them to sort out.
    """
    rows = len(values)
    if rows < 4096:
        return rows
    step = rows // 512
    sample = np.empty(512)
    for i in range(512):
        sample[i] = values[i * step]
    likely = min(512, int(512.0 * count / rows * 1.5) + 8)
    gather_least(sample, likely)
    border = -np.inf
    for i in range(likely):
        border = max(border, sample[i])
    found = 0
    for i in range(rows):
        value = values[i]
        if value <= border:
            values[i] = values[found]
            values[found] = value
            found += 1
    return found if found >= count else rows


def gather_least(values: NDArray[np.float64], count: int) -> None:
    """Reorder the values so that the `count` smallest come first, in any order (Hoare's quickselect)."""
    low = 0
    high = len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i = low
        j = high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if count - 1 <= j:
            high = j
        elif count - 1 >= i:
            low = i
        else:
            return


def measure_trades(trades: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the metrics of the closed trades into `out`; their profits are net of both fees."""
    closed = 0
    wins = 0
    won = 0.0
    lost = 0.0
    gained = 0.0
    best = -np.inf
    worst = np.inf
    lowest = np.inf
    highest = -np.inf
    for trade in trades:
        if trade[REASON] != AT_END:
            profit = profit_of(trade)
            share = profit / (trade[SIZE] * trade[PRICE])
            closed += 1
            gained += share
            best = max(best, share)
            worst = min(worst, share)
            lowest = min(lowest, profit)
            highest = max(highest, profit)
            if profit > 0.0:
                wins += 1
                won += profit
            else:
                lost -= profit
    if closed == 0:
        return
    mean = (won - lost) / closed
    out[13] = wins / closed
    out[14] = over(won, lost)
    out[15] = mean
    out[16] = gained / closed
    out[17] = best
    out[18] = worst
    if closed > 1 and lowest < highest:
        spread = 0.0
        for trade in trades:
            if trade[REASON] != AT_END:
                spread += (profit_of(trade) - mean) ** 2
        out[19] = np.sqrt(closed) * mean / np.sqrt(spread / (closed - 1))


def profit_of(trade: NDArray[np.float64]) -> float:
    """What a trade brought, in cash and net of both fees."""
    moved = trade[SIDE] * trade[SIZE] * (trade[LEFT] - trade[PRICE])
    return float(moved - trade[FEE] - trade[LEAVING_FEE])
