"""The rules of the back-test as a plain loop, bar by bar, written from the rules and not from the kernels.

Slow, without arrays and without cleverness: what the kernels say is compared with this. Lists of floats come
in, NaN where missing; trades, orders and equity go out as lists of dicts and floats.
"""

from itertools import pairwise
from math import ceil, floor, isfinite, isnan, nan, sqrt

FLAT, LONG, SHORT = 0, 1, -1


def play_events(
    bars,
    signal,
    strength=None,
    *,
    fill="next_open",
    direction="long",
    fee=0.0,
    slippage=0.0,
    cash=100_000.0,
    stop_loss=None,
    take_profit=None,
    trailing_stop=None,
):
    """One account on events. Stops are a number, or a list with the value for a signal of that bar."""
    n = len(bars["close"])
    lag = 0 if fill == "same_close" else 1
    trades, orders, equity = [], [], []
    trade = None  # the open one
    money, ruined, mark = cash, False, nan

    def per_bar(stop, t):
        value = stop[t] if isinstance(stop, list) else stop
        return None if value is None or not value > 0 else value

    def trade_at(t, side, size, raw, reason):
        """Buy (side 1) or sell (side -1) and book it; the price with slippage and the fee."""
        nonlocal money
        price = raw * (1 + slippage) if side > 0 else raw * (1 - slippage)
        cost = fee * size * price
        money += -side * size * price - cost
        orders.append({"idx": t, "side": side, "size": size, "price": price, "fee": cost, "reason": reason})
        return price, cost

    def leave(t, raw, reason):
        nonlocal trade
        price, cost = trade_at(t, -trade["side"], trade["size"], raw, reason)
        trade.update(exit_idx=t, exit_price=price, exit_fee=cost, exit_reason=reason, status="closed")
        trades.append(trade)
        trade = None

    def enter(t, side, raw, share, decided):
        nonlocal trade
        price = raw * (1 + slippage) if side > 0 else raw * (1 - slippage)
        size = min(share, 1.0) * money / (price * (1 + fee))
        if not size > 1e-8:
            return
        price, cost = trade_at(t, side, size, raw, "signal")
        trade = {"side": side, "size": size, "entry_idx": t, "entry_price": price, "entry_fee": cost, "best": price}
        trade["sl"] = per_bar(stop_loss, decided)
        trade["tp"] = per_bar(take_profit, decided)
        trade["trail"] = per_bar(trailing_stop, decided)

    def decide(t, raw):
        """Fill at bar t what was decided `lag` bars before."""
        decided = t - lag
        if decided < 0 or ruined:
            return
        event = signal[decided]
        share = 1.0 if strength is None else strength[decided]
        if isnan(event) or event == 0 or isnan(share) or not (isfinite(raw) and raw > 0):
            return
        side = LONG if event > 0 else SHORT
        if trade is not None and trade["side"] != side:
            leave(t, raw, "signal")
            if direction != "both":
                return
        elif trade is not None:
            return
        if direction == "both" or (direction == "long") == (side == LONG):
            enter(t, side, raw, share, decided)

    def check_stops(t):
        """Leave at a stop that bar t reaches."""
        first = trade["entry_idx"] == t
        side, opened = trade["side"], bars["open"][t]
        levels = []
        if trade["sl"] is not None:
            levels.append((trade["entry_price"] * (1 - side * trade["sl"]), "sl"))
        if trade["trail"] is not None and not first:
            levels.append((trade["best"] * (1 - side * trade["trail"]), "trail"))
        if levels:
            # the level nearest to the price is the one that is reached first; the stop loss goes first in a tie
            level, reason = max(levels, key=lambda found: (side * found[0], found[1] == "sl"))
            reached = bars["low"][t] <= level if side == LONG else bars["high"][t] >= level
            if reached:
                worse = min if side == LONG else max
                leave(t, level if isnan(opened) else worse(opened, level), reason)
                return
        if trade["tp"] is not None:
            level = trade["entry_price"] * (1 + side * trade["tp"])
            reached = bars["high"][t] >= level if side == LONG else bars["low"][t] <= level
            if reached:
                better = max if side == LONG else min
                leave(t, level if isnan(opened) else better(opened, level), "tp")

    for t in range(n):
        if fill == "next_open":
            decide(t, bars["open"][t])
            if trade is not None:
                check_stops(t)
        else:
            before = len(trades)
            if trade is not None:
                check_stops(t)
            if len(trades) == before:  # a stop is the only order of its bar
                decide(t, bars["close"][t])
        close = bars["close"][t]
        if isfinite(close):
            mark = close
        if ruined:
            equity.append(0.0)
            continue
        if trade is None:
            value = money
        else:
            value = money + trade["side"] * trade["size"] * (trade["entry_price"] if isnan(mark) else mark)
        if value <= 0 and (trade is None or isfinite(close)):
            if trade is not None:
                leave(t, close, "ruin")
            ruined, value = True, 0.0
        equity.append(value)
        if trade is not None and isfinite(close):
            better = max if trade["side"] == LONG else min
            trade["best"] = better(trade["best"], close)
    if trade is not None:
        last = trade["entry_price"] if isnan(mark) else mark
        trade.update(exit_idx=n - 1, exit_price=last, exit_fee=0.0, exit_reason="end", status="open")
        trades.append(trade)
    for found in trades:
        moved = found["side"] * found["size"] * (found["exit_price"] - found["entry_price"])
        found["pnl"] = moved - found["entry_fee"] - found["exit_fee"]
        found["return"] = found["pnl"] / (found["size"] * found["entry_price"])
    return {"trades": trades, "orders": orders, "equity": equity, "ruined": ruined}


