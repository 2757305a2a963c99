from nodes.kernels.recursion import cross_lines
from pipeline import Condition, Number, indicator


@indicator(style="kernel", warmup=1)
def crossed_below(fast: Number, slow: Number) -> Condition:
    """True on the bar where `fast` gets below `slow`, false on all others.

    It was at or above on the last bar before on which both were known. Warm-up: 1 row. Missing: where either is
    missing. Edges: touching is no crossing, leaving after a touch is one. Source: the crossunder of charting
    packages, with the memory over gaps that `cross` has.
    """
    crossing = cross_lines(fast, slow)
    for i in range(len(crossing)):
        crossing[i] = 0.0 if crossing[i] > 0.0 else abs(crossing[i])
    return crossing
