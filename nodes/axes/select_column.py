from nodes.kernels.chosen import ALL, Since, Symbols, Until, chosen
from pipeline import Axis, Number, SameKind, indicator


@indicator(style="panel", rows=chosen)
def select_column(
    rows: Axis, x: Number, *, symbols: Symbols = ALL, since: Since = None, until: Until = None
) -> SameKind:
    """A column for some symbols, a range of time, or both, on the axis that `select` makes with the same params.

    Warm-up: none. Missing: as it comes. Units: those of the input. Edges: as `select`. Source: `select`.
    """
    return rows.join(x.drop("end"), on=["symbol", "ts"], how="left", maintain_order="left")["value"]
