"""The page about watching: its commands are run until they wait, its Python to its end."""

import json
import subprocess

import pytest

PAGE = "docs/watch.md"


def test_its_commands_watch_and_its_events_are_those_it_names(tmp_path, answers, blocks, page, monkeypatch):
    def interrupted(_watcher):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.watch.Watcher.wait", interrupted)
    (made,) = answers("tradegraph init site", tmp_path)
    assert made.returncode == 0, made.stderr
    people, machine = (answers(block, tmp_path / "site")[0] for block in blocks(PAGE, "sh"))
    assert (people.returncode, machine.returncode) == (130, 130)
    assert "look next" in people.stdout
    events = [json.loads(line) for line in machine.stdout.splitlines()]
    assert [event["event"] for event in events] == ["watching", "result", "ended"]
    kinds = ("watching", "result", "failure", "interrupted", "same", "error", "ended")
    assert [name for name in kinds if f"`{name}`" not in page(PAGE)] == []
    assert all(f"`{key}`" in page(PAGE) for key in events[1].keys() - {"at"})


@pytest.mark.heavy  # two processes
def test_its_python_works(tmp_path, shell, blocks):
    (python,) = blocks(PAGE, "python")
    assert shell("tradegraph init site", tmp_path).returncode == 0
    (tmp_path / "site" / "script.py").write_text(python)
    done: subprocess.CompletedProcess[str] = shell("python -W error script.py", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "'failed': 0" in done.stdout
