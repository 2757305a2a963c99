from typing import Annotated, Literal

import polars as pl

from pipeline import Condition, Number, Param, indicator


@indicator(scope="cross-section")
def top_symbols(
    x: Number,
    *,
    count: Annotated[int, Param("How many symbols", ge=1, le=100_000)] = 10,
    side: Annotated[Literal["largest", "smallest"], Param("Which end")] = "largest",
) -> Condition:
    """True for the `count` symbols with the largest (or smallest) values of the same bar.

    Warm-up: none. Missing: where the value is missing; a symbol without value on a bar does not count there.
    Edges: with fewer symbols than `count` all are chosen; of equal values the symbol that comes first in the alphabet.
    Source: ordinal ranks.
    """
    rank = x.rank("ordinal", descending=side == "largest").over("ts", order_by="symbol")
    return pl.when(x.is_not_null()).then(rank <= count)
