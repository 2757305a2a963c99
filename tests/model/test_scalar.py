"""Text to typed value: the declared type decides, never the look of the text."""

import datetime as dt
import time
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.scalar import plain, read_scalar, shown, type_name

PROPERTY = settings(derandomize=True, max_examples=150, deadline=None, database=None)
UTC = dt.UTC
DAY = dt.datetime(2024, 5, 31, tzinfo=UTC)


@pytest.mark.parametrize("text", ["ON", "NO", "on", "yes", "true", "000001", "9:30", "1e-4", "0x10", "1_000", "null",
                                  "~", "", " a ", "2024-05-31", ".5", "NaN"])  # fmt: skip
def test_text_stays_text_whatever_it_looks_like(text):
    assert read_scalar(text, str) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("14", 14), ("-3", -3), ("+7", 7), ("000001", 1), ("1_000_000", 1_000_000), (" 5 ", 5), ("0", 0)],
)
def test_an_int_is_digits_with_a_sign_and_underscores(text, value):
    found = read_scalar(text, int)
    assert (found, type(found)) == (value, int)


@pytest.mark.parametrize(
    "text",
    ["1.0", "1e3", "0x10", "0o17", "0b1", "_1", "1_", "1__0", "", "true", "ten", "1 000", "٣", "²", "9:30", "--1"],
)
def test_anything_else_is_no_int(text):
    with pytest.raises(ValueError, match=r"^expected int, got ") as error:
        read_scalar(text, int)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 0.0001),
        ("1E5", 1e5),
        ("2", 2.0),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("+1.25", 1.25),
        ("1_000.5", 1000.5),
        ("000.10", 0.1),
        ("1e-400", 0.0),
    ],
)
def test_a_number_is_read_as_a_float(text, value):
    found = read_scalar(text, float)
    assert (found, type(found)) == (value, float)


@pytest.mark.parametrize(
    "text", ["nan", ".nan", "inf", "-.inf", "1e400", "1,5", ".", "e5", "1e", "0x1p3", "", "٣.٥", "1.5.2"]
)
def test_what_is_not_finite_or_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"^expected number, got "):
        read_scalar(text, float)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("True", True), ("FALSE", False)])
def test_a_switch_is_true_or_false_in_any_case(text, value):
    assert read_scalar(text, bool) is value


@pytest.mark.parametrize("text", ["yes", "no", "on", "off", "y", "1", "0", ""])
def test_the_other_spellings_of_yaml_are_no_switch(text):
    with pytest.raises(ValueError, match=r"^expected true/false, got "):
        read_scalar(text, bool)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9:30", dt.time(9, 30)),
        ("09:30", dt.time(9, 30)),
        ("16:00:30", dt.time(16, 0, 30)),
        ("00:00", dt.time(0, 0)),
    ],
)
def test_a_time_is_read_from_the_clock(text, value):
    assert read_scalar(text, dt.time) == value


@pytest.mark.parametrize("text", ["570", "9", "9:3", "24:00", "9:60", "1_0:30", "-9:30", "٩:٣٠", ":30", ""])
def test_what_no_clock_shows_is_no_time(text):
    with pytest.raises(ValueError, match=r"^expected time \(9:30\), got "):
        read_scalar(text, dt.time)


def test_a_date_is_a_date():
    assert read_scalar("2024-05-31", dt.date) == dt.date(2024, 5, 31)


def test_a_moment_without_zone_is_in_utc_and_one_with_a_zone_is_brought_there():
    assert read_scalar("2024-05-31", dt.datetime) == DAY
    assert read_scalar("2024-05-31T16:00", dt.datetime) == DAY.replace(hour=16)
    moved = read_scalar("2024-05-31T16:00-04:00", dt.datetime)
    assert (moved, moved.tzinfo) == (DAY.replace(hour=20), UTC)


@pytest.mark.parametrize("declared", [dt.date, dt.datetime])
@pytest.mark.parametrize("text", ["2024-02-30", "31.05.2024", "latest", "20240", "", "2024-5-1"])
def test_a_bad_date_is_refused_with_an_example(text, declared):
    with pytest.raises(ValueError, match=r"^expected date.*2024-05-31.*, got "):
        read_scalar(text, declared)


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("5m", 300), ("1h", 3600), ("1d", 86400), ("2w", 1209600), ("250ms", 0.25),
                          ("1.5h", 5400)]
)  # fmt: skip
def test_a_duration_is_a_number_and_a_unit(text, seconds):
    assert read_scalar(text, dt.timedelta) == dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["60", "1mo", "-5m", "5 m", "m", "1h30m", ""])
