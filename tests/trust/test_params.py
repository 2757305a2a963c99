"""Params in keys: what is equal to Python is not equal here unless the node could not tell the difference."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import GraphError
from pipeline.model.digest import digest

PROPERTY = settings(derandomize=True, deadline=None, database=None, max_examples=60)
TYPED = """
@indicator
def typed(x: Number, *, by: Annotated[{type}, Param("A value of some type")]) -> Number:
    \"\"\"A number that depends on the type of the param.\"\"\"
    note("typed " + type(by).__name__)
    return x + {{int: 1, float: 2, bool: 3, str: 4, list: 5, type(None): 6}}[type(by)]
"""
GRAPH = "user: {use: typed, in: daily.close}"


def given_as(value):
    return {"overrides": {"settings": {"user": {"by": value}}}}


# values that a dictionary of Python takes for one key, as far as one type takes them both
EQUALS = {
    "1 and 1.0": ("int | float", 1, 1.0),
    "0.0 and -0.0": ("float", 0.0, -0.0),
    "1 and true": ("Literal[1, True]", 1, True),
    '1 and "1"': ("Literal['1', 1]", 1, "1"),
    '"1" and "1.0"': ("str", "1", "1.0"),
    '"true" and "True"': ("str", "true", "True"),
    "none and its text": ("str | None", None, "None"),
    "a list and a longer one": ("list[int]", [1, 2], [1, 2, 0]),
    "lists that differ in order": ("list[int]", [1, 2], [2, 1]),
    "lists whose texts join alike": ("list[str]", ["ab", "c"], ["a", "bc"]),
    "neighbours among floats": ("float", 0.1, math.nextafter(0.1, 1)),
    "ints beyond floats": ("int", 2**53, 2**53 + 1),
}


@pytest.mark.parametrize(("declared", "first", "second"), EQUALS.values(), ids=EQUALS.keys())
def test_values_that_differ_are_computed_apart(world, declared, first, second) -> None:
    world.node("typed", TYPED.format(type=declared))
    values = [world.first(world.run(GRAPH, **given_as(first)))]
    assert world.why(GRAPH, **given_as(second)) == ["PARAM"]
    values += [world.first(world.run(GRAPH, **given_as(value))) for value in (second, first, second)]
    assert world.calls() == [f"typed {type(first).__name__}", f"typed {type(second).__name__}"]
    assert values[:2] == values[2:]


def test_a_changed_type_of_a_param_is_new_code_though_the_value_is_written_alike(world) -> None:
    world.node("typed", TYPED.format(type="int"))
    graph = GRAPH.replace("close}", "close, with: {by: 1}}")
    assert world.first(world.run(graph)) == 101.0
    for old, new, value in (("int", "float", 102.0), ("float", "str", 104.0)):
        world.edit("typed", f"Annotated[{old}", f"Annotated[{new}")
        assert world.why(graph) == ["CODE", "PARAM"]
        assert world.first(world.run(graph)) == value


@pytest.mark.parametrize("value", [math.nan, -math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused_as_a_param_before_anything_runs(world, value) -> None:
    world.node("typed", TYPED.format(type="float"))
    with pytest.raises(GraphError) as caught:
        world.run(GRAPH, **given_as(value))
    assert caught.value.faults[0].code == "TG222"
    assert world.calls() == []


@pytest.mark.parametrize("text", ["nan", ".nan", "NaN", "inf", "-inf", ".inf", "1e999"])
def test_what_is_no_number_is_refused_as_text(world, text) -> None:
    world.node("typed", TYPED.format(type="float"))
    with pytest.raises(GraphError):
        world.run(GRAPH.replace("close}", f"close, with: {{by: {text}}}}}"))
    assert world.calls() == []


@pytest.mark.parametrize("default", ["float('nan')", "float('inf')", "math.nan"])
def test_what_is_no_number_is_refused_as_a_default(world, default) -> None:
    text = TYPED.format(type="float").replace('")]) ->', f'")] = {default}) ->')
    world.node("typed", "import math\n" + text)
    assert "typed" not in set(world.discover().registry)


def test_a_param_that_is_a_set_has_no_order(world) -> None:
    """Sets cannot be params; the names of symbols, which are asked for as a set, are sorted."""
    orders = ("[AAA, BBB, CCC]", "[CCC, AAA, BBB]", "[BBB, BBB, CCC, AAA]")
    for order in orders:
        world.run(world.CHAIN, bars=f"daily: {{timeframe: 1d, symbols: {order}}}")
    assert world.calls() == ["plus 1", "plus 2", "plus 3"]


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.sampled_from([0, 0.0, -0.0, 1, 1.0, True, False, "1", "1.0", "True", "", b"", None, math.nan, -math.nan]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.frozensets(scalars, max_size=3),
    ),
    max_leaves=8,
)


def meaning(value):
    """What counts of a value, in a form that Python compares as a node would."""
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else struct.pack(">d", value))
    if isinstance(value, list | tuple):
        return ("row", tuple(map(meaning, value)))
    if isinstance(value, dict):
        return ("map", frozenset((meaning(key), meaning(item)) for key, item in value.items()))
    if isinstance(value, frozenset):
        return ("set", tuple(sorted(repr(meaning(item)) for item in value)))
    return (type(value).__name__, value)


@PROPERTY
@given(first=values, second=values)
def test_digests_are_equal_exactly_when_values_mean_the_same(first, second) -> None:
    assert (digest(first) == digest(second)) == (meaning(first) == meaning(second))


@PROPERTY
@given(st.lists(values, min_size=1, max_size=4), st.lists(values, min_size=1, max_size=4))
def test_neighbouring_values_never_run_into_each_other(first, second) -> None:
    assert (digest(*first) == digest(*second)) == (meaning(first) == meaning(second))


@PROPERTY
@given(st.dictionaries(st.text(max_size=4), scalars, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_a_map_does_not_show(found, random) -> None:
    items = list(found.items())
    random.shuffle(items)
    assert digest(dict(items)) == digest(found)
