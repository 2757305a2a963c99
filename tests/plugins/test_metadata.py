"""Whatever a plugin says of itself, it is read or refused by name: nothing else is ever raised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import PluginError
from pipeline.plugins.metadata import read_metadata
from pipeline.plugins.parameter import params_of

PLAIN = st.none() | st.booleans() | st.integers(-5, 200) | st.floats(allow_nan=True) | st.text(max_size=8)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
SAID = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["int", "float", "bool", "str", "choice", "integral", int, float]) | ANYTHING,
        "default": ANYTHING,
        "min": ANYTHING,
        "max": ANYTHING,
        "options": st.lists(PLAIN, max_size=3) | ANYTHING,
        "description": ANYTHING,
    },
)
METADATA = st.fixed_dictionaries(
    {"id": st.sampled_from(["good_id", "Bad Id", ""]), "name": st.just("N"), "version": st.just("1.0.0")},
    optional={
        "author": st.just("A") | ANYTHING,
        "description": st.just("D") | ANYTHING,
        "type": st.sampled_from(["indicator", "strategy"]),
        "parameters": st.dictionaries(st.sampled_from(["period", "x", ""]), SAID | ANYTHING, max_size=2) | ANYTHING,
        "outputs": st.lists(st.text(max_size=4), max_size=2) | ANYTHING,
        "inputs": st.lists(st.sampled_from(["other", "close", "No"]), max_size=2) | ANYTHING,
    },
)
ABOUT = {"id": "a", "name": "A", "version": "1", "author": "a", "description": "d", "type": "strategy"}
QUICK = settings(
    max_examples=120, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True, database=None
)


def refusal(call: Callable[[], Any]) -> str:
    """The code of the refusal, "" where there is none."""
    try:
        call()
    except PluginError as error:
        return error.faults[0].code
    return ""


@QUICK
@given(METADATA | ANYTHING)
def test_metadata_are_read_or_refused(given: Any) -> None:
    def read() -> None:
        params = params_of(read_metadata(given, "indicator", "Plugin"), {"found": 5}, {}, "file.py")
        params.check({}, owner="plugin")  # whatever was taken, a graph can be checked with it
        params.check({"period": "3", "x": True}, owner="plugin")

    assert refusal(read) in ("", "TG403")


@QUICK
@given(SAID | ANYTHING, SAID | ANYTHING)
def test_any_declaration_of_a_param_is_read_or_refused(first: Any, second: Any) -> None:
    metadata = read_metadata({**ABOUT, "parameters": {"x": first, "y": second}}, "strategy", "P")

    def read() -> None:
        params_of(metadata, {}, {}, "file.py").check({"x": "1", "y": "a"}, owner="plugin")

    assert refusal(read) in ("", "TG403")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"type": "int", "options": [[1]]}, "its option [1] is not"),
        ({"type": "int", "options": 5}, "expected a list"),
        ({"type": "int", "options": [1, 2.5]}, "2.5 is not"),
        ({"type": ["int"], "default": 1}, "has the type ['int']"),
        ({"type": "float", "min": float("nan"), "default": 1.0}, "nan"),
        ({"type": "str", "options": ["a"], "default": "b"}, "its default is 'b'"),
    ],
)
def test_a_param_that_cannot_be_is_refused_with_the_reason(said, says) -> None:
    metadata = read_metadata({**ABOUT, "parameters": {"x": said}}, "strategy", "P")
    with pytest.raises(PluginError) as caught:
        params_of(metadata, {}, {}, "file.py")
    assert says in caught.value.faults[0].message


def test_options_rule_where_there_are_bounds_as_well() -> None:
    said = {"type": "float", "options": [1, 2], "default": 1, "min": 0, "max": 9}
    (param,) = params_of(read_metadata({**ABOUT, "parameters": {"x": said}}, "strategy", "P"), {}, {}, "file.py")
    assert param.describe_range() == "1.0 | 2.0"


def test_a_param_whose_default_is_none_may_be_left_open() -> None:
    said = {"type": "int", "default": None, "min": 1, "max": 9}
    params = params_of(read_metadata({**ABOUT, "parameters": {"x": said}}, "strategy", "P"), {}, {}, "file.py")
    assert params.check({}, owner="p") == ({"x": None}, [])
    assert params.check({"x": "4"}, owner="p") == ({"x": 4}, [])
    assert params.check({"x": "40"}, owner="p")[1][0].code == "TG223"


@QUICK
@given(ANYTHING | st.dictionaries(st.just("period"), ANYTHING, max_size=1))
def test_bounds_of_the_code_are_read_or_refused(bounds: Any) -> None:
    metadata = read_metadata({**ABOUT, "parameters": {"period": {"type": "int", "default": 10}}}, "strategy", "P")

    def read() -> None:
        (param,) = params_of(metadata, {}, bounds, "file.py")
        assert param.param.bounds.allow(10)

    assert refusal(read) in ("", "TG403")


@pytest.mark.parametrize("method", ["get_metadata", "get_dependencies", "calculate", "__init__", "validate_data"])
@pytest.mark.parametrize(
    "what", ["1 / 0", "raise SystemExit(3)", "raise RecursionError('deep')", "return 5", "return None"]
)
def test_a_method_that_goes_wrong_refuses_its_file_alone(world, guide, method, what) -> None:
    text = guide("indicator").rstrip()
    arguments = {"calculate": ", data, **kwargs", "validate_data": ", data", "__init__": ", **kwargs"}.get(method, "")
    world.write(
        "wrong",
        text.replace("'my_custom_indicator'", "'wrong'") + f"\n\n    def {method}(self{arguments}):\n        {what}\n",
    )
    world.write("right", text.replace("'my_custom_indicator'", "'right'"))
    found = world.discover()
    assert "right" in found.registry
    refused = [record for record in found.records if record.status == "refused"]
    assert [record.path.endswith("wrong.py") for record in refused] in ([True], [])
    assert all(record.fault.code.startswith("TG4") for record in refused)
