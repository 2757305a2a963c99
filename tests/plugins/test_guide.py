"""Plugins as the guide writes them: their ports, outputs, params and faults, on the adapter alone."""

import importlib.util
import sys

import pytest

from bot_engine.strategies.base_strategy import BaseStrategy
from bot_engine.strategy_plugin_system import StrategyPlugin
from pipeline.errors import GraphError
from pipeline.model.kind import BARS, NUMBER, SIGNAL

ACTIVE = """
        close = result_df['close']
        fast = close.rolling(window=2).mean()
        result_df['signal'] = np.where(fast > close.shift(1), 1, np.where(fast < close.shift(1), -1, 0))
        result_df['signal_strength'] = np.where(result_df['signal'] != 0, 0.75, 0.0)
"""


@pytest.fixture
def strategy(world, guide):
    """The guide's strategy, verbatim."""
    world.write("my_custom_strategy", guide("strategy"))
    return world


def lively(text: str) -> str:
    """The guide's strategy with logic where the guide says that logic goes."""
    start = text.index("        result_df['signal'] = 0")
    end = text.index("        return result_df")
    return text[:start] + ACTIVE.lstrip("\n") + "\n" + text[end:]


def test_the_guides_strategy_is_a_node_type(strategy) -> None:
    node = strategy.registry()["my_custom_strategy"]
    assert (node.category, node.style, node.scope) == ("strategy", "frame", "symbol")
    assert [(port.name, port.kind, port.optional) for port in node.ports] == [("bars", BARS, False)]
    assert [output.kind for output in node.outputs] == [SIGNAL]
    assert node.summary == "Your strategy description"
    assert "1.0.0" in node.doc
    assert node.code


def test_its_params_are_the_declared_ones_and_the_undeclared_ones(strategy) -> None:
    params = {param.name: param for param in strategy.registry()["my_custom_strategy"].params}
    assert list(params) == ["param1", "param2"]
    assert (params["param1"].type, params["param1"].default) == (int, 10)
    assert params["param1"].param.description == "Parameter 1 description"
    assert (params["param1"].param.bounds.ge, params["param1"].param.bounds.le) == (1, 100)
    assert (params["param2"].type, params["param2"].default) == (float, 0.02)


def test_it_runs_verbatim_and_holds(strategy) -> None:
    run = strategy.run("s: {use: my_custom_strategy, in: daily, with: {param1: 20, param2: 0.05}}")
    assert run.exit_status == 0, run.records[0].failure
    assert set(strategy.values(run, "s", "event")) == {0}
    assert set(strategy.values(run, "s", "strength")) == {0.5}
    assert len(strategy.values(run, "s", "event")) == 36


@pytest.mark.parametrize("value", ["0", "101", "-5"])
def test_a_param_outside_its_min_and_max_is_refused_before_anything_runs(strategy, value) -> None:
    with pytest.raises(GraphError) as caught:
        strategy.plan(f"s: {{use: my_custom_strategy, in: daily, with: {{param1: {value}}}}}")
    (fault,) = caught.value.faults
    assert fault.code == "TG223"
    assert "1" in fault.message
    assert "100" in fault.message


def test_an_unknown_param_is_refused_with_a_suggestion(strategy) -> None:
    with pytest.raises(GraphError) as caught:
        strategy.plan("s: {use: my_custom_strategy, in: daily, with: {parm1: 3}}")
    assert caught.value.faults[0].code == "TG221"
    assert "param1" in caught.value.hint


def test_logic_in_it_sees_each_symbol_alone_and_unknown_bars_hold(world, guide) -> None:
    world.write("my_custom_strategy", lively(guide("strategy")))
    run = world.run("s: {use: my_custom_strategy, in: daily}\nb: {use: plus, in: s.strength}")
    assert run.exit_status == 0, run.records[0].failure
    events = world.frame(run, "s", "event")["value"].to_list()
    # closes rise by one a bar, so the mean of two is above the bar before, but on the first
    assert events == [0, *[1] * 11] * 3
    assert world.values(run, "s", "strength")[:2] == [0.0, 0.75]
    assert world.values(run, "b")[:2] == [0.0, 0.75]


def test_an_edit_of_the_plugin_recomputes_it_and_a_comment_does_not(world, guide) -> None:
    text = lively(guide("strategy"))
    nodes = "s: {use: my_custom_strategy, in: daily}"
    world.write("my_custom_strategy", text)
    before = world.plan(nodes).steps[0].key
    world.write("my_custom_strategy", text.replace("# Strategy parameters", "# The knobs"))
    assert world.plan(nodes).steps[0].key == before
    world.write("my_custom_strategy", text.replace("window=2", "window=3"))
    assert world.plan(nodes).steps[0].key != before


def test_the_guides_indicator_is_a_node_type_and_runs_verbatim(world, guide) -> None:
    world.write("my_custom_indicator", guide("indicator"))
    node = world.registry()["my_custom_indicator"]
    assert [(output.name, output.kind) for output in node.outputs] == [("value", NUMBER)]
    assert [(param.name, param.type, param.default) for param in node.params] == [("period", int, 14)]
    run = world.run("i: {use: my_custom_indicator, in: daily, with: {period: 3}}")
    values = world.frame(run, "i")["value"].to_list()
    assert values[:4] == [None, None, 101.0, 102.0]
    assert values[12:16] == [None, None, 201.0, 202.0]


