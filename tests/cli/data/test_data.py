"""Bars at the prompt: brought in with an account of every row, listed, shown, checked, removed."""

from __future__ import annotations

import pytest

HEAD = "date,open,high,low,close,volume\n"


@pytest.fixture
def csv(project):
    """`csv(name, *rows)`: a file of bars."""

    def write(name: str, *rows: str) -> str:
        (project / name).write_text(HEAD + "".join(f"{row}\n" for row in rows))
        return name

    return write


GOOD = [f"2024-02-{day:02d},10,12,9,11,500" for day in range(1, 9)]


def test_an_import_says_what_was_taken_and_what_was_not_and_why(csv, tradegraph) -> None:
    name = csv("NEW.csv", *GOOD, "2024-02-20,,,,,5", "never,10,12,9,11,500", GOOD[0])
    answer = tradegraph("data", "import", name, "--timeframe", "1d", "--source", "my vendor")
    assert answer.status == 0
    assert "NEW.csv: 11 rows, 1 symbol" in answer.out
    assert "dropped 1 row: no price, line 10" in answer.out
    assert "dropped 1 row: unreadable time, line 11" in answer.out
    assert "dropped 1 row: repeated time" in answer.out
    assert "8 1d bars of 1 symbol: 8 new; 3 rows dropped" in answer.out
    assert "my vendor" in tradegraph("data", "list").out


def test_importing_again_changes_nothing_and_a_correction_replaces(csv, tradegraph) -> None:
    name = csv("NEW.csv", *GOOD)
    tradegraph("data", "import", name, "--timeframe", "1d")
    assert "8 unchanged" in tradegraph("data", "import", name, "--timeframe", "1d").out
    csv("NEW.csv", "2024-02-01,10,12,9,11.5,500", *GOOD[1:])
    assert "1 replaced, 7 unchanged" in tradegraph("data", "import", name, "--timeframe", "1d").out


def test_a_file_that_is_no_bars_does_not_keep_the_others_out(csv, project, tradegraph) -> None:
    (project / "error.csv").write_text("<html>rate limit</html>\n")
    answer = tradegraph("data", "import", csv("NEW.csv", *GOOD), "error.csv", "--timeframe", "1d")
    assert answer.status == 1
    assert "8 new" in answer.out
    assert "TG304 error.csv" in answer.err


def test_an_import_of_nothing_is_a_fault(project, tradegraph) -> None:
    answer = tradegraph("data", "import", "gone.csv", "--timeframe", "1d")
    assert answer.status == 2
    assert "TG304 gone.csv" in answer.err
    assert "no such file" in answer.err.lower()


def test_the_account_of_an_import_is_there_for_machines(csv, tradegraph) -> None:
    document = tradegraph("data", "import", csv("NEW.csv", *GOOD), "--timeframe", "1d", "--json").json
    assert (document["taken"], document["new"], document["dropped"]) == (8, 8, 0)
    assert document["symbols"][0]["symbol"] == "NEW"


def test_synthetic_bars_are_labelled_wherever_they_are_shown(project, tradegraph) -> None:
    made = tradegraph("data", "synth", "--symbols", 2, "--bars", 30, "--seed", 7)
    assert "60 synthetic 1d bars of 2 symbols: 60 new" in made.out
    listed = tradegraph("data", "list").out
    assert [line for line in listed.splitlines() if "SYN000" in line and "synthetic" not in line] == []
    assert "4 symbols, 2 of them synthetic, 84 bars" in listed
    assert "synthetic" in tradegraph("data", "show", "SYN0001").out
    assert "2 of them synthetic" in tradegraph("data", "verify").out
    assert "AAA, BBB, SYN0001, SYN0002 (2 of 4 synthetic)" in tradegraph("plan", "slope").out
    assert "SYN0001 (synthetic)" in tradegraph("run", "slope", "--symbols", "SYN0001").out
    assert tradegraph("data", "list", "--json").json[-1]["synthetic"] is True


def test_a_listing_can_be_of_one_timeframe(project, tradegraph) -> None:
    tradegraph("data", "synth", "--symbols", 1, "--bars", 5, "--timeframe", "1h")
    assert "AAA" not in tradegraph("data", "list", "--timeframe", "1h").out
    missing = tradegraph("data", "list", "--timeframe", "5m")
    assert missing.status == 2
    assert "There is 1h, 1d" in missing.err


def test_an_empty_market_says_how_to_fill_it(project, tradegraph) -> None:
    tradegraph("data", "rm", "AAA", "BBB", "--yes")
    answer = tradegraph("data", "list")
    assert answer.status == 0
    assert "tradegraph data import" in answer.out


def test_the_page_of_a_symbol_has_both_ends_and_its_actions(project, tradegraph) -> None:
    (project / "DIV.csv").write_text(
        HEAD.replace("\n", ",dividend,split\n")
        + "".join(f"2024-02-{day:02d},10,12,9,11,500,{0.5 if day == 3 else 0},1\n" for day in range(1, 15))
    )
    tradegraph("data", "import", "DIV.csv", "--timeframe", "1d")
    page = tradegraph("data", "show", "DIV", "--rows", 2).out
    days = [line.split()[0] for line in page.splitlines() if line.strip().startswith("2024-02")]
    assert days == ["2024-02-01", "2024-02-02", "2024-02-13", "2024-02-14", "2024-02-03"]
    assert "from DIV.csv; kept in 1 part" in page
    document = tradegraph("data", "show", "DIV", "--json").json
    assert document["actions"][0]["dividend"] == 0.5
    assert document["bars"][0]["rows"] == 14


def test_an_unknown_symbol_is_answered_with_the_closest(project, tradegraph) -> None:
    answer = tradegraph("data", "show", "AAB")
    assert answer.status == 2
    assert "TG301 the market has no bars of 'AAB'\n  hint: Did you mean 'AAA'?" in answer.err
    assert "It has bars of 1d" in tradegraph("data", "show", "AAA", "--timeframe", "1h").err


def test_verify_finds_nothing_in_good_bars_and_ends_with_1_for_damage(project, tradegraph) -> None:
    good = tradegraph("data", "verify")
    assert good.status == 0
    assert "24 bars of 2 symbols checked: 0 errors" in good.out
    part = next((project / "market/bars/1d/AAA").glob("*.parquet"))
    part.write_bytes(b"PAR1" + bytes(100))
    bad = tradegraph("data", "verify")
    assert bad.status == 1
    assert "damaged_part" in bad.out
    assert tradegraph("data", "verify", "--json").json["findings"][0]["severity"] == "error"


def test_warnings_of_verify_count_only_when_asked(csv, tradegraph) -> None:
    tradegraph("data", "import", csv("GAP.csv", *GOOD, "2024-06-01,10,12,9,11,500"), "--timeframe", "1d")
    answer = tradegraph("data", "verify")
    assert "gap" in answer.out
    assert answer.status == 0
    assert tradegraph("data", "verify", "--strict").status == 1


def test_removing_needs_a_yes(project, tradegraph) -> None:
    asked = tradegraph("data", "rm", "AAA")
    assert asked.status == 2
    assert "removing 12 bars of 1 symbol needs a yes" in asked.err
    assert "AAA" in tradegraph("data", "list").out
    assert "removed 12 bars of 1 symbol" in tradegraph("data", "rm", "AAA", "--yes").out
    assert "AAA" not in tradegraph("data", "list").out


def test_one_unknown_symbol_keeps_all_from_being_removed(project, tradegraph) -> None:
    answer = tradegraph("data", "rm", "AAA", "ZZZ", "--yes")
    assert answer.status == 2
    assert "AAA" in tradegraph("data", "list").out
