"""plugin_config.json: each key by its effect. Those of loading and reloading are in `test_system`."""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import replace

import pytest

from pipeline.engine import Engine
from pipeline.errors import SettingsError
from pipeline.plugins.confine import available
from pipeline.plugins.discover import build_registry
from pipeline.plugins.log import level_of
from pipeline.settings import Project, Settings, read_settings, settings_schema

SLOW = "calculate(self, data: pd.DataFrame, **kwargs) -> pd.Series:"
NODES = "i: {use: my_custom_indicator, in: daily, with: {period: 3}}\nb: {use: plus, in: daily.close}"


@pytest.fixture
def run(site, guide):
    """`run(settings, method)`: a run with the guide's indicator, in whose method a line may stand first."""

    def go(settings: dict, line: str = ""):
        (site.root / "plugin_config.json").write_text(json.dumps(settings))
        text = guide("indicator").replace("# Your calculation logic here", line or "pass")
        site.write("my_custom_indicator", text)
        engine = site.engine()
        if settings.get("isolation") == "worker":
            policy = replace(engine.plugins._policy(), examine=False)
            engine.plugins.take(build_registry([site.nodes], shipped=site.shipped, policy=policy))
        return engine.run(site.graph(NODES)).run

    return go


def log(site) -> str:
    path = site.root / "logs/plugin_system.log"
    return path.read_text() if path.exists() else ""


def test_log_execution_time_is_a_line_for_each_call(run, site) -> None:
    run({"performance_monitoring": {"log_execution_time": True}})
    assert re.search(r"INFO .*plugin=my_custom_indicator execution_time=[\d.]+ms rows=36 node=g\.i", log(site))


def test_it_can_be_left_out(run, site) -> None:
    run({"performance_monitoring": {"log_execution_time": False}})
    assert "execution_time" not in log(site)


def test_a_slow_plugin_is_a_warning_in_log_and_sql(run, site) -> None:
    found = run({"performance_monitoring": {"max_execution_time_ms": 1e-6}})
    assert found.exit_status == 0
    assert re.search(r"WARNING .*plugin=my_custom_indicator is slow: execution_time=", log(site))
    rows = site.engine().sql("select code, message from warnings where code = 'TG508' order by message").rows()
    assert [message.partition(":")[0] for _, message in rows] == ["node 'b'", "node 'i'"]
    assert run({"performance_monitoring": {"max_execution_time_ms": 1e9}}).warnings == ()


def test_a_plugin_that_fails_is_an_error_in_the_log(run, site) -> None:
    run({}, "if len(data) == 12: raise KeyError('lost')")
    assert re.search(r"ERROR .*plugin=my_custom_indicator failed: TG501 KeyError: 'lost' node=g\.i", log(site))


def test_plugin_timeout_ends_an_endless_loop_and_the_others_go_on(run) -> None:
    found = run({"plugin_timeout": 0.2}, "while len(data) == 12: pass")
    failure = found.record("g", "i").failure
    assert failure.code == "TG505"
    assert re.search(r"longer than its limit of 0.6 s; it was at line \d+ of my_custom_indicator.py", failure.message)
    assert found.record("g", "b").status == "computed"


WHO = "import os\n        return data['close'] * 0 + os.getpid()"


@pytest.mark.parametrize(
    ("settings", "here"),
    [
        ({"isolation": "none"}, True),
        ({"isolation": "worker", "trusted_plugins": ["plus"]}, False),
        ({"isolation": "worker", "trusted_plugins": ["my_custom_indicator", "plus"]}, True),
    ],
)
def test_isolation_calls_plugins_in_a_worker_and_leaves_trusted_ones_here(run, site, settings, here) -> None:
    found = run(settings, WHO)
    assert found.exit_status == 0, found.records[0].failure
    assert (site.engine().sql("select value from g.i limit 1")["value"][0] == os.getpid()) is here
    isolation = site.engine().sql("select isolation from node_timings where node = 'i'").item()
    assert isolation is None if here else isolation == f"worker: {available()}"


