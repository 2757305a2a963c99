"""Tables: they fit, and they say what is missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from pipeline.cli.console.document import plain
from pipeline.cli.console.figure import counted, duration, numbers, size
from pipeline.cli.console.table import table_lines

DAY = dt.datetime(2024, 1, 31, tzinfo=dt.UTC)


def table(names, rows, width=None, **options) -> list[str]:
    return [click.unstyle(line) for line in table_lines(names, rows, width, **options)]


def test_numbers_stand_to_the_right_and_texts_to_the_left() -> None:
    assert table(["name", "n"], [("a", 1), ("bcdefg", 1000)]) == ["name       n", "a          1", "bcdefg  1000"]


def test_a_missing_value_is_told_from_an_empty_text() -> None:
    assert table(["a", "b"], [(None, "x"), ("", "y")]) == ["a     b", "null  x", "      y"]


def test_line_breaks_and_escapes_stay_in_their_cell() -> None:
    lines = table(["a"], [("one\ntwo\x1b[31m",)])
    assert len(lines) == 2
    assert "\x1b" not in lines[1]


def test_times_are_as_short_as_all_of_the_column_allow() -> None:
    assert table(["ts"], [(DAY,)])[1] == "2024-01-31"
    assert table(["ts"], [(DAY,), (DAY.replace(hour=9, minute=30),)])[1:] == ["2024-01-31 00:00", "2024-01-31 09:30"]
    assert table(["ts"], [(DAY.replace(second=5),)])[1] == "2024-01-31 00:00:05"
    assert table(["ts"], [(DAY.replace(microsecond=7000),)])[1] == "2024-01-31 00:00:00.007"


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.1 + 0.2, 1.0], ["0.3", "1.0"]),
        ([12345.678, 1.0], ["12345.68", "1.00"]),
        ([0.0001234, None], ["0.000123", None]),
        ([1e-9, 1.0], ["1e-09", "1"]),
        ([4048270000000.0], ["4048270000000"]),
        ([-0.00000001, 1.0, 0.0], ["-1e-08", "1", "0"]),
        ([float("nan"), 1.5], ["nan", "1.5"]),
        ([float("inf"), 1.5], ["inf", "1.5"]),
        ([], []),
    ],
)
def test_floats_have_as_many_decimals_as_they_deserve(values, shown) -> None:
    assert numbers(values) == shown


def test_a_sum_of_ints_that_the_database_made_wider_is_a_whole_number() -> None:
    assert table(["n"], [(Decimal(4048270000001),)])[1] == "4048270000001"


def test_texts_are_shortened_before_columns_go() -> None:
    lines = table(["id", "text", "n"], [("a" * 20, "b" * 50, 1)], 60)
    assert lines[1] == "a" * 20 + "  " + "b" * 34 + "…  1"
    assert len(lines[1]) == 60
    assert not any("not shown" in line for line in lines)


def test_columns_that_do_not_fit_are_named() -> None:
    names = [f"column{n}" for n in range(9)]
    lines = table(names, [[n * 10**9 for n in range(9)]], 60)
    shown, note = lines[0].split(), " ".join(lines[2:])
    assert shown[0] == "column0"
    assert shown[-1] == "column8"
    assert note.startswith("not shown: ")
    assert all((name in note) != (name in shown) for name in names)


def test_minor_columns_go_first() -> None:
    row = ["x" * 20] * 4
    lines = table(["a", "b", "c", "d"], [row], 50, minor=("d", "c"))
    assert lines[0].split() == ["a", "b"]


CELLS = st.one_of(
    st.none(), st.integers(), st.floats(), st.booleans(), st.text(max_size=40), st.datetimes(), st.binary(max_size=8)
)


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=5),
    names=st.lists(st.text(max_size=30), min_size=4, max_size=4),
    width=st.integers(40, 200),
)
@example(rows=[[1e100, 1e117, DAY, None]], names=["", "", "0000\u2e80", ""], width=65)
def test_no_line_is_wider_than_the_terminal_unless_two_numbers_are(rows, names, width) -> None:
    # what must stay whole may be as wide as it is: an int of 40 digits, a time, the head of such a column
    whole = max((len(str(v)) for row in rows for v in row if isinstance(v, int | float | dt.datetime)), default=0)
    limit = max(width, 2 * max(whole, 30) + 2)
    for line in table(names, rows, width):
        assert cell_len(line) <= limit


def test_json_has_no_nan_and_writes_times_in_iso_8601() -> None:
    value = {"a": [float("nan"), float("inf"), 1.5], "b": DAY, "c": dt.timedelta(seconds=90), "d": Decimal("1.50")}
    assert plain(value) == {"a": [None, None, 1.5], "b": "2024-01-31T00:00:00+00:00", "c": 90.0, "d": 1.5}
    assert plain(Decimal(123)) == 123
    assert isinstance(plain(Decimal(123)), int)


def test_counts_durations_and_sizes_read_well() -> None:
    assert [counted(1, "node"), counted(5032, "row")] == ["1 node", "5,032 rows"]
    times = [duration(ms) for ms in (0.031, 4.25, 99.96, 850, 999.9, 4870, 125_000, 7_500_000)]
    assert times == ["0.03 ms", "4.2 ms", "100 ms", "850 ms", "1.00 s", "4.87 s", "2 min 05 s", "2 h 05 min"]
    assert [size(n) for n in (12, 1234, 5_000_000, 83_700_000_000)] == ["12 B", "1.23 kB", "5 MB", "83.7 GB"]
