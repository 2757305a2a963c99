"""Real graphs, mutated: a graph or faults in bounded time, never another exception."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import GraphError
from pipeline.graph.check import check_text
from pipeline.graph.fix import fixed
from pipeline.plugins.discover import build_registry

CHECKOUT = Path(__file__).parents[2]
PROPERTY = settings(derandomize=True, max_examples=300, deadline=None, database=None)
NESTED = """\
tradegraph: 1
name: nested
params: {n: {type: int, default: 5, min: 2, env: N}}
universes: {majors: [A, B]}
graphs:
  inner: {in: {x: number}, out: a, nodes: {a: {use: ema, in: $x, with: {period: 3}}}}
  pair:
    params: {by: {type: int, min: 2}}
    in: {x: number, bars: bars}
    out: {one: first, two: second.upper}
    nodes:
      first: {use: inner, in: $x, tags: [t], retry: 1}
      second: {use: bollinger, in: $bars.close, with: {period: $by}}
bars:
  daily: {timeframe: 1d, symbols: majors, from: 2020-01-01}
nodes:
  up: {use: pair, in: {x: daily.close, bars: daily}, with: {by: $n}, timeout: 5s}
  entry: {use: cross, in: {fast: up.one, slow: up.two}}
outputs: {entry: entry, one: up.one}
"""
TEXTS = (NESTED, (CHECKOUT / "graphs" / "ema_cross.yaml").read_text(encoding="utf-8"))
LINES = [line for text in TEXTS for line in text.splitlines(keepends=True)]
WORDS = sorted({word for text in TEXTS for word in text.replace("{", " ").replace("}", " ").replace(",", " ").split()})
PIECES = st.one_of(
    st.sampled_from(LINES),
    st.sampled_from(WORDS),
    st.sampled_from(["\n", "  ", "{", "}", "[", "]", ": ", ", ", "~", "$", ".", "#", "&a ", "*a", "<<: *a", "-", "\t", "é"]),  # noqa: E501
)  # fmt: skip


@st.composite
def mutated(draw):
    """A real graph with lines moved, doubled or gone and words put in the place of others."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = text[:start] + draw(PIECES) + text[end:]
    return text


@pytest.fixture(scope="module")
def real():
    return build_registry([CHECKOUT / "examples"]).registry


@PROPERTY
@given(text=mutated())
def test_a_mutated_graph_is_a_graph_or_faults(real, text):
    started = time.process_time()  # guards against explosions; not a timing
    try:
        graph = check_text(text, real, file="g.yaml")
        assert graph.nodes
        found = graph.warnings
    except GraphError as error:
        found = error.faults
        assert found
    assert time.process_time() - started < 20.0
    for fault in found:
        assert fault.place is None or fault.place.line <= text.count("\n") + 2
        assert len(str(fault)) < 3_000
    fixed(text, [edit for fault in found for edit in fault.fix])