def test_a_worker_that_takes_too_much_memory_is_a_failed_node(run) -> None:
    settings = {"isolation": "worker", "memory_limit_mb": 200, "trusted_plugins": ["plus"]}
    found = run(settings, "np.ones(100_000_000) if len(data) == 12 else 0")
    failure = found.record("g", "i").failure
    assert failure.code == "TG417"
    assert "emory" in failure.message
    assert found.record("g", "b").status == "computed"


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({}, "INFO"),
        ({"logging": {"log_level": "ERROR"}}, "ERROR"),
        ({"development_mode": {"debug_logging": True}, "logging": {"log_level": "ERROR"}}, "DEBUG"),
    ],
)
def test_debug_logging_wins_over_log_level(tmp_path, settings, level) -> None:
    (tmp_path / "plugin_config.json").write_text(json.dumps(settings))
    engine = Engine.open(tmp_path)
    assert level_of(engine.project.settings) == level
    logger = logging.getLogger("tradegraph.plugin")
    logger.info("an information")
    logger.error("an error")
    written = (tmp_path / "logs/plugin_system.log").read_text()
    assert ("an information" in written) is (level != "ERROR")
    assert "an error" in written


def test_enable_metrics_keeps_calls_from_python(tmp_path, guide) -> None:
    from bot_engine.plugin_manager_integration import PluginManagerIntegration
    from pipeline.plugins.examination.sample_bars import sample_bars

    (tmp_path / "nodes/custom").mkdir(parents=True)
    (tmp_path / "nodes/custom/my_custom_indicator.py").write_text(guide("indicator"))
    for keeps in (False, True):
        settings = {"performance_monitoring": {"enable_metrics": keeps}, "validate_plugins": False}
        (tmp_path / "plugin_config.json").write_text(json.dumps(settings))
        manager = PluginManagerIntegration(tmp_path)
        manager.calculate_indicator("my_custom_indicator", sample_bars(50))
        manager.flush()
        calls = Engine.open(tmp_path).sql("select plugin, rows from plugin_calls").rows()
        assert calls == [("my_custom_indicator", 50)] * keeps
        assert bool(manager.get_system_overview()["performance"]) is keeps


def test_folders_are_a_setting(tmp_path, guide) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/my_custom_indicator.py").write_text(guide("indicator"))
    (tmp_path / "plugin_config.json").write_text('{"plugin_directories": ["mine"], "validate_plugins": false}')
    assert "my_custom_indicator" in Engine.open(tmp_path).registry


@pytest.mark.parametrize("folder", ["/etc", "../elsewhere", "nodes/../../x", ""])
def test_folders_outside_of_the_project_are_refused(tmp_path, folder) -> None:
    (tmp_path / "plugin_config.json").write_text(json.dumps({"plugin_directories": [folder]}))
    with pytest.raises(SettingsError) as caught:
        Project.open(tmp_path)
    assert caught.value.faults[0].code == "TG012"
    assert "plugin_directories" in caught.value.faults[0].message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"max_plugin": 5}', "max_plugins"),
        ('{"isolation": "process"}', "isolation"),
        ('{"memory_limit_mb": 3}', "memory_limit_mb"),
        ('{"development_mode": {"enable_hot_reloads": true}}', "enable_hot_reload"),
        ('{"trusted_keys": {"me": 5}}', "trusted_keys"),
    ],
)
def test_what_is_wrong_in_the_settings_is_told_with_a_suggestion(tmp_path, text, says) -> None:
    (tmp_path / "plugin_config.json").write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path / "plugin_config.json")
    fault = caught.value.faults[0]
    assert says in f"{fault.message} {fault.hint}"
    assert fault.place is not None


def test_the_schema_has_every_key_with_its_meaning_and_lets_the_files_through() -> None:
    schema = json.loads(settings_schema())
    assert schema["additionalProperties"] is False
    keys = {info.alias or name for name, info in Settings.model_fields.items()}
    assert keys == set(schema["properties"])
    assert all("description" in said or "$ref" in said for said in schema["properties"].values())
    Settings.model_validate_json('{"$schema": "./.tradegraph/settings.schema.json"}')


def test_the_log_is_rotated_and_made_anew_where_it_was_taken_away(tmp_path) -> None:
    (tmp_path / "plugin_config.json").write_text("{}")
    Engine.open(tmp_path)
    logger = logging.getLogger("tradegraph.plugin")
    for _ in range(11):
        logger.info("x" * 100_000)
    folder = tmp_path / "logs"
    assert {path.name for path in folder.iterdir()} == {"plugin_system.log", "plugin_system.log.1"}
    (folder / "plugin_system.log").unlink()
    logger.info("after all")
    assert "after all" in (folder / "plugin_system.log").read_text()
