"""`tradegraph plugin`: what a plugin author sees from the first file to the signed one."""

from __future__ import annotations

import json
import pstats
from pathlib import Path

import pytest

from pipeline.plugins.confine import available
from pipeline.plugins.discover import build_registry

GUIDE = Path(__file__).parents[2] / "plugins" / "guide"
AHEAD = ("rolling(window=self.period).mean()", "shift(-self.period)")


@pytest.fixture(autouse=True)
def _afresh(tradegraph, monkeypatch) -> None:
    """Here registries are built anew for every command: what is kept of them is what these tests are about."""
    monkeypatch.setattr("pipeline.plugins.system.build_registry", build_registry)


@pytest.fixture
def indicator(project) -> Path:
    """The guide's indicator among the project's plugins."""
    (project / "nodes/indicators").mkdir()
    path = project / "nodes/indicators/my_custom_indicator.py"
    path.write_text((GUIDE / "indicator.txt").read_text())
    return path


@pytest.fixture
def ahead(project) -> Path:
    """A plugin that looks ahead, outside of the plugin folders."""
    path = project / "ahead.py"
    text = (GUIDE / "indicator.txt").read_text().replace("'my_custom_indicator'", "'ahead'").replace(*AHEAD)
    path.write_text(text)
    return path


def test_the_list_has_plugins_and_refusals_with_line_reason_and_hint(indicator, ahead, tradegraph) -> None:
    ahead.rename(indicator.with_name("ahead.py"))
    answer = tradegraph("plugin", "list")
    assert answer.status == 0
    assert "my_custom_indicator  indicator  1.0.0    loaded  unsigned" in answer.out
    assert "1 plugin, and 1 file with node types of other styles" in answer.out
    line = next(
        n for n, said in enumerate(indicator.with_name("ahead.py").read_text().splitlines(), 1) if "shift" in said
    )
    assert f"nodes/indicators/ahead.py:{line}:1 TG414 ahead: it looks ahead" in answer.err
    assert "hint: Look at line" in answer.err
    told = tradegraph("plugin", "list", "--json").json
    assert told["plugins"]["my_custom_indicator"]["parameters"]["period"]["default"] == 14
    (refused,) = told["refused"]
    assert (refused["code"], refused["line"]) == ("TG414", line)
    told = tradegraph("sql", "select event, plugin, line, code from plugin_events order by plugin", "--json").out
    assert all(said in told for said in ("refused", "ahead", "TG414"))


def test_the_page_of_a_plugin_says_how_to_use_it(indicator, tradegraph) -> None:
    answer = tradegraph("plugin", "info", "my_custom_indicator")
    assert "my_custom_indicator  indicator 1.0.0 by Your Name" in answer.out
    assert "period  int   14" in answer.out
    assert "use: my_custom_indicator" in answer.out
    assert "Did you mean 'my_custom_indicator'?" in tradegraph("plugin", "info", "my_custom_indicatr").err


def test_info_of_a_refused_plugin_says_why(indicator, ahead, tradegraph) -> None:
    ahead.rename(indicator.with_name("ahead.py"))
    answer = tradegraph("plugin", "info", "ahead")
    assert answer.status == 2
    assert "TG414" in answer.err


@pytest.mark.parametrize("kind", ["strategy", "indicator"])
def test_new_writes_a_plugin_a_page_and_a_test_that_passes(project, tradegraph, kind) -> None:
    answer = tradegraph("plugin", "new", kind, "Fast Trend", "--json").json
    assert answer["id"] == "fast_trend"
    passed = tradegraph("plugin", "test", answer["file"], "--unit", answer["test"])
    assert (passed.status, passed.out) == (0, "3 tests, 0 failures\n")
    on_pandas = tradegraph("plugin", "test", answer["file"], "--unit", answer["test"], "--pandas")
    assert (on_pandas.status, on_pandas.out) == (0, "3 tests, 0 failures\n")
    assert Path(answer["page"]).exists()
    assert "is taken" in tradegraph("plugin", "new", kind, "fast trend").err