def test_bars_that_validate_data_refuses_fail_the_node(world, guide) -> None:
    world.write("my_custom_indicator", guide("indicator"))
    run = world.run("i: {use: my_custom_indicator, in: daily, with: {period: 13}}")
    assert run.records[0].failure.code == "TG507"
    assert "validate_data" in run.records[0].failure.message


BANDS = """
from typing import Dict, Any
import pandas as pd
from ..strategy_plugin_system import IndicatorPlugin

class Bands(IndicatorPlugin):
    def __init__(self, period: int = 5, width: float = 2.0):
        self.period = period
        self.width = width

    def calculate(self, data: pd.DataFrame, **kwargs) -> Dict[str, pd.Series]:
        price = data['close']
        sma = price.rolling(window=self.period).mean()
        std = price.rolling(window=self.period).std()
        RESULT

    def get_metadata(self) -> Dict[str, Any]:
        return {'id': 'bands', 'name': 'Bands', 'version': '1.0.0', 'author': 'A', 'description': 'Bands.',
                'type': 'indicator', 'parameters': {
                    'period': {'type': 'int', 'default': 5, 'min': 2, 'max': 50, 'description': 'Window'},
                    'width': {'type': 'float', 'default': 2, 'min': 0.1, 'max': 5.0, 'description': 'Deviations'}}}
"""
AS_DICT = "return {'sma': sma, 'upper': sma + self.width * std, 'lower': sma - self.width * std}"
AS_FRAME = "return pd.DataFrame({'sma': sma, 'upper': sma + self.width * std, 'lower': sma - self.width * std})"


@pytest.mark.parametrize("result", [AS_DICT, AS_FRAME], ids=["dict", "frame"])
def test_several_outputs_are_learned_from_sample_bars(world, result) -> None:
    world.write("bands", BANDS.replace("RESULT", result))
    node = world.registry()["bands"]
    assert [output.name for output in node.outputs] == ["sma", "upper", "lower"]
    assert type(node.params.get("width").default) is float
    run = world.run("b: {use: bands, in: daily, with: {period: 2, width: 1}}\nc: {use: plus, in: b.upper}")
    assert run.exit_status == 0, run.records[0].failure
    assert world.values(run, "b", "sma")[:2] == [None, 100.5]
    assert world.values(run, "c")[1] == pytest.approx(100.5 + 0.5**0.5)


def test_outputs_that_are_declared_are_checked(world) -> None:
    text = BANDS.replace("RESULT", AS_DICT).replace(
        "'type': 'indicator'", "'type': 'indicator', 'outputs': ['sma', 'extra']"
    )
    world.write("bands", text)
    run = world.run("b: {use: bands, in: daily}")
    assert run.records[0].failure.code == "TG502"
    assert "extra" in run.records[0].failure.message


SWALLOWING = """
        try:
            result_df['signal'] = df['close'].mask(df['close'] > 0, 1).set_flags()
            result_df['signal_strength'] = 1.0
            return result_df
        except Exception as e:
            self.logger.error(f"Signal generation failed: {e}")
            result_df = df.copy()
            result_df['signal'] = 0
            result_df['signal_strength'] = 0.0
            return result_df
"""


def test_the_guides_own_except_cannot_hide_a_gap_of_the_adapter(world, guide, monkeypatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pandas" else there(name, *rest)
    )
    text = guide("strategy")
    start, end = text.index("        result_df['signal'] = 0"), text.index("        return result_df")
    world.write("my_custom_strategy", text[:start] + SWALLOWING.lstrip("\n") + text[end:])
    run = world.run("s: {use: my_custom_strategy, in: daily}\nb: {use: plus, in: daily.close}")
    failure = run.record("g", "s").failure
    assert failure.code == "TG407"
    assert "set_flags" in failure.message
    assert run.record("g", "b").status == "computed"
    assert run.plan.step("g", "s").key not in world.store.values


