import numpy as np

from pipeline import Price, Returns, Weight, portfolio


@portfolio(style="kernel", recursive=True)
def position_returns(close: Price, weight: Weight) -> Returns:
    """What a position earned in each bar: the weight of the bar before times the simple return of this bar.

    A weight is decided at the close of its bar and earns from that close to the next: no look-ahead. No fees,
    no slippage, no cost of borrowing or of keeping the weight. Warm-up: none; the first bar earns 0. Missing: a
    missing weight keeps the last one (flat before the first); a bar without a close is missing and skipped,
    with its weight, and the next return is counted from the last known close. Units: 0.01 is one percent of
    equity. Edges: null where the close before is 0. Source: the arithmetic of a vectorised back-test: the
    weight of the bar before times the return of this one.
    """
    out = np.full(len(close), np.nan)
    last = np.nan
    held = 0.0
    for i in range(len(close)):
        if not np.isfinite(close[i]):
            continue
        if np.isnan(last) or held == 0.0:
            out[i] = 0.0
        elif last != 0.0:
            out[i] = held * (close[i] / last - 1.0)
        last = close[i]
        if np.isfinite(weight[i]):
            held = weight[i]
    return out
