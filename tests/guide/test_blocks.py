"""Every code block of the guide, and how it is executed: the table `HOW`, and a test for each of its rows."""

from __future__ import annotations

import inspect
import json
import logging
import re
import subprocess
import textwrap
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bot_engine.plugin_manager_integration as integration
from bot_engine.plugin_manager_integration import PluginManagerIntegration, get_plugin_manager
from bot_engine.strategy_plugin_system import IndicatorPlugin, StrategyPlugin
from pipeline.plugins.examination.unit_test import run_unit_tests
from pipeline.settings import Project

HOW = {
    0: "a picture: each part that it names is there",
    1: "run as it stands",
    2: "as a plugin file, to the letter",
    3: "as a plugin file, to the letter",
    4: "as the method of a strategy class",
    5: "as the method of a strategy class, whose logic fails",
    6: "in a function that defines what the fragment leaves to its surroundings",
    7: "as the method of the guide's indicator",
    8: "as the method of the guide's indicator",
    9: "run with a real path in the place of /path/to/my_plugin.py",
    10: "run as it stands",
    11: "run with bars in the place of `...`",
    12: "as plugin_config.json, to the letter",
    13: "by the runner for plugin tests; on pandas 3 with '1h' for '1H', which it refuses",
    14: "run with the create_test_data that it calls",
    15: "run after `import pandas as pd`, and called",
    16: "as plugin_config.json, to the letter",
    17: "run with `tail` for `tail -f`, which never ends",
    18: "compared with our class: methods, signatures, what they give",
    19: "compared with our class: methods, signatures, what they give",
    20: "compared with our functions: names and parameters",
}
SPEC = Path(__file__).parents[3] / "shared" / "spec" / "guide.md"


def test_the_table_has_every_block(blocks) -> None:
    assert blocks.keys() == HOW.keys()


