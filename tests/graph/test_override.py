"""Overrides of a call: graph params, node params, fields of the bars; text or typed, wrong ones refused."""

import datetime as dt

import pytest

GRAPH = """\
tradegraph: 1
name: g
params:
  fast: {type: int, default: 12, min: 2, max: 100}
  slow: {type: int}
bars:
  daily: {timeframe: 1d, symbols: [A, B], from: 2020-01-01, to: 2020-12-31}
nodes:
  a: {use: sma, in: daily.close, with: {period: $fast}}
  b: {use: sma, in: daily.close, with: {period: $slow}}
  c: {use: scale, in: a, with: {factor: 2}}
"""
GIVEN = {"slow": 48}


@pytest.fixture
def built(graph):
    """The graph with its required param, and more overrides."""
    return lambda params=GIVEN, **more: graph(GRAPH, params={**GIVEN, **params}, **more)


@pytest.fixture
def refused(faults):
    """The faults of the graph with overrides, which must have these codes."""
    return lambda *codes, params=GIVEN, **more: faults(GRAPH, *codes, params={**GIVEN, **params}, **more)


@pytest.mark.parametrize("value", [60, "60", " 060 "])
def test_a_graph_param_may_be_given_as_text_or_typed(built, value):
    graph = built({"slow": value})
    assert graph.params == {"fast": 12, "slow": 60}
    assert graph.nodes["b"].params == {"period": 60}


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"fast": "ten"}, "TG222", "param 'fast' of graph 'g': expected int, got 'ten'"),
        ({"fast": 5.0}, "TG222", "param 'fast' of graph 'g' takes int, got 5.0"),
        ({"fast": True}, "TG222", "param 'fast' of graph 'g' takes int, got True"),
        ({"fast": "101"}, "TG223", "param 'fast' of graph 'g' is 101, allowed: 2 … 100"),
        ({"fsat": "3"}, "TG206", "graph 'g' has no param 'fsat'"),
    ],
)
def test_a_wrong_graph_param_is_one_fault_without_a_place(refused, params, code, message):
    (fault,) = refused(code, params=params)
    assert (fault.place, fault.message) == (None, message)


def test_an_unknown_graph_param_comes_with_a_suggestion(refused):
    assert refused("TG206", params={"fsat": 3})[0].hint == "Did you mean 'fast'?"
    assert refused("TG206", params={"zzz": 3})[0].hint == "Known: fast, slow."


def test_a_graph_param_that_suits_the_graph_but_not_the_node_is_shown_at_the_node(faults):
    (fault,) = faults(GRAPH.replace("$slow", "‸$slow"), "TG223", params={"slow": 1000})
    assert fault.message == "node 'b': param 'period' of sma is 1000, allowed: 2 … 200"


def test_a_graph_without_params_says_so(node_faults):
    (fault,) = node_faults(["a: {use: sma, in: daily.close}"], "TG206", params={"fast": 3})
    assert fault.hint == "It declares no params."


def test_a_node_param_wins_over_the_file(built):
    graph = built(settings={"a": {"period": "20"}, "c": {"factor": 3, "log": True}})
    assert graph.nodes["a"].params == {"period": 20}
    assert graph.nodes["c"].params == {"factor": 3.0, "log": True}
    assert graph.warnings == (), "the param that the file sets there still counts as used"


def test_wrong_node_params_are_refused(faults):
    text = GRAPH.replace("period: $fast", "period: ‸$fast").replace("use: scale", "use: ‸scale")
    settings = {"a": {"period": 1}, "c": {"facto": 3}, "d": {"period": 3, "log": 1}}
    ranged, unknown, nowhere = faults(text, "TG223", "TG221", "TG206", params=GIVEN, settings=settings)
    assert ranged.message == "node 'a': param 'period' of sma is 1, allowed: 2 … 200"
    assert (unknown.message, unknown.hint) == ("node 'c': scale has no param 'facto'", "Did you mean 'factor'?")
    assert nowhere.message == "--set d.period, d.log: the graph has no node 'd'"


def test_a_wrong_node_param_is_told_even_where_the_file_is_not_read(node_faults):
    node_faults(["a: {use: ‸scale, in: daily.close, with: ‸3}"], "TG223", "TG107", settings={"a": {"factor": 0.0}})
    node_faults(["a: {use: scale, in: daily.close, with: ‸3}"], "TG107", settings={"a": {"log": True}})


def test_a_node_param_may_heal_what_the_file_has_wrong(graph):
    text = GRAPH.replace("$slow", "x").replace("  slow: {type: int}\n", "")
    assert graph(text, settings={"b": {"period": 9}}).nodes["b"].params == {"period": 9}


@pytest.mark.parametrize("symbols", ["X,Y", "Y, X ,X", ["X", "Y"], ("Y", "X")])
def test_symbols_may_be_given_as_text_or_list(built, symbols):
    assert built(bars={"symbols": symbols}).bars["daily"].symbols == ("X", "Y")


def test_all_symbols_may_be_asked_for(built):
    assert built(bars={"symbols": "all"}).bars["daily"].symbols is None


@pytest.mark.parametrize("start", ["2021-01-01", dt.date(2021, 1, 1), dt.datetime(2021, 1, 1, tzinfo=dt.UTC)])
@pytest.mark.parametrize("end", ["2021-12-31", dt.date(2021, 12, 31)])
def test_the_range_may_be_given_as_text_or_typed(built, start, end):
    daily = built(bars={"from": start, "to": end}).bars["daily"]
    assert daily.start == dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
    assert daily.end == dt.datetime(2022, 1, 1, tzinfo=dt.UTC)


def test_an_open_end_may_be_given_and_none_changes_nothing(built):
    assert built(bars={"to": "latest"}).bars["daily"].end is None
    assert built(bars={"to": None, "symbols": None}).bars == built().bars


@pytest.mark.parametrize(
    ("bars", "code", "words"),
    [
        ({"from": "soon"}, "TG222", "`from`: expected date and time"),
        ({"to": "2020-13-01"}, "TG222", "`to`: expected date and time"),
        ({"from": "2021-06-01"}, "TG303", "`from` lies behind `to`"),
        ({"symbols": " , "}, "TG301", "it names no symbol"),
        ({"symbol": "A"}, "TG206", "bars sources have no 'symbol' to override"),
        ({"timeframe": "1h"}, "TG206", "bars sources have no 'timeframe' to override"),
    ],
)
def test_a_wrong_field_of_the_bars_is_refused_without_a_place(refused, bars, code, words):
    (fault,) = refused(code, bars=bars)
    assert words in fault.message
    assert fault.place is None


def test_a_field_that_the_file_has_wrong_may_be_overridden(graph):
    text = GRAPH.replace("to: 2020-12-31", "to: soon").replace("symbols: [A, B]", "symbols: {a: b}")
    daily = graph(text, params=GIVEN, bars={"to": "latest", "symbols": "A"}).bars["daily"]
    assert (daily.end, daily.symbols) == (None, ("A",))


def test_wrong_overrides_of_all_sorts_come_at_once(faults):
    found = faults(
        GRAPH.replace("\n  slow", "\n  ‸slow"),
        *("TG224", "TG206", "TG206", "TG206", "TG222", "TG223"),
        params={"fsat": 1, "fast": 1},
        settings={"z": {"p": 1}},
        bars={"sybols": "A", "from": "x"},
    )
    assert len(found) == 6