def test_test_reports_every_side_of_a_plugin(indicator, tradegraph) -> None:
    answer = tradegraph("plugin", "test", indicator)
    assert answer.status == 0, answer.out
    lines = [line.split()[:2] for line in answer.out.splitlines()]
    for what in (
        "file",
        "signature",
        "metadata",
        "dependencies",
        "contract",
        "causality",
        "determinism",
        "speed",
        "memory",
        "pandas",
    ):
        assert ["ok", what] in lines, what
    assert "cut after each of 1,196 bars" in answer.out
    assert "in two processes and with two hash seeds" in answer.out
    assert answer.out.endswith("all is well\n")


def test_test_knows_the_plugins_that_the_project_has(indicator, ahead, tradegraph) -> None:
    text = (GUIDE / "indicator.txt").read_text().replace("'my_custom_indicator'", "'needy'").rstrip()
    for name, verdict in (("my_custom_indicator>=1", "ok"), ("nothing_like_it", "wrong")):
        ahead.write_text(f"{text}\n\n    def get_dependencies(self):\n        return [{name!r}]\n")
        found = tradegraph("plugin", "test", ahead, "--json").json["findings"]
        assert next(row["verdict"] for row in found if row["what"] == "dependencies") == verdict


def test_test_names_what_is_to_mend(ahead, tradegraph) -> None:
    answer = tradegraph("plugin", "test", ahead)
    assert answer.status == 1
    assert "wrong causality" in answer.out
    assert "1 finding to mend" in answer.out
    assert "hint: Look at line" in answer.err
    assert tradegraph("plugin", "test", ahead, "--json").json["passed"] is False


@pytest.mark.heavy
def test_test_finds_what_hangs_on_the_order_of_a_set(indicator, tradegraph) -> None:
    text = indicator.read_text().replace(
        "return data['close'].rolling(window=self.period).mean()",
        "first = sorted({'a', 'bb', 'ccc'}, key=lambda word: hash(word))[0]\n        return data['close'] + len(first)",
    )
    indicator.write_text(text)
    answer = tradegraph("plugin", "test", indicator)
    assert "does the order of a set matter" in answer.out
    assert answer.status == 1


def test_a_failing_unit_test_is_shown(indicator, project, tradegraph) -> None:
    tests = project / "test_it.py"
    tests.write_text(
        "from your_plugin import MyCustomIndicator\n\ndef test_period():\n    assert MyCustomIndicator().period == 3\n"
    )
    answer = tradegraph("plugin", "test", indicator, "--unit", tests)
    assert answer.status == 1
    assert "failed test_period" in answer.out
    assert "assert MyCustomIndicator().period == 3" in answer.out
    tests.write_text("x = 1\n")
    assert "has no tests" in tradegraph("plugin", "test", indicator, "--unit", tests).err


def test_install_and_remove(project, tradegraph, ahead) -> None:
    source = project / "mine.py"
    source.write_text((GUIDE / "strategy.txt").read_text())
    answer = tradegraph("plugin", "install", source)
    assert answer.out == "installed my_custom_strategy: nodes/strategies/mine.py\n"
    refused = tradegraph("plugin", "install", ahead)
    assert refused.status == 2
    assert "TG414" in refused.err
    assert not list((project / "nodes").rglob("ahead.py"))
    source.write_text(source.read_text() + "\n")
    assert "is there already" in tradegraph("plugin", "install", source).err
    assert tradegraph("plugin", "install", source, "--replace").status == 0
    assert tradegraph("plugin", "remove", "my_custom_strategy").out == "removed nodes/strategies/mine.py\n"
    assert "is no plugin of this project" in tradegraph("plugin", "remove", "my_custom_strategy").err
    assert "ships with tradegraph" in tradegraph("plugin", "remove", "rsi").err


def test_sign_and_verify(indicator, project, tradegraph) -> None:
    assert "is unsigned" in tradegraph("plugin", "verify", indicator).out
    signed = tradegraph("plugin", "sign", indicator, "--key", project / "key.pem", "--json").json
    unknown = tradegraph("plugin", "verify", indicator)
    assert unknown.status == 1
    assert signed["public_key"] in unknown.out
    settings = {"trusted_keys": {"me": signed["public_key"]}, "development_mode": {"allow_unsigned_plugins": False}}
    (project / "plugin_config.json").write_text(json.dumps(settings))
    assert (tradegraph("plugin", "verify", indicator).status, tradegraph("plugin", "verify", indicator).out) == (
        0,
        "nodes/indicators/my_custom_indicator.py is signed by me\n",
    )
    assert "signed by me" in tradegraph("plugin", "list").out
    indicator.write_text(indicator.read_text() + "\n")
    wrong = tradegraph("plugin", "verify", indicator)
    assert wrong.status == 1
    assert "signed, but wrongly: the file is not the one that was signed" in wrong.out
    assert "TG412" in tradegraph("plugin", "list").err


