"""The audit log: lines that hold on to each other, and what is in them."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.plugins import system
from pipeline.plugins.audit import GENESIS, AuditLog
from pipeline.plugins.monitor import MemoryEvents
from pipeline.settings import Project


@pytest.fixture
def log(tmp_path) -> AuditLog:
    found = AuditLog(tmp_path / "logs" / "audit.jsonl", lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    for number, event in enumerate(("discovered", "loaded", "installed", "killed")):
        found.append(event, plugin=f"p{number}", version="", why="it ünd ☃")
    return found


def test_each_line_follows_the_one_before(log) -> None:
    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    assert [line["previous"] for line in lines] == [GENESIS, *(line["hash"] for line in lines[:-1])]
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    check = log.verify()
    assert (check.sound, check.count, check.head, check.broken) == (True, 4, lines[-1]["hash"], None)


def test_what_is_empty_is_not_written(log) -> None:
    (first, *_) = log.read()
    assert (first.event, dict(first.about)) == ("discovered", {"plugin": "p0", "why": "it ünd ☃"})
    assert first.at == "2026-01-02T00:00:00+00:00"


def test_a_log_that_was_never_written_is_sound_and_empty(tmp_path) -> None:
    log = AuditLog(tmp_path / "none.jsonl")
    assert list(log.read()) == []
    assert log.verify().sound
    assert not log.verify("0" * 64).sound


@settings(max_examples=60)
@given(data=st.data())
def test_no_byte_can_be_changed_unnoticed(tmp_path_factory, data) -> None:
    log = AuditLog(tmp_path_factory.mktemp("log") / "audit.jsonl", lambda: dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    for number in range(4):
        log.append("loaded", plugin=f"p{number}")
    good = log.path.read_bytes()
    at = data.draw(st.integers(0, len(good) - 2))
    byte = data.draw(st.integers(33, 126).filter(lambda byte: byte != good[at]))
    log.path.write_bytes(good[:at] + bytes([byte]) + good[at + 1 :])
    assert not log.verify().sound


@pytest.mark.parametrize("line", range(1, 5))
def test_a_line_that_was_taken_out_is_missed(log, line) -> None:
    lines = log.path.read_text().splitlines(keepends=True)
    head = json.loads(lines[-1])["hash"]
    log.path.write_text("".join(lines[: line - 1] + lines[line:]))
    assert not log.verify(head).sound
    if line < 4:
        assert log.verify().broken == line


def test_an_end_that_was_cut_off_is_missed_by_who_noted_its_hash(log) -> None:
    head = log.verify().head
    log.append("gone", plugin="p")
    assert log.verify(head).sound
    lines = log.path.read_text().splitlines(keepends=True)
    log.path.write_text("".join(lines[:2]))
    assert log.verify().sound
    check = log.verify(head)
    assert (check.sound, check.reason) == (False, "the hash that was noted is not in it: its end was cut off")


def test_lines_that_were_written_anew_with_right_hashes_do_not_fit_a_noted_one(log, tmp_path) -> None:
    head = log.verify().head
    forged = AuditLog(tmp_path / "forged.jsonl")
    for record in list(log.read())[1:]:
        forged.append(record.event, **record.about)
    assert forged.verify().sound
    assert not forged.verify(head).sound


def test_a_torn_last_line_is_named_and_does_not_stop_the_log(log) -> None:
    with log.path.open("ab") as file:
        file.write(b'{"number": 5, "ev')
    log.append("loaded", plugin="after")
    assert [record.about["plugin"] for record in log.read()][-1] == "after"
    check = log.verify()
    assert (check.broken, check.reason) == (5, "the line cannot be read")


def test_long_lines_are_found_from_the_end(tmp_path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    for number in range(3):
        log.append("refused", plugin=str(number), message="x" * 9000)
    assert log.verify().sound


def test_processes_that_write_at_once_make_one_chain(tmp_path) -> None:
    script = (
        "import sys; from pathlib import Path; from pipeline.plugins.audit import AuditLog\n"
        "log = AuditLog(Path(sys.argv[1]))\n"
        "for n in range(40): log.append('loaded', plugin=f'{sys.argv[2]}-{n}')"
    )
    path = tmp_path / "audit.jsonl"
    running = [subprocess.Popen([sys.executable, "-c", script, str(path), name]) for name in "ab"]
    assert [process.wait() for process in running] == [0, 0]
    assert (AuditLog(path).verify().sound, AuditLog(path).verify().count) == (True, 80)


def test_a_log_that_cannot_be_written_says_so(tmp_path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(OSError, match="logs"):
        AuditLog(tmp_path / "logs" / "audit.jsonl").append("loaded")
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


@pytest.fixture
def house(tmp_path, guide, monkeypatch):
    """A project with one plugin, whose shipped nodes are left out; `open` gives its plugin system."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "manifest.json").write_text('{"files": {}}')
    build = system.build_registry
    monkeypatch.setattr(
        system, "build_registry", lambda folders, policy: build(folders, shipped=shipped, policy=policy)
    )
    root = tmp_path / "house"
    (root / "nodes" / "custom").mkdir(parents=True)
    (root / "plugin_config.json").write_text('{"isolation": "none"}')
    (root / "nodes" / "custom" / "mine.py").write_text(guide("indicator"))
    return root


def events(root) -> list[tuple[str, str]]:
    return [(r.event, str(r.about.get("code", ""))) for r in AuditLog(root / "logs/plugin_audit.jsonl").read()]


def test_what_happens_to_a_plugin_of_ones_own_is_logged_from_its_discovery_to_its_end(house) -> None:
    plugins = system.PluginSystem(Project.open(house), MemoryEvents())
    plugins.current()
    assert events(house) == [("discovered", ""), ("loaded", "")]
    path = house / "nodes" / "custom" / "mine.py"
    good = path.read_text()
    path.write_text(good.replace("period: int = 14", "period: int = 15"))
    plugins.reload()
    path.write_text("def broken(:\n")
    plugins.reload()
    path.write_text(good)
    plugins.reload()
    plugins.monitor.called("my_custom_indicator", 10, 5.0, code="TG505", message="too slow")
    plugins.monitor.called("my_custom_indicator", 10, 5.0, code="TG501", message="an error of its own kills nobody")
    plugins.monitor.called("my_custom_indicator", 10, 5.0, code="TG418", message="it reached for a file")
    path.unlink()
    plugins.reload()
    assert events(house)[2:] == [
        ("reloaded", ""),
        ("kept", "TG402"),
        ("loaded", ""),
        ("killed", "TG505"),
        ("held", "TG418"),
        ("gone", ""),
    ]
    assert plugins.audit.verify().sound
    (killed,) = [record for record in plugins.audit.read() if record.event == "killed"]
    assert killed.about["path"] == "nodes/custom/mine.py"
    assert killed.about["message"] == "too slow"


def test_a_refused_file_is_logged_with_code_and_reason_once(house) -> None:
    (house / "nodes" / "custom" / "mine.py").write_text("def broken(:\n")
    for _ in range(2):
        system.PluginSystem(Project.open(house), MemoryEvents()).current()
    assert events(house) == [("discovered", ""), ("refused", "TG402")]


def test_a_log_that_cannot_be_written_stops_no_plugin(house) -> None:
    (house / "logs").mkdir()
    (house / "logs" / "plugin_audit.jsonl").mkdir()
    assert "my_custom_indicator" in system.PluginSystem(Project.open(house), MemoryEvents()).current().plugins
    assert "the audit log" in (house / "logs" / "plugin_system.log").read_text()
