from typing import Annotated

from nodes.kernels.recursion import weigh_moves
from pipeline import Param, Percent, Price, indicator


@indicator(style="kernel", warmup=lambda p: p.period, recursive=True)
def rsi(
    close: Price, *, period: Annotated[int, Param("Wilder smoothing length, in bars", ge=2, le=100_000)] = 14
) -> Percent:
    """Weigh recent gains against recent moves: 0 is all losses, 100 all gains.

    Warm-up: period rows; the first averages are means of the first `period` moves, then Wilder's smoothing.
    Missing: a missing bar is missing and skipped; the next move is counted from the last known close.
    Units: percent, 0 to 100. Edges: a series that never moved gives 0, as in TA-Lib (others say 50). TA-Lib
    also says 0 when the average moves add up to less than 1e-14; here the price scale does not matter, and after
    thousands of bars without a move, when the averages have lost their digits, the last value stays.
    Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib RSI.
    """
    return weigh_moves(close, period)
