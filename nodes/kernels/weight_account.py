"""Accounts on target weights: orders that bring what is held to a wanted share of equity, one cash for all symbols.

An account has symbols and a clock, the sorted labels of all their bars. `rows` says, clock label by label and
symbol by symbol, which row of the bars stands there, -1 for none. An account of one symbol is the same with one column.
"""

import numpy as np
from numpy.typing import NDArray

from nodes.kernels.event_account import CASH, COST, FILL, NEXT_OPEN, SAME_CLOSE, SLIP, YEAR, YEARS
from nodes.kernels.measure import (
    AT_END,
    BY_RUIN,
    BY_SIGNAL,
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

WHEN, WHOSE, UNITS, PAID, CHARGE, WHY = range(6)
"""Columns of an order: clock label, symbol within the account, signed size, price, fee, reason."""

DUST = 1e-12
"""An order for at most this many units is none."""


@kernel
def trade_weights(
    bars: NDArray[np.float64],
    target: NDArray[np.float64],
    rows: NDArray[np.int64],
    spans: NDArray[np.int64],
    settings: NDArray[np.float64],
    curves: NDArray[np.float64],
    units: NDArray[np.float64],
    orders: NDArray[np.float64],
    trades: NDArray[np.float64],
    metrics: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Run every account; gives the numbers of its orders and of its trades, two columns.

    `bars` has the rows open, high, low, close, `target` the wanted share decided at each bar, NaN for no order.
    Account a has, by spans[a]: its first row in `rows` (labels by symbols, flat), labels, symbols, its first row in
    `curves`, in `orders`, in `trades`, and what is added to a row of the bars for `target` and `units` (the units held
    at the close of a bar), so that accounts may share bars.
    """
    counts = np.zeros((len(spans), 2), np.int64)
    for a in range(len(spans)):
        first, labels, symbols, kept, booked, paired, shift = spans[a]
        clock = rows[first : first + labels * symbols].reshape((labels, symbols))
        curve = curves[kept : kept + labels]
        last = len(orders) if a + 1 == len(spans) else spans[a + 1, 4]
        book = orders[booked:last]
        count, held, ruined = play_weights(bars, target, clock, shift, settings[a], curve, units, book)
        room = trades[paired : len(trades) if a + 1 == len(spans) else spans[a + 1, 5]]
        pairs = pair_orders(book[:count], bars[3], clock, room)
        traded = 0.0
        fees = 0.0
        for order in book[:count]:
            traded += abs(order[UNITS]) * order[PAID]
            fees += order[CHARGE]
        scratch = np.empty(labels)
        cash, year, years = settings[a, CASH], settings[a, YEAR], settings[a, YEARS]
        measure_account(curve, cash, room[:pairs, :9], held, traded, fees, year, years, ruined, scratch, metrics[a])
        counts[a, 0], counts[a, 1] = count, pairs
    return counts


def play_weights(
    bars: NDArray[np.float64],
    target: NDArray[np.float64],
    clock: NDArray[np.int64],
    shift: int,
    settings: NDArray[np.float64],
    curve: NDArray[np.float64],
    units: NDArray[np.float64],
    book: NDArray[np.float64],
) -> tuple[int, int, bool]:
    """Run one account; gives the number of its orders, of the labels with a position, and whether it was ruined."""
    labels, symbols = clock.shape
    fill, fee, slip, cash = settings[FILL], settings[COST], settings[SLIP], settings[CASH]
    raws = bars[0] if fill == NEXT_OPEN else bars[3]
    lag = 0 if fill == SAME_CLOSE else 1
    held = np.zeros(symbols)
    mark = np.full(symbols, np.nan)
    before = np.full(symbols, -1, np.int64)  # the last row of each symbol
    wanted = np.zeros(symbols)
    count = invested = 0
    ruined = False
    for t in range(labels):
        asked = False
        worth = cash
        for s in range(symbols):
            wanted[s] = np.nan
            row = clock[t, s]
            raw = raws[row] if row >= 0 else np.nan
            if fill != NEXT_OPEN and np.isfinite(raw):
                mark[s] = raw
            if held[s] != 0.0:
                worth += held[s] * (raw if np.isfinite(raw) else mark[s])
            decided = row if lag == 0 else before[s]
            if row >= 0:
                before[s] = row
                if decided >= 0 and np.isfinite(raw) and raw > 0.0 and np.isfinite(target[decided + shift]):
                    wanted[s] = target[decided + shift]
                    asked = True
        if asked and not ruined:
            needed = 0.0
            for s in range(symbols):
                raw = raws[clock[t, s]] if clock[t, s] >= 0 else np.nan
                wanted[s] = wanted[s] * max(worth, 0.0) / raw - held[s]  # NaN stays NaN: no order
                if wanted[s] < -DUST:
                    cash += note(book, count, t, s, wanted[s], raw * (1.0 - slip), fee, BY_SIGNAL)
                    held[s] += wanted[s]
                    count += 1
                elif wanted[s] > DUST:
                    needed += wanted[s] * raw * (1.0 + slip) * (1.0 + fee)
            share = 1.0 if needed <= max(cash, 0.0) else max(cash, 0.0) / needed
            for s in range(symbols):
                if wanted[s] * share > DUST:
                    raw = raws[clock[t, s]]
                    cash += note(book, count, t, s, wanted[s] * share, raw * (1.0 + slip), fee, BY_SIGNAL)
                    held[s] += wanted[s] * share
                    count += 1
        value = cash
        known = True
        holding = False
        for s in range(symbols):
            row = clock[t, s]
            close = bars[3, row] if row >= 0 else np.nan
            if np.isfinite(close):
                mark[s] = close
            elif np.isnan(mark[s]) and held[s] != 0.0:
                mark[s] = raws[row]
            if held[s] != 0.0:
                holding = True
                known = known and np.isfinite(close)
                value += held[s] * mark[s]
        if value <= 0.0 and known and not ruined:
            ruined = True
            for s in range(symbols):
                if held[s] != 0.0:
                    side = -1.0 if held[s] > 0.0 else 1.0
                    note(book, count, t, s, -held[s], mark[s] * (1.0 + side * slip), fee, BY_RUIN)
                    held[s] = 0.0
                    count += 1
            holding = False
        curve[t] = 0.0 if ruined else value
        invested += 1 if holding else 0
        for s in range(symbols):
            if clock[t, s] >= 0:
                units[clock[t, s] + shift] = held[s]
    return count, invested, ruined


def note(book: NDArray[np.float64], at: int, t: int, s: int, size: float, paid: float, fee: float, why: int) -> float:
    """Book an order; gives what comes into the cash."""
    order = book[at]
    cost = fee * abs(size) * paid
    order[WHEN], order[WHOSE], order[UNITS], order[PAID], order[CHARGE], order[WHY] = t, s, size, paid, cost, why
    return -size * paid - cost


def pair_orders(
    book: NDArray[np.float64], close: NDArray[np.float64], clock: NDArray[np.int64], trades: NDArray[np.float64]
) -> int:
    """The trades that orders make, symbol by symbol, into `trades` (its tenth column is the symbol); their number.

    Each order that reduces a position ends a trade of that size. Its entry price is the mean price of what was
    bought, its entry the first order of the position, its entry fee the share of the fees so far.
    """
    labels, symbols = clock.shape
    count = 0
    for s in range(symbols):
        size = gross = fees = side = entry = 0.0
        for order in book:
            if order[WHOSE] != s:
                continue
            units, paid = abs(order[UNITS]), order[PAID]
            direction = 1.0 if order[UNITS] > 0.0 else -1.0
            left, charge = units, order[CHARGE]
            if side * direction < 0.0:
                # all of it when no more than a rounding is left
                closing = size if units > size or size - units <= 1e-9 * size else units
                part = closing / size
                trade = trades[count]
                trade[ENTRY], trade[EXIT], trade[SIDE], trade[SIZE] = entry, order[WHEN], side, closing
                trade[PRICE], trade[FEE], trade[LEFT] = gross / size, part * fees, paid
                trade[LEAVING_FEE], trade[REASON], trade[9] = charge * min(closing / units, 1.0), order[WHY], s
                count += 1
                left = max(units - closing, 0.0)
                charge -= trade[LEAVING_FEE]
                if closing == size:
                    size = gross = fees = side = 0.0
                else:
                    gross *= 1.0 - part
                    fees *= 1.0 - part
                    size -= closing
            if left > 1e-9 * units and side in (0.0, direction):
                if side == 0.0:
                    side, entry = direction, order[WHEN]
                size += left
                gross += left * paid
                fees += charge
        if side != 0.0:
            t = labels - 1
            last = np.nan
            mine = labels - 1
            while t >= 0 and np.isnan(last):
                if clock[t, s] >= 0 and np.isfinite(close[clock[t, s]]):
                    last = close[clock[t, s]]
                t -= 1
            while mine > 0 and clock[mine, s] < 0:
                mine -= 1
            trade = trades[count]
            trade[ENTRY], trade[EXIT], trade[SIDE], trade[SIZE] = entry, mine, side, size
            trade[PRICE], trade[FEE], trade[LEFT] = gross / size, fees, last if np.isfinite(last) else gross / size
            trade[LEAVING_FEE], trade[REASON], trade[9] = 0.0, AT_END, s
            count += 1
    return count