@pytest.mark.skipif(not available().complete, reason="this system cannot shut workers in")
def test_unit_tests_and_profiles_are_shut_in_unless_the_user_says_otherwise(indicator, project, tradegraph) -> None:
    harm, tests = project / "harm", project / "test_it.py"
    tests.write_text(f"def test_it():\n    open({str(harm)!r}, 'w').close()\n")
    answer = tradegraph("plugin", "test", indicator, "--unit", tests)
    assert answer.status == 1
    assert "PermissionError" in answer.out
    assert not harm.exists()
    assert tradegraph("plugin", "test", indicator, "--unit", tests, "--here").status == 0
    assert harm.exists()
    harm.unlink()
    tests.write_text("import time\n\ndef test_it():\n    time.sleep(1000)\n")
    settings = project / "plugin_config.json"
    settings.write_text('{"plugin_timeout": 0.5, "validate_plugins": false}')
    assert "TG505" in tradegraph("plugin", "test", indicator, "--unit", tests).err
    settings.write_text('{"validate_plugins": false}')
    text = indicator.read_text()
    harmful = f"len(data) == 50 and open({str(harm)!r}, 'w'); return data['close']"
    indicator.write_text(text.replace("return data['close']", harmful))
    answer = tradegraph("plugin", "profile", "my_custom_indicator", "--rows", "50")
    assert (answer.status, harm.exists()) == (2, False)
    assert "TG418" in answer.err


def test_profile_is_shown_and_saved_for_viewers(indicator, project, tradegraph) -> None:
    answer = tradegraph("plugin", "profile", "my_custom_indicator", "--rows", "500", "-p", "period=7", "--lines", "3")
    assert answer.status == 0, answer.err
    assert "for 500 bars; saved as logs/profiles/my_custom_indicator.prof" in answer.out
    stats = pstats.Stats(str(project / "logs/profiles/my_custom_indicator.prof"))
    assert any(name == "calculate" for _, _, name in stats.stats)
    assert "TG222" in tradegraph("plugin", "profile", "my_custom_indicator", "-p", "period=x").err


def test_reload_finds_all_out_again(indicator, tradegraph, project) -> None:
    tradegraph("plugin", "list")
    memory = project / ".tradegraph/admission.json"
    memory.write_text('{"found": {}}')
    assert "my_custom_indicator" in tradegraph("plugin", "reload").out
    assert json.loads(memory.read_text())["found"] != {}


def test_the_settings_have_a_schema_for_editors(project, tradegraph) -> None:
    assert json.loads(tradegraph("schema", "--settings").out)["title"] == "tradegraph plugin_config.json"
    said = tradegraph("schema", "--settings", "--write").out
    assert '"$schema": "./.tradegraph/settings.schema.json"' in said
    (project / "plugin_config.json").write_text('{"$schema": "./.tradegraph/settings.schema.json"}')
    assert tradegraph("plugin", "list").status == 0


def test_a_plugin_is_switched_off_and_on(indicator, tradegraph):
    off = tradegraph("plugin", "disable", "my_custom_indicator")
    assert (off.status, off.out) == (0, "my_custom_indicator is switched off\n")
    listed = tradegraph("plugin", "list")
    assert listed.status == 0
    assert "switched off: my_custom_indicator" in listed.out
    assert "could not be admitted" not in listed.err
    assert tradegraph("plugin", "disable", "my_custom_indicator").out == "my_custom_indicator is already switched off\n"
    unknown = tradegraph("plugin", "info", "my_custom_indicator")
    assert "TG820" in unknown.err
    on = tradegraph("plugin", "enable", "my_custom_indicator", "--json")
    assert on.json == {"id": "my_custom_indicator", "on": True, "changed": True}
    assert "my_custom_indicator" in tradegraph("plugin", "list").out.splitlines()[1]
    wrong = tradegraph("plugin", "disable", "ema")
    assert (wrong.status, "ships with tradegraph" in wrong.err) == (2, True)
