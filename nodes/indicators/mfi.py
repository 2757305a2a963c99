from typing import Annotated

import numpy as np

from nodes.kernels.window import sum_windows
from pipeline import Param, Percent, Price, Volume, indicator


@indicator(style="kernel", warmup=lambda p: p.period)
def mfi(
    high: Price,
    low: Price,
    close: Price,
    volume: Volume,
    *,
    period: Annotated[int, Param("Window length, in bars", ge=2, le=100_000)] = 14,
) -> Percent:
    """Money flow index: money that changed hands on rises, in percent of all that did on rises and falls.

    Money is typical price times volume; a bar counts as a rise when its typical price is above the one before.
    Warm-up: period rows. Missing: a window that contains a missing value, or a bar right after one, is missing. Units:
    percent, 0 to 100. Edges: 0 where no money moved (TA-Lib: less than 1 unit of it, which depends on the
    currency). Source: Quong and Soudack, Stocks & Commodities 7:3 (1989); TA-Lib MFI.
    """
    rows = len(close)
    rises = np.full(rows, np.nan)
    falls = np.full(rows, np.nan)
    typical = (high + low + close) / 3.0
    for i in range(1, rows):
        money = typical[i] * volume[i]
        move = typical[i] - typical[i - 1]
        # three prices may add up to the same sum in another order and differ in its last digit
        still = 1e-14 * typical[i]
        nothing = 0.0 * (move + money)  # missing where one of them is
        rises[i] = money if move > still else nothing
        falls[i] = money if -move > still else nothing
    out = sum_windows(rises, period)
    lost = sum_windows(falls, period)
    for i in range(rows):
        moved = out[i] + lost[i]
        out[i] = 100.0 * (out[i] / (moved if moved > 0.0 else 1.0))
    return out
