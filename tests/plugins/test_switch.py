"""Plugins that are switched off: their files stay and are not run."""

import json
from pathlib import Path

import pytest

from pipeline.errors import PluginError, SettingsError
from pipeline.plugins.monitor import MemoryEvents
from pipeline.plugins.switch import switch
from pipeline.plugins.system import PluginSystem
from pipeline.settings import Project

NODE = '''\
from pathlib import Path

from pipeline import Number, SameKind, indicator

Path(__file__).with_name("ran").write_text("")


@indicator
def mine(x: Number) -> SameKind:
    """The same."""
    return x
'''


@pytest.fixture
def system(tmp_path: Path) -> PluginSystem:
    """A project with a plugin that leaves a trace when its file is run."""
    (tmp_path / "nodes/custom").mkdir(parents=True)
    (tmp_path / "nodes/custom/some_file.py").write_text(NODE)
    (tmp_path / "plugin_config.json").write_text('{"isolation": "none",\n "logging": {"log_level": "ERROR"}}\n')
    return PluginSystem(Project.open(tmp_path), MemoryEvents())


def test_a_plugin_that_is_off_is_no_node_type_and_its_file_is_not_run(system):
    root = system.project.root
    assert "mine" in system.current().registry
    (root / "nodes/custom/ran").unlink()
    assert switch(system, "mine", on=False) is True
    assert switch(system, "mine", on=False) is False
    found = system.current()
    assert "mine" not in found.registry
    assert not (root / "nodes/custom/ran").exists()
    (record,) = [record for record in found.records if record.origin == "user"]
    assert (record.status, record.ids, record.fault.code) == ("disabled", ("mine",), "TG820")
    assert [fault.code for fault in found.registry.refused] == ["TG820"]
    assert json.loads((root / "plugin_config.json").read_text()) == {
        "isolation": "none",
        "logging": {"log_level": "ERROR"},
        "disabled_plugins": ["mine"],
    }
    # whoever opens the project next sees the same
    again = PluginSystem(Project.open(root), MemoryEvents()).current()
    assert "mine" not in again.registry
    assert switch(system, "mine", on=True) is True
    assert "mine" in system.current().registry
    assert "disabled_plugins" not in json.loads((root / "plugin_config.json").read_text())


def test_what_happens_is_told(system):
    system.current()
    switch(system, "mine", on=False)
    switch(system, "mine", on=True)
    assert [event.event for event in system.monitor._sink.events] == ["loaded", "disabled", "loaded"]


def test_what_ships_and_what_nobody_has_cannot_be_switched(system):
    with pytest.raises(PluginError, match="ships with tradegraph"):
        switch(system, "ema", on=False)
    with pytest.raises(PluginError, match="there is no plugin 'mien'") as unknown:
        switch(system, "mien", on=False)
    assert unknown.value.hint == "Did you mean 'mine'?"


def test_faulty_settings_are_not_written_over(system):
    system.current()
    file = system.project.root / "plugin_config.json"
    file.write_text('{"max_plugin": 7}')
    with pytest.raises(SettingsError):
        switch(system, "mine", on=False)
    assert file.read_text() == '{"max_plugin": 7}'


def test_while_it_is_held_nothing_new_is_loaded(system):
    system.current()
    with system.held():
        (system.project.root / "nodes/custom/other.py").write_text(NODE.replace("mine", "other"))
        assert "other" not in system.current().registry
    assert "other" in system.current().registry
