"""plugin_config.json and the project folder."""

import json
import os

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import CONFIG_NAME, DEFAULT_DIRECTORIES, Project, Settings, read_settings

GUIDE = {
    "auto_reload": True,
    "validate_plugins": True,
    "max_plugins": 100,
    "plugin_timeout": 30,
    "development_mode": {"enable_hot_reload": True, "debug_logging": True, "allow_unsigned_plugins": True},
    "performance_monitoring": {"enable_metrics": True, "log_execution_time": True, "max_execution_time_ms": 5000},
}
"""The example of the guide."""
DEBUG = {"development_mode": {"debug_logging": True, "enable_hot_reload": True}, "logging": {"log_level": "DEBUG"}}
"""The guide's debug mode."""


@pytest.fixture
def config(tmp_path):
    """`config({…})`: a plugin_config.json with this content, text or data."""

    def written(content):
        file = tmp_path / CONFIG_NAME
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return written


@pytest.fixture
def faults(config):
    """`faults(content)`: the faults of a plugin_config.json, as (code, message, hint)."""

    def found(content):
        file = config(content)
        with pytest.raises(SettingsError) as error:
            read_settings(file)
        assert error.value.exit_status == 2
        assert all(fault.place.file == str(file) for fault in error.value.faults)
        return [(fault.code, fault.message, fault.hint) for fault in error.value.faults]

    return found


def flat(data, before=""):
    """Keys and values of nested maps, by their path."""
    found = {}
    for key, value in data.items():
        found |= flat(value, f"{before}{key}.") if isinstance(value, dict) else {before + key: value}
    return found


@pytest.mark.parametrize("example", [GUIDE, DEBUG])
def test_the_examples_of_the_guide_are_read_as_they_stand(config, example):
    read = flat(read_settings(config(example)).model_dump())
    for path, value in flat(example).items():
        assert read[path] == value


@pytest.mark.parametrize("path", flat(GUIDE) | flat(DEBUG))
def test_each_key_of_the_guide_is_real_and_typed(config, faults, path):
    section, _, key = path.rpartition(".")

    def nested(value):
        return {section: {key: value}} if section else {key: value}

    default = flat(Settings().model_dump())[path]
    other = {bool: not default, int: 7, float: 7.5, str: "ERROR"}[type(default)]
    assert other != default
    assert flat(read_settings(config(nested(other))).model_dump())[path] == other
    for wrong in ({}, [], None, "x" if not isinstance(default, str) else "LOUD"):
        ((code, message, _),) = faults(nested(wrong))
        assert code == "TG012"
        assert message.startswith(f"{path!r}: ")
        assert message.endswith(f", got {wrong!r}")


def test_absent_keys_have_documented_defaults(config):
    settings = read_settings(config("{}"))
    assert settings == Settings()
    assert flat(settings.model_dump()) == {
        "auto_reload": True,
        "validate_plugins": True,
        "max_plugins": 100,
        "plugin_timeout": 30.0,
        "plugin_directories": list(DEFAULT_DIRECTORIES),
        "isolation": "worker",
        "memory_limit_mb": None,
        "disabled_plugins": [],
        "trusted_plugins": [],
        "schema_file": None,
        "development_mode.enable_hot_reload": False,
        "development_mode.debug_logging": False,
        "development_mode.allow_unsigned_plugins": True,
        "performance_monitoring.enable_metrics": True,
        "performance_monitoring.log_execution_time": True,
        "performance_monitoring.max_execution_time_ms": 5000.0,
        "logging.log_level": "INFO",
        "project.store": "all",
        "project.keep_days": None,
        "project.keep_bytes": None,
        "project.memory": None,
    }


@pytest.mark.parametrize(
    ("said", "size"),
    [(0, 0), (5000, 5000), ("5000", 5000), ("2GB", 2 * 10**9), ("1.5 kb", 1500), ("1GiB", 2**30), ("7 B", 7)],
)
def test_sizes_are_numbers_or_text_with_a_unit(config, said, size):
    assert read_settings(config({"project": {"keep_bytes": said}})).project.keep_bytes == size


@pytest.mark.parametrize("wrong", ["2 apples", "", "GB", "-1", -1, 1.5, True, [], "1e9"])
def test_what_is_no_size_is_refused(faults, wrong):
    ((code, message, _),) = faults({"project": {"keep_bytes": wrong}})
    assert code == "TG012"
    assert message.startswith("'project.keep_bytes': ")


def test_every_key_says_what_it_is_for():
    def undescribed(model, before=""):
        for name, info in model.model_fields.items():
            if hasattr(info.annotation, "model_fields"):
                assert info.annotation.__doc__
                yield from undescribed(info.annotation, f"{before}{name}.")
            elif not info.description:
                yield before + name

    assert list(undescribed(Settings)) == []


def test_universes_are_named_lists_of_symbols(config):
    settings = read_settings(config({"project": {"universes": {"tech": ["AAPL", "ON"]}}}))
    assert settings.project.universes == {"tech": ["AAPL", "ON"]}


