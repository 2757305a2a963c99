from typing import Annotated

import numpy as np

from nodes.kernels.window import top_windows
from pipeline import Event, Param, Price, strategy


@strategy(style="kernel", warmup=lambda p: max(p.entry, p.exit))
def breakout(
    high: Price,
    low: Price,
    close: Price,
    *,
    entry: Annotated[int, Param("Buy above the highest high of so many bars before", ge=1, le=100_000)] = 20,
    exit: Annotated[  # noqa: A002 - the param's name in YAML
        int, Param("Sell below the lowest low of so many bars before", ge=1, le=100_000)
    ] = 10,
) -> Event:
    """Buy when the close leaves the channel of the bars before upwards, sell when it leaves a shorter one downwards.

    The bar itself is in no channel. With `entry` 20 and `exit` 10 it is the Turtles' first system, long side; with
    both equal and direction both it is always in the market. Warm-up: the longer of the two. Missing: where the close
    or a channel is missing. Units: those of the price. Edges: touching is no breakout. Source: Donchian; the Turtle
    rules (1983).
    """
    upper = top_windows(high, entry, 1.0)
    lower = top_windows(low, exit, -1.0)
    out = np.full(len(close), np.nan)
    for i in range(1, len(close)):
        if np.isfinite(close[i]) and np.isfinite(upper[i - 1]) and np.isfinite(lower[i - 1]):
            out[i] = 1.0 if close[i] > upper[i - 1] else -1.0 if close[i] < lower[i - 1] else 0.0
    return out
