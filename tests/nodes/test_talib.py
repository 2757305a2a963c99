"""TA-Lib is the reference for every node that it has: same warm-up, same seeds, same values.

`TOLERANCE` is relative to the value, with a floor relative to the input for outputs that pass through 0.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import talib

TOLERANCE = 1e-9
FLOOR = 1e-12

CASES = [
    ("sma", ["close"], [{"period": 2}, {"period": 7}, {"period": 30}, {"period": 200}]),
    ("ema", ["close"], [{"period": 2}, {"period": 12}, {"period": 30}, {"period": 200}]),
    ("wma", ["close"], [{"period": 2}, {"period": 9}, {"period": 30}, {"period": 200}]),
    ("dema", ["close"], [{"period": 2}, {"period": 5}, {"period": 30}]),
    ("wilder", ["close"], [{"period": 2}, {"period": 14}]),
    ("rsi", ["close"], [{"period": 2}, {"period": 14}, {"period": 100}]),
    ("macd", ["close"], [{}, {"fast": 5, "slow": 9, "signal": 3}, {"fast": 20, "slow": 6, "signal": 1}]),
    ("roc", ["close"], [{"period": 1}, {"period": 10}]),
    ("bollinger", ["close"], [{}, {"period": 5, "deviations": 1.5}]),
    ("true_range", ["high", "low", "close"], [{}]),
    ("atr", ["high", "low", "close"], [{"period": 1}, {"period": 14}]),
    ("rolling_std", ["close"], [{"period": 2}, {"period": 5}, {"period": 60}]),
    ("rolling_max", ["high"], [{"period": 2}, {"period": 30}, {"period": 31}]),
    ("rolling_min", ["low"], [{"period": 2}, {"period": 30}, {"period": 31}]),
    ("rolling_sum", ["volume"], [{"period": 2}, {"period": 30}]),
    ("diff", ["close"], [{"periods": 1}, {"periods": 10}]),
    ("returns", ["close"], [{"periods": 1}, {"periods": 10}]),
    ("tema", ["close"], [{"period": 2}, {"period": 30}]),
    ("kama", ["close"], [{"period": 2}, {"period": 30}]),
    ("hma", ["close"], [{"period": 2}, {"period": 7}, {"period": 50}]),
    ("vwma", ["close", "volume"], [{"period": 2}, {"period": 20}]),
    ("stochastic_fast", ["high", "low", "close"], [{}, {"period": 14, "signal": 1}]),
    ("stochastic", ["high", "low", "close"], [{}, {"period": 14, "slowing": 1, "signal": 5}]),
    ("stoch_rsi", ["close"], [{}, {"period": 2, "window": 9, "signal": 1}]),
    ("williams_r", ["high", "low", "close"], [{"period": 2}, {"period": 14}]),
    ("cci", ["high", "low", "close"], [{"period": 2}, {"period": 14}]),
    ("ppo", ["close"], [{"signal": 1}, {"fast": 20, "slow": 6, "signal": 1}]),
    ("tsi", ["close"], [{}, {"first": 3, "second": 2}]),
    ("directional_index", ["high", "low", "close"], [{"period": 2}, {"period": 14}]),
    ("adx", ["high", "low", "close"], [{"period": 2}, {"period": 14}]),
    ("aroon", ["high", "low"], [{"period": 2}, {"period": 25}]),
    ("mfi", ["high", "low", "close", "volume"], [{"period": 2}, {"period": 14}]),
    ("keltner", ["high", "low", "close"], [{}, {"period": 5, "atr_period": 30, "multiplier": 1.5}]),
    ("donchian", ["high", "low"], [{"period": 2}, {"period": 20}]),
    ("rolling_var", ["close"], [{"period": 2}, {"period": 20}]),
    ("parabolic_sar", ["high", "low"], [{}, {"acceleration": 0.1, "maximum": 0.05}]),
    ("supertrend", ["high", "low", "close"], [{}, {"period": 2, "multiplier": 1.0}]),
    ("obv", ["close", "volume"], [{}]),
    ("accumulation", ["high", "low", "close", "volume"], [{}]),
    ("cmf", ["high", "low", "close", "volume"], [{"period": 2}, {"period": 20}]),
    ("force_index", ["close", "volume"], [{"period": 1}, {"period": 13}]),
    ("volume_average", ["volume"], [{"period": 20}]),
    ("percent_rank", ["close"], [{"period": 2}, {"period": 100}]),
    ("slope", ["close"], [{"period": 2}, {"period": 14}]),
    ("correlation", ["close", "open"], [{"period": 10}, {"period": 30}]),
    ("beta", ["close", "open"], [{"period": 10}, {"period": 60}]),
]
PARAMETRIZED = [
    # one worker for all tests of a node: it is compiled once
    pytest.param(id_, ports, params, id="-".join([id_, *map(str, params.values())]))
    for id_, ports, choices in CASES
    for params in choices
]
ZERO_DEGREE = {
    "rsi", "roc", "returns", "stochastic", "stochastic_fast", "stoch_rsi", "williams_r", "cci", "ppo", "tsi", "adx",
    "directional_index", "aroon", "mfi", "cmf", "percent_rank", "correlation", "beta",
}  # fmt: skip
"""Nodes whose value does not change when all prices are multiplied."""
SECOND_DEGREE = {"rolling_var", "force_index"}
UNDEFINED = {"correlation", "beta"}
"""Nodes that are null on flat columns, where TA-Lib gives 0."""


def reference(id_: str, ports: list[np.ndarray], p: dict[str, Any]) -> dict[str, np.ndarray]:
    """TA-Lib's outputs under our names."""
    period = p.get("period", p.get("periods", 0))
    if id_ == "macd":
        lines = talib.MACD(*ports, p.get("fast", 12), p.get("slow", 26), p.get("signal", 9))
        return dict(zip(("macd", "signal", "histogram"), lines, strict=True))
    if id_ == "bollinger":
        width = p.get("deviations", 2.0)
        bands = talib.BBANDS(*ports, p.get("period", 20), width, width)
        return dict(zip(("upper", "middle", "lower"), bands, strict=True))
    if id_ == "wilder":
        # TA-Lib has Wilder's smoothing inside ATR only: bars from 0 to x that close at 0 have the range x
        zeros = np.zeros(len(ports[0]) + 1)
        return {"value": talib.ATR(np.concatenate(([0.0], ports[0])), zeros, zeros, period)[1:]}
    if id_ in SEVERAL:
        names, function = SEVERAL[id_]
        return dict(zip(names, function(ports, p), strict=True))
    return {"value": FUNCTIONS[id_](*ports, *([period] if period else []))}


