import numpy as np

from pipeline import Ratio, Returns, portfolio


@portfolio(style="kernel", recursive=True)
def growth(returns: Returns) -> Ratio:
    """What 1 became: the cumulative product of 1 + return.

    It starts at 1 before the first bar, hence at 1 where the first return is 0, as `position_returns` gives it.
    Warm-up: none. Missing: a bar without a return is missing and skipped. Units: multiples of the start. Edges:
    once it is at or below 0 it is 0 for ever: what is ruined does not recover. Source: compound growth; cumprod
    of pandas over 1 + return.
    """
    out = np.full(len(returns), np.nan)
    value = 1.0
    for i in range(len(returns)):
        if np.isfinite(returns[i]):
            value = max(value * (1.0 + returns[i]), 0.0)
            out[i] = value
    return out
