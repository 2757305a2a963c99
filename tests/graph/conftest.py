"""A small registry, and graphs as text in which `‸` stands before each place that is at fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

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
    SameKind,
    Signal,
    Volume,
    Weight,
    indicator,
    portfolio,
    strategy,
)
from pipeline.errors import Fault, GraphError
from pipeline.graph.check import check, check_text
from pipeline.graph.graph import Graph
from pipeline.graph.read import read_text
from pipeline.model.registry import Registry

FILE = "g.yaml"
MARK = "‸"
HEAD = """\
tradegraph: 1
name: g
bars:
  daily: {timeframe: 1d}
"""

Period = Annotated[int, Param("Window, in bars", ge=2, le=200)]


class Bands(NamedTuple):
    upper: Price
    lower: Price


class Judged(NamedTuple):
    score: Number
    call: Signal


@indicator(warmup=lambda p: p.period - 1)
def sma(x: Number, *, period: Period = 14) -> SameKind:
    """The mean of the last `period` values."""
    return x


@indicator
def rsi(close: Price, *, period: Period = 14) -> Percent:
    """Gains against moves."""


@indicator
def scale(
    x: Number, *, factor: Annotated[float, Param("Multiplier", gt=0)], log: Annotated[bool, Param("In logs")] = False
) -> Number:
    """Multiply a column."""


@indicator
def bands(close: Price, *, side: Annotated[Literal["both", "upper"], Param("Which")] = "both") -> Bands:
    """Two lines."""


@indicator
def typical(high: Price, low: Price, close: Price, volume: Volume | None = None) -> Price:
    """The middle of a bar."""


@indicator
def weighted(x: Number, by: Volume | None = None) -> Number:
    """A mean by volume."""


@indicator
def above(x: Number, *, level: Annotated[float, Param("Level")] = 0.0) -> Condition:
    """True where a column lies above a level."""


@indicator
def judged(x: Number) -> Judged:
    """A score and what to do."""


@indicator
def named(x: Number, *, names: Annotated[tuple[str, ...], Param("Names")] = ()) -> Number:
    """A list as param."""


@indicator(warmup=lambda p: 100 // (p.step - 3))
def brittle(x: Number, *, step: Annotated[int, Param("Step")] = 5) -> Number:
    """Its warm-up fails at 3."""


@strategy
def cross(fast: Number, slow: Number) -> Event:
    """An event where one line crosses another."""


@strategy
def held(entry: Event) -> Weight:
    """A weight for an event."""


@strategy
def sized(event: Signal) -> Weight:
    """A weight for a signal."""


@strategy(style="frame")
def custom(bars: Bars, *, param1: Annotated[int, Param("Of the guide", ge=1, le=100)] = 10) -> Signal:
    """A plugin of the guide's kind."""


@portfolio(style="table")
def stats(axis: Axis, close: Price, weight: Weight) -> Metrics:
    """A table of metrics."""


TYPES = (sma, rsi, scale, bands, typical, weighted, above, judged, named, brittle, cross, held, sized, custom, stats)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """A few node types, one of each kind of trouble."""
    return Registry(TYPES)


@pytest.fixture(scope="session")
def head() -> str:
    """The first four lines of a graph: one source of daily bars, no nodes yet."""
    return HEAD


def unmark(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the line and column behind each."""
    places: list[tuple[int, int]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        parts = line.split(MARK)
        places += [(number, len("".join(parts[: i + 1])) + 1) for i in range(len(parts) - 1)]
    return text.replace(MARK, ""), places


@pytest.fixture(scope="session")
def graph(registry: Registry) -> Callable[..., Graph]:
    """`graph(text, params={…})`: the checked graph."""
    return lambda text, **overrides: check(read_text(text, FILE), registry, **overrides)


@pytest.fixture(scope="session")
def nodes(graph: Callable[..., Graph]) -> Callable[..., Graph]:
    """`nodes("a: {use: sma, in: daily.close}")`: a checked graph of these nodes on daily bars."""
    return lambda *lines, **overrides: graph(HEAD + "nodes:\n" + "".join(f"  {line}\n" for line in lines), **overrides)


@pytest.fixture(scope="session")
def faults(registry: Registry) -> Callable[..., list[Fault]]:
    """`faults(text, "TG201", "TG202")`: the faults of a graph, which must have these codes at the marks."""

    def found(text: str, *codes: str, **overrides: Any) -> list[Fault]:
        plain, places = unmark(text)
        with pytest.raises(GraphError) as error:
            check_text(plain, registry, file=FILE, **overrides)
        all_faults = list(error.value.faults)
        placed = [fault for fault in all_faults if fault.place is not None]
        assert all(fault.place.file == FILE for fault in placed)
        got = [(fault.code, fault.place.line, fault.place.column) for fault in placed]
        assert got == [(code, *place) for code, place in zip(codes, places, strict=False)], str(error.value)
        assert [fault.code for fault in all_faults] == list(codes), str(error.value)
        return all_faults

    return found


@pytest.fixture(scope="session")
def node_faults(faults: Callable[..., list[Fault]]) -> Callable[..., list[Fault]]:
    """`node_faults(["a: {use: ‸nope}"], "TG201")`: the same for nodes on daily bars."""
    return lambda lines, *codes, **overrides: faults(
        HEAD + "nodes:\n" + "".join(f"  {line}\n" for line in lines), *codes, **overrides
    )


@pytest.fixture(scope="session")
def form_faults() -> Callable[..., list[Fault]]:
    """`form_faults(text, "TG105")`: the faults of form of a text, which must have these codes at the marks."""

    def found(text: str, *codes: str) -> list[Fault]:
        plain, places = unmark(text)
        with pytest.raises(GraphError) as error:
            read_text(plain, FILE)
        got = [(fault.code, fault.place.line, fault.place.column) for fault in error.value.faults]
        assert got == [(code, *place) for code, place in zip(codes, places, strict=True)], str(error.value)
        return list(error.value.faults)

    return found
