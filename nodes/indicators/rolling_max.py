from typing import Annotated

from nodes.kernels.window import top_windows
from pipeline import Number, Param, SameKind, indicator


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def rolling_max(
    x: Number, *, period: Annotated[int, Param("Window length, in bars", ge=1, le=100_000)] = 30
) -> SameKind:
    """Largest of the last `period` values, this one included.

    Warm-up: period - 1 rows. Missing: a window that contains a missing value is missing. Units: those of the
    input. Edges: a breakout is `cross` of the value with `shift` of this, else no value is ever beyond it.
    Source: TA-Lib MAX.
    """
    return top_windows(x, period, 1.0)
