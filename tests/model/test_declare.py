"""Declarations: the signature says it all, and says so when it does not."""

import datetime as dt
from typing import Annotated, Literal, NamedTuple

import pytest

from pipeline import (
    Axis,
    Bars,
    Condition,
    Event,
    Metrics,
    Number,
    Param,
    Percent,
    Price,
    Same,
    SameKind,
    Signal,
    Volume,
    indicator,
    portfolio,
    strategy,
)
from pipeline.errors import PluginError
from pipeline.model.kind import BARS, EVENT, NUMBER, PERCENT, PRICE, SIGNAL

Period = Annotated[int, Param("Window, in bars", ge=2, le=1_000)]


class Bands(NamedTuple):
    upper: Price
    lower: SameKind


@indicator(warmup=lambda p: p.period - 1)
def rsi(close: Price, *, period: Period = 14) -> Percent:
    """Weigh gains against moves.

    More of it.
    """
    return ("rsi", close, period)


@indicator
def bands(x: Number, volume: Volume | None = None) -> Bands:
    """Two lines around a column."""
    return x


def test_the_signature_is_the_declaration():
    assert (rsi.id, rsi.category, rsi.style, rsi.scope) == ("rsi", "indicator", "expression", "symbol")
    assert [(port.name, port.kind, port.optional) for port in rsi.ports] == [("close", PRICE, False)]
    assert [(output.name, output.kind) for output in rsi.outputs] == [("value", PERCENT)]
    (period,) = rsi.params
    assert (period.name, period.type, period.default) == ("period", int, 14)
    assert period.describe_range() == "2 … 1000"
    assert rsi.summary == "Weigh gains against moves."
    assert rsi.doc.endswith("More of it.")
    assert not rsi.recursive


def test_several_outputs_are_a_named_tuple_of_kinds():
    assert [(output.name, output.kind) for output in bands.outputs] == [("upper", PRICE), ("lower", Same())]


def test_a_port_that_defaults_to_none_may_stay_unwired():
    assert [(port.name, port.optional) for port in bands.ports] == [("x", False), ("volume", True)]


def test_a_node_type_stays_callable():
    assert rsi("close") == ("rsi", "close", 14)
    assert rsi("close", period="20") == ("rsi", "close", 20)
    with pytest.raises(PluginError, match="is 1, allowed: 2 … 1000") as error:
        rsi("close", period=1)
    assert error.value.faults[0].code == "TG223"
    with pytest.raises(PluginError, match="Did you mean 'period'") as error:
        rsi("close", perio=3)
    assert error.value.faults[0].code == "TG221"


def test_the_warm_up_follows_from_the_params():
    assert rsi.warmup_of({"period": 14}) == 13
    assert bands.warmup_of({}) == 0

    @indicator(warmup=7, recursive=True)
    def fixed(x: Number) -> Number:
        """Fixed."""

    assert fixed.warmup_of({}) == 7
    assert fixed.recursive


def test_each_style_is_told_apart_by_an_argument():
    def plain(x: Number) -> Number:
        """Plain."""

    def table(axis: Axis, x: Number) -> Metrics:
        """A table."""

    styles = [
        indicator(plain).style,
        *(indicator(style=style)(plain).style for style in ("expression", "kernel", "frame")),
    ]
    assert styles == ["expression", "expression", "kernel", "frame"]
    summary = portfolio(style="table")(table)
    assert summary.style == "table"
    assert [port.name for port in summary.ports] == ["x"], "the axis is no port"


def test_a_cross_section_says_so():
    @indicator(scope="cross-section")
    def rank(x: Number) -> Number:
        """Rank."""

    assert rank.scope == "cross-section"


def test_the_decorator_gives_the_category():
    def held(close: Price) -> Event:
        """Held."""

    assert [declare(held).category for declare in (indicator, strategy, portfolio)] == [
        "indicator",
        "strategy",
        "portfolio",
    ]
    assert [declare(held).ranged for declare in (indicator, strategy, portfolio)] == [False, False, True]


def test_an_id_may_be_given_and_may_have_a_room():
    @indicator(id="talib.rsi_2")
    def Whatever(close: Price) -> Percent:
        """An id of its own."""

    assert Whatever.id == "talib.rsi_2"