def play_weights(bars, target, *, times=None, fill="next_open", fee=0.0, slippage=0.0, cash=100_000.0):
    """One account for all symbols of `bars` (name → columns), on wanted shares of its equity.

    `target` has a list per symbol: the share wanted, None or NaN where nothing is ordered. `times` has the
    labels of each symbol's bars; without it all have the same bars.
    """
    names = sorted(bars)
    if times is None:
        times = {name: list(range(len(bars[name]["close"]))) for name in names}
    lag = 0 if fill == "same_close" else 1
    which = "open" if fill == "next_open" else "close"
    held = dict.fromkeys(names, 0.0)
    mark = dict.fromkeys(names, nan)
    row = {name: {label: i for i, label in enumerate(times[name])} for name in names}
    orders, equity, positions = [], [], {name: [] for name in names}
    money, ruined = cash, False

    def book(t, label, name, size, raw, reason):
        nonlocal money
        price = raw * (1 + slippage) if size > 0 else raw * (1 - slippage)
        cost = fee * abs(size) * price
        money -= size * price + cost
        held[name] += size
        orders.append(
            {"t": t, "label": label, "symbol": name, "size": size, "price": price, "fee": cost, "reason": reason}
        )

    for t, label in enumerate(sorted({label for name in names for label in times[name]})):
        here = [name for name in names if label in row[name]]
        raw = {name: bars[name][which][row[name][label]] for name in here}
        if which == "close":  # known before the orders of that close
            for name in here:
                mark[name] = raw[name] if isfinite(raw[name]) else mark[name]

        def price_of(name, raw=raw):
            return raw[name] if isfinite(raw.get(name, nan)) else mark[name]

        if not ruined:
            worth = money + sum(held[name] * price_of(name) for name in names if held[name] != 0)
            wanted = {}
            for name in here:
                decided = row[name][label] - lag
                value = target[name][decided] if decided >= 0 else None
                if value is None or isnan(value) or not (isfinite(raw[name]) and raw[name] > 0):
                    continue
                wanted[name] = value * max(worth, 0.0) / raw[name] - held[name]
            for name, size in wanted.items():
                if size < -1e-12:
                    book(t, label, name, size, raw[name], "target")
            buys = {name: size for name, size in wanted.items() if size > 1e-12}
            needed = sum(size * raw[name] * (1 + slippage) * (1 + fee) for name, size in buys.items())
            share = 1.0 if needed <= max(money, 0.0) else max(money, 0.0) / needed
            for name, size in buys.items():
                if size * share > 1e-12:
                    book(t, label, name, size * share, raw[name], "target")
        closes = {name: bars[name]["close"][row[name][label]] for name in here}
        for name in here:
            if isfinite(closes[name]):
                mark[name] = closes[name]
            elif isnan(mark[name]) and held[name] != 0:
                mark[name] = raw[name]
        value = money + sum(held[name] * mark[name] for name in names if held[name] != 0)
        open_ones = [name for name in names if held[name] != 0]
        if not ruined and value <= 0 and all(isfinite(closes.get(name, nan)) for name in open_ones):
            for name in open_ones:
                book(t, label, name, -held[name], closes[name], "ruin")
                held[name] = 0.0
            ruined = True
        equity.append(0.0 if ruined else value)
        for name in here:
            positions[name].append(held[name])
    return {"orders": orders, "equity": equity, "positions": positions, "ruined": ruined, "marks": mark}


