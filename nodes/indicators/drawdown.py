import polars as pl

from pipeline import Number, Ratio, indicator


@indicator(recursive=True)
def drawdown(x: Number) -> Ratio:
    """How far the value is below its highest so far, as a share of it: 0 on a new high, -0.2 a fifth below.

    Warm-up: none. Missing: where the value is missing; the peak is held over it. Units: 0.01 is one percent, never
    above 0. Edges: null while the highest so far is not above 0. Source: the running maximum; numpy.maximum.accumulate.
    """
    peak = x.cum_max()
    return pl.when(peak > 0).then(x / peak - 1.0)
