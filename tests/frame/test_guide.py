"""The plugin guide's code on the adapter in place of pandas, compared with the same code on pandas."""

from __future__ import annotations

import logging
import math
import re
import sys
import textwrap
import unittest
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here
import pytest

import pipeline.frame

BLOCKS = dict(
    re.findall(
        r"## ([^\n]+)\n\n```python\n(.*?)```", Path(__file__).with_name("guide_blocks.txt").read_text(), re.DOTALL
    )
)
ROWS = 60
STEPS = np.arange(ROWS)
BARS = {
    "timestamp": np.datetime64("2023-01-01T00:00", "us") + STEPS.astype("m8[h]"),
    "open": 100 + np.sin(STEPS / 3.0),
    "high": 102 + np.sin(STEPS / 3.0),
    "low": 98 + np.sin(STEPS / 3.0),
    "close": 100 + 5 * np.cos(STEPS / 5.0) + STEPS % 7,
    "volume": 1000 + STEPS * 37 % 900,
}
MEAN, STD = (getattr(pandas.Series(BARS["close"]).rolling(5), name)() for name in ("mean", "std"))
# what a bare fragment of the guide leaves to its surroundings
WRAPPED = """
from typing import Any, Dict
import pandas as pd
import numpy as np

class Wrapper:
    period = 5
    logger = __import__("logging").getLogger("guide")

{body}
"""


@pytest.fixture(params=["adapter", "pandas"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Either library, under the name of pandas."""
    found = pipeline.frame if request.param == "adapter" else pandas
    monkeypatch.setitem(sys.modules, "pandas", found)
    return found


def run(code: str) -> dict[str, Any]:
    """The names that a block defines, its relative imports as if it lay in bot_engine/plugins."""
    names = {"__name__": "bot_engine.plugins.block", "__package__": "bot_engine.plugins"}
    exec(compile(code, "block.py", "exec"), names)
    return names


def wrapped(block: str) -> Any:
    return run(WRAPPED.format(body=textwrap.indent(BLOCKS[block], "    ")))["Wrapper"]()


def bars(pd: Any, rows: int = ROWS) -> Any:
    return pd.DataFrame({name: values[:rows] for name, values in BARS.items()})


def expected(column: Any) -> Any:
    return pytest.approx(np.asarray(column, dtype=float), nan_ok=True)


def test_the_strategy_gives_its_two_columns(library: ModuleType) -> None:
    block = run(BLOCKS["strategy"])
    data = bars(library)
    with pipeline.frame.recorded_gaps() as gaps:
        strategy = block["MyCustomStrategy"](param1=12)
        strategy.set_parameters({"param2": 0.5, "unknown": 1})
        signals = strategy.generate_signals(data)
    assert strategy.get_parameters() == {"param1": 12, "param2": 0.5}
    assert isinstance(signals, library.DataFrame)
    assert list(signals.columns) == [*BARS, "signal", "signal_strength"]
    assert list(data.columns) == list(BARS)
    assert (signals["signal"] == 0).all()
    assert (signals["signal_strength"] == 0.5).all()
    assert block["MyCustomPlugin"]().get_strategy_class() is block["MyCustomStrategy"]
    assert block["MyCustomPlugin"]().get_metadata()["id"] == "my_custom_strategy"
    assert not gaps


def test_the_indicator_is_a_moving_average(library: ModuleType) -> None:
    indicator = run(BLOCKS["indicator"])["MyCustomIndicator"](period=5)
    result = indicator.calculate(bars(library))
    assert isinstance(result, library.Series)
    means = [np.nan] * 4 + [BARS["close"][end - 5 : end].mean() for end in range(5, ROWS + 1)]
    assert result.to_numpy() == expected(means)
    assert result.name == "close"
    assert indicator.validate_data(bars(library))
    assert not indicator.validate_data(bars(library, rows=4))


def test_several_outputs_are_bands_around_the_mean(library: ModuleType) -> None:
    made = wrapped("multiple outputs").calculate(bars(library))
    mean, std = MEAN, STD
    assert list(made) == ["sma", "upper_band", "lower_band", "bandwidth"]
    for name, values in zip(made, (mean, mean + 2 * std, mean - 2 * std, 4 * std / mean), strict=True):
        assert made[name].to_numpy() == expected(values), name


def test_validation_wants_columns_rows_and_values(library: ModuleType) -> None:
    wrapper = wrapped("validation")
    data = bars(library)
    empty = bars(library)
    empty["volume"] = np.nan
    assert wrapper.validate_data(data)
    assert not wrapper.validate_data(data.head(4))
    assert not wrapper.validate_data(data.drop(columns=["volume"]))
    assert not wrapper.validate_data(empty)


def test_error_handling_falls_back_to_hold(library: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    wrapper = wrapped("error handling")
    assert list(wrapper.generate_signals(bars(library)).columns) == list(BARS)

    class Once:
        """A frame whose first copy fails."""

        failed = False

        def copy(self) -> Any:
            if not self.failed:
                self.failed = True
                raise RuntimeError("no data")
            return bars(library)

    with caplog.at_level(logging.ERROR, logger="guide"):
        held = wrapper.generate_signals(Once())
    assert "Signal generation failed: no data" in caplog.text
    assert (held["signal"] == 0).all()
    assert (held["signal_strength"] == 0.0).all()


def test_loops_and_vectors_give_the_same_signals(library: ModuleType) -> None:
    """The guide's BAD loop and its GOOD np.where, one after the other on one frame."""
    bad, good = BLOCKS["vectorized"].split("# GOOD:")
    df = bars(library)
    names = {
        "df": df,
        "result_df": df.copy(),
        "np": np,
        "self": type("Strategy", (), {"period": 5}),
        "condition": df["close"] > 103,
        "calculate_signal": lambda row: 1 if row["close"] > 103 else 0,
    }
    exec(bad, names)
    looped = names["result_df"]["signal"]
    exec(good, names)
    assert looped.tolist() == names["result_df"]["signal"].tolist() == (BARS["close"] > 103).astype(int).tolist()
    assert names["result_df"]["sma"].to_numpy()[4:].tolist() == pytest.approx(
        np.convolve(BARS["close"], np.ones(5) / 5, "valid").tolist()
    )
    assert math.isnan(names["result_df"]["sma"].iloc[3])


def test_parameters_outside_their_bounds_are_refused() -> None:
    wrapper = wrapped("set_parameters")
    wrapper.set_parameters({"period": 20})
    assert wrapper.period == 20
    with pytest.raises(ValueError, match="between 5 and 100, got 3"):
        wrapper.set_parameters({"period": 3})


def test_the_guides_unit_tests_pass(library: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = ModuleType("your_plugin")
    vars(plugin).update(run(BLOCKS["strategy"]))
    monkeypatch.setitem(sys.modules, "your_plugin", plugin)
    code = BLOCKS["unit test"]
    if library is pandas:
        # pandas 3 refuses the guide's spelling
        code = code.replace("'1H'", "'1h'")
    case = run(code)["TestMyCustomStrategy"]
    outcome = unittest.TestResult()
    with pipeline.frame.recorded_spellings() as spellings, warnings.catch_warnings():
        warnings.simplefilter("error")
        unittest.defaultTestLoader.loadTestsFromTestCase(case).run(outcome)
    assert outcome.testsRun == 2
    assert outcome.wasSuccessful(), [*outcome.errors, *outcome.failures]
    if library is pipeline.frame:
        assert {note.operation for note in spellings} == {"freq='1H'"}
