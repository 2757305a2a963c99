"""Declarations that are not well formed: each is refused with its place and a hint."""

from functools import partial
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple

import pytest

from pipeline import (
    Axis,
    Metrics,
    Number,
    Param,
    Percent,
    Price,
    Same,
    Signal,
    Volume,
    indicator,
)
from pipeline.errors import PluginError

Period = Annotated[int, Param("Window, in bars", ge=2, le=1_000)]


def bad_port(close, *, period: Period = 14) -> Percent:
    """No kind."""


def two_kinds(close: Price | Volume) -> Percent:
    """Which of them?"""


def kind_in_a_list(close: list[Price]) -> Percent:
    """A port is one column."""


def untyped_port(close: float) -> Percent:
    """A float is no kind."""


def port_with_default(close: Price, length: Number = 3) -> Percent:
    """A param in the wrong place."""


def no_description(close: Price, *, period: int = 14) -> Percent:
    """Period says nothing."""


def blank_description(close: Price, *, period: Annotated[int, Param("  ")] = 14) -> Percent:
    """Period says nothing."""


def outside(close: Price, *, period: Annotated[int, Param("Window", ge=2, le=9)] = 14) -> Percent:
    """The default is out of bounds."""


def wrong_default(close: Price, *, period: Annotated[int, Param("Window")] = 14.0) -> Percent:
    """The default is no int."""


def odd_type(close: Price, *, how: Annotated[dict[str, int], Param("How")]) -> Percent:
    """No text gives a dict."""


def bounded_text(close: Price, *, how: Annotated[str, Param("How", ge=1)] = "a") -> Percent:
    """Text has no bounds."""


def no_output(close: Price):
    """Nothing comes out."""


def bare_output(close: Price) -> float:
    """A float is no kind."""


def tuple_output(close: Price) -> tuple[Price, Volume]:
    """Outputs have names."""


class Empty(NamedTuple):
    pass


def empty_output(close: Price) -> Empty:
    """Nothing comes out."""


class Half(NamedTuple):
    upper: Price
    lower: float


def half_output(close: Price) -> Half:
    """One output has no kind."""


class Lost(NamedTuple):
    upper: "Nowhere"  # noqa: F821


def lost_output(close: Price) -> Lost:
    """The output names nothing."""


def lost_port(close: "Nowhere") -> Percent:  # noqa: F821
    """The port names nothing."""


def raising_port(close: "SimpleNamespace().price") -> Percent:
    """The annotation raises."""


def no_doc(close: Price) -> Percent: ...


def many_ports(*close: Price) -> Percent:
    """Ports have names."""


def any_params(close: Price, **params: Any) -> Percent:
    """Params have names."""


def no_ports(*, period: Period = 14) -> Percent:
    """From nothing."""


def optional_ports(close: Price = None) -> Percent:
    """From nothing, perhaps."""


def Upper(close: Price) -> Percent:
    """An id is lower case."""


def table_without_axis(close: Price) -> Metrics:
    """A table gets its axis."""


def table_on_axis(axis: Axis, close: Price) -> Percent:
    """A table has rows of its own."""


def metrics_on_axis(close: Price) -> Metrics:
    """Metrics are a table."""


class Bundled(NamedTuple):
    decided: Signal
    result: Metrics


def bundle_beside_table(axis: Axis, close: Price) -> Bundled:
    """Columns beside tables come one by one."""


def table_port(axis: Axis, close: Price, before: Metrics) -> Metrics:
    """A table goes to people, not to nodes."""


def axis_without_table(axis: Axis, close: Price) -> Percent:
    """The axis is for tables."""


def same_as_nothing(close: Price) -> Annotated[Any, Same("clos")]:
    """The kind of which port?"""


def same_as_optional(close: Price, other: Number = None) -> Annotated[Any, Same("other")]:
    """The port may stay unwired."""


def sound(close: Price, *, period: Period = 14) -> Percent:
    """Nothing is wrong."""


