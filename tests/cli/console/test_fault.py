"""Faults as people read them."""

from __future__ import annotations

import click
import pytest

from pipeline.cli.console.fault import rendered, report
from pipeline.errors import Fault, Place


@pytest.fixture
def file(tmp_path, monkeypatch):
    """`file(text)`: the name of a file with this text in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def write(text: str) -> str:
        (tmp_path / "x.yaml").write_text(text)
        return str(tmp_path / "x.yaml")

    return write


def lines_of(fault: Fault) -> list[str]:
    return click.unstyle(rendered(fault)).split("\n")


def test_a_fault_has_place_code_message_source_caret_and_hint(file) -> None:
    fault = Fault(
        "TG201", "no node type 'emma'", Place(file("a: 1\n  fast: {use: emma}\n"), 2, 15), "Did you mean 'ema'?"
    )
    assert lines_of(fault) == [
        "x.yaml:2:15 TG201 no node type 'emma'",
        "    2 |   fast: {use: emma}",
        "                      ^",
        "  hint: Did you mean 'ema'?",
    ]


def test_a_warning_says_so(file) -> None:
    fault = Fault("TG218", "unused", Place(file("a: 1\n"), 1, 1), severity="warning")
    assert lines_of(fault)[0] == "x.yaml:1:1 warning TG218 unused"


def caret_points_at(lines: list[str]) -> str:
    """The character above the caret, counted in columns of a terminal."""
    source, caret = lines[1], lines[2].index("^")
    cells = [char for char in source for _ in range(2 if ord(char) > 0x2E80 else 1)]
    return cells[caret]


@pytest.mark.parametrize(
    ("line", "column"),
    [("  key: X", 8), ("\tkey:\tX", 7), ("日本: X", 5), ("n" * 300 + " X " + "n" * 300, 302), ("X" + "n" * 300, 1)],
)
def test_the_caret_stands_below_the_column_whatever_the_line_holds(file, line, column) -> None:
    lines = lines_of(Fault("TG101", "here", Place(file(line + "\n"), 1, column)))
    assert caret_points_at(lines) == "X"
    assert len(lines[1]) <= 80


@pytest.mark.parametrize("place", [Place("gone.yaml", 3, 1), Place("x.yaml", 99, 1), Place("x.yaml", 0, 0)])
def test_a_line_that_is_not_there_is_left_out(file, place) -> None:
    file("a: 1\n")
    assert len(lines_of(Fault("TG101", "here", place))) == 1


def test_a_file_cannot_command_the_terminal(file) -> None:
    lines = lines_of(Fault("TG101", "here", Place(file("a: \x1b[31mred\x07\n"), 1, 1)))
    assert "\x1b" not in lines[1]
    assert "\x07" not in lines[1]


def test_further_lines_of_a_message_are_indented(file) -> None:
    assert lines_of(Fault("TG604", "Parser Error\n\nLINE 1: selct")) == [
        "TG604 Parser Error",
        "",
        "  LINE 1: selct",
    ]


def test_the_number_of_faults_is_said_with_the_file(file, capsys) -> None:
    place = Place(file("a: 1\n"), 1, 1)
    report([Fault("TG101", "one", place), Fault("TG102", "two", place), Fault("TG218", "three", place, "", "warning")])
    assert capsys.readouterr().err.endswith("2 errors, 1 warning in x.yaml\n")


def test_a_single_fault_without_a_place_is_not_counted(capsys) -> None:
    report([Fault("TG001", "one")])
    assert capsys.readouterr().err == "TG001 one\n"
