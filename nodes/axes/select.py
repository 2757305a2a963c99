from nodes.kernels.chosen import ALL, Since, Symbols, Until, chosen
from pipeline import Axis, Bars, indicator


@indicator(style="panel", rows=chosen)
def select(rows: Axis, bars: Bars, *, symbols: Symbols = ALL, since: Since = None, until: Until = None) -> Bars:
    """Bars of some symbols, of a range of time, or of both; they stand on an axis of their own.

    Warm-up: none. Missing: as it comes. Edges: a symbol that is not there fails the node; what is left out is
    gone for all that hangs on it, the history before `since` included. Source: a filter of rows.
    """
    return rows.join(bars.drop("end"), on=["symbol", "ts"], how="left", maintain_order="left")
