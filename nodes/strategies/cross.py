from nodes.kernels.recursion import cross_lines
from pipeline import Event, Number, strategy


@strategy(style="kernel", warmup=1)
def cross(fast: Number, slow: Number) -> Event:
    """Buy (+1) when `fast` gets above `slow`, sell (-1) when it gets below, else hold (0).

    Above means fast > slow now and fast <= slow on the last bar before on which both were known; below is the
    mirror image. So a crossing that happens inside a gap is told on the first bar after it. Warm-up: 1 row.
    Missing: where either is missing. Edges: touching is no crossing, leaving after a touch is one. Source: the
    moving average crossover rule, as in Brock, Lakonishok and LeBaron (1992).
    """
    return cross_lines(fast, slow)