FUNCTIONS = {
    "sma": talib.SMA,
    "ema": talib.EMA,
    "wma": talib.WMA,
    "dema": talib.DEMA,
    "rsi": talib.RSI,
    "roc": talib.ROC,
    "true_range": talib.TRANGE,
    "atr": talib.ATR,
    "rolling_std": talib.STDDEV,
    "rolling_max": talib.MAX,
    "rolling_min": talib.MIN,
    "rolling_sum": talib.SUM,
    "diff": talib.MOM,
    "returns": talib.ROCP,
    "tema": talib.TEMA,
    "kama": talib.KAMA,
    "hma": talib.HMA,
    "vwma": talib.VWMA,
    "williams_r": talib.WILLR,
    "cci": talib.CCI,
    "adx": talib.ADX,
    "mfi": talib.MFI,
    "rolling_var": talib.VAR,
    "obv": talib.OBV,
    "accumulation": talib.AD,
    "cmf": talib.CMF,
    "force_index": talib.EFI,
    "volume_average": talib.SMA,
    "percent_rank": talib.PERCENTRANK,
    "slope": talib.LINEARREG_SLOPE,
    "correlation": talib.CORREL,
    "beta": lambda x, benchmark, period: talib.BETA(benchmark, x, period),
}
BANDS = ("upper", "middle", "lower")
SEVERAL = {
    "stochastic_fast": ("kd", lambda x, p: talib.STOCHF(*x, p.get("period", 5), p.get("signal", 3))),
    "stochastic": (
        "kd",
        lambda x, p: talib.STOCH(*x, p.get("period", 5), p.get("slowing", 3), 0, p.get("signal", 3), 0),
    ),
    "stoch_rsi": (
        "kd",
        lambda x, p: talib.STOCHRSI(*x, p.get("period", 14), p.get("window", 5), p.get("signal", 3)),
    ),
    "ppo": (["ppo"], lambda x, p: [talib.PPO(*x, p.get("fast", 12), p.get("slow", 26), 1)]),
    "tsi": (["value"], lambda x, p: [talib.TSI(*x, p.get("first", 25), p.get("second", 13))]),
    "directional_index": (
        ("plus", "minus", "dx"),
        lambda x, p: [function(*x, p["period"]) for function in (talib.PLUS_DI, talib.MINUS_DI, talib.DX)],
    ),
    "aroon": (
        ("up", "down", "oscillator"),
        lambda x, p: [*talib.AROON(*x, p["period"])[::-1], talib.AROONOSC(*x, p["period"])],
    ),
    "keltner": (
        BANDS,
        lambda x, p: talib.KC(*x, p.get("period", 20), p.get("atr_period", 10), p.get("multiplier", 2.0)),
    ),
    "donchian": (BANDS, lambda x, p: talib.DONCHIAN(*x, p["period"])),
    "parabolic_sar": (["value"], lambda x, p: [talib.SAR(*x, p.get("acceleration", 0.02), p.get("maximum", 0.2))]),
    "supertrend": (["line"], lambda x, p: talib.SUPERTREND(*x, p.get("period", 10), p.get("multiplier", 3.0))[:1]),
}


