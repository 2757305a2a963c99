"""The doctor: what is wrong is named with a hint, and the rest is still looked at."""

from __future__ import annotations

import fcntl

import pytest


def findings(answer, level: str) -> list[str]:
    return [f"{f['subject']}: {f['detail']}" for f in answer.json["findings"] if f["level"] == level]


def test_a_sound_project_passes(project, tradegraph) -> None:
    answer = tradegraph("doctor")
    assert answer.status == 0, answer.out
    assert "2 symbols, 24 bars, 1d" in answer.out
    assert "3 graphs without fault" in answer.out
    assert "0 failed" in answer.out
    tradegraph("run", "slope", "-q")
    assert "schema 1, 1 run" in tradegraph("doctor").out


def test_outside_of_a_project_the_installation_alone_is_looked_at(tmp_path, monkeypatch, tradegraph) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRADEGRAPH_PROJECT", raising=False)
    answer = tradegraph("doctor", "--json")
    assert answer.status == 0
    assert any("TG002" in line for line in findings(answer, "warn"))
    assert tradegraph("--project", tmp_path, "doctor").status == 1


def test_settings_that_are_wrong_are_named_one_by_one(project, tradegraph) -> None:
    (project / "plugin_config.json").write_text('{"max_plugin": 3,\n "plugin_timeout": -1}')
    answer = tradegraph("doctor", "--json")
    assert answer.status == 1
    failed = findings(answer, "fail")
    assert len(failed) == 2
    assert any("plugin_config.json:1 TG011 unknown key 'max_plugin'" in line for line in failed)
    assert any("plugin_config.json:2 TG012 'plugin_timeout'" in line for line in failed)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda root: (root / "nodes/custom/torn.py").write_text("def (\n"), "nodes/custom/torn.py:1 TG402"),
        (lambda root: (root / "graphs/torn.yaml").write_text("tradegraph: 1\n"), "graphs/torn.yaml has 2 faults"),
        (lambda root: (root / "tradegraph.duckdb").write_text("junk"), "TG603"),
        (lambda root: (root / ".tradegraph").write_text(""), ".tradegraph cannot be written"),
        (lambda root: next((root / "market/sheets").iterdir()).write_bytes(b"x"), "market: TG305"),
    ],
)
def test_each_trouble_is_named_and_the_rest_still_looked_at(project, tradegraph, break_it, said) -> None:
    break_it(project)
    answer = tradegraph("doctor", "--json")
    assert answer.status == 1
    assert any(said in line for line in findings(answer, "fail")), findings(answer, "fail")
    assert any(line.startswith("disk:") for line in findings(answer, "ok"))


def test_a_publish_that_goes_on_is_told(project, tradegraph) -> None:
    tradegraph("run", "slope", "-q")
    with (project / ".tradegraph/publish.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert any("publishing" in line for line in findings(tradegraph("doctor", "--json"), "warn"))
    assert not findings(tradegraph("doctor", "--json"), "fail")


def test_a_project_that_was_moved_is_sound_again_once_it_is_looked_at(project, tradegraph, monkeypatch) -> None:
    tradegraph("run", "slope", "-q")
    assert not findings(tradegraph("doctor", "--json"), "warn")
    moved = project.rename(project.with_name("elsewhere"))
    monkeypatch.chdir(moved)
    assert not findings(tradegraph("doctor", "--json"), "warn")
    assert tradegraph("sql", "select count(*) as n from slope.move", "--json").json == [{"n": 24}]
    assert tradegraph("run", "slope", "--json").json["counts"]["cached"] == 3
    assert not findings(tradegraph("doctor", "--json"), "warn")


def test_the_libraries_are_compared_with_what_is_needed(project, tradegraph, monkeypatch) -> None:
    import pipeline.cli.project.examination as examination

    real = examination.version
    monkeypatch.setattr(examination, "version", lambda name: "0.1" if name == "polars" else real(name))
    failed = findings(tradegraph("doctor", "--json"), "fail")
    assert [line.split()[:2] for line in failed] == [["polars:", "0.1,"]]


def test_hints_stand_below_their_finding(project, tradegraph) -> None:
    (project / "nodes/custom/bare.py").write_text(
        "from pipeline import SameKind, indicator\n\n@indicator\ndef bare(x) -> SameKind:\n    return x\n"
    )
    answer = tradegraph("doctor")
    assert answer.status == 1
    lines = answer.out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("fail") and "bare" in line)
    assert lines[at + 1].strip().startswith("hint: Annotate it")