def test_other_durations_are_refused(text):
    with pytest.raises(ValueError, match=r"^expected duration .*60s.*, got "):
        read_scalar(text, dt.timedelta)


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("99999999999d", dt.timedelta),
        ("9" * 400 + "d", dt.timedelta),
        ("0001-01-01T00:00+02:00", dt.datetime),
        ("9999-12-31T23:59-02:00", dt.datetime),
        ("9" * 5_000, int),
    ],
)
def test_what_is_too_large_for_python_is_refused_like_any_other_value(text, declared):
    with pytest.raises(ValueError, match=r"^expected "):
        read_scalar(text, declared)


def test_a_choice_is_one_of_its_options():
    side = Literal["long", "short", "both"]
    assert read_scalar("short", side) == "short"
    with pytest.raises(ValueError, match=r"^expected one of long, short, both, got 'Short'$"):
        read_scalar("Short", side)


@pytest.mark.parametrize(
    ("text", "declared", "value"),
    [
        ("2", Literal[1, 2], 2),
        ("1e-4", Literal[0.5, 0.0001], 0.0001),
        ("1", Literal[0.5, 1.0], 1.0),
        ("true", Literal[True, False], True),
        ("9:30", Literal[dt.time(9, 30), dt.time(16, 0)], dt.time(9, 30)),
        ("1m", Literal[dt.timedelta(seconds=60)], dt.timedelta(seconds=60)),
    ],
)
def test_an_option_is_read_as_its_own_type(text, declared, value):
    found = read_scalar(text, declared)
    assert (found, type(found)) == (value, type(value))


def test_options_are_shown_as_an_author_writes_them():
    options = Literal[True, dt.time(9, 30), dt.timedelta(seconds=90), None]
    with pytest.raises(ValueError, match=r"^expected one of true, 09:30, 90s, ~, got 'x'$"):
        read_scalar("x", options)
    assert plain(dt.time(9, 30, 15)) == "09:30:15"
    assert plain(dt.timedelta(milliseconds=250)) == "0.25s"


@pytest.mark.parametrize("text", ["~", "null", "", " Null "])
def test_null_is_none_where_none_is_allowed(text):
    assert read_scalar(text, int | None) is None


def test_a_union_takes_the_first_type_that_fits():
    assert read_scalar("3", int | float) == 3
    assert type(read_scalar("3", int | float)) is int
    assert type(read_scalar("3.5", int | float)) is float
    with pytest.raises(ValueError, match=r"^expected int, got 'x'$"):
        read_scalar("x", int | None)


def test_one_text_cannot_be_a_list():
    with pytest.raises(ValueError, match=r"^expected list of int, got the text '1,2'$"):
        read_scalar("1,2", tuple[int, ...])


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        (int, "int"),
        (float, "number"),
        (bool, "true/false"),
        (str, "text"),
        (int | None, "int or null"),
        (int | float, "int or number"),
        (tuple[int, ...], "list of int"),
        (list[str], "list of text"),
        (Literal["a", "b"], "one of a, b"),
        (complex, "complex"),
    ],
)
def test_types_have_names_that_a_trader_understands(declared, name):
    assert type_name(declared) == name


def test_a_long_value_is_cut_in_a_message():
    with pytest.raises(ValueError, match=r"…") as error:
        read_scalar("7" * 100_000 + "x", int)
    assert len(str(error.value)) < 120
    assert shown(list(range(1000))).startswith("[0, 1, 2")
    assert len(shown(list(range(1000)))) < 80
    assert shown("short") == "'short'"


@pytest.mark.parametrize("declared", [int, float, bool, dt.time, dt.timedelta, dt.datetime])
def test_refusing_a_long_text_takes_no_time(declared):
    started = time.process_time()  # guards against explosions; not a timing
    for text in ("1" * 200_000 + "x", "1_" * 100_000 + "x", "1." + "1" * 200_000 + "x"):
        with pytest.raises(ValueError, match="expected"):
            read_scalar(text, declared)
    assert time.process_time() - started < 20.0


@PROPERTY
@given(st.integers(-(10**30), 10**30))
def test_an_int_survives_the_way_through_text(value):
    assert read_scalar(str(value), int) == value
    assert read_scalar(f"{value:_}", int) == value


@PROPERTY
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_survives_the_way_through_text(value):
    assert read_scalar(repr(value), float) == value


@PROPERTY
@given(st.text(max_size=12), st.sampled_from([int, float, bool, str, dt.date, dt.datetime, dt.time, dt.timedelta,
                                              int | None, Literal["a", 1, 0.5]]))  # fmt: skip
def test_any_text_gives_a_value_or_a_sentence(text, declared):
    problem = "expected "
    try:
        read_scalar(text, declared)
    except ValueError as error:
        problem = str(error)
    assert problem.startswith("expected ")
