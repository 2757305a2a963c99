"""Strategies and indicators in a caller's hands: bounds, sizes, the back-test, gaps, time limits, in-place changes."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pandas  # noqa: ICN001 - the name `pd` is the adapter's in plugins
import polars as pl
import pytest

import pipeline.frame
from pipeline.errors import NodeError, PluginError
from pipeline.plugins.guide import ParameterError
from pipeline.plugins.instance import calculate_indicator, create_strategy
from pipeline.plugins.load import Loader
from pipeline.plugins.monitor import MemoryEvents, Monitor
from pipeline.settings import PerformanceMonitoring

CLOSE = np.array([10.0, 11.0, 12.0, 11.0, 10.0, 12.0, 14.0, 13.0])
BARS = {
    "timestamp": np.datetime64("2024-01-01", "us") + np.arange(8).astype("m8[D]"),
    "open": CLOSE,
    "high": CLOSE + 1,
    "low": CLOSE - 1,
    "close": CLOSE,
    "volume": np.full(8, 100),
}
STRATEGY = """
import numpy as np
import pandas as pd
from ..strategy_plugin_system import StrategyPlugin
from ..strategies.base_strategy import BaseStrategy

class Swing(BaseStrategy):
    def __init__(self, **kwargs):
        super().__init__()
        self.level = kwargs.get('level', 10)
        self.depth = kwargs.get('depth', 0.5)

    def generate_signals(self, df):
        result = df.copy()
        result['signal'] = np.where(df['close'] <= self.level, 1, np.where(df['close'] >= 14, -1, 0))
        result['signal_strength'] = 0.5
        return result

    def get_parameters(self):
        return {'level': self.level, 'depth': self.depth}

    def set_parameters(self, parameters):
        for key, value in parameters.items():
            setattr(self, key, value)

    MORE

class SwingPlugin(StrategyPlugin):
    def get_strategy_class(self):
        return Swing

    def get_metadata(self):
        return {'id': 'swing', 'name': 'Swing', 'version': '1.0.0', 'author': 'a', 'description': 'd',
                'type': 'strategy', 'parameters': {'level': {'type': 'int', 'default': 10, 'min': 1, 'max': 100}}}