@pytest.mark.parametrize(
    ("content", "key", "hint"),
    [
        ({"auto_relod": True}, "auto_relod", "Did you mean 'auto_reload'?"),
        ({"logging": {"level": "DEBUG"}}, "logging.level", "Did you mean 'log_level'?"),
        (
            {"development_mode": {"debug_loging": True}},
            "development_mode.debug_loging",
            "Did you mean 'debug_logging'?",
        ),
        ({"log_level": "DEBUG"}, "log_level", "It belongs under `logging`."),
        ({"logging": {"max_plugins": 3}}, "logging.max_plugins", "It belongs at the top."),
        ({"zzzz": 1}, "zzzz", "Known: allow_unsigned_plugins, auto_reload"),
    ],
)
def test_an_unknown_key_comes_with_a_suggestion(faults, content, key, hint):
    ((code, message, got),) = faults(content)
    assert (code, message) == ("TG011", f"unknown key {key!r}")
    assert got.startswith(hint)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"max_plugins": -1}', "'max_plugins': input should be greater than or equal to 0, got -1"),
        ('{"max_plugins": 1.0}', "'max_plugins': input should be a valid integer, got 1.0"),
        ('{"max_plugins": true}', "'max_plugins': input should be a valid integer, got True"),
        ('{"plugin_timeout": 0}', "'plugin_timeout': input should be greater than 0, got 0"),
        ('{"plugin_timeout": Infinity}', "'plugin_timeout': input should be a finite number, got inf"),
        ('{"plugin_timeout": 1e999}', "'plugin_timeout': input should be a finite number, got inf"),
        ('{"plugin_timeout": NaN}', "'plugin_timeout': input should be a finite number, got nan"),
        ('{"auto_reload": 1}', "'auto_reload': input should be a valid boolean, got 1"),
        ('{"plugin_directories": "nodes"}', "'plugin_directories': input should be a valid array, got 'nodes'"),
        ('{"plugin_directories": [1]}', "'plugin_directories.0': input should be a valid string, got 1"),
        ('{"logging": "DEBUG"}', "'logging': input should be an object, got 'DEBUG'"),
        ('{"logging": {"log_level": "debug"}}', "'DEBUG', 'INFO', 'WARNING' or 'ERROR', got 'debug'"),
        ("[]", "'the file': input should be an object, got []"),
        ("null", "'the file': input should be an object, got None"),
    ],
)
def test_a_wrong_value_tells_expected_and_got(faults, content, words):
    ((code, message, _),) = faults(content)
    assert code == "TG012"
    assert message.endswith(words)


def test_each_fault_has_the_place_of_its_key(config):
    text = """\
{
  "plugin_directories": ["logging", "x", "auto_relod", 7],
  "development_mode": {"x": 1, "debug_logging": "yes"},
  "project": {
    "universes": {"é😀, {": ["[", "\\"]", 3], "": []}
  },
  "logging": 3, "auto_relod": true, "x": [[1], {"y": 2}]
}
"""
    with pytest.raises(SettingsError) as error:
        read_settings(config(text))
    places = {fault.message.split("'")[1]: (fault.place.line, fault.place.column) for fault in error.value.faults}
    assert places == {
        "plugin_directories.3": (2, 56),
        "development_mode.x": (3, 24),
        "development_mode.debug_logging": (3, 32),
        "project.universes.é😀, {.2": (5, 41),
        "logging": (7, 3),
        "auto_relod": (7, 17),
        "x": (7, 37),
    }


def test_all_faults_come_at_once(faults):
    content = {
        "max_plugins": -1,
        "auto_relod": 1,
        "logging": {"log_level": 3, "x": 1},
        "project": {"universes": {"a": "b"}},
    }
    assert sorted(code for code, _, _ in faults(content)) == ["TG011", "TG011", "TG012", "TG012", "TG012"]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{\n  "max_plugins": three}\n', 2, 18),
        ('{"a": 1', 1, 8),
        ("", 1, 1),
        ("{'a': 1}", 1, 2),
        ('{\n  "é😀": 1 2\n}', 2, 11),
        (b"\xff\xfe{}", 1, 1),
        ("[" * 100_000, 1, 1),
    ],
    ids=["word", "open", "empty", "quotes", "unicode", "bytes", "deep"],
)
def test_what_is_no_json_is_refused_where_it_breaks(config, text, line, column):
    with pytest.raises(SettingsError) as error:
        read_settings(config(text))
    (fault,) = error.value.faults
    assert fault.code == "TG010"
    assert (fault.place.line, fault.place.column) == (line, column)


def test_a_byte_order_mark_is_skipped(config):
    assert read_settings(config("\ufeff" + json.dumps(GUIDE))).plugin_timeout == 30.0


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(SettingsError, match="No such file") as error:
        read_settings(tmp_path / "none.json")
    assert error.value.faults[0].code == "TG010"


def test_settings_cannot_be_changed(config):
    settings = read_settings(config(GUIDE))
    with pytest.raises(ValueError, match="frozen"):
        settings.max_plugins = 3
    with pytest.raises(ValueError, match="frozen"):
        settings.logging.log_level = "ERROR"


def test_a_project_is_a_folder_with_a_config(config, tmp_path):
    config(GUIDE | {"plugin_directories": ["nodes/custom", "more"]})
    project = Project.open(tmp_path)
    root = tmp_path.resolve()
    assert project.root == root
    assert project.settings.max_plugins == 100
    assert project.market == root / "market"
    assert project.database == root / "tradegraph.duckdb"
    assert project.private == root / ".tradegraph"
    assert project.plugin_directories == (root / "nodes" / "custom", root / "more")


def test_a_project_may_be_opened_by_a_relative_path(config, tmp_path, monkeypatch):
    config("{}")
    monkeypatch.chdir(tmp_path)
    project = Project.open(type(tmp_path)(os.curdir))
    assert project.root.is_absolute()
    assert project.plugin_directories == tuple(project.root / name for name in DEFAULT_DIRECTORIES)


def test_a_folder_without_config_is_no_project(tmp_path):
    with pytest.raises(SettingsError, match="is not a tradegraph project") as error:
        Project.open(tmp_path)
    (fault,) = error.value.faults
    assert fault.code == "TG002"
    assert "tradegraph init" in fault.hint