MALFORMED = [
    (bad_port, {}, "port 'close' has no kind"),
    (two_kinds, {}, "port 'close' has no kind"),
    (kind_in_a_list, {}, "port 'close' has no kind"),
    (untyped_port, {}, "port 'close' has no kind"),
    (port_with_default, {}, "port 'length' has a default"),
    (no_description, {}, "param 'period' has no description"),
    (blank_description, {}, "param 'period' has no description"),
    (outside, {}, "param 'period' allows 2 … 9, but its default is 14"),
    (wrong_default, {}, "param 'period' takes int, but its default is 14.0"),
    (odd_type, {}, "param 'how' has the type dict, which a graph file cannot write"),
    (bounded_text, {}, "param 'how' is text: only numbers have bounds"),
    (no_output, {}, "the return annotation names no kind"),
    (bare_output, {}, "the return annotation names no kind"),
    (tuple_output, {}, "the return annotation names no kind"),
    (empty_output, {}, "the return annotation names no kind"),
    (half_output, {}, "output 'lower' has no kind"),
    (lost_output, {}, "an annotation cannot be read: NameError: name 'Nowhere' is not defined"),
    (lost_port, {}, "an annotation cannot be read: NameError: name 'Nowhere' is not defined"),
    (raising_port, {}, "an annotation cannot be read: AttributeError"),
    (no_doc, {}, "it has no docstring"),
    (many_ports, {}, "*close: ports and params are named one by one"),
    (any_params, {}, "*params: ports and params are named one by one"),
    (no_ports, {}, "it has no required port"),
    (optional_ports, {}, "it has no required port"),
    (Upper, {}, "an id is lower case letters, digits and _"),
    (sound, {"id": "a.b.c"}, "an id is lower case letters, digits and _"),
    (sound, {"id": "2fast"}, "an id is lower case letters, digits and _"),
    (sound, {"style": "kernl"}, "style is 'kernl', allowed: expression | kernel | array | frame | table | panel"),
    (sound, {"scope": "market"}, "scope is 'market', allowed: symbol | cross-section"),
    (sound, {"warmup": -1}, "warmup is -1, expected a number of rows"),
    (sound, {"warmup": "13"}, "warmup is '13', expected a number of rows"),
    (sound, {"warmup": True}, "warmup is True, expected a number of rows"),
    (sound, {"warmup": lambda p: p.perod}, "warmup failed, AttributeError"),
    (sound, {"warmup": lambda p: 1 - p.period}, "warmup failed, got -13, expected a number of rows"),
    (sound, {"warmup": lambda p: p.period / 2}, "warmup failed, TypeError"),
    (table_without_axis, {"style": "table"}, "a table node gets its axis first"),
    (table_on_axis, {"style": "table"}, "style 'table' gives a table kind, not percent"),
    (metrics_on_axis, {}, "style 'expression' gives a kind on the axis, not metrics"),
    (bundle_beside_table, {"style": "table"}, "a table node gives columns one by one"),
    (table_port, {"style": "table"}, "port 'before' takes metrics"),
    (axis_without_table, {}, "port 'axis' has no kind"),
    (same_as_nothing, {}, "an output has the kind of 'clos', which is no required port"),
    (same_as_optional, {}, "an output has the kind of 'other', which is no required port"),
]


@pytest.mark.parametrize(("fn", "options", "problem"), MALFORMED, ids=lambda value: getattr(value, "__name__", None))
def test_a_malformed_declaration_fails_with_its_place_and_a_hint(fn, options, problem):
    with pytest.raises(PluginError) as error:
        indicator(**options)(fn)
    (fault,) = error.value.faults
    owner = options.get("id") or fn.__name__
    assert fault.code == "TG405"
    assert fault.message.startswith(f"node type {owner!r}: {problem}")
    assert (fault.place.file, fault.place.line) == (__file__, fn.__code__.co_firstlineno)
    assert fault.hint


@pytest.mark.parametrize("what", [Half, partial(sound), 3, "rsi"], ids=["class", "partial", "int", "text"])
def test_only_a_function_is_declared(what):
    with pytest.raises(PluginError, match="@indicator declares a function, got ") as error:
        indicator(what)
    assert error.value.faults[0].code == "TG405"
    assert error.value.hint == "Write `@indicator` above a def."


def test_the_reason_behind_an_unreadable_annotation_is_kept():
    with pytest.raises(PluginError) as error:
        indicator(lost_port)
    assert isinstance(error.value.__cause__, NameError)
