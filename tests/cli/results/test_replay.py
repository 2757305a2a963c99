"""`tradegraph runs replay`."""

from __future__ import annotations

import pytest


@pytest.fixture
def failed(project, tradegraph):
    """A project in which the node `broken` of `trouble` has failed."""
    told = tradegraph("run", "trouble")
    return project, told


def test_a_run_says_how_its_failure_is_replayed(failed) -> None:
    _, told = failed
    assert any(line.startswith("  tradegraph runs replay ") and line.endswith(" broken")
               for line in told.out.splitlines())  # fmt: skip


def test_a_replay_says_what_was_called_and_at_which_line_it_fails(failed, tradegraph) -> None:
    answer = tradegraph("runs", "replay", "latest", "broken")
    assert answer.status == 1
    for expected in (
        "trouble.broken (breaks) of run",
        "12 rows of AAA",
        "it failed    TG501 ZeroDivisionError: no luck",
        "nothing changed",
        "nodes/custom/mine.py:10 in breaks",
        'raise ZeroDivisionError("no luck")',
    ):
        assert expected in answer.out


def test_mended_code_gives_its_last_rows(failed, tradegraph) -> None:
    project, _ = failed
    file = project / "nodes/custom/mine.py"
    file.write_text(file.read_text().replace('raise ZeroDivisionError("no luck")', "return x"))
    answer = tradegraph("runs", "replay", "latest", "trouble.broken")
    assert answer.status == 0
    assert "code changed" in answer.out
    assert "It succeeds now" in answer.out
    assert "222" in answer.out


def test_machines_get_one_document(failed, tradegraph) -> None:
    answer = tradegraph("runs", "replay", "latest", "broken", "--symbol", "AAA", "--json")
    assert answer.status == 1
    document = answer.json
    assert document["then"] == {"code": "TG501", "message": "ZeroDivisionError: no luck"}
    assert (document["status"], document["changed"], document["rows"]) == ("failed", [], 12)
    assert document["frames"][-1]["text"] == 'raise ZeroDivisionError("no luck")'
    assert document["inputs"].endswith(".parquet")


def test_what_was_not_kept_is_refused_with_a_hint(failed, tradegraph) -> None:
    unknown = tradegraph("runs", "replay", "latest", "brokn")
    assert unknown.status == 2
    assert "Did you mean 'broken'?" in unknown.err
    assert tradegraph("runs", "replay", "1999", "broken").status == 2
    both = tradegraph("runs", "replay", "latest", "broken", "--pdb", "--json")
    assert both.status == 2
    assert "--pdb and --json" in both.err


def test_the_debugger_opens_at_the_authors_line(failed, process) -> None:
    done = process(script="echo 'p x' | $TRADEGRAPH runs replay latest broken --pdb")
    assert "mine.py(10)breaks()" in done.stdout
    assert 'raise ZeroDivisionError("no luck")' in done.stdout
    assert "(Pdb) <Expr" in done.stdout
