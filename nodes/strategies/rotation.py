from typing import Annotated

import polars as pl

from pipeline import Number, Param, Weight, strategy


@strategy(scope="cross-section")
def rotation(
    score: Number,
    *,
    top: Annotated[int, Param("How many symbols are held", ge=1, le=10_000)] = 5,
    least: Annotated[float, Param("Score that a symbol needs to be held at all", ge=-1e12, le=1e12)] = 0.0,
    invested: Annotated[float, Param("Share of equity that `top` symbols take together", gt=0.0, le=10.0)] = 1.0,
) -> Weight:
    """Hold the symbols with the best scores of each bar in equal parts, those below `least` in cash.

    Scores such as `returns` over half a year make it cross-sectional momentum; minus a volatility makes it a low-risk
    portfolio. Each place has the weight invested / top, also when there are fewer symbols, so what is not placed
    stays in cash. For `backtest_portfolio`, whose `rebalance` says how often the weights count. Warm-up: none.
    Missing: a symbol without a score has the weight 0. Units: share of equity. Edges: of equal scores the first
    symbol by name is held. Source: Jegadeesh and Titman (1993), winners alone.
    """
    place = score.rank("ordinal", descending=True).over("ts")
    chosen = (place <= top) & (score >= least)
    return pl.when(chosen.fill_null(False)).then(invested / top).otherwise(0.0)
