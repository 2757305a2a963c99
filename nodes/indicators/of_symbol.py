from typing import Annotated

import polars as pl

from pipeline import Number, Param, SameKind, indicator


@indicator(scope="cross-section")
def of_symbol(x: Number, *, symbol: Annotated[str, Param("Whose value: SPY, BTCUSD")]) -> SameKind:
    """The value of one symbol on the same bar, given to all symbols: a benchmark, or the other leg of a pair.

    Warm-up: none. Missing: where that symbol has no value or no bar. Units: those of the input. Edges: null
    everywhere when the graph's bars do not have the symbol. Source: a join on the time of the bar.
    """
    return x.filter(pl.col("symbol") == symbol).first().over("ts")