def by_name(found: Any) -> dict[str, np.ndarray]:
    return vars(found) if isinstance(found, SimpleNamespace) else {"value": found}


def assert_agrees(found: Any, expected: dict[str, np.ndarray], *, size: float, undefined: bool) -> None:
    for name, theirs in expected.items():
        ours = by_name(found)[name]
        theirs = np.where(np.isinf(theirs), np.nan, theirs)
        if undefined:
            # where a column is flat TA-Lib says 0 and we say that there is no value
            theirs = np.where(np.isnan(ours) & (np.abs(theirs) < FLOOR), np.nan, theirs)
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs), err_msg=f"{name}: missing rows differ")
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=FLOOR * size, err_msg=name)


def size_of(id_: str, ports: list[np.ndarray], period: int) -> float:
    """What a rounding error is relative to: the input for outputs in its units, 1 for plain numbers.

    TA-Lib subtracts sums of squares and takes values out of running sums again, so where hardly anything moved
    or was traded it knows only about half of the digits of the input: test_oracle shows that the rounding is its own.
    """
    if id_ in ZERO_DEGREE:
        return {"cci": 1e9, "correlation": 1e6, "beta": 1e5, "cmf": 1e4, "mfi": 1e8, "stoch_rsi": 1e6}.get(id_, 100.0)
    largest = max((float(np.max(np.abs(port))) for port in ports if len(port)), default=0.0)
    return largest * {
        "rolling_std": 1e3,
        "bollinger": 1e3,
        "rolling_sum": float(period),
        "rolling_var": largest,
        "accumulation": 1e4,
        "force_index": 1e2,
        "slope": 1e3,
    }.get(id_, 1.0)


@pytest.mark.parametrize(("id_", "ports", "params"), PARAMETRIZED)
def test_random_walks_agree(compute, bars, id_, ports, params):
    for seed in (1, 2, 3):
        arrays = [getattr(bars(1_500, seed=seed), port) for port in ports]
        size = size_of(id_, arrays, params.get("period", 1))
        assert_agrees(
            compute(id_, *arrays, **params), reference(id_, arrays, params), size=size, undefined=id_ in UNDEFINED
        )


@pytest.mark.parametrize(("id_", "ports", "params"), PARAMETRIZED)
def test_real_bars_agree(compute, real_bars, id_, ports, params):
    arrays = [getattr(real_bars, port) for port in ports]
    size = size_of(id_, arrays, params.get("period", 1))
    assert_agrees(
        compute(id_, *arrays, **params), reference(id_, arrays, params), size=size, undefined=id_ in UNDEFINED
    )


@pytest.mark.parametrize(("id_", "ports", "params"), PARAMETRIZED)
@pytest.mark.parametrize("rows", [1, 2, 3, 20, 40])
def test_short_series_agree(compute, bars, id_, ports, params, rows):
    arrays = [getattr(bars(rows, seed=4), port) for port in ports]
    size = size_of(id_, arrays, params.get("period", 1))
    assert_agrees(
        compute(id_, *arrays, **params), reference(id_, arrays, params), size=size, undefined=id_ in UNDEFINED
    )


@pytest.mark.parametrize(("id_", "ports", "params"), PARAMETRIZED)
def test_flat_series_agree(compute, id_, ports, params):
    arrays = [np.full(300, 12.34) for _ in ports]
    size = size_of(id_, arrays, params.get("period", 1))
    assert_agrees(
        compute(id_, *arrays, **params), reference(id_, arrays, params), size=size, undefined=id_ in UNDEFINED
    )


@pytest.mark.parametrize(("id_", "ports", "params"), PARAMETRIZED)
@pytest.mark.parametrize("power", [-40, 40], ids=["prices-of-1e-12", "prices-of-1e12"])
def test_price_scale_only_scales(compute, bars, id_, ports, params, power):
    # TA-Lib takes anything below 1e-14 for 0, so its values at scale 1 are the reference for all scales
    arrays = [getattr(bars(400, seed=5), port) for port in ports]
    factor = 2.0**power
    expected = reference(id_, arrays, params)
    gain = 1.0 if id_ in ZERO_DEGREE else factor**2 if id_ in SECOND_DEGREE else factor
    expected = {name: array * gain for name, array in expected.items()}
    size = size_of(id_, arrays, params.get("period", 1)) * gain
    found = compute(id_, *(array * factor for array in arrays), **params)
    assert_agrees(found, expected, size=size, undefined=id_ in UNDEFINED)


@pytest.mark.parametrize(("id_", "ports", "params"), PARAMETRIZED)
def test_an_empty_series_gives_an_empty_series(compute, id_, ports, params):
    for output in by_name(compute(id_, *(np.empty(0) for _ in ports), **params)).values():
        assert len(output) == 0
