"""Bars sources: ranges that include their ends, symbols, and what is wrong with them."""

import datetime as dt

import pytest

from pipeline.graph.source import read_end, read_start, read_symbols
from pipeline.model.bars import BarsRequest

UTC = dt.UTC


def at(*parts):
    return dt.datetime(*parts, tzinfo=UTC)


@pytest.fixture
def bars(graph):
    """`bars("{timeframe: 1d}")`: the request that a source means."""
    text = "tradegraph: 1\nname: g\nbars:\n  d: %s\nnodes:\n  a: {use: sma, in: d.close}\n"
    return lambda source: graph(text % source).bars["d"]


@pytest.fixture
def source_faults(faults):
    """`source_faults("{timeframe: ‸x}", "TG306")`: the faults of a source."""
    text = "tradegraph: 1\nname: g\nbars:\n  %s\nnodes:\n  a: {use: sma, in: d.close}\n"
    return lambda source, *codes: faults(text % source, *codes)


def test_a_source_is_all_symbols_of_a_timeframe_unless_it_says_more(bars):
    assert bars("{timeframe: 1d}") == BarsRequest("1d", None, None, None, "splits")
    full = "{timeframe: 5m, symbols: [B, A], from: 2020-01-01, to: latest, adjust: total, history: all}"
    assert bars(full) == BarsRequest("5m", ("A", "B"), at(2020, 1, 1), None, "total")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2024-05-31", at(2024, 5, 31)),
        ("2024-05-31T16:00", at(2024, 5, 31, 16)),
        ("2024-05-31T16:00-04:00", at(2024, 5, 31, 20)),
        ("2024-05-31 16:00", at(2024, 5, 31, 16)),
    ],
)
def test_a_range_begins_with_the_bar_at_its_start(text, start):
    assert read_start(text) == start


@pytest.mark.parametrize(
    ("text", "last", "first_outside"),
    [
        ("2024-05-31", at(2024, 5, 31, 23, 59, 59, 999_999), at(2024, 6, 1)),
        ("2024-12-31", at(2024, 12, 31, 23, 59), at(2025, 1, 1)),
        (" 2024-05-31 ", at(2024, 5, 31, 12), at(2024, 6, 1)),
        ("20240531", at(2024, 5, 31, 12), at(2024, 6, 1)),
        ("2024-05-31T16:00", at(2024, 5, 31, 16), at(2024, 5, 31, 16, 0, 0, 1)),
        ("2024-05-31T00:00", at(2024, 5, 31), at(2024, 5, 31, 0, 0, 0, 1)),
        ("2024W22T16", at(2024, 5, 27, 16), at(2024, 5, 27, 16, 0, 0, 1)),
        ("2024-05-31T16:00-04:00", at(2024, 5, 31, 20), at(2024, 5, 31, 20, 0, 0, 1)),
    ],
)
def test_a_range_ends_with_the_day_or_the_bar_that_it_names(text, last, first_outside):
    end = read_end(text)
    assert last < end <= first_outside


@pytest.mark.parametrize("text", ["latest", "9999-12-31"])
def test_an_end_may_be_open(text):
    assert read_end(text) is None


def test_one_day_is_a_range(bars):
    day = bars("{timeframe: 1h, from: 2024-05-31, to: 2024-05-31}")
    assert (day.start, day.end) == (at(2024, 5, 31), at(2024, 6, 1))


@pytest.mark.parametrize("text", ["latest", "all", "soon", "2024-02-30", "31.5.2024", "1717113600", "2024"])
def test_a_start_is_a_date(text):
    with pytest.raises(ValueError, match="expected date and time"):
        read_start(text)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("all", None),
        ("A", ("A",)),
        ("A,B", ("A", "B")),
        (" A , B ,", ("A", "B")),
        ("", ()),
        ("ALL", ("ALL",)),
        ("BRK.B", ("BRK.B",)),
    ],
)
def test_symbols_are_parted_by_commas(text, symbols):
    assert read_symbols(text) == symbols


@pytest.mark.parametrize(
    ("written", "symbols"),
    [
        ("all", None),
        ("AAPL", ("AAPL",)),
        ("[ON, NO, 000001, NULL, 'null', 1e5, 9:30]", ("000001", "1e5", "9:30", "NO", "NULL", "ON", "null")),
        ("[B, A, B]", ("A", "B")),
        ("'A, B'", ("A", "B")),
        ("[all]", ("all",)),
    ],
)
def test_symbols_stay_text_sorted_and_once(bars, written, symbols):
    assert bars(f"{{timeframe: 1d, symbols: {written}}}").symbols == symbols


