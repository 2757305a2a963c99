"""Leave missing rows out, and put results back: for recursions that go on as if a missing bar did not exist."""

import numpy as np
from numpy.typing import NDArray


def rows_known(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Row numbers on which both columns have a finite value."""
    rows = np.empty(len(x), dtype=np.int64)
    count = 0
    for i in range(len(x)):
        if np.isfinite(x[i]) and np.isfinite(y[i]):
            rows[count] = i
            count += 1
    return rows[:count]


def pick(x: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The values on those rows."""
    out = np.empty(len(rows))
    for k in range(len(rows)):
        out[k] = x[rows[k]]
    return out


def spread(values: NDArray[np.float64], rows: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """The values on those rows of a column of `length`, NaN elsewhere."""
    out = np.full(length, np.nan)
    for k in range(len(rows)):
        out[rows[k]] = values[k]
    return out
