"""What a graph takes from outside its file: universes of the project, and the environment."""

import pytest

from pipeline.errors import GraphError
from pipeline.graph.check import Surroundings, check_text

GRAPH = """\
tradegraph: 1
name: g
params: {{p: {{type: int, {}}}}}
bars:
  daily: {{timeframe: 1d, symbols: {}}}
universes: {{mine: [X, NO], both: [Y, "on"]}}
nodes: {{a: {{use: sma, in: daily.close, with: {{period: $p}}}}}}
"""
PROJECT = {"tech": ["AAPL", "MSFT"], "mine": ["Z"]}


@pytest.fixture
def build(registry):
    def built(param="default: 3", symbols="all", environ=None, **overrides):
        around = Surroundings(universes=PROJECT, environ=environ or {})
        return check_text(GRAPH.format(param, symbols), registry, surroundings=around, **overrides)

    return built


@pytest.mark.parametrize(
    ("written", "symbols"),
    [
        ("tech", ("AAPL", "MSFT")),
        ("mine", ("NO", "X")),
        ("[tech, SPX, both]", ("AAPL", "MSFT", "SPX", "Y", "on")),
        ('"tech"', ("tech",)),
        ('["tech", mine]', ("NO", "X", "tech")),
        ("other", ("other",)),
        ("all", None),
    ],
)
def test_the_name_of_a_universe_stands_for_its_symbols(build, written, symbols):
    assert build(symbols=written).bars["daily"].symbols == symbols


def test_a_call_may_name_a_universe(build):
    assert build(bars={"symbols": "tech,X"}).bars["daily"].symbols == ("AAPL", "MSFT", "X")


@pytest.mark.parametrize("text", ["u: ‸[]", "u: ‸AAPL", "‸all: [A]", "u: [A, ‸{a: b}]", "u: [A, ‸~]", "‸U: [A]"])
def test_a_bad_universe_is_one_fault(faults, head, text):
    code = "TG109" if "‸all" in text or "‸U" in text else "TG107"
    faults(f"{head}universes: {{{text}}}\nnodes: {{a: {{use: sma, in: daily.close}}}}\n", code)


def test_a_param_comes_from_the_call_then_the_environment_then_its_default(build):
    declared = "default: 3, env: LENGTH"
    assert build(declared).params["p"] == 3
    assert build(declared, environ={"LENGTH": "7"}).params["p"] == 7
    assert build(declared, environ={"LENGTH": "x"}, params={"p": 9}).params["p"] == 9


def test_the_environment_is_read_where_a_param_says_so_only(build):
    assert build(environ={"p": "7", "P": "7"}).params["p"] == 3


def test_a_value_of_the_environment_that_does_not_fit_is_a_fault(build):
    with pytest.raises(GraphError) as caught:
        build("max: 5, env: LENGTH", environ={"LENGTH": "7"})
    (fault,) = caught.value.faults
    assert (fault.code, fault.place.line) == ("TG226", 3)
    assert "the environment variable LENGTH does not fit" in fault.message


def test_a_missing_variable_is_named(build):
    with pytest.raises(GraphError) as caught:
        build("env: LENGTH")
    assert caught.value.faults[0].hint == "Set LENGTH in the environment, or give -p p=…"


def test_the_name_of_a_variable_is_well_formed(faults, head):
    (fault,) = faults(head + "params: {p: {env: ‸$HOME}}\nnodes: {a: {use: sma, in: daily.close}}\n", "TG109")
    assert "names no environment variable" in fault.message
