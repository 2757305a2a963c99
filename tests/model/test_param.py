"""Params: declared, bounded, checked strictly, every fault at once."""

import datetime as dt
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet

PROPERTY = settings(derandomize=True, max_examples=100, deadline=None, database=None)


def declared(name, type_, default=REQUIRED, **bounds):
    return DeclaredParam(name, type_, default, Param(f"What {name} does", **bounds))


def params(*declarations):
    return ParamSet(declarations)


def taken(type_, value, **bounds):
    """What a single param makes of a value: the value, or the code of the fault."""
    checked, faults = params(declared("x", type_, **bounds)).check({"x": value}, owner="node")
    return faults[0].code if faults else checked["x"]


def test_defaults_are_filled_in_and_order_is_that_of_the_declaration():
    both = params(declared("fast", int, 12), declared("slow", int, 48))
    checked, faults = both.check({"slow": "60"}, owner="cross")
    assert faults == []
    assert list(checked.items()) == [("fast", 12), ("slow", 60)]
    assert list(both.check({"slow": 1, "fast": 2}, owner="cross")[0]) == ["fast", "slow"]


def test_no_params_take_nothing():
    assert params().check({}, owner="node") == ({}, [])
    (fault,) = params().check({"x": 1}, owner="node")[1]
    assert (fault.code, fault.name, fault.hint) == ("TG221", "x", "It takes no params.")


@pytest.mark.parametrize(
    ("type_", "value", "result"),
    [
        (int, 1, 1),
        (int, 1.0, "TG222"),
        (int, True, "TG222"),
        (int, "1", 1),
        (int, "1.0", "TG222"),
        (float, 1, 1.0),
        (float, 1.5, 1.5),
        (float, True, "TG222"),
        (float, float("nan"), "TG222"),
        (float, float("inf"), "TG222"),
        (bool, True, True),
        (bool, 1, "TG222"),
        (bool, "true", True),
        (str, "NO", "NO"),
        (str, 1, "TG222"),
        (str, None, "TG222"),
        (int, None, "TG222"),
        (int, [1], "TG222"),
        (int | None, None, None),
        (int | None, "~", None),
        (Literal["a", "b"], "b", "b"),
        (Literal["a", "b"], "c", "TG222"),
        (Literal[1, 2], 3, "TG223"),
        (tuple[int, ...], ["1", 2], (1, 2)),
        (list[int], ["1", 2], [1, 2]),
        (tuple[int, ...], ["1", "x"], "TG222"),
        (tuple[str, ...], ["ON", "000001"], ("ON", "000001")),
        (dt.time, "9:30", dt.time(9, 30)),
        (dt.timedelta, "5m", dt.timedelta(minutes=5)),
        (dt.date, "2024-05-31", dt.date(2024, 5, 31)),
    ],
)
def test_a_value_is_taken_as_the_declared_type_or_not_at_all(type_, value, result):
    found = taken(type_, value)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "shown"),
    [
        ({"ge": 2, "le": 200}, (2, 200), (1, 201), "2 … 200"),
        ({"ge": 2}, (2, 10**9), (1,), "≥ 2"),
        ({"gt": 0}, (1,), (0, -1), "> 0"),
        ({"lt": 5}, (4,), (5,), "< 5"),
        ({"le": 5}, (5,), (6,), "≤ 5"),
        ({"gt": 0, "lt": 10}, (1, 9), (0, 10), "> 0, < 10"),
    ],
)
def test_bounds_hold_and_are_named(bounds, inside, outside, shown):
    assert all(taken(int, value, **bounds) == value for value in inside)
    for value in outside:
        (fault,) = params(declared("x", int, **bounds)).check({"x": value}, owner="sma")[1]
        assert (fault.code, fault.name) == ("TG223", "x")
        assert fault.message == f"param 'x' of sma is {value}, allowed: {shown}"
        assert fault.hint == "What x does"


def test_a_fault_tells_what_was_expected_and_what_came():
    (fault,) = params(declared("period", int)).check({"period": "ten"}, owner="sma")[1]
    assert fault.message == "param 'period' of sma: expected int, got 'ten'"
    (fault,) = params(declared("period", int)).check({"period": 1.5}, owner="sma")[1]
    assert fault.message == "param 'period' of sma takes int, got 1.5"


def test_an_unknown_param_comes_with_a_suggestion_or_the_list():
    both = params(declared("period", int, 14), declared("smooth", bool, False))
    near, far = both.check({"perid": 3, "zzz": 4}, owner="rsi")[1]
    assert (near.code, near.message, near.hint) == ("TG221", "rsi has no param 'perid'", "Did you mean 'period'?")
    assert far.hint == "It takes: period, smooth."


def test_a_missing_param_is_named():
    (fault,) = params(declared("factor", float)).check({}, owner="scale")[1]
    assert (fault.code, fault.name, fault.message) == ("TG224", "factor", "scale needs the param 'factor'")
    assert "factor" in fault.hint


