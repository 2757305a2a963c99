"""Accounts on events: what became of decisions to buy and to sell, each filled with all there is.

A *cell* is one account: the bars of a symbol, decisions on them, and settings. Cells may share their bars, so a
parameter sweep over one symbol is one call, and so are many symbols with one setting. Only decisions and the bars
on which something is held are looked at; nothing is allocated per bar.
"""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.measure import (
    AT_END,
    BY_PROFIT,
    BY_RUIN,
    BY_SIGNAL,
    BY_STOP,
    BY_TRAIL,
    ENTRY,
    EXIT,
    FEE,
    LEAVING_FEE,
    LEFT,
    PRICE,
    REASON,
    SIDE,
    SIZE,
    measure_account,
)
from pipeline import kernel

FILL, DIRECTION, COST, SLIP, CASH, YEAR, YEARS = range(7)
"""Columns of `settings`: fill case, direction, fee, slippage, initial cash, bars per year, years that the bars span."""

NEXT_OPEN, NEXT_CLOSE, SAME_CLOSE = range(3)
"""Fill cases. Directions are 1 for long, -1 for short, 0 for both."""

AT, WANTED, STRENGTH, STOP, PROFIT, TRAIL = range(6)
"""Columns of a decision: its bar, the side (1 or -1), the strength, and the stops as fractions of the fill price."""

DUST = 1e-8
"""A size of at most this opens nothing."""


@kernel
def gather_decisions(
    event: NDArray[np.float64],
    strength: NDArray[np.float64],
    series: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    stops: NDArray[np.float64],
    offsets: NDArray[np.int64],
    decisions: NDArray[np.float64],
    bounds: NDArray[np.int64],
) -> int:
    """Write a decision for each event that is one, and where those of each symbol begin; gives how many there are.

    As many are written as `decisions` has room for. Without values in `strength` each has the strength 1, else one
    whose strength is unknown is none. The three `stops` are for all, but where `series` has values, which are by bar.
    """
    k = 0
    for s in range(len(offsets) - 1):
        bounds[s] = k
        a = offsets[s]
        mine = event[a : offsets[s + 1]]
        for i in range(len(mine)):
            side = mine[i]
            if side == 0.0 or not np.isfinite(side) or (len(strength) > 0 and not np.isfinite(strength[a + i])):
                continue
            if k < len(decisions):
                decision = decisions[k]
                decision[AT], decision[WANTED] = i, np.sign(side)
                decision[STRENGTH] = strength[a + i] if len(strength) > 0 else 1.0
                for j in range(3):
                    decision[STOP + j] = series[j][a + i] if len(series[j]) > 0 else stops[j]
            k += 1
    bounds[-1] = k
    return k


