"""A new project: whole or not at all, and nothing of anybody's is overwritten."""

from __future__ import annotations

import pytest

import pipeline
from pipeline.cli.project.starter import starter_files, write_starter
from pipeline.errors import UsageError


@pytest.fixture
def outside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRADEGRAPH_PROJECT", raising=False)
    return tmp_path


def test_a_new_project_has_graphs_that_are_without_fault_and_bars_to_run_them(outside, tradegraph) -> None:
    made = tradegraph("init", "mine")
    assert made.status == 0
    assert "tradegraph run ema_cross" in made.out
    project = outside / "mine"
    assert (project / "nodes/custom/README.md").is_file()
    assert "/.tradegraph/" in (project / ".gitignore").read_text()
    checked = tradegraph("--project", project, "check", "ema_cross")
    assert checked.status == 0, checked.err
    stored = tradegraph("--project", project, "data", "list", "--json").json
    assert {(entry["symbol"], entry["rows"]) for entry in stored} == {("SPX", 2516), ("NASDAQ", 2516)}


def test_an_empty_project_has_no_bars(outside, tradegraph) -> None:
    made = tradegraph("init", "mine", "--empty", "--json")
    assert made.json["sample_rows"] == 0
    assert not (outside / "mine/market").exists()


def test_a_project_is_not_made_twice(outside, tradegraph) -> None:
    tradegraph("init", "mine", "--empty")
    (outside / "mine/plugin_config.json").write_text('{"max_plugins": 7}')
    again = tradegraph("init", "mine")
    assert again.status == 2
    assert "is a project already" in again.err
    assert (outside / "mine/plugin_config.json").read_text() == '{"max_plugins": 7}'


def test_files_in_the_way_are_named_and_nothing_is_written(outside, tradegraph) -> None:
    (outside / "mine/graphs").mkdir(parents=True)
    (outside / "mine/graphs/ema_cross.yaml").write_text("mine")
    refused = tradegraph("init", "mine")
    assert refused.status == 2
    assert "graphs/ema_cross.yaml" in refused.err
    assert [path.name for path in (outside / "mine").rglob("*") if path.is_file()] == ["ema_cross.yaml"]
    assert (outside / "mine/graphs/ema_cross.yaml").read_text() == "mine"


def test_a_gitignore_that_is_there_stays(outside) -> None:
    (outside / ".gitignore").write_text("*.tmp\n")
    write_starter(starter_files(), outside)
    assert (outside / ".gitignore").read_text() == "*.tmp\n"
    assert (outside / "plugin_config.json").is_file()


def test_a_file_is_no_folder(outside) -> None:
    (outside / "mine").write_text("")
    with pytest.raises(UsageError, match="mine is a file"):
        write_starter(starter_files(), outside / "mine")


def test_the_files_that_a_wheel_carries_come_first(outside, monkeypatch) -> None:
    starter = outside / "site/pipeline/starter"
    (starter / "graphs").mkdir(parents=True)
    (starter / "graphs/other.yaml").write_text("carried")
    (starter / "plugin_config.json").write_text('{"max_plugins": 3}')
    monkeypatch.setattr(pipeline, "__file__", str(outside / "site/pipeline/__init__.py"))
    files = starter_files()
    assert files["graphs/other.yaml"] == b"carried"
    assert files["plugin_config.json"] == b'{"max_plugins": 3}'
    assert set(files) == {"graphs/other.yaml", "plugin_config.json", "nodes/custom/README.md", ".gitignore"}
