from nodes.kernels.recursion import range_bars
from pipeline import Price, indicator


@indicator(style="kernel", warmup=1)
def true_range(high: Price, low: Price, close: Price) -> Price:
    """The range of a bar, widened to the close before it: the gap at the open counts as movement.

    Warm-up: 1 row. Missing: where high or low is missing; the close before is the last known one, so a
    move over a gap is counted once. Units: price, as a difference. Edges: 0 when nothing moved.
    Source: Wilder, New Concepts in Technical Trading Systems (1978); TA-Lib TRANGE.
    """
    return range_bars(high, low, close)
