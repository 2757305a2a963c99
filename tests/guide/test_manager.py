"""The guide's manager: which project it is about, what it says of it, and that it sees what changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import bot_engine.plugin_manager_integration as integration
from bot_engine.plugin_manager_integration import PluginManagerIntegration, get_plugin_manager
from bot_engine.strategies.base_strategy import BaseStrategy
from bot_engine.strategy_plugin_system import IndicatorPlugin, StrategyPlugin
from pipeline.engine import Engine
from pipeline.errors import PluginError, SettingsError


def test_the_project_is_that_of_the_working_directory_or_the_nearest_above(project, monkeypatch) -> None:
    monkeypatch.chdir(project / "nodes/strategies")
    assert get_plugin_manager().system.project.root == project
    assert get_plugin_manager() is get_plugin_manager()


def test_the_environment_names_another_one(project, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as caught:
        get_plugin_manager()
    assert caught.value.faults[0].code == "TG002"
    monkeypatch.setenv("TRADEGRAPH_PROJECT", str(project))
    assert get_plugin_manager().system.project.root == project
    assert PluginManagerIntegration(project).system.project.root == project


def test_the_overview_says_what_there_is(project) -> None:
    (project / "nodes/strategies/broken.py").write_text("import nothing_like_this\n")
    found = integration.get_system_overview()
    assert found["project"] == str(project)
    assert "my_custom_strategy" in found["strategies"]
    assert (found["total_strategies"], found["total_indicators"]) == (4, 6)
    (refused,) = found["refused"]
    assert (refused["code"], refused["line"]) == ("TG406", 1)
    assert refused["file"].endswith("broken.py")
    assert "nothing_like_this" in refused["reason"]
    assert refused["hint"]
    assert found["settings"]["max_plugins"] == 100
    assert found["performance"] == {}


def test_a_refused_file_is_not_installed_and_the_log_says_why(project, tmp_path, block) -> None:
    source = tmp_path / "mine.py"
    source.write_text(
        block(3).replace("'my_custom_indicator'", "'mine'").replace("rolling(window=self.period).mean()", "bfill()")
    )
    source.write_text(
        source.read_text().replace("data['close'].bfill()", "data['close'].where(data['close'] > 150).bfill()")
    )
    assert integration.install_plugin(str(source)) is None
    assert integration.install_plugin(tmp_path / "not_there.py") is None
    log = (project / "logs/plugin_system.log").read_text()
    assert f"ERROR tradegraph.plugin refused plugin=mine {source}:" in log
    assert "TG414" in log
    assert "TG401" in log
    assert not (project / "nodes/indicators/mine.py").exists()


def test_an_edit_is_seen_by_the_next_call(project, bars) -> None:
    import pipeline.frame

    data = bars(pipeline.frame)
    path = project / "nodes/indicators/my_custom_indicator.py"
    before = integration.calculate_indicator("my_custom_indicator", data, period=5)
    path.write_text(path.read_text().replace("mean()", "max()"))
    os.utime(path, (2_000_000_000, 2_000_000_000))
    after = integration.calculate_indicator("my_custom_indicator", data, period=5)
    assert (after.to_numpy()[5:] > before.to_numpy()[5:]).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: integration.create_strategy("bollinger_bands"), "is a plugin of type indicator"),
        (lambda: integration.calculate_indicator("momentum_strategy", None), "Use create_strategy"),
        (lambda: integration.create_strategy("momentum_strateg"), "Did you mean 'momentum_strategy'"),
        (lambda: integration.calculate_indicator("rsi", None), "is no plugin of the guide's kind"),
    ],
)
def test_a_wrong_name_is_told_with_what_is_right(project, call, says) -> None:
    with pytest.raises(PluginError, match=says) as caught:
        call()
    assert caught.value.faults[0].code == "TG201"


def test_a_refused_plugin_is_told_with_its_reason(project) -> None:
    path = project / "nodes/strategies/broken.py"
    path.write_text("def broken(:\n")
    with pytest.raises(PluginError, match="was refused") as caught:
        integration.create_strategy("broken")
    assert caught.value.faults[0].code == "TG402"
    assert caught.value.faults[0].place.file == str(path)


@pytest.mark.parametrize("data", [None, [1, 2], "text"])
def test_what_is_no_frame_is_refused(project, data) -> None:
    with pytest.raises(TypeError, match="expected a frame of bars"):
        integration.calculate_indicator("bollinger_bands", data)


def test_calls_are_in_the_database_after_a_flush(project, bars) -> None:
    import polars as pl

    manager = get_plugin_manager()
    manager.create_strategy("momentum_strategy").generate_signals(bars(pl))
    manager.flush()
    found = Engine.open(project).sql("select plugin, rows, slow, code from plugin_calls").rows()
    assert found == [("momentum_strategy", 300, False, "")]


def test_the_names_of_the_guide_are_where_it_says() -> None:
    assert integration.__all__ == sorted(integration.__all__)
    assert all(isinstance(kind, type) for kind in (StrategyPlugin, IndicatorPlugin, BaseStrategy))
    assert Path(integration.__file__).name == "plugin_manager_integration.py"