def test_bundles_are_ports_and_outputs():
    @strategy(style="frame")
    def custom(bars: Bars) -> Signal:
        """A bundle in, a bundle out."""

    assert custom.ports[0].kind is BARS
    assert custom.outputs[0].kind is SIGNAL
    assert custom.columns({"value": SIGNAL}) == (("event", "event"), ("strength", "float"))


def test_the_columns_of_several_outputs_carry_their_names():
    class Two(NamedTuple):
        line: Price
        sig: Signal

    @indicator
    def two(close: Price) -> Two:
        """Two."""

    assert two.columns({"line": PRICE, "sig": SIGNAL}) == (
        ("line", "float"),
        ("sig_event", "event"),
        ("sig_strength", "float"),
    )


def test_a_port_of_the_same_kind_takes_any_number():
    @indicator
    def same(x: SameKind) -> SameKind:
        """Same."""

    assert same.ports[0].takes is NUMBER
    assert same.port("x") is same.ports[0]
    assert same.port("y") is None


def test_an_int_default_of_a_number_becomes_a_float_because_keys_tell_them_apart():
    @indicator
    def scaled(x: Number, *, factor: Annotated[float, Param("Factor")] = 2) -> Number:
        """Scaled."""

    default = scaled.params.get("factor").default
    assert (default, type(default)) == (2.0, float)


def test_every_type_that_a_graph_can_write_may_be_declared():
    @indicator
    def typed(
        x: Number,
        *,
        a: Annotated[int, Param("a")] = 1,
        b: Annotated[float | None, Param("b", ge=0)] = None,
        c: Annotated[bool, Param("c")] = False,
        d: Annotated[str, Param("d")] = "NO",
        e: Annotated[Literal["long", "short"], Param("e")] = "long",
        f: Annotated[dt.time, Param("f")] = dt.time(9, 30),
        g: Annotated[dt.date, Param("g")] = dt.date(2024, 1, 1),
        h: Annotated[dt.timedelta, Param("h")] = dt.timedelta(days=1),
        i: Annotated[tuple[int, ...], Param("i")] = (1, 2),
    ) -> Number:
        """Typed."""
        return (a, b, c, d, e, f, g, h, i)

    assert typed("x", b="1", i=["3"])[1::7] == (1.0, (3,))


def test_a_node_type_cannot_be_changed_but_stamped():
    with pytest.raises(AttributeError):
        rsi.id = "other"
    with pytest.raises(AttributeError):
        rsi.ports[0].optional = True
    with pytest.raises(AttributeError):
        rsi.outputs[0].kind = PRICE
    stamped = rsi.loaded(code="c0de", origin="nodes/rsi.py")
    assert (stamped.code, stamped.origin, rsi.code, rsi.origin) == ("c0de", "nodes/rsi.py", "", "")
    assert stamped.fn is rsi.fn


@pytest.mark.parametrize("returned", [Percent, Price, Condition, SameKind, Bands])
def test_a_strategy_gives_an_event_a_signal_or_a_weight(returned):
    def decided(close: Price) -> returned:
        """Decided."""

    with pytest.raises(PluginError, match="a strategy gives an event, a signal or a weight") as error:
        strategy(decided)
    assert error.value.faults[0].code == "TG405"
    assert indicator(decided).category == "indicator"


def test_a_warm_up_that_fails_for_given_params_says_so():
    @indicator(warmup=lambda p: 10 // p.step)
    def stepped(x: Number, *, step: Annotated[int, Param("Step")] = 1) -> Number:
        """Stepped."""

    assert stepped.warmup_of({"step": 5}) == 2
    assert stepped.warmup_of({"step": 11}) == 0
    with pytest.raises(PluginError, match="warmup failed, ZeroDivisionError") as error:
        stepped.warmup_of({"step": 0})
    assert error.value.faults[0].code == "TG405"


def test_an_output_cannot_have_the_name_of_a_column_that_every_node_has():
    class Stamped(NamedTuple):
        ts: Number

    def stamped(x: Number) -> Stamped:
        """Stamped."""

    stamped.__annotations__["return"] = Stamped
    with pytest.raises(PluginError, match="an output cannot be called 'ts'") as error:
        indicator(stamped)
    assert error.value.faults[0].code == "TG405"


def test_an_event_stays_an_event():
    @strategy
    def decided(close: Price) -> Event:
        """Decided."""

    assert decided.outputs[0].kind is EVENT
