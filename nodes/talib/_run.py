"""Call a function of TA-Lib so that nothing it is known for can happen.

A NaN in the input turns some functions to NaN for ever and others to wrong numbers, so none is ever passed
on. Where values depend on all bars before, missing bars are left out, as in the native recursions; where they
depend on a window, each stretch between gaps is computed by itself, so that exactly the windows which
contain a gap are missing. Whole-number outputs have 0 in the warm-up, which here is missing as well.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

AVERAGES = {
    "sma": 0,
    "ema": 1,
    "wma": 2,
    "dema": 3,
    "tema": 4,
    "trima": 5,
    "kama": 6,
    "mama": 7,
    "t3": 8,
    "hma": 9,
    "none": 10,
    "zlema": 12,
    "rma": 13,
}
"""TA-Lib's MA_Type by the names that params take; 11, its "default", is the default of the param."""

WINDOWED = frozenset({"sma", "wma", "trima", "hma", "none"})
"""Averages whose values depend on a window alone."""

INDEXES = frozenset({"MAXINDEX", "MININDEX", "MINMAXINDEX"})
"""These give row numbers of the array; a node gives how many bars ago that was."""

UNSTABLE = (
    "ADX", "ATR", "CMO", "DX", "EMA", "HA", "HT_DCPERIOD", "HT_DCPHASE", "HT_PHASOR", "HT_SINE", "HT_TRENDLINE",
    "HT_TRENDMODE", "KAMA", "MAMA", "MINUS_DI", "MINUS_DM", "NATR", "PLUS_DI", "PLUS_DM", "RMA", "RSI", "RVI", "T3",
)  # fmt: skip
"""Functions with a setting of the whole process, on which others depend as well."""


def compute(
    name: str, recursive: bool, averages: tuple[str, ...], ports: tuple[Array, ...], params: dict[str, Any]
) -> Any:
    """The outputs of TA-Lib's function `name` over the bars of one symbol, NaN where missing.

    `averages` names the params that choose a moving average. Raises ValueError when TA-Lib refuses the params
    together, RuntimeError when a setting of the whole process, which is in no key, was changed.
    """
    import talib  # not at the top: it takes 0.1 s or more, which only its nodes shall cost

    library = talib._ta_lib
    _check_settings(talib)
    given = {key: AVERAGES[value] if key in averages else value for key, value in params.items()}
    known = np.isfinite(ports[0])
    for port in ports[1:]:
        known &= np.isfinite(port)
    rows = len(known)
    if known.all():
        outs = _call(library, name, ports, given) if rows else [np.empty(0)] * len(_names(name))
    elif recursive or any(params[key] not in WINDOWED for key in averages):
        outs = [np.full(rows, np.nan) for _ in _names(name)]
        if known.any():
            found = _call(library, name, tuple(port[known] for port in ports), given)
            for out, array in zip(outs, found, strict=True):
                out[known] = array
    else:
        outs = [np.full(rows, np.nan) for _ in _names(name)]
        for start, stop in _stretches(known):
            found = _call(library, name, tuple(port[start:stop] for port in ports), given)
            for out, array in zip(outs, found, strict=True):
                out[start:stop] = array
    return tuple(outs) if len(outs) > 1 else outs[0]


def lookback(name: str, averages: tuple[str, ...], params: dict[str, Any]) -> int:
    """Leading rows without a value, as TA-Lib itself counts them. Raises ValueError as `compute` does."""
    given = tuple((key, AVERAGES[value] if key in averages else value) for key, value in params.items())
    return _lookback(name, given)


@lru_cache(maxsize=4096)
def _lookback(name: str, given: tuple[tuple[str, Any], ...]) -> int:
    from talib import abstract  # see `compute`

    # an object of its own: what `abstract` hands out by name is shared by all threads
    function = abstract.Function(name)  # type: ignore[attr-defined]
    if given:
        function.parameters = dict(given)
    rows = int(function.lookback)
    if rows < 0:  # how it says that it would refuse the call
        said = ", ".join(f"{key}={value}" for key, value in given)
        raise ValueError(f"TA-Lib's {name} refuses {said} together")
    return rows


@lru_cache(maxsize=256)
def _names(name: str) -> tuple[str, ...]:
    from talib import abstract  # see `compute`

    return tuple(abstract.Function(name).info["output_names"])  # type: ignore[attr-defined]


def _call(library: Any, name: str, ports: tuple[Array, ...], given: dict[str, Any]) -> list[Array]:
    """One call over bars without a gap."""
    ports = tuple(np.ascontiguousarray(port, dtype=np.float64) for port in ports)
    try:
        found = getattr(library, name)(*ports, **given)
    except Exception as error:  # TA-Lib raises nothing narrower
        said = ", ".join(f"{key}={value}" for key, value in given.items())
        raise ValueError(f"TA-Lib's {name} refuses {said}: {error}") from error
    outs = []
    for array in found if isinstance(found, tuple) else (found,):
        whole = array.dtype != np.float64
        out = array.astype(np.float64) if whole else array
        if whole:
            warmup = _lookback(name, tuple(given.items()))
            if name in INDEXES:
                out = np.arange(len(out)) - out
            out[:warmup] = np.nan
        else:
            out[np.isinf(out)] = np.nan
        outs.append(out)
    return outs


def _stretches(known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and stop of each run of known bars."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _check_settings(talib: Any) -> None:
    changed = [name for name in UNSTABLE if talib.get_unstable_period(name)]
    if changed:
        raise RuntimeError(
            f"the unstable period of TA-Lib's {changed[0]} was changed in this process; nodes are computed with its "
            "defaults alone. Remove the call of set_unstable_period."
        )