"""
SIZED = "def calculate_position_size(self, signal_strength):\n        return signal_strength / 2"
BOUNDED = "def get_parameter_bounds(self):\n        return {'depth': {'min': 0.1, 'max': 0.9}, 'level': (5, 500)}"


@pytest.fixture
def made(tmp_path):
    """`made(more)`: the plugin with more methods."""

    def load(more: str = "", text: str = STRATEGY) -> Any:
        path = tmp_path / "swing.py"
        path.write_text(text.replace("MORE", more))
        return Loader().load(path, tmp_path).plugins[0]

    return load


@pytest.fixture
def monitor() -> Monitor:
    return Monitor(PerformanceMonitoring(), MemoryEvents())


@pytest.fixture
def create(made, monitor):
    """`create(more, **params)`: an object of the strategy."""
    return lambda more="", limit=30.0, **params: create_strategy(made(more), params, monitor, limit)


def frame(library: Any = pipeline.frame) -> Any:
    return library.DataFrame(BARS)


def test_the_object_is_one_of_the_plugins_class(made, create) -> None:
    plugin = made()
    strategy = create_strategy(plugin, {"level": 11}, Monitor(PerformanceMonitoring(), MemoryEvents()), 30.0)
    assert isinstance(strategy, plugin.made)
    assert type(strategy).__name__ == "Swing"
    assert strategy.get_parameters() == {"level": 11, "depth": 0.5}
    assert strategy.logger.name == "tradegraph.plugin.Swing"


@pytest.mark.parametrize(
    ("more", "params", "code"),
    [
        ("", {"level": 0}, "TG223"),
        ("", {"level": 101}, "TG223"),
        ("", {"level": 1.5}, "TG222"),
        ("", {"levle": 5}, "TG221"),
        (BOUNDED, {"depth": 0.05}, "TG223"),
        (BOUNDED, {"level": 4}, "TG223"),
        (BOUNDED, {"level": 101}, "TG223"),
    ],
)
def test_bounds_reject_bad_parameters_when_made_and_when_set(create, more, params, code) -> None:
    with pytest.raises(ParameterError) as caught:
        create(more, **params)
    assert caught.value.faults[0].code == code
    strategy = create(more)
    with pytest.raises(ValueError, match=r"level|depth|levle"):
        strategy.set_parameters(params)
    assert strategy.get_parameters() == {"level": 10, "depth": 0.5}


def test_whole_numbers_do_where_a_float_is_declared(create) -> None:
    assert create(depth=1).depth == 1.0
    assert create(level=np.int64(7)).level == 7


def test_the_back_test_agrees_with_the_rules_by_hand(create) -> None:
    # bought with half the cash at the open after the first 10, sold at the open after the 14, which is 13
    found = create().backtest(frame())
    size = 0.5 * 100_000 / 11.0
    assert found["n_trades"] == 1
    assert found["final_equity"] == pytest.approx(100_000 + size * (13.0 - 11.0), rel=1e-12)
    assert found["trades"]["size"].to_list() == pytest.approx([size])
    assert found["equity"].to_list()[-1] == found["final_equity"]


def test_an_own_position_size_changes_the_sizes(create) -> None:
    whole, half = create().backtest(frame()), create(SIZED).backtest(frame())
    assert half["trades"]["size"].to_list() == pytest.approx([size / 2 for size in whole["trades"]["size"].to_list()])
    assert half["total_return"] == pytest.approx(whole["total_return"] / 2)
    # the strength itself is the author's and stays
    assert set(half["signals"]["signal_strength"].to_list()) == {0.5}


def test_it_changes_them_in_a_graph_as_well(world) -> None:
    for more, strength in (("", 0.5), (SIZED, 0.25)):
        world.write("swing", STRATEGY.replace("MORE", more))
        run = world.run("s: {use: swing, in: daily, with: {level: 100}}")
        events, strengths = world.values(run, "s", "event"), world.values(run, "s", "strength")
        assert events[:3] == [1, -1, -1]
        assert strengths[:3] == [strength] * 3


@pytest.mark.parametrize("library", [pipeline.frame, pandas, pl], ids=["adapter", "pandas", "polars"])
def test_the_back_test_takes_and_gives_every_kind_of_frame(create, library) -> None:
    found = create().backtest(frame(library), fee=0.001, direction="both")
    assert found["final_equity"] == pytest.approx(
        create().backtest(frame(), fee=0.001, direction="both")["final_equity"]
    )
    kinds = {name: type(found[name]).__module__.partition(".")[0] for name in ("trades", "equity", "signals")}
    assert set(kinds.values()) == {library.__name__.partition(".")[0]}


@pytest.mark.parametrize("options", [{"fees": 0.1}, {"fee": 2.0}, {"fill": "never"}])
def test_options_of_the_back_test_are_checked(create, options) -> None:
    with pytest.raises(ParameterError, match=r"fee|fill"):
        create().backtest(frame(), **options)


def test_an_own_back_test_is_left_to_the_author_and_gets_pandas_frames(create) -> None:
    own = "def backtest(self, data, **options):\n        return {'rows': len(data), 'mean': data['close'].mean()}"
    assert create(own).backtest(frame(pl)) == {"rows": 8, "mean": CLOSE.mean()}


def test_the_callers_frame_is_not_changed(create) -> None:
    for library in (pipeline.frame, pandas, pl):
        data = frame(library)
        more = (
            "def generate_signals(self, df):\n        df['signal'] = 0\n"
            "        df['signal_strength'] = 0.0\n        df['close'] = 1.0\n        return df"
        )
        found = create(more).generate_signals(data)
        assert list(found.columns)[-2:] == ["signal", "signal_strength"]
        assert list(data.columns) == list(BARS)
        assert data["close"].to_list() == CLOSE.tolist()


def test_columns_that_stay_keep_their_type(create) -> None:
    data = frame(pandas).assign(tag=pandas.Categorical(list("aabbaabb")), small=CLOSE.astype("f4"))
    data.index = pandas.date_range("2024-01-01", periods=8, freq="D", name="day")
    found = create().generate_signals(data)
    assert found.dtypes["tag"] == "category"
    assert found.dtypes["small"] == "float32"
    assert found.index.equals(data.index)
    assert found.index.name == "day"


GAP = """def generate_signals(self, df):
        self.calls = getattr(self, 'calls', 0) + 1
        result = df.copy()
        try:
            result['signal'] = (df['close'] * 0).mask(df['close'] > 12, 1).set_flags()
        except Exception:
            result['signal'] = 0
        result['signal_strength'] = 1.0
        return result"""


@pytest.mark.parametrize("library", [pipeline.frame, pandas, pl], ids=["adapter", "pandas", "polars"])
def test_what_the_adapter_lacks_is_run_on_real_pandas_with_the_objects_state(create, library) -> None:
    strategy = create(GAP)
    found = strategy.generate_signals(frame(library))
    assert [int(event) for event in found["signal"].to_list()] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert isinstance(found, library.DataFrame)
    assert strategy.calls == 2  # once here, once by the twin that had this object's state


def test_without_pandas_it_is_an_error_by_name_even_where_the_plugin_swallows_it(create, monkeypatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pandas" else there(name, *rest)
    )
    with pytest.raises(PluginError, match=r"set_flags") as caught:
        create(GAP).generate_signals(frame())
    assert caught.value.faults[0].code == "TG407"


def test_an_endless_loop_is_stopped_even_in_a_try(create) -> None:
    endless = (
        "def generate_signals(self, df):\n        while True:\n            try:\n                self.depth += 1\n"
        "            except Exception:\n                pass"
    )
    with pytest.raises(NodeError, match="plugin_timeout") as caught:
        create(endless, limit=0.05).generate_signals(frame())
    assert caught.value.faults[0].code == "TG505"


def test_calls_are_timed_and_failures_named(create, monitor) -> None:
    create().generate_signals(frame())
    with pytest.raises(ZeroDivisionError):
        create("def generate_signals(self, df):\n        return 1 / 0").generate_signals(frame())
    first, second = monitor._sink.calls
    assert (first.plugin, first.rows, first.code, first.slow) == ("swing", 8, "", False)
    assert (second.code, second.message) == ("TG501", "ZeroDivisionError: division by zero")
    assert monitor.summary()["swing"]["calls"] == 2


INPUTS = """
import pandas as pd
from ..strategy_plugin_system import IndicatorPlugin

