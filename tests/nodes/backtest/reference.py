"""What vectorbt and backtesting.py say, for environments that have them: cases as JSON in, results as JSON out.

Run by the interpreter that TRADEGRAPH_REFERENCES names; it imports nothing of this project. A case has `engine`,
the bars and the options; the result has equity, trades and, where the engine can say the same, metrics.
"""

import json
import sys
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def events_vectorbt(case, bars):
    """Portfolio.from_signals; the decisions of a bar are shifted to the bar that fills them."""
    import vectorbt as vbt

    lag = 0 if case["fill"] == "same_close" else 1
    signal = pd.Series(case["signal"], index=bars.index).fillna(0.0).shift(lag).fillna(0.0)
    strength = pd.Series(case.get("strength") or 1.0, index=bars.index).shift(lag).fillna(0.0)
    price = bars["open"] if case["fill"] == "next_open" else bars["close"]
    direction = case["direction"]
    opens, closes = (signal < 0, signal > 0) if direction == "short" else (signal > 0, signal < 0)
    stops = {
        ours: case[theirs]
        for ours, theirs in (("sl_stop", "stop_loss"), ("tp_stop", "take_profit"))
        if case.get(theirs)
    }
    if stops:
        stops |= {"open": bars["open"], "high": bars["high"], "low": bars["low"], "stop_entry_price": "fillprice"}
        stops |= {"stop_exit_price": "stoplimit" if not case["slippage"] else "stopmarket"}
    portfolio = vbt.Portfolio.from_signals(
        bars["close"],
        opens,
        closes,
        size=strength if case.get("strength") else np.inf,
        size_type="percent" if case.get("strength") else "amount",
        price=price,
        direction={"long": "longonly", "short": "shortonly", "both": "both"}[direction],
        fees=case["fee"],
        slippage=case["slippage"],
        init_cash=case["cash"],
        upon_opposite_entry="reverse",
        freq="1D",
        **stops,
    )
    return told(portfolio, bars, case)


def weights_vectorbt(case, bars):
    """Portfolio.from_orders on target percent, at the open of the next bar, when the target changes."""
    import vectorbt as vbt

    target = pd.Series(case["target"], index=bars.index, dtype=float)
    changed = target.where(target != target.shift(1))
    portfolio = vbt.Portfolio.from_orders(
        bars["close"],
        size=changed.shift(1),
        size_type="targetpercent",
        price=bars["open"],
        val_price=bars["open"],
        direction="both",
        fees=case["fee"],
        slippage=case["slippage"],
        init_cash=case["cash"],
        freq="1D",
    )
    return told(portfolio, bars, case)


def shared_vectorbt(case, panel):
    """One cash for several symbols, sales first."""
    import vectorbt as vbt

    field = {name: pd.DataFrame({s: b[name] for s, b in panel.items()}) for name in ("open", "close")}
    target = pd.DataFrame({s: case["target"][s] for s in panel}, index=field["open"].index, dtype=float)
    portfolio = vbt.Portfolio.from_orders(
        field["close"],
        size=target.shift(1),
        size_type="targetpercent",
        price=field["open"],
        val_price=field["open"],
        fees=case["fee"],
        slippage=case["slippage"],
        init_cash=case["cash"],
        cash_sharing=True,
        group_by=True,
        call_seq="auto",
        freq="1D",
    )
    return {"equity": portfolio.value().tolist()}


def told(portfolio, bars, case):
    """The records of a vectorbt portfolio, and the metrics that mean the same."""
    records = portfolio.trades.records
    trades = [
        {
            "direction": "long" if row.direction == 0 else "short",
            "status": "closed" if row.status == 1 else "open",
            "entry_idx": int(row.entry_idx),
            "exit_idx": int(row.exit_idx),
            "size": float(row.size),
            "entry_price": float(row.entry_price),
            "exit_price": float(row.exit_price),
            "entry_fee": float(row.entry_fees),
            "exit_fee": float(row.exit_fees),
            "pnl": float(row.pnl),
            "return": float(back),
        }
        for row, back in zip(records.itertuples(), records["return"], strict=True)
    ]
    returns = portfolio.returns()
    annual = case["bars_per_year"]
    stats = returns.vbt.returns(freq="1D", year_freq=f"{annual}D")
    closed = portfolio.trades.closed
    metrics = {
        "total_return": float(portfolio.total_return()),
        "ann_return": float(stats.annualized()),
        "volatility": float(stats.annualized_volatility()),
        "sharpe": float(stats.sharpe_ratio()),
        "sortino": float(stats.sortino_ratio()),
        "calmar": float(stats.calmar_ratio()),
        "omega": float(stats.omega_ratio()),
        "max_drawdown": float(portfolio.max_drawdown()),
        "win_rate": float(closed.win_rate()),
        "profit_factor": float(closed.profit_factor()),
        "expectancy": float(closed.expectancy()),
        "sqn": float(closed.sqn()),
        "fees_paid": float(portfolio.orders.fees.sum()),
    }
    return {"equity": portfolio.value().tolist(), "trades": trades, "metrics": metrics}


def events_backtesting(case, bars):
    """backtesting.py: whole units, so it says when and at what price, not how much; stops from the fill price."""
    from backtesting import Backtest, Strategy

    signal = np.nan_to_num(np.array(case["signal"], dtype=float))
    opened = bars["open"].to_numpy()
    sides = {"long": (1,), "short": (-1,), "both": (1, -1)}[case["direction"]]

    class Replay(Strategy):
        def init(self):
            """Nothing is computed before."""

        def next(self):
            bar = len(self.data) - 1
            event = signal[bar]
            side = 1 if self.position.is_long else -1 if self.position.is_short else 0
            if event in (0, side) or bar + 1 == len(opened):
                return
            if side:
                self.position.close()
            if event in sides:
                price = opened[bar + 1]
                stop, profit = case.get("stop_loss"), case.get("take_profit")
                order = self.buy if event > 0 else self.sell
                order(
                    size=1,
                    sl=price * (1 - event * stop) if stop else None,
                    tp=price * (1 + event * profit) if profit else None,
                )

    frame = bars.rename(columns=str.capitalize)
    stats = Backtest(frame, Replay, cash=1e9, finalize_trades=False).run()
    return {
        "trades": [
            {
                "direction": "long" if row.Size > 0 else "short",
                "entry_idx": int(row.EntryBar),
                "exit_idx": int(row.ExitBar),
                "entry_price": float(row.EntryPrice),
                "exit_price": float(row.ExitPrice),
            }
            for row in stats["_trades"].itertuples()
        ]
    }


ENGINES = {
    "events_vectorbt": events_vectorbt,
    "weights_vectorbt": weights_vectorbt,
    "shared_vectorbt": shared_vectorbt,
    "events_backtesting": events_backtesting,
}


def frame_of(bars):
    index = pd.date_range("2020-01-01", periods=len(bars["close"]), freq="D")
    return pd.DataFrame(bars, index=index, dtype=float)


def main():
    answers = []
    for case in json.load(sys.stdin):
        bars = case["bars"]
        frame = frame_of(bars) if "close" in bars else {name: frame_of(inner) for name, inner in bars.items()}
        answers.append(ENGINES[case["engine"]](case, frame))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
