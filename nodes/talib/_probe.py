"""Ask the installed TA-Lib what its functions take and give, and write `functions.json`.

TA-Lib says names, inputs, params, defaults and outputs; it does not say which values a param may have nor
which functions remember more than a window. Both are found out by trying.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import talib
from numpy.typing import NDArray
from talib import _ta_lib as library
from talib import abstract

from nodes.talib._run import AVERAGES, INDEXES

Array = NDArray[np.float64]
DATA = Path(__file__).with_name("functions.json")
ROWS = 1_200
UNIT_INTERVAL = {"ACOS", "ASIN"}
"""Functions that take -1 to 1 only."""

SAYS = {
    "timeperiod": "Length, in bars",
    "fastperiod": "Length of the fast average, in bars",
    "slowperiod": "Length of the slow average, in bars",
    "signalperiod": "Length of the signal line's average, in bars",
    "penetration": "How far the last candle must reach into the first, as a share of its body",
    "matype": "Which moving average",
    "fastmatype": "Which average is the fast one",
    "slowmatype": "Which average is the slow one",
    "signalmatype": "Which average is the signal line",
    "fastk_period": "Length of the range that %K looks at, in bars",
    "slowk_period": "Length of the average that slows %K, in bars",
    "slowk_matype": "Which average slows %K",
    "slowd_period": "Length of the average that gives %D, in bars",
    "slowd_matype": "Which average gives %D",
    "fastd_period": "Length of the average that gives %D, in bars",
    "fastd_matype": "Which average gives %D",
    "nbdev": "How many deviations",
    "nbdevup": "Distance of the upper band, in deviations",
    "nbdevdn": "Distance of the lower band, in deviations",
    "wmaperiod": "Length of the weighted average, in bars",
    "roc1period": "Length of the first rate of change, in bars",
    "roc2period": "Length of the second rate of change, in bars",
    "rocperiod": "Length of the rate of change, in bars",
    "leftbars": "Bars before the swing that must stay inside it",
    "rightbars": "Bars after the swing that confirm it; it is told on the last of them",
    "firstperiod": "Length of the first smoothing, in bars",
    "secondperiod": "Length of the second smoothing, in bars",
    "timeperiod1": "Length of the first period, in bars",
    "timeperiod2": "Length of the second period, in bars",
    "timeperiod3": "Length of the third period, in bars",
    "atrperiod": "Length of the average true range, in bars",
    "fastlimit": "Upper limit of the adaptive factor",
    "slowlimit": "Lower limit of the adaptive factor",
    "minperiod": "Shorter periods count as this one",
    "maxperiod": "Longer periods count as this one",
    "acceleration": "Acceleration at the start and per new extreme",
    "maximum": "Largest acceleration",
    "startvalue": "Where it starts: 0 finds out, above 0 starts long there, below 0 short",
    "offsetonreverse": "Share of the price that is added to the stop when it reverses",
    "accelerationinitlong": "Acceleration at the start of a long side",
    "accelerationlong": "Acceleration per new high",
    "accelerationmaxlong": "Largest acceleration of a long side",
    "accelerationinitshort": "Acceleration at the start of a short side",
    "accelerationshort": "Acceleration per new low",
    "accelerationmaxshort": "Largest acceleration of a short side",
    "multiplier": "Distance from the middle, in average true ranges",
    "vfactor": "Volume factor: 0 is an exponential average, 1 a double one",
    "percentile": "Which percentile, 0 to 100",
    "stddevperiod": "Length of the deviation, in bars",
}
PERCENT = {"ADX", "ADXR", "AROON", "DX", "IMI", "MFI", "MINUS_DI", "PERCENTRANK", "PLUS_DI", "RSI", "RVI", "ULTOSC"}
"""Functions whose outputs lie between 0 and 100 whatever the params; the stochastics leave it with some averages."""
PRICE = {"ADR", "ATR", "AVGDEV", "TRANGE", "STDDEV"}
NOTES = {
    **dict.fromkeys(INDEXES, "The value says how many bars ago it was, not its row number."),
    "FRACTAL": "0 where no swing is confirmed.",
    "VWAP": "It runs from the first bar on; `vwap` begins anew with each session.",
}
OVERFLOW = {"COSH", "EXP", "SINH"}
UNDEFINED = "null where the result is no finite number."
CANDLE = "The value is 100 where the pattern is bullish, -100 where it is bearish (some give 80 or 200), else 0."


def sample(rows: int, seed: int = 3) -> dict[str, Array]:
    """Bars of a random walk, and periods for MAVP."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, rows)))
    opened = close * np.exp(rng.normal(0.0, 0.004, rows))
    return {
        "open": opened,
        "high": np.maximum(opened, close) * np.exp(np.abs(rng.normal(0.0, 0.004, rows))),
        "low": np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, rows))),
        "close": close,
        "volume": np.floor(rng.lognormal(10.0, 1.0, rows)),
        "periods": rng.integers(2, 30, rows).astype(np.float64),
    }


