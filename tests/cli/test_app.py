"""The command as a whole: which project it takes, and how it says what went wrong."""

from __future__ import annotations

import errno

import click
import pytest

from pipeline.cli.app import app, main
from pipeline.cli.console.session import CONFIG_NAME, shown_path
from pipeline.settings import CONFIG_NAME as REAL_CONFIG_NAME


@pytest.fixture
def added(monkeypatch):
    """`added(function)`: a command `extra` that calls the function."""

    def add(function) -> None:
        command = click.command("extra")(function)
        monkeypatch.setattr(app, "get_command", lambda ctx, name: command if name == "extra" else None)
        monkeypatch.setitem(app._lazy, "extra", "")

    return add


def test_the_name_of_the_settings_file_is_written_twice_and_equal() -> None:
    assert CONFIG_NAME == REAL_CONFIG_NAME


def test_no_command_shows_the_help_and_is_a_fault_in_usage(tradegraph) -> None:
    answer = tradegraph()
    assert answer.status == 2
    assert "Commands:" in answer.err


def test_version_names_the_product(tradegraph) -> None:
    assert tradegraph("--version").out.startswith("tradegraph ")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["rnu"], "TG001 tradegraph has no command 'rnu'\n  hint: Did you mean 'run'?"),
        (["data", "lst"], "TG001 tradegraph data has no command 'lst'\n  hint: Did you mean 'list'?"),
        (["run", "x", "--symbol", "A"], "no such option '--symbol'\n  hint: Did you mean --symbols?"),
        (["run"], "missing argument 'GRAPH'\n  hint: `tradegraph run -h` shows what it takes."),
        (["run", "x", "-p", "fast"], "-p fast: a param is set by its name\n  hint: Write -p fast=12."),
        (["run", "x", "--set", "fast=1"], "--set fast=1: a param of a node is set by node and name"),
    ],
)
def test_faults_in_usage_say_what_to_do(tradegraph, args, said) -> None:
    answer = tradegraph(*args)
    assert answer.status == 2
    assert said in answer.err
    assert not answer.out


def test_the_project_is_found_above_the_working_directory(project, tradegraph, monkeypatch) -> None:
    monkeypatch.chdir(project / "nodes/custom")
    assert "AAA" in tradegraph("data", "list").out


def test_the_project_can_be_named_before_and_behind_the_command_and_by_the_environment(
    project, tradegraph, monkeypatch, tmp_path
) -> None:
    monkeypatch.chdir(tmp_path)
    outside = tradegraph("data", "list")
    assert outside.status == 2
    assert "TG002" in outside.err
    assert "tradegraph init DIR" in outside.err
    assert "AAA" in tradegraph("--project", project, "data", "list").out
    assert "AAA" in tradegraph("data", "list", "--project", project).out
    monkeypatch.setenv("TRADEGRAPH_PROJECT", str(project))
    assert "AAA" in tradegraph("data", "list").out


def test_an_unexpected_error_is_one_sentence_and_a_traceback_only_on_demand(tradegraph, added, capfd) -> None:
    def fail() -> None:
        raise KeyError("surprise")

    added(fail)
    answer = tradegraph("extra")
    assert answer.status == 70
    assert "tradegraph made a mistake: KeyError: 'surprise'" in answer.err
    assert "Traceback" not in answer.err
    assert "Traceback" in tradegraph("--debug", "extra").err


def test_an_error_of_the_system_names_the_file(tradegraph, added) -> None:
    def fail() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/somewhere/x")

    added(fail)
    answer = tradegraph("extra")
    assert answer.status == 2
    assert "TG001 /somewhere/x: permission denied\n  hint: Check the owner" in answer.err


def test_ctrl_c_outside_of_a_run_ends_with_130(tradegraph, added) -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    added(fail)
    answer = tradegraph("extra")
    assert answer.status == 130
    assert "interrupted" in answer.err


def test_main_gives_the_status_instead_of_ending_the_process(project, capsys) -> None:
    assert main(["data", "list"]) == 0
    assert main(["check", "nope"]) == 2
    assert "AAA" in capsys.readouterr().out


def test_with_json_an_error_is_a_document_too(project, tradegraph) -> None:
    answer = tradegraph("check", "slop", "--json")
    assert answer.status == 2
    assert answer.json["status"] == "error"
    assert answer.json["faults"][0]["code"] == "TG110"
    assert "Did you mean 'slope'?" in answer.err


def test_paths_are_shown_relative_to_the_working_directory_when_they_are_inside(tmp_path, monkeypatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown_path(tmp_path / "here/graphs/x.yaml") == "graphs/x.yaml"
    assert shown_path(tmp_path / "there/x.yaml") == str(tmp_path / "there/x.yaml")


def test_no_color_is_respected_and_a_terminal_gets_colours(project, monkeypatch) -> None:
    from click.testing import CliRunner

    coloured = CliRunner().invoke(app, ["check", "slop"], color=True)
    assert "\x1b[" in coloured.stderr
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(app, ["check", "slop"], color=True).stderr