def measure(equity, trades, orders, *, cash, bars_per_year, years):
    """The metrics of an account, None where undefined, of what `play_events` gave."""
    n = len(equity)
    curve = [cash, *equity]
    r = [0.0 if before == 0 else after / before - 1 for before, after in pairwise(curve)]

    def over(a, b):
        return None if a is None or b is None or b == 0 else a / b

    def deviation(x):
        if len(x) < 2:
            return None
        if max(x) == min(x):
            return 0.0
        mean = sum(x) / len(x)
        return sqrt(sum((v - mean) ** 2 for v in x) / (len(x) - 1))

    def grown(power):
        try:
            return (equity[-1] / cash) ** power - 1
        except OverflowError:
            return None

    mean = sum(r) / n
    std = deviation(r)
    downside = sqrt(sum(min(v, 0.0) ** 2 for v in r) / n)
    peaks, peak = [], cash
    drawdowns, run, longest = [], 0, 0
    for value in equity:
        peak = max(peak, value)
        peaks.append(peak)
        drawdowns.append(value / peak - 1)
        run = run + 1 if value < peak else 0
        longest = max(longest, run)
    ordered = sorted(r)
    place = (n - 1) * 0.05
    low, high = floor(place), ceil(place)
    worst = ordered[: int((n - 1) * 0.05) + 1]
    annual = grown(bars_per_year / n)
    deepest = min(drawdowns)
    closed = [t for t in trades if t["status"] == "closed"]
    pnl = [t["pnl"] for t in closed]
    gained = [t["return"] for t in closed]
    mean_pnl = sum(pnl) / len(pnl) if pnl else None
    root = sqrt(bars_per_year)
    ratio = over(mean, std)
    held = sum((n if t["status"] == "open" else t["exit_idx"]) - t["entry_idx"] for t in trades)
    traded = sum(abs(o["size"]) * o["price"] for o in orders)
    return {
        "total_return": equity[-1] / cash - 1,
        "ann_return": annual,
        "cagr": grown(1 / years) if years > 0 else None,
        "volatility": None if std is None else std * root,
        "sharpe": None if ratio is None else ratio * root,
        "downside_risk": downside * root,
        "sortino": over(mean * bars_per_year, downside * root),
        "max_drawdown": deepest,
        "max_drawdown_bars": longest,
        "calmar": over(annual, abs(deepest)),
        "omega": over(sum(max(v, 0.0) for v in r), sum(abs(min(v, 0.0)) for v in r)),
        "var_95": ordered[low] + (ordered[high] - ordered[low]) * (place - low),
        "cvar_95": sum(worst) / len(worst),
        "win_rate": over(sum(p > 0 for p in pnl), len(pnl)),
        "profit_factor": over(sum(p for p in pnl if p > 0), abs(sum(p for p in pnl if p < 0))),
        "expectancy": mean_pnl,
        "avg_trade_return": over(sum(gained), len(gained)),
        "best_trade_return": max(gained) if gained else None,
        "worst_trade_return": min(gained) if gained else None,
        "sqn": over(sqrt(len(pnl)) * mean_pnl, deviation(pnl)) if pnl else None,
        "n_trades": len(trades),
        "fees_paid": sum(o["fee"] for o in orders),
        "exposure": held / n,
        "turnover_per_year": over(over(traded, sum(equity) / n), years),
    }