class Ratio(IndicatorPlugin):
    def calculate(self, data, **kwargs):
        return data['close'] / data['other']

    def get_metadata(self):
        return {'id': 'ratio_to', 'name': 'R', 'version': '1.0.0', 'author': 'a', 'description': 'd',
                'type': 'indicator', 'inputs': {'other': 'What it is compared with'}}
"""


def test_inputs_of_the_metadata_are_ports(world, made, monitor) -> None:
    world.write("ratio_to", INPUTS)
    node = world.registry()["ratio_to"]
    assert [port.name for port in node.ports] == ["bars", "other"]
    assert "What it is compared with" in node.doc
    run = world.run("r: {use: ratio_to, in: {bars: daily, other: daily.open}}")
    assert world.values(run, "r")[0] == pytest.approx(100.0 / 99.5)
    data = {**BARS, "other": CLOSE * 2}
    found = calculate_indicator(made(text=INPUTS), pl.DataFrame(data), {}, monitor, 30.0)
    assert found.to_list() == [0.5] * 8


@pytest.mark.parametrize("inputs", ["['close']", "['Not A Name']", "5", "{'bars': 'x'}"])
def test_inputs_that_cannot_be_are_refused(world, refusals, inputs) -> None:
    world.write("ratio_to", INPUTS.replace("{'other': 'What it is compared with'}", inputs))
    assert refusals()["ratio_to.py"].startswith("TG403")
