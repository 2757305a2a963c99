"""What was done to the market, at the prompt: log, differences, facts, findings as tables."""

from __future__ import annotations

import pytest

HEAD = "date,open,high,low,close,volume\n"
ROWS = [f"2024-02-{day:02d},10,12,9,11,500" for day in range(1, 9)]


@pytest.fixture
def imported(project, tradegraph):
    """Two imports of NEW: eight bars, then one of them corrected."""
    for number, rows in enumerate((ROWS, ["2024-02-01,10,12,9,11.5,500"])):
        path = project / f"{number}.csv"
        path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
        answer = tradegraph("data", "import", path.name, "--timeframe", "1d", "--symbol", "NEW")
        assert answer.status == 0, answer.err


def test_the_log_and_the_difference_of_a_correction(imported, tradegraph) -> None:
    log = tradegraph("data", "log").out
    assert "import" in log
    assert "NEW" in log
    number = int(next(line for line in log.splitlines() if "import" in line).split()[0])
    found = tradegraph("data", "diff", str(number - 1), str(number)).out
    assert "NEW" in found
    assert tradegraph("data", "diff", str(number)).out.strip() == "no bar differs"
    missing = tradegraph("data", "diff", "999")
    assert missing.status == 2
    assert "state 999 is not kept" in missing.err


def test_facts_are_shown_and_a_calendar_finds_what_is_missing(imported, tradegraph) -> None:
    assert "nothing is known but bars" in tradegraph("data", "describe", "NEW").out
    said = tradegraph("data", "describe", "NEW", "--calendar", "weekdays", "--tick", "0.01")
    assert "weekdays" in said.out
    tradegraph("data", "verify")
    asked = tradegraph("sql", "select \"check\", count from market_findings where symbol = 'NEW' order by 1")
    assert "no_session" in asked.out
    assert "stale" in asked.out
    assert "weekdays" in tradegraph("sql", "select * from market_symbols").out


def test_a_mapping_without_its_sign_is_refused(project, tradegraph) -> None:
    (project / "a.csv").write_text(HEAD + "\n".join(ROWS))
    answer = tradegraph("data", "import", "a.csv", "--map", "close")
    assert answer.status == 2
    assert "expected OURS=THEIRS" in answer.err


def test_sql_answers_for_an_import_at_once(project, tradegraph) -> None:
    (project / "NEW.csv").write_text(HEAD + "\n".join([*ROWS, "2024-02-20,,,,,5"]))
    assert tradegraph("data", "import", "NEW.csv", "--timeframe", "1d").status == 0
    dropped = tradegraph("sql", "select symbol, reason, rows, first_line from market_dropped", "--json").json
    assert list(dropped[0].values()) == ["NEW", "no price", 1, 10]
    assert "8" in tradegraph("sql", "select taken from market_imports where file = 'NEW.csv'").out
    found = "select \"check\" from market_findings where about = 'import' and symbol = 'NEW'"
    assert "stale" in tradegraph("sql", found).out
    tradegraph("data", "rm", "NEW", "--yes")
    assert "NEW" not in tradegraph("sql", "select symbol from market_bars").out
