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
    changes = scratch[:rows]
    change_curve(curve, cash, changes)
    level = gains = losses = squares = deepest = 0.0
    peak = lowest = cash
    since = -1  # the bar of the peak
    longest = 0
    for i in range(rows):
        change = changes[i]
        fall = min(0.0, change)
        gains += max(0.0, change)
        losses -= fall
        squares += fall * fall
        value = curve[i]
        level += value
        if value >= peak:
            deepest = min(deepest, lowest / peak - 1.0)
            longest = max(longest, i - since - 1)
            peak = lowest = value
            since = i
        else:
            lowest = min(lowest, value)
    deepest = min(deepest, lowest / peak - 1.0)
    longest = max(longest, rows - since - 1)
    mean = (gains - losses) / rows
    deviation = deviate(changes, mean)
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
    measure_tail(changes, mean, deviation, out)
    out[22] = held / rows
    measure_trades(trades, out)


def change_curve(curve: NDArray[np.float64], cash: float, out: NDArray[np.float64]) -> None:
    """Write the return of each bar into `out`, the first one against the cash; 0 after nothing is left."""
    out[0] = curve[0] / cash - 1.0
    for i in range(1, len(curve)):
        before = curve[i - 1]
        # without a branch, so that several bars are divided at once
        out[i] = curve[i] / (before if before != 0.0 else 1.0) - 1.0 if before != 0.0 else 0.0


def deviate(values: NDArray[np.float64], mean: float) -> float:
    """Standard deviation (divisor n - 1) of at least two values; exactly 0 when all are equal."""
    rows = len(values)
    if rows < 2:
        return np.nan
    i = 1
    while values[i] == values[0]:
        i += 1
        if i == rows:  # their rounded mean would say otherwise
            return 0.0
    # four sums, so that no addition waits for the one before
    s0 = s1 = s2 = s3 = 0.0
    whole = rows - rows % 4
    for i in range(0, whole, 4):
        a, b, c, d = values[i] - mean, values[i + 1] - mean, values[i + 2] - mean, values[i + 3] - mean
        s0 += a * a
        s1 += b * b
        s2 += c * c
        s3 += d * d
    for i in range(whole, rows):
        s0 += (values[i] - mean) * (values[i] - mean)
    return float(np.sqrt(((s0 + s1) + (s2 + s3)) / (rows - 1)))


def measure_tail(returns: NDArray[np.float64], mean: float, deviation: float, out: NDArray[np.float64]) -> None:
    """Write the return that five in a hundred fall below, and the mean of those, into `out`; uses the returns up."""
    place = (len(returns) - 1) * 0.05
    tail = int(place) + 1
    few = gather_low(returns, tail + 1, mean - 1.45 * deviation, 0.1 * deviation)
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


def gather_low(values: NDArray[np.float64], count: int, border: float, step: float) -> int:
    """Bring at least the `count` smallest values to the front, with few others; gives how many, the rest is lost.

    They are those up to a guessed border, which is moved by `step` until there are enough: counting costs a tenth of
    what sorting out does. Where no border is found in a few steps, all values stay.
    """
    found = 0
    for _ in range(8):
        found = count_up_to(values, border)
        if found >= count:
            break
        border += step
    if found < count:
        return len(values)
    found = 0
    for i in range(len(values)):
        value = values[i]
        values[found] = value  # the next one takes the place of one that is above the border
        found += value <= border
    return found


def count_up_to(values: NDArray[np.float64], border: float) -> int:
    """How many values are at most `border`."""
    found = 0
    for i in range(len(values)):
        found += values[i] <= border
    return found


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