def test_null_leaves_a_side_open_and_a_default_in_place(bars):
    assert bars("{timeframe: 1d, from: ~, to: null, adjust: ~, history: }") == BarsRequest("1d")


def test_fields_may_be_params_of_the_graph(graph):
    text = """\
tradegraph: 1
name: g
params:
  tf: {type: str, default: 1h}
  start: {type: date, default: 2020-01-02}
  end: {type: datetime, default: 2020-01-03T12:00}
  names: {type: str, default: 'B,A'}
  how: {type: str, default: none, options: [none, splits]}
  open: {type: date, default: ~}
bars:
  d: {timeframe: $tf, symbols: $names, from: $start, to: $end, adjust: $how}
  e: {timeframe: $tf, from: $open, to: $start}
nodes:
  a: {use: sma, in: d.close}
"""
    found = graph(text)
    assert found.bars["d"] == BarsRequest("1h", ("A", "B"), at(2020, 1, 2), at(2020, 1, 3, 12, 0, 0, 1), "none")
    assert found.bars["e"] == BarsRequest("1h", None, None, at(2020, 1, 3))
    assert graph(text, params={"start": "2020-01-01"}).bars["d"].start == at(2020, 1, 1)


NO_SYMBOL = ("TG301", "it names no symbol", "Write `symbols: all`, a universe or a list.")
NO_DATE = ("TG222", ": expected date and time", "Write a date (2024-05-31)")
NOT_SINGLE = ("TG107", "a symbol is a single value", "Quote a symbol that is called null.")


@pytest.mark.parametrize(
    ("source", "code", "message", "hint"),
    [
        ("‸d: {}", "TG108", "it has no timeframe", "Add `timeframe: 1d`."),
        ("d: {timeframe: ‸}", "TG108", "it has no timeframe", "Add `timeframe: 1d`."),
        ("d: {timeframe: ‸1day}", "TG306", "'1day' is not a timeframe", "Write a number and a unit: 5m, 1h, 1d"),
        ("d: {timeframe: ‸[1d]}", "TG107", "`timeframe` is a single value", ""),
        (
            "d: {timeframe: 1d, adjust: ‸split}",
            "TG223",
            "allowed: none | splits | dividends | total | forward",
            "Did you mean 'splits'?",
        ),
        ("d: {timeframe: 1d, history: ‸warmup}", "TG106", "`history: warmup` is reserved", "Use `history: all`."),
        ("d: {timeframe: 1d, history: ‸some}", "TG223", "`history` is 'some', allowed: all", ""),
        ("d: {timeframe: 1d, symbols: ‸[]}", *NO_SYMBOL),
        ("d: {timeframe: 1d, symbols: ‸~}", *NO_SYMBOL),
        ("d: {timeframe: 1d, symbols: ‸','}", *NO_SYMBOL),
        ("d: {timeframe: 1d, symbols: [A, ‸[B]]}", *NOT_SINGLE),
        ("d: {timeframe: 1d, symbols: [A, ‸~]}", *NOT_SINGLE),
        ("d: {timeframe: 1d, symbols: [A, ‸'']}", *NOT_SINGLE),
        ("d: {timeframe: 1d, symbols: ‸{a: b}}", "TG107", "`symbols` is a single value", ""),
        ("d: {timeframe: 1d, from: ‸soon}", *NO_DATE),
        ("d: {timeframe: 1d, to: ‸2024-02-30}", *NO_DATE),
        ("d: {timeframe: 1d, from: ‸latest}", *NO_DATE),
        ("d: {timeframe: 1d, from: ‸0001-01-01T00:00+02:00}", *NO_DATE),
        ("d: {timeframe: 1d, from: ‸2024-02-01, to: 2024-01-31}", "TG303", "`from` lies behind `to`", "Swap them."),
    ],
)
def test_a_bad_source_is_one_fault_at_its_place(source_faults, source, code, message, hint):
    (fault,) = source_faults(source, code)
    assert fault.message.startswith("bars source 'd': ")
    assert message in fault.message
    assert fault.hint.startswith(hint)


def test_all_faults_of_a_source_come_at_once(source_faults):
    source_faults(
        "d: {timeframe: ‸x, symbols: [‸[]], from: ‸y, to: ‸z, adjust: ‸w, history: ‸v}",
        *("TG306", "TG107", "TG222", "TG222", "TG223", "TG223"),
    )


def test_an_unknown_param_in_a_source_is_one_fault(source_faults):
    source_faults("d: {timeframe: ‸$a, symbols: [‸$b], from: ‸$c, to: ‸$d, adjust: ‸$e, history: ‸$f}", *["TG204"] * 6)
