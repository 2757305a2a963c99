from typing import Annotated

import polars as pl

from pipeline import Param, Price, Ratio, indicator


@indicator(warmup=lambda p: p.periods)
def log_returns(close: Price, *, periods: Annotated[int, Param("Over how many bars", ge=1, le=100_000)] = 1) -> Ratio:
    """Logarithmic return: the natural logarithm of the close over the close `periods` bars ago; these add up over time.

    Warm-up: periods rows. Missing: where either close is missing. Units: 0.01 is about one percent. Edges: null
    where the quotient is not above 0, as when one of the prices is 0 or negative. Source: Campbell, Lo and
    MacKinlay, The Econometrics of Financial Markets (1997), 1.4.
    """
    before = close.shift(periods)
    quotient = pl.when(before != 0).then(close / before)
    return pl.when(quotient > 0).then(quotient.log())