def ports_of(info: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, kind and sample column of each port; a function of any number has `x`, of two `x` and `y`."""
    found: list[tuple[str, str, str]] = []
    bars = any(isinstance(wanted, list) for wanted in info["input_names"].values())
    for name, wanted in info["input_names"].items():
        if isinstance(wanted, list):
            found += [(field, "volume" if field == "volume" else "price", field) for field in wanted]
        elif name == "periods":
            found.append(("periods", "number", "periods"))
        elif bars:
            found.append((wanted, "price", wanted))
        else:
            found.append(("y" if name == "price1" else "x", "number", wanted))
    return found


def evaluate(name: str, columns: list[Array], params: dict[str, Any]) -> list[Array]:
    found = getattr(library, name)(*columns, **params)
    return [array.astype(np.float64) for array in (found if isinstance(found, tuple) else (found,))]


def accepts(name: str, columns: list[Array], params: dict[str, Any]) -> bool:
    try:
        evaluate(name, columns, params)
    except Exception:  # noqa: BLE001 - TA-Lib raises nothing narrower
        return False
    return True


def bound(name: str, columns: list[Array], param: str, default: int | float, sign: int) -> int | float:
    """The farthest value of a param, in the direction of `sign`, that TA-Lib takes beside the defaults."""
    if isinstance(default, float):
        ladder = [0.0, 0.01, 0.99, 1.0, 100.0, 3e37] if sign > 0 else [default, 0.01, 0.0, -3e37]
        return [value for value in ladder if accepts(name, columns, {param: value})][-1]
    good, step = default, 1
    while accepts(name, columns, {param: good + sign * step}) and step < 2**30:
        good += sign * step
        step *= 2
    while step:
        if accepts(name, columns, {param: good + sign * step}):
            good += sign * step
        else:
            step //= 2
    return good


def remembers(name: str, columns: list[Array], warmup: int) -> bool:
    """True when values differ, beyond rounding, with what happened before the rows of the lookback."""
    for cut in (100, 400):
        whole = evaluate(name, columns, {})
        late = evaluate(name, [column[cut:].copy() for column in columns], {})
        for ours, theirs in zip(late, whole, strict=True):
            expected = theirs[cut + warmup :]
            size = float(np.max(np.abs(expected))) or 1.0
            if not np.allclose(ours[warmup:], expected, rtol=0.0, atol=1e-9 * size, equal_nan=True):
                return True
    return False


def entry_of(name: str) -> dict[str, Any]:
    """What `functions.json` says of one function."""
    function = abstract.Function(name)  # type: ignore[attr-defined]
    info = function.info
    ports = ports_of(info)
    bars = sample(ROWS)
    columns = [bars[field] for _, _, field in ports]
    if name in UNIT_INTERVAL:
        columns = [np.sin(column) for column in columns]
    warmup = int(function.lookback)
    short = [column[:3].copy() for column in columns]
    params = [param_of(name, short, key, default) for key, default in info["parameters"].items()]
    flags = info["function_flags"] or ()
    undefined = "Output can be NaN or infinite" in flags or name in OVERFLOW
    notes = [CANDLE * ("Output is a candlestick" in flags), NOTES.get(name, ""), UNDEFINED * undefined]
    return {
        "name": name,
        "title": info["display_name"],
        "group": info["group"],
        "ports": [[port, kind] for port, kind, _ in ports],
        "params": params,
        "outputs": outputs_of(name, info, ports, evaluate(name, columns, {})),
        "warmup": warmup,
        # row numbers differ with where the array begins, bars ago do not
        "recursive": name not in INDEXES and remembers(name, columns, warmup),
        "note": " ".join(filter(None, notes)),
    }


def param_of(name: str, columns: list[Array], key: str, default: Any) -> dict[str, Any]:
    said = {"name": key, "says": SAYS[key]}
    if key.endswith("matype"):
        names = {number: average for average, number in AVERAGES.items()}
        return {**said, "type": "average", "default": names[default]}
    low = bound(name, columns, key, default, -1)
    high = bound(name, columns, key, default, 1)
    if name == "MAVP":  # tried beside the defaults, each of its bounds is the other's default
        low, high = {"minperiod": (1, 100_000), "maxperiod": (1, 100_000)}[key]
    return {**said, "type": type(default).__name__, "default": default, "ge": low, "le": high}


def outputs_of(
    name: str, info: dict[str, Any], ports: list[tuple[str, str, str]], values: list[Array]
) -> list[list[str]]:
    generic = ports[0][0] == "x"
    same = "Output scale same as input" in (info["function_flags"] or ())
    found = []
    for output, array in zip(info["output_names"], values, strict=True):
        kind = "number"
        if name in PERCENT:
            kind = "percent"
            slack = 1e-9  # running sums leave a hair
            if not (np.nanmin(array) >= -slack and 1.0 < np.nanmax(array) <= 100.0 + slack):
                raise ValueError(f"{name} is no percentage")
        elif (same and output != "trend") or name in PRICE:
            kind = "same" if generic else "price"
        found.append(["value" if output in ("real", "integer") else output, kind])
    return found


def probe() -> str:
    """The text of `functions.json`, one line per function."""
    entries = [json.dumps(entry_of(name)) for name in sorted(talib.get_functions())]  # type: ignore[no-untyped-call]
    return "[\n" + ",\n".join(entries) + "\n]\n"


if __name__ == "__main__":
    DATA.write_text(probe(), encoding="utf-8")
