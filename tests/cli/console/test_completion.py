"""Completion: the scripts, and what is offered behind <TAB>."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from pipeline.cli.app import app


@pytest.fixture
def offered(project):
    """`offered("run", "")`: what the shell is offered for the last, unfinished word."""

    def complete(*words: str) -> list[str]:
        found = ShellComplete(app, {}, "tradegraph", "_TRADEGRAPH_COMPLETE").get_completions([*words[:-1]], words[-1])
        return [item.value for item in found if item.type == "plain"]

    return complete


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_script(tradegraph, shell) -> None:
    answer = tradegraph("completion", shell)
    assert answer.status == 0
    assert f"_TRADEGRAPH_COMPLETE={shell}_complete" in answer.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["da"], ["data"]),
        (["data", "s"], ["show", "synth"]),
        (["run", "s"], ["slope", "stop"]),
        (["run", "slope", "-p", ""], ["lag="]),
        (["run", "slope", "--set", "t"], ["twice."]),
        (["plan", "slope", "--why", ""], ["move", "other", "twice"]),
        (["run", "graphs/slope.yaml", "--refresh", "m"], ["move"]),
        (["run", "slope", "--symbols", "AAA,"], ["AAA,AAA", "AAA,BBB"]),
        (["data", "show", "B"], ["BBB"]),
        (["data", "list", "--timeframe", ""], ["1d"]),
        (["nodes", "show", "rs"], ["rsi"]),
        (["nodes", "show", "mi"], ["mine"]),
        (["run", "nope", "-p", ""], []),
        (["runs", "show", "l"], ["latest"]),
    ],
)
def test_names_are_offered_where_they_are_cheap(offered, words, expected) -> None:
    assert offered(*words) == expected


def test_outside_of_a_project_nothing_is_offered_and_nothing_fails(offered, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert offered("run", "") == []
    assert offered("data", "show", "") == []


def test_a_project_that_is_named_is_the_one_that_is_looked_at(offered, project, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert offered("--project", str(project), "run", "sl") == ["slope"]
    assert offered("run", "--project", str(project), "sl") == ["slope"]