def test_all_faults_of_a_call_come_at_once():
    many = params(
        declared("a", int),
        declared("b", int, 1, le=9),
        declared("c", float, 1.0),
        declared("d", int, 3),
        declared("e", bool),
    )
    faults = many.check({"b": 10, "c": "x", "d": True, "f": 1}, owner="node")[1]
    assert sorted((fault.name, fault.code) for fault in faults) == [
        ("a", "TG224"),
        ("b", "TG223"),
        ("c", "TG222"),
        ("d", "TG222"),
        ("e", "TG224"),
        ("f", "TG221"),
    ]


@pytest.mark.parametrize("name", ["copy", "json", "schema", "model_config", "model_dump", "validate", "_x", "self"])
def test_a_param_may_have_a_name_that_pydantic_keeps_for_itself(name):
    one = params(declared(name, int, 1, ge=0))
    assert one.check({name: "3"}, owner="node") == ({name: 3}, [])
    assert one.check({}, owner="node") == ({name: 1}, [])
    assert [(fault.name, fault.code) for fault in one.check({name: -1}, owner="node")[1]] == [(name, "TG223")]


def test_the_pydantic_model_is_closed_strict_and_speaks_of_params_by_name():
    schema = params(
        declared("period", int, 14, ge=2, le=200), declared("side", Literal["long", "short"])
    ).model.model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["side"]
    assert schema["properties"]["period"]["minimum"] == 2
    assert schema["properties"]["period"]["maximum"] == 200
    assert schema["properties"]["period"]["description"] == "What period does"
    assert schema["properties"]["side"]["enum"] == ["long", "short"]


@pytest.mark.parametrize(
    ("type_", "default", "bounds", "problem"),
    [
        (int, 300, {"le": 200}, "allows ≤ 200, but its default is 300"),
        (int, 0, {"gt": 0}, "allows > 0, but its default is 0"),
        (int, 1.0, {}, "takes int, but its default is 1.0"),
        (int, True, {}, "takes int, but its default is True"),
        (int, "14", {}, "takes int, but its default is '14'"),
        (int, None, {}, "takes int, but its default is None"),
        (float, True, {}, "takes number, but its default is True"),
        (float, float("nan"), {}, "takes number, but its default is nan"),
        (bool, 1, {}, "takes true/false, but its default is 1"),
        (str, None, {}, "takes text, but its default is None"),
        (Literal["a", "b"], "c", {}, "takes one of a, b, but its default is 'c'"),
        (Literal[1, 2], True, {}, "takes one of 1, 2, but its default is True"),
        (tuple[int, ...], (1, "x"), {}, "takes list of int, but its default is (1, 'x')"),
        (complex, REQUIRED, {}, "has the type complex, which a graph file cannot write"),
        (dict[str, int], REQUIRED, {}, "has the type dict, which a graph file cannot write"),
        (str, "a", {"ge": 1}, "is text: only numbers have bounds"),
        (tuple[int, ...], (), {"ge": 1}, "is list of int: only numbers have bounds"),
        (int, REQUIRED, {"ge": 5, "le": 2}, "allows nothing: 5 … 2"),
    ],
)
def test_a_declaration_that_cannot_work_has_a_problem(type_, default, bounds, problem):
    assert declared("x", type_, default, **bounds).problem() == problem


@pytest.mark.parametrize(
    ("type_", "default", "bounds"),
    [
        (int, 14, {"ge": 2, "le": 14}),
        (int, 2, {"ge": 2, "lt": 14}),
        (int, 13, {"gt": 2, "lt": 14}),
        (int, REQUIRED, {"ge": 2}),
        (int | None, None, {"ge": 2}),
        (float, 2, {"gt": 0}),
        (bool, False, {}),
        (Literal["a", "b"], "a", {}),
        (tuple[str, ...], (), {}),
        (dt.time, dt.time(9, 30), {}),
        (list[float], [1.0], {}),
    ],
)
def test_a_sound_declaration_has_none(type_, default, bounds):
    assert declared("x", type_, default, **bounds).problem() == ""


@PROPERTY
@given(
    st.sampled_from([int, float]),
    st.one_of(st.integers(-5, 5), st.floats(-5, 5), st.booleans(), st.text(max_size=2), st.none()),
    st.fixed_dictionaries({}, optional={name: st.integers(-3, 3) for name in ("ge", "gt", "le", "lt")}),
)
def test_a_default_that_passes_the_declaration_passes_the_check(type_, default, bounds):
    param = declared("x", type_, default, **bounds)
    if not param.problem():
        assert params(param).check({"x": default}, owner="node")[1] == []
    elif default is not None and not isinstance(default, str):
        low = max((bounds[name] for name in ("ge", "gt") if name in bounds), default=-9)
        high = min((bounds[name] for name in ("le", "lt") if name in bounds), default=9)
        assert low > high or params(param).check({"x": default}, owner="node")[1] != []


def test_params_cannot_be_changed():
    one = params(declared("x", int, 1))
    with pytest.raises(AttributeError):
        one.params = ()
    with pytest.raises(AttributeError):
        one.get("x").default = 2
    assert one.get("y") is None
    assert [param.name for param in one] == ["x"]
    assert len(one) == 1