def test_an_except_that_hides_the_authors_own_bug_is_the_authors_right(world, guide) -> None:
    text = guide("strategy")
    start, end = text.index("        result_df['signal'] = 0"), text.index("        return result_df")
    bug = SWALLOWING.replace("df['close'].mask(df['close'] > 0, 1).set_flags()", "1 / 0")
    world.write("my_custom_strategy", text[:start] + bug.lstrip("\n") + text[end:])
    run = world.run("s: {use: my_custom_strategy, in: daily}")
    assert run.exit_status == 0
    assert set(world.values(run, "s", "event")) == {0}


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("result_df['signal'] = 0", "result_df['signal'] = 2", "TG502", "allowed: -1, 0, 1"),
        ("result_df['signal'] = 0", "pass", "TG502", "signal"),
        ("result_df['signal_strength'] = 0.5", "pass", "TG502", "signal_strength"),
        (
            "result_df['signal_strength'] = 0.5",
            "result_df['signal_strength'] = 'high'",
            "TG502",
            "signal_strength|strength",
        ),
        ("return result_df", "return result_df.head(3)", "TG502", "for the 12 bars"),
        ("result_df['signal'] = 0", "raise KeyError('lost')", "TG501", "KeyError"),
    ],
    ids=["event 2", "no signal", "no strength", "text", "too short", "raises"],
)
def test_what_the_guide_asks_of_a_result_is_checked(world, guide, old, new, code, says) -> None:
    text = guide("strategy")
    assert old in text
    world.write("my_custom_strategy", text.replace(old, new, 1))
    failure = world.run("s: {use: my_custom_strategy, in: daily}").records[0].failure
    assert failure.code == code
    assert any(part in failure.message for part in says.split("|")), failure.message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("'id': 'my_custom_strategy',", "", "lacks id"),
        ("'version': '1.0.0',", "'version': 1.0,", "lacks version"),
        ("'type': 'strategy'", "'type': 'indicator'", "'indicator'"),
        ("'id': 'my_custom_strategy'", "'id': 'My Strategy!'", "'My Strategy!'"),
        ("'type': 'int'", "'type': 'integral'", "'integral'"),
        ("'default': 10", "'default': 500", "500"),
        ("'default': 10", "'default': 'ten'", "ten"),
        ("'min': 1", "'min': 'one'", "one"),
        ("return {\n            'id'", "return 5\n        return {\n            'id'", "int"),
        ("'parameters': {\n", "'parameters': ['param1'],\n            'other': {\n", "parameters"),
        ("def __init__(self, **kwargs)", "def __init__(self, needed, **kwargs)", "needed"),
    ],
    ids=[
        *("no id", "version is no text", "other type", "bad id", "bad param type", "default out of range"),
        *("default of another type", "bound of another type", "no dict", "params no dict", "needs an argument"),
    ],
)
def test_faulty_metadata_is_refused_and_says_what_is_wrong(world, guide, refusals, old, new, says) -> None:
    text = guide("strategy")
    assert old in text
    world.write("my_custom_strategy", text.replace(old, new, 1))
    reason = refusals()["my_custom_strategy.py"]
    assert reason.startswith("TG403"), reason
    assert says in reason


def test_a_constructor_without_kwargs_gives_its_arguments_as_params(world, guide) -> None:
    text = guide("strategy").replace(
        "def __init__(self, **kwargs):", "def __init__(self, param1: int = 10, param2: float = 0.02, on: bool = True):"
    )
    text = text.replace("kwargs.get('param1', 10)", "param1").replace(
        "kwargs.get('param2', 0.02)", "param2 if on else 0.0"
    )
    world.write("my_custom_strategy", text)
    params = world.registry()["my_custom_strategy"].params
    assert [(param.name, param.type) for param in params] == [("param1", int), ("param2", float), ("on", bool)]
    run = world.run("s: {use: my_custom_strategy, in: daily, with: {on: false}}")
    assert run.exit_status == 0, run.records[0].failure


def test_a_plugin_in_a_deep_folder_finds_the_guides_classes(world, guide) -> None:
    world.write("very/deep/inside/my_custom_strategy", guide("strategy"))
    assert "my_custom_strategy" in world.registry()


def test_the_classes_of_the_guide_are_the_ones_that_bot_engine_has(world, guide) -> None:
    world.write("my_custom_strategy", guide("strategy") + "\nSEEN = (StrategyPlugin, BaseStrategy)\n")
    node = world.registry()["my_custom_strategy"]
    loaded = [
        module for name, module in sys.modules.items() if name.startswith("bot_engine.plugins.my_custom_strategy_")
    ]
    assert any(getattr(module, "SEEN", ()) == (StrategyPlugin, BaseStrategy) for module in loaded)
    assert node.origin == str(world.nodes / "my_custom_strategy.py")


def test_a_run_with_the_guides_plugins_imports_no_pandas(site, guide) -> None:
    site.write("my_custom_strategy", lively(guide("strategy")))
    site.write("my_custom_indicator", guide("indicator"))
    site.graph("s: {use: my_custom_strategy, in: daily}\ni: {use: my_custom_indicator, in: daily, with: {period: 3}}")
    code = "run = engine.run(graph).run; print(run.counts['computed'], 'pandas' in sys.modules)"
    assert site.process(code) == "2 False"


def test_a_plugin_that_refuses_short_bars_is_lawful_all_the_same(world, guide) -> None:
    from pipeline.laws.certify import certify
    from pipeline.laws.trial import Interpreted

    world.write("my_custom_indicator", guide("indicator").replace("mean()", "mean().fillna(0.0)"))
    certificate = certify(world.registry()["my_custom_indicator"], Interpreted(), {"period": 14})
    assert certificate.breaches == {}
    world.write("my_custom_indicator", guide("indicator").replace("len(data) >= self.period", "len(data) > 999"))
    certificate = certify(world.registry()["my_custom_indicator"], Interpreted(), {"period": 14})
    assert list(certificate.breaches) == ["kinds"]
