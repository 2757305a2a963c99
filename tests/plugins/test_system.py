"""The plugins of a project over time: admitted, reloaded, kept in their last good version, told to log and sink."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pipeline.plugins import system as room
from pipeline.plugins.install import install, remove, write_template
from pipeline.plugins.monitor import MemoryEvents
from pipeline.plugins.system import PluginSystem
from pipeline.settings import Project

CONFIG = "plugin_config.json"


class House:
    """A project whose plugins are looked at; the shipped nodes are left out, for they cost time and change nothing."""

    def __init__(self, root: Path, text: str) -> None:
        self.root = root
        self.folder = root / "nodes" / "indicators"
        self.folder.mkdir(parents=True)
        self.settings("{}")
        self.text = text
        self.events = MemoryEvents()
        self.clock = 1_000_000_000

    def settings(self, text: str) -> None:
        (self.root / CONFIG).write_text(text)

    def open(self) -> PluginSystem:
        self.system = PluginSystem(Project.open(self.root), self.events)
        return self.system

    def write(self, name: str, *, old: str = "", new: str = "", text: str | None = None) -> Path:
        path = self.folder / f"{name}.py"
        path.write_text((text or self.text).replace("'my_custom_indicator'", f"'{name}'").replace(old or "\0", new))
        self.clock += 1  # a file system may not tell two writes apart that are close to each other
        os.utime(path, (self.clock, self.clock))
        return path

    def told(self) -> list[tuple[str, str]]:
        found = [(event.event, event.plugin) for event in self.events.events]
        self.events.events.clear()
        return found

    @property
    def log(self) -> str:
        return (self.root / "logs/plugin_system.log").read_text()


@pytest.fixture
def house(tmp_path, guide, monkeypatch) -> House:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "manifest.json").write_text('{"files": {}}')
    build = room.build_registry
    monkeypatch.setattr(room, "build_registry", lambda folders, policy: build(folders, shipped=shipped, policy=policy))
    return House(tmp_path / "house", guide("indicator"))


BROKEN = "def broken(:\n"
AHEAD = ("rolling(window=self.period).mean()", "shift(-1)")


def test_what_is_new_is_told_once_and_not_again_by_the_next_process(house) -> None:
    house.write("one")
    house.write("two", text=BROKEN)
    assert set(house.open().current().plugins) == {"one"}
    assert sorted(house.told()) == [("loaded", "one"), ("refused", "two")]
    house.open().current()
    assert house.told() == []


def test_every_refusal_says_file_line_reason_and_hint_in_log_and_sink(house) -> None:
    house.write("one", old=AHEAD[0], new=AHEAD[1])
    path = house.write("two", text="import numpy\n\n" + BROKEN)
    house.open().current()
    one, two = sorted(house.events.events, key=lambda event: event.plugin)
    assert (one.code, one.event) == ("TG414", "refused")
    assert "look at line" in one.hint.lower()
    assert (two.code, two.line) == ("TG402", 3)
    assert f"ERROR tradegraph.plugin refused plugin=two {path}:3 TG402" in house.log
    assert "hint: Look at line" in house.log


def test_one_bad_file_hides_no_other(house) -> None:
    for name in ("a", "c", "e"):
        house.write(name)
    for name in ("b", "d"):
        house.write(name, text=BROKEN)
    assert set(house.open().current().plugins) == {"a", "c", "e"}


def test_an_edit_is_loaded_at_the_next_look(house) -> None:
    house.write("one")
    system = house.open()
    before = system.current()
    assert system.current() is before
    house.write("one", old="mean()", new="max()")
    after = system.current()
    assert after.registry["one"].code != before.registry["one"].code
    house.write("two")
    assert set(system.current().plugins) == {"one", "two"}
    (house.folder / "one.py").unlink()
    assert set(system.current().plugins) == {"two"}
    assert house.told() == [("loaded", "one"), ("loaded", "one"), ("loaded", "two"), ("gone", "one")]


def test_a_helper_that_changes_is_a_change(house) -> None:
    house.write("_helper", text="LENGTH = 5\n")
    house.write("one", old="import numpy as np", new="import numpy as np\nfrom ._helper import LENGTH")
    house.write("one", old="import numpy as np", new="from ._helper import LENGTH\nVALUE = LENGTH")
    system = house.open()
    before = system.current().registry["one"].code
    house.write("_helper", text="LENGTH = 6\n")
    assert system.current().registry["one"].code != before


@pytest.mark.parametrize("text", [BROKEN, "raise RuntimeError('no')\n", "x = 1 / 0\n"])
def test_a_new_version_that_is_refused_leaves_the_last_good_one(house, text) -> None:
    house.write("one")
    system = house.open()
    good = system.current()
    house.write("one", text=text)
    kept = system.current()
    assert kept.plugins["one"] is good.plugins["one"]
    assert kept.registry["one"] is good.registry["one"]
    (record,) = [record for record in kept.records if record.origin == "user"]
    assert record.status == "kept"
    assert record.fault is not None
    assert len(kept.registry.refused) == 1
    assert house.told()[-1] == ("kept", "one")
    house.write("one", old="mean()", new="min()")
    assert system.current().registry["one"].code != good.registry["one"].code


def test_what_somebody_works_with_stays_as_it_was(house) -> None:
    house.write("one")
    system = house.open()
    before = system.current()
    node = before.registry["one"]
    (house.folder / "one.py").unlink()
    system.current()
    assert before.registry["one"] is node


@pytest.mark.parametrize(
    ("settings", "sees"),
    [
        ('{"auto_reload": true}', True),
        ('{"auto_reload": false}', False),
        ('{"auto_reload": false, "development_mode": {"enable_hot_reload": true}}', True),
    ],
)
def test_auto_reload_is_the_switch_and_hot_reload_its_override(house, settings, sees) -> None:
    house.settings(settings)
    system = house.open()
    system.current()
    house.write("one")
    assert ("one" in system.current().plugins) is sees
    assert "one" in system.reload().plugins


def test_validate_plugins_is_the_switch_of_the_examination(house) -> None:
    house.write("one", old=AHEAD[0], new=AHEAD[1])
    house.settings('{"validate_plugins": true}')
    assert house.open().current().plugins == {}
    house.settings('{"validate_plugins": false}')
    assert set(house.open().current().plugins) == {"one"}


def test_max_plugins_refuses_what_is_too_many(house) -> None:
    for name in ("a", "b", "c"):
        house.write(name)
    house.settings('{"max_plugins": 2}')
    found = house.open().current()
    assert set(found.plugins) == {"a", "b"}
    (fault,) = found.registry.refused
    assert fault.code == "TG411"
    assert fault.place.file.endswith("c.py")
    house.settings('{"max_plugins": 3}')
    assert set(house.system.current().plugins) == {"a", "b", "c"}


def test_settings_that_change_count_at_once_and_faulty_ones_change_nothing(house) -> None:
    house.write("one")
    system = house.open()
    assert set(system.current().plugins) == {"one"}
    house.settings('{"max_plugins": 0}')
    # the last good version of a file goes on even so
    assert [record.status for record in system.current().records] == ["kept"]
    house.settings('{"max_plugin": 0}')
    system.current()
    assert system.settings.max_plugins == 0
    assert "Did you mean 'max_plugins'" in house.log


def test_unsigned_plugins_are_a_setting(house) -> None:
    house.write("one")
    house.settings('{"development_mode": {"allow_unsigned_plugins": false}}')
    found = house.open().current()
    assert [fault.code for fault in found.registry.refused] == ["TG412"]
    house.settings('{"development_mode": {"allow_unsigned_plugins": false}, "trusted_plugins": ["one"]}')
    assert set(house.open().current().plugins) == {"one"}


def test_the_guides_own_folders_are_looked_at_where_they_are(house) -> None:
    for number, folder in enumerate(("plugins/strategies", "plugins/indicators", "strategies/custom")):
        place = house.root / "backend/bot_engine" / folder
        place.mkdir(parents=True)
        (place / f"p{number}.py").write_text(house.text.replace("my_custom_indicator", f"p{number}"))
    assert set(house.open().current().plugins) == {"p0", "p1", "p2"}


def test_a_verdict_is_found_out_once_for_each_state_of_the_code(house, monkeypatch) -> None:
    from pipeline.plugins.workers.host import WorkerHost

    calls = []
    examine = WorkerHost.examine
    monkeypatch.setattr(
        WorkerHost, "examine", lambda self, node, **k: calls.append(node.id) or examine(self, node, **k)
    )
    house.write("one")
    house.open().current()
    house.open().current()
    assert calls == ["one"]
    house.write("one", old='"""Your custom indicator"""', new='"""Other words"""')
    house.open().current()
    assert calls == ["one"]
    house.write("one", old="mean()", new="max()")
    house.open().current()
    assert calls == ["one", "one"]
    house.system.forget()
    house.system.current()
    assert calls == ["one"] * 3


def test_a_damaged_memory_is_no_trouble(house) -> None:
    house.write("one")
    house.open().current()
    for name in ("admission.json", "plugins.json", "descriptions.json"):
        (house.root / ".tradegraph" / name).write_text('{"found": [1], "x":')
    assert set(house.open().current().plugins) == {"one"}
    file = house.root / ".tradegraph/descriptions.json"
    for damage in ("1", '{"types": [], "plugins": [{}]}', '{"types": 5, "plugins": []}'):
        kept = json.loads(file.read_text())["found"]
        file.write_text(json.dumps({"found": dict.fromkeys(kept, json.loads(damage))}))
        assert set(house.open().current().plugins) == {"one"}


def test_installing_admits_first_and_leaves_nothing_of_what_is_refused(house, tmp_path) -> None:
    system = house.open()
    source = tmp_path / "mine.py"
    source.write_text(house.text.replace("my_custom_indicator", "mine"))
    assert install(system, source) == "mine"
    assert (house.folder / "mine.py").read_bytes() == source.read_bytes()
    source.write_text(source.read_text().replace(*AHEAD))
    with pytest.raises(Exception, match="is there already"):
        install(system, source)
    before = (house.folder / "mine.py").read_bytes()
    with pytest.raises(Exception, match="it looks ahead"):
        install(system, source, replace=True)
    assert (house.folder / "mine.py").read_bytes() == before
    assert [event for event, _ in house.told()] == ["loaded", "installed", "refused", "refused"]
    assert remove(system, "mine") == house.folder / "mine.py"
    assert system.current().plugins == {}


@pytest.mark.parametrize("text", ["x = 1\n", BROKEN, ""])
def test_a_file_without_a_plugin_is_not_installed(house, tmp_path, text) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(Exception, match=r"declares no plugin|not valid Python"):
        install(house.open(), tmp_path / "mine.py")
    assert list(house.root.rglob("mine.py")) == []


@pytest.mark.parametrize("kind", ["strategy", "indicator"])
def test_a_template_is_admitted_as_it_is(house, kind) -> None:
    path = write_template(house.open(), kind, "Fast & Furious 2")
    assert path.name == "fast_furious_2.py"
    assert set(house.system.current().plugins) == {"fast_furious_2"}
    assert path.with_suffix(".md").read_text().startswith("# Fast & Furious 2\n")
    with pytest.raises(Exception, match="is taken"):
        write_template(house.system, kind, "fast furious 2")
    with pytest.raises(Exception, match="makes no name"):
        write_template(house.system, kind, "2 fast")