@kernel
def trade_events(
    bars: NDArray[np.float64],
    spans: NDArray[np.int64],
    decisions: NDArray[np.float64],
    bounds: NDArray[np.int64],
    settings: NDArray[np.float64],
    curves: NDArray[np.float64],
    last: NDArray[np.float64],
    trades: NDArray[np.float64],
    metrics: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Run every cell: write its trades, metrics and last equity, all of it where that is kept; gives its trades' count.

    `bars` has the rows open, high, low, close, one column per bar. Cell c has the bars from spans[c, 0] to spans[c,
    1], keeps its equity in `curves` from spans[c, 2] on (-1: not at all), takes the rows bounds[c] to bounds[c + 1]
    of `decisions`, in order of their bars, which count from its first one, and writes into the same rows of `trades`:
    a decision opens at most one trade. Missing stops are NaN. `metrics` has a row per cell.
    """
    longest = 0
    for c in range(len(spans)):
        longest = max(longest, spans[c, 1] - spans[c, 0])
    curve_room = np.empty(longest)
    scratch = np.empty(longest)
    counts = np.zeros(len(spans), np.int64)
    for c in range(len(spans)):
        a, b, kept = spans[c, 0], spans[c, 1], spans[c, 2]
        curve = curve_room[: b - a] if kept < 0 else curves[kept : kept + b - a]
        mine = trades[bounds[c] : bounds[c + 1]]
        given = decisions[bounds[c] : bounds[c + 1]]
        count, ruined = play_events(
            bars[0, a:b], bars[1, a:b], bars[2, a:b], bars[3, a:b], given, settings[c], curve, mine
        )
        counts[c] = count
        last[c] = curve[-1] if len(curve) else settings[c, CASH]
        held = 0
        traded = 0.0
        fees = 0.0
        for trade in mine[:count]:
            traded += trade[SIZE] * trade[PRICE]
            fees += trade[FEE] + trade[LEAVING_FEE]
            if trade[REASON] == AT_END:
                held += b - a - int(trade[ENTRY])
            else:
                held += int(trade[EXIT]) - int(trade[ENTRY])
                traded += trade[SIZE] * trade[LEFT]
        cash, year, years = settings[c, CASH], settings[c, YEAR], settings[c, YEARS]
        measure_account(curve, cash, mine[:count], held, traded, fees, year, years, ruined, scratch, metrics[c])
    return counts


def play_events(
    opened: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    decisions: NDArray[np.float64],
    settings: NDArray[np.float64],
    curve: NDArray[np.float64],
    trades: NDArray[np.float64],
) -> tuple[int, bool]:
    """Run one account; gives the number of its trades and whether it was ruined."""
    rows = len(close)
    fill = settings[FILL]
    lag = 0 if fill == SAME_CLOSE else 1
    direction, fee, slip, cash = settings[DIRECTION], settings[COST], settings[SLIP], settings[CASH]
    held = 0.0  # signed size
    entry = 0
    price = mark = best = 0.0
    stop = profit = trail = np.nan
    count = k = t = 0
    while t < rows:
        due = rows if k >= len(decisions) else min(int(decisions[k, AT]) + lag, rows)
        if held == 0.0 and due > t:
            for i in range(t, due):
                curve[i] = cash
            t = due
            continue
        if due > t:
            # over the bars on which nothing happens to what is held
            if stop > 0.0 or profit > 0.0 or trail > 0.0:
                bars = (high, low, close)
                t, mark, best = watch(bars, curve, t, due, cash, held, mark, price, best, stop, profit, trail)
            else:
                t, mark = glide(close, curve, t, due, cash, held, mark)
            if t == due:
                continue
        stopped = False  # a stop is the only order of its bar; after the open there may be both
        for phase in range(2):
            if (phase == 0) == (fill == NEXT_OPEN):
                # the decision that is due
                raw = opened[t] if fill == NEXT_OPEN else close[t]
                if due != t:
                    continue
                decision = decisions[k]
                k += 1
                if stopped or not (np.isfinite(raw) and raw > 0.0):
                    continue
                side = decision[WANTED]
                paid = raw * (1.0 + side * slip)
                may_open = held == 0.0
                if held * side < 0.0:
                    cash += leave(trades[count - 1], t, paid, fee, BY_SIGNAL)
                    held = 0.0
                    may_open = direction == 0.0
                if not may_open or direction == -side:
                    continue
                size = min(decision[STRENGTH], 1.0) * cash / (paid * (1.0 + fee))
                if size > DUST:
                    cost = fee * size * paid
                    cash += -side * size * paid - cost
                    held = side * size
                    entry, price, best = t, paid, paid
                    stop, profit, trail = decision[STOP], decision[PROFIT], decision[TRAIL]
                    trade = trades[count]
                    trade[ENTRY], trade[SIDE], trade[SIZE], trade[PRICE], trade[FEE] = t, side, size, paid, cost
                    count += 1
                    mark = last_known(close, t, price)
            elif held != 0.0:
                side = 1.0 if held > 0.0 else -1.0
                raw, reason = reach(opened[t], high[t], low[t], side, price, best, stop, profit, trail, entry == t)
                if reason >= 0:
                    cash += leave(trades[count - 1], t, raw * (1.0 - side * slip), fee, reason)
                    held = 0.0
                    stopped = True
        known = np.isfinite(close[t])
        if known:
            mark = close[t]
        value = cash + held * mark if held != 0.0 else cash
        if value <= 0.0 and (known or held == 0.0):
            if held != 0.0:
                side = 1.0 if held > 0.0 else -1.0
                leave(trades[count - 1], t, close[t] * (1.0 - side * slip), fee, BY_RUIN)
            curve[t:] = 0.0
            return count, True
        curve[t] = value
        if held != 0.0 and known:
            best = max(best, mark) if held > 0.0 else min(best, mark)
        t += 1
    if held != 0.0:
        trade = trades[count - 1]
        trade[EXIT], trade[LEFT], trade[LEAVING_FEE], trade[REASON] = rows - 1, mark, 0.0, AT_END
    return count, False


def glide(
    close: NDArray[np.float64], curve: NDArray[np.float64], t: int, due: int, cash: float, held: float, mark: float
) -> tuple[int, float]:
    """Write the equity of a position that has no stops, up to `due` or a bar that may ruin; gives bar and mark.

    A value that may ruin on a bar without a close does not: the next one decides.
    """
    while t < due:
        if np.isfinite(close[t]):
            mark = close[t]
        value = cash + held * mark
        if value <= 0.0:
            break
        curve[t] = value
        t += 1
    return t, mark


def watch(
    bars: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    curve: NDArray[np.float64],
    t: int,
    due: int,
    cash: float,
    held: float,
    mark: float,
    price: float,
    best: float,
    stop: float,
    profit: float,
    trail: float,
) -> tuple[int, float, float]:
    """Write the equity of a position up to the bar `due`, or to one that may reach a stop, ruin, or has no close.

    Gives that bar, and the last and the best close before it. Shorts are looked at upside down.
    """
    high, low, close = bars
    side = 1.0 if held > 0.0 else -1.0
    near, far = (low, high) if held > 0.0 else (high, low)
    fixed = side * (price * (1.0 - side * stop)) if stop > 0.0 else -np.inf
    ceiling = side * (price * (1.0 + side * profit)) if profit > 0.0 else np.inf
    slack = 1.0 - side * trail
    top = side * best
    floor = max(fixed, top * slack) if trail > 0.0 else fixed
    while t < due:
        value = cash + held * close[t]
        if side * near[t] <= floor or side * far[t] >= ceiling or not 0.0 < value < np.inf:
            break
        curve[t] = value
        mark = close[t]
        if side * mark > top:
            top = side * mark
            if trail > 0.0:
                floor = max(fixed, top * slack)
        t += 1
    return t, mark, side * top


def leave(trade: NDArray[np.float64], t: int, paid: float, fee: float, reason: int) -> float:
    """Close a trade at bar t and the price `paid`; gives what comes into the cash."""
    cost = fee * trade[SIZE] * paid
    trade[EXIT], trade[LEFT], trade[LEAVING_FEE], trade[REASON] = t, paid, cost, reason
    return float(trade[SIDE] * trade[SIZE] * paid - cost)


def last_known(close: NDArray[np.float64], t: int, price: float) -> float:
    """The last close up to bar t that is known; the price of the fill when there is none."""
    for i in range(t, -1, -1):
        if np.isfinite(close[i]):
            return float(close[i])
    return price


def reach(
    opened: float,
    high: float,
    low: float,
    side: float,
    price: float,
    best: float,
    stop: float,
    profit: float,
    trail: float,
    first: bool,
) -> tuple[float, int]:
    """The price at which a bar leaves a position by one of its stops, and which one; -1 when it reaches none.

    The worst is assumed: of two stops the nearer is reached first, and both before the profit.
    """
    level = -side * np.inf
    reason = BY_STOP
    if stop > 0.0:
        level = price * (1.0 - side * stop)
    if trail > 0.0 and not first:
        moved = best * (1.0 - side * trail)
        if side * moved > side * level:
            level, reason = moved, BY_TRAIL
    if (low <= level) if side > 0.0 else (high >= level):
        beyond = side * opened < side * level
        return (opened if beyond else level), reason
    if profit > 0.0:
        level = price * (1.0 + side * profit)
        if (high >= level) if side > 0.0 else (low <= level):
            beyond = side * opened > side * level
            return (opened if beyond else level), BY_PROFIT
    return np.nan, -1


@kernel
def hold_positions(
    spans: NDArray[np.int64],
    trades: NDArray[np.float64],
    bounds: NDArray[np.int64],
    counts: NDArray[np.int64],
    out: NDArray[np.float64],
) -> None:
    """Write into `out`, which is 0, the units that each cell holds at its closes, from spans[c, 2] on."""
    for c in range(len(spans)):
        rows, first = spans[c, 1] - spans[c, 0], spans[c, 2]
        for trade in trades[bounds[c] : bounds[c] + counts[c]]:
            end = rows if trade[REASON] == AT_END else int(trade[EXIT])
            out[first + int(trade[ENTRY]) : first + end] = trade[SIDE] * trade[SIZE]