def test_the_blocks_are_those_of_the_guide(blocks) -> None:
    if not SPEC.exists():
        pytest.skip("needs ../shared/spec/guide.md")
    found = re.findall(r"^```(\w*)\n(.*?)^```", SPEC.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found == [(language, text) for _, language, text in blocks.values()]


def run(code: str, **names: Any) -> dict[str, Any]:
    """The names that a script leaves behind."""
    names = {"__name__": "script", **names}
    exec(compile(textwrap.dedent(code), "guide.py", "exec"), names)
    return names


def put(project: Path, place: str, text: str) -> None:
    (project / place).write_text(text)


def test_0_what_the_picture_names_is_there(project) -> None:
    manager = get_plugin_manager()
    assert {
        "momentum_strategy",
        "mean_reversion_strategy",
        "pairs_arbitrage",
    } <= manager.get_available_strategies().keys()
    assert {
        "bollinger_bands",
        "custom_rsi",
        "macd_variants",
        "volume_flow",
    } <= manager.get_available_indicators().keys()
    assert manager.strategy_factory is manager.strategy_factory
    assert manager.indicator_manager is manager.indicator_manager


def test_1_a_template_is_made_and_is_a_plugin_whose_own_test_passes(project, block, capsys) -> None:
    (project / "nodes/strategies/my_custom_strategy.py").unlink()
    names = run(block(1))
    path = names["template_path"]
    assert path == project / "nodes/strategies/my_custom_strategy.py"
    assert f"Template created at: {path}" in capsys.readouterr().out
    assert "my_custom_strategy" in names["manager"].get_available_strategies()
    assert run_unit_tests(path, path.with_name("test_my_custom_strategy.py")).passed


def test_2_and_3_the_plugins_are_loaded_to_the_letter(project, bars, library) -> None:
    manager = get_plugin_manager()
    info = manager.get_available_strategies()["my_custom_strategy"]
    assert (info["name"], info["version"], info["author"]) == ("My Custom Strategy", "1.0.0", "Your Name")
    assert {name: said["default"] for name, said in info["parameters"].items()} == {"param1": 10, "param2": 0.02}
    signals = manager.create_strategy("my_custom_strategy").generate_signals(bars(library))
    assert isinstance(signals, library.DataFrame)
    assert (signals["signal"] == 0).all()
    mean = manager.calculate_indicator("my_custom_indicator", bars(library), period=5)
    assert isinstance(mean, library.Series)
    closes = bars(library)["close"].to_numpy()
    assert mean.to_numpy()[4:] == pytest.approx([closes[i - 4 : i + 1].mean() for i in range(4, 300)])


def test_4_a_strategys_own_validation_is_asked(project, block, blocks) -> None:
    method = textwrap.indent(block(4), "    ")
    text = re.sub(r"    def set_parameters\(.*?\n\n(?=class)", method + "\n\n", blocks[2][2], count=1, flags=re.DOTALL)
    text = text.replace("self.param2 =", "self.period = kwargs.get('period', 20)\n        self.param2 =")
    put(project, "nodes/strategies/my_custom_strategy.py", text)
    strategy = integration.create_strategy("my_custom_strategy", period=10)
    with pytest.raises(ValueError, match="Period must be between 5 and 100, got 3"):
        strategy.set_parameters({"period": 3})
    strategy.set_parameters({"period": 30})
    assert strategy.period == 30


def test_5_what_goes_wrong_is_a_hold_and_an_error_in_the_log(project, block, blocks, bars, library) -> None:
    method = textwrap.indent(block(5), "    ").replace("# Your logic here", "result_df['signal'] = self.nothing")
    text = re.sub(
        r"    def generate_signals\(.*?\n(?=    def get_par)", method + "\n", blocks[2][2], count=1, flags=re.DOTALL
    )
    put(project, "nodes/strategies/my_custom_strategy.py", text)
    signals = integration.create_strategy("my_custom_strategy").generate_signals(bars(library))
    assert (signals["signal"] == 0).all()
    assert (signals["signal_strength"] == 0.0).all()
    log = (project / "logs/plugin_system.log").read_text()
    assert re.search(r"ERROR tradegraph\.plugin\.MyCustomStrategy Signal generation failed: .*nothing", log)


def test_6_the_loop_and_the_vector_give_the_same(block, bars, library) -> None:
    bad, good = block(6).split("# GOOD:\n")
    names = run(
        f"""
import numpy as np

def calculate_signal(row):
    return 1 if row['close'] > row['open'] else 0

class Wrapper:
    period = 5

    def slow(self, df):
        result_df = df.copy()
{textwrap.indent(bad, "        ")}
        return result_df

    def quick(self, df, condition):
        result_df = df.copy()
{textwrap.indent(good, "        ")}
        return result_df
"""
    )
    wrapper, data = names["Wrapper"](), bars(library).head(40)
    slow, quick = wrapper.slow(data), wrapper.quick(data, data["close"] > data["open"])
    assert slow["signal"].to_numpy().tolist() == quick["signal"].to_numpy().tolist()
    assert slow["sma"].to_numpy()[4] == pytest.approx(data["close"].to_numpy()[:5].mean())


def indicator_with(blocks, method: str, name: str) -> str:
    """The guide's indicator with a method of another block in the place of its own."""
    body = textwrap.indent(method, "    ")
    text = blocks[3][2]
    start = text.index(f"    def {name}(")
    end = text.find("\n    def ", start + 1)
    return text[:start] + body + (text[end:] if end > 0 else "")


def test_7_a_dict_of_series_is_several_outputs(project, block, blocks, bars, library) -> None:
    put(project, "nodes/indicators/my_custom_indicator.py", indicator_with(blocks, block(7), "calculate"))
    manager = get_plugin_manager()
    assert manager.get_available_indicators()["my_custom_indicator"]["outputs"] == [
        "sma",
        "upper_band",
        "lower_band",
        "bandwidth",
    ]
    found = manager.calculate_indicator("my_custom_indicator", bars(library), period=10)
    assert all(isinstance(series, library.Series) for series in found.values())
    closes = bars(library)["close"].to_numpy()
    assert found["upper_band"].to_numpy()[20] == pytest.approx(closes[11:21].mean() + 2 * closes[11:21].std(ddof=1))


def test_8_data_that_validate_data_refuses_are_refused(project, block, blocks, bars, library) -> None:
    put(project, "nodes/indicators/my_custom_indicator.py", indicator_with(blocks, block(8), "validate_data"))
    manager = get_plugin_manager()
    data = bars(library)
    assert len(manager.calculate_indicator("my_custom_indicator", data, period=20)) == 300
    for refused in (data.head(10), data.drop(columns=["volume"])):
        with pytest.raises(Exception, match="validate_data refused"):
            manager.calculate_indicator("my_custom_indicator", refused, period=20)


def test_9_a_file_is_installed_and_told_by_its_id(project, block, blocks, tmp_path, capsys) -> None:
    elsewhere = tmp_path / "my_plugin.py"
    elsewhere.write_text(blocks[2][2].replace("'my_custom_strategy'", "'my_other_strategy'"))
    names = run(block(9).replace("/path/to/my_plugin.py", str(elsewhere)))
    assert names["plugin_id"] == "my_other_strategy"
    assert "Installed plugin: my_other_strategy" in capsys.readouterr().out
    assert (project / "nodes/strategies/my_plugin.py").read_text() == elsewhere.read_text()
    assert integration.create_strategy("my_other_strategy").get_parameters()["param1"] == 10


def test_10_what_there_is_is_listed(project, block, capsys) -> None:
    run(block(10))
    said = capsys.readouterr().out
    assert "my_custom_strategy: Your strategy description" in said
    assert "bollinger_bands: Mean of the last closes" in said


def test_11_plugins_are_used_with_parameters(project, block, bars, library) -> None:
    names = run(block(11).replace("pd.DataFrame(...)", "pd.DataFrame(BARS)"), BARS=dict(bars(library).items()))
    assert names["strategy"].get_parameters() == {"param1": 20, "param2": 0.05}
    assert isinstance(names["signals"], library.DataFrame)
    bands, closes = names["indicator_result"], bars(library)["close"].to_numpy()
    assert bands["upper_band"].to_numpy()[50] == pytest.approx(closes[31:51].mean() + 2 * closes[31:51].std())


def test_12_and_16_the_settings_are_taken_to_the_letter(project, block) -> None:
    for number in (12, 16):
        put(project, "plugin_config.json", block(number))
        dumped = Project.open(project).settings.model_dump()
        for key, value in json.loads(block(number)).items():
            kept = {name: dumped[key][name] for name in value} if isinstance(value, dict) else dumped[key]
            assert kept == value, key


def test_13_the_unit_test_passes_with_and_without_pandas(project, block, library) -> None:
    text, real = block(13), library.__name__ == "pandas"
    put(project, "test_it.py", text.replace("'1H'", "'1h'") if real else text)
    plugin = project / "nodes/strategies/my_custom_strategy.py"
    found = run_unit_tests(plugin, project / "test_it.py", real=real)
    assert (found.count, found.failures, found.gaps) == (2, {}, "")


def test_14_the_integration_test_passes(project, block, bars, library) -> None:
    run(block(14), create_test_data=lambda: bars(library))["test_plugin_integration"]()


def test_15_the_profile_has_the_plugins_method(project, block, bars, library, capsys) -> None:
    names = run(f"import pandas as pd\n{block(15)}")
    signals = names["profile_strategy"]("my_custom_strategy", bars(library))
    assert "signal_strength" in signals.columns
    assert "generate_signals" in capsys.readouterr().out


def test_17_the_logs_answer_the_shell(project, block, bars, library) -> None:
    manager = get_plugin_manager()
    manager.create_strategy("momentum_strategy").generate_signals(bars(library))
    with pytest.raises(Exception, match="validate_data"):
        manager.calculate_indicator("bollinger_bands", bars(library).drop(columns=["close"]))
    script = block(17).replace("tail -f", "tail")
    done = subprocess.run(["bash", "-euc", script], cwd=project, capture_output=True, text=True, check=True)
    assert re.search(r"INFO .*plugin=momentum_strategy execution_time=[\d.]+ms rows=300", done.stdout)
    assert re.search(r"ERROR .*plugin=bollinger_bands failed: TG507", done.stdout)


@pytest.mark.parametrize(("number", "ours"), [(18, StrategyPlugin), (19, IndicatorPlugin)])
def test_18_and_19_the_interfaces_are_ours(block, number, ours) -> None:
    names = run(
        block(number),
        ABC=ABC,
        abstractmethod=abstractmethod,
        **{n: vars(__import__("typing"))[n] for n in ("Any", "Dict", "List", "Type")},
    )
    theirs = names[ours.__name__]
    assert theirs.__abstractmethods__ == ours.__abstractmethods__
    for name, method in vars(theirs).items():
        if inspect.isfunction(method):
            mine = inspect.signature(getattr(ours, name)).parameters
            assert [(p.name, p.kind) for p in inspect.signature(method).parameters.values()] == [
                (p.name, p.kind) for p in mine.values()
            ]
            if name not in theirs.__abstractmethods__:
                assert getattr(ours, name)(None, *[None] * (len(mine) - 1)) == method(None, *[None] * (len(mine) - 1))


def test_20_the_functions_are_ours_and_methods_of_the_manager(block) -> None:
    lines = [line for line in block(20).splitlines() if line and not line.startswith("#")]
    assert len(lines) == 7
    for line in lines:
        names = run(f"def {line.split(' ->')[0]}: pass")
        theirs = inspect.signature(next(value for value in names.values() if inspect.isfunction(value)))
        name = line.partition("(")[0]
        assert list(inspect.signature(getattr(integration, name)).parameters) == list(theirs.parameters)
        if name != "get_plugin_manager":
            method = inspect.signature(getattr(PluginManagerIntegration, name))
            assert list(method.parameters)[1:] == list(theirs.parameters)


def test_debug_mode_lets_the_log_say_more(project, block) -> None:
    put(project, "plugin_config.json", block(16))
    get_plugin_manager().get_available_strategies()
    assert logging.getLogger("tradegraph.plugin").level == logging.DEBUG
    assert " DEBUG " in (project / "logs/plugin_system.log").read_text()


def test_every_kind_of_frame_gives_the_same_numbers_in_its_own_kind(project, frames) -> None:
    manager = get_plugin_manager()
    for call in (
        lambda data: manager.create_strategy("momentum_strategy").generate_signals(data)["signal_strength"],
        lambda data: manager.calculate_indicator("custom_rsi", data)["rsi"],
        lambda data: manager.calculate_indicator("volume_flow", data)["money_flow"],
        lambda data: manager.calculate_indicator("macd_turn", data),
    ):
        found = {name: call(data) for name, data in frames.items()}
        for name, series in found.items():
            assert type(series).__module__.split(".")[0] == {"adapter": "pipeline"}.get(name, name)
        numbers = [np.asarray(series.to_numpy(), dtype=float) for series in found.values()]
        np.testing.assert_array_equal(numbers[0], numbers[1])
        np.testing.assert_array_equal(numbers[0], numbers[2])
