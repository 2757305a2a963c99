from typing import Annotated

import numpy as np

from pipeline import Param, Percent, Price, indicator


@indicator(style="kernel", warmup=lambda p: p.period, recursive=True)
def rsi(
    close: Price, *, period: Annotated[int, Param("Wilder smoothing length, in bars", ge=2, le=100_000)] = 14
) -> Percent:
    """Weigh recent gains against recent moves: 0 is all losses, 100 all gains.

    Warm-up: period rows; the first averages are means of the first `period` moves, then Wilder's smoothing.
    Missing: a missing bar is missing and skipped; the next move is counted from the last known close.
    Units: percent, 0 to 100. Edges: a series that never moved gives 0, as in TA-Lib (others say 50). TA-Lib
    also says 0 when the average moves add up to less than 1e-14; here the price scale does not matter.
    Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib RSI.
    """
    out = np.full(len(close), np.nan)
    alpha = 1.0 / period
    seen = 0
    last = 0.0
    gain = 0.0
    loss = 0.0
    for i in range(len(close)):
        if not np.isfinite(close[i]):
            continue
        move = close[i] - last
        last = close[i]
        seen += 1
        if seen == 1:
            continue
        if seen <= period + 1:
            gain += alpha * max(move, 0.0)
            loss += alpha * max(-move, 0.0)
        else:
            gain += alpha * (max(move, 0.0) - gain)
            loss += alpha * (max(-move, 0.0) - loss)
        if seen > period:
            out[i] = 100.0 * (gain / (gain + loss)) if gain + loss > 0.0 else 0.0
    return out
