"""What could stand at a cursor, in texts that are being written."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from pipeline.graph.complete import Market, complete
from pipeline.graph.cursor import cursor_in, entries
from pipeline.plugins.discover import build_registry

MARKET = Market(("1d", "1h"), ("AAA", "BBB"), ("tech",))
TEXT = """\
tradegraph: 1
params:
  fast: {type: int, default: 12}
universes:
  mine: [AAA]
bars:
  daily: {timeframe: 1d, symbols: all}
graphs:
  trend:
    params: {length: {type: int}}
    in: {x: number}
    out: {line: smooth}
    nodes:
      smooth: {use: ema, in: $x, with: {period: $length}}
nodes:
  slow: {use: ema, in: daily.close, with: {period: 48}}
  bands: {use: bollinger, in: daily.close}
  cross:
    use: cross
    in:
      fast: slow
outputs:
  line: cross
"""


@pytest.fixture(scope="module")
def registry():
    return build_registry([]).registry


@pytest.fixture
def at(registry):
    """`at("a: {use: em|", after="nodes:")`: labels at the bar, the text put behind a line of TEXT, or alone."""

    def labels(line, *, after=None):
        lines = TEXT.splitlines()
        row = len(lines) if after is None else next(n for n, text in enumerate(lines) if text == after) + 1
        lines.insert(row, line.replace("|", ""))
        _, found = complete("\n".join(lines), row + 1, line.index("|") + 1, registry, MARKET)
        return [one.label for one in found]

    return labels


@pytest.mark.parametrize(
    ("line", "after", "some", "none"),
    [
        ("|", None, ["sweep", "description"], ["nodes", "bars", "ema"]),
        ("sw|", None, ["sweep"], ["name"]),
        ("  |", "nodes:", [], ["use"]),
        ("  new: {|", "nodes:", ["use", "in", "with", "retry"], ["ema"]),
        ("  new: {use: em|", "nodes:", ["ema"], ["use", "in"]),
        ("  new: {use: |", "nodes:", ["trend", "ema", "rsi"], ["daily"]),
        ("  new: {use: ema, |", "nodes:", ["in", "with"], ["use"]),
        (
            "  new: {use: ema, in: |",
            "nodes:",
            ["slow", "bands", "bands.upper", "daily", "daily.close"],
            ["new", "smooth"],
        ),
        ("  new: {use: ema, in: daily.c|", "nodes:", ["daily.close"], ["daily.open"]),
        ("  new: {use: cross, in: {|", "nodes:", ["fast", "slow"], []),
        ("  new: {use: cross, in: {fast: slow, |", "nodes:", ["slow"], ["fast"]),
        ("  new: {use: cross, in: {fast: sl|", "nodes:", ["slow"], ["fast"]),
        ("  new: {use: ema, with: {|", "nodes:", ["period"], []),
        ("  new: {use: ema, with: {period: |", "nodes:", ["$fast"], ["$length"]),
        ("  new: {use: ema, with: {period: $|", "nodes:", ["$fast"], []),
        ("  new: {use: trend, with: {|", "nodes:", ["length"], []),
        ("  new: {use: trend, in: {|", "nodes:", ["x"], []),
        ("      |", "      fast: slow", ["slow"], ["fast"]),
        ("    |", "      fast: slow", ["with", "retry"], ["use", "in"]),
        ("  more: {|", "bars:", ["timeframe", "symbols", "from"], []),
        ("  more: {timeframe: |", "bars:", ["1d", "1h"], []),
        ("  more: {timeframe: 1d, symbols: |", "bars:", ["all", "mine", "tech", "AAA"], []),
        ("  more: {timeframe: 1d, symbols: [AAA, |", "bars:", ["BBB"], ["1d"]),
        ("  more: {adjust: |", "bars:", ["none", "splits", "total"], []),
        ("  more: {|", "params:", ["type", "default", "options"], []),
        ("  more: {type: |", "params:", ["int", "float", "duration"], []),
        ("  more: |", "outputs:", ["cross", "bands.lower"], ["daily"]),
        ("      deep: {use: |", "    nodes:", ["ema"], ["trend"]),
        ("      deep: {use: ema, in: |", "    nodes:", ["$x", "smooth"], ["slow", "daily"]),
        ("      deep: {use: ema, with: {period: |", "    nodes:", ["$length"], ["$fast"]),
        ("sweep: {grid: {|", None, ["fast"], []),
        ("  new: {use: ema} # |", "nodes:", [], ["in"]),
    ],
)
def test_what_fits_is_offered(at, line, after, some, none):
    found = at(line, after=after)
    assert set(some) <= set(found)
    assert not set(none) & set(found)


def test_what_begins_like_the_word_comes_first(at):
    found = at("  new: {use: rs|", after="nodes:")
    assert found[0].startswith("rs")
    assert "rsi" in found


def test_options_and_truth_values_are_those_of_the_type(at, registry):
    param = next(p for p in registry["backtest"].params if p.describe_range().count("|"))
    options = param.describe_range().split(" | ")
    assert set(options) <= set(at(f"  new: {{use: backtest, with: {{{param.name}: |", after="nodes:"))


def test_the_word_is_replaced_from_where_it_begins(registry):
    column, _ = complete("nodes:\n  a: {use: em", 2, 14, registry)
    assert column == 12
    assert cursor_in("", 1, 1).path == ()
    assert cursor_in("a: b", 99, 99).word == ""


def test_keys_are_found_in_blocks_and_brackets_over_several_lines():
    found = {
        entry.path: entry.value
        for entry in entries('a:\n  "b c": {d: 1, e: [x, {f: 2}],\n    g: "h: i"}\n  j: k # l: m\n')
    }
    assert found == {
        ("a",): "",
        ("a", "b c"): "",
        ("a", "b c", "d"): "1",
        ("a", "b c", "e"): "",
        ("a", "b c", "e", "f"): "2",
        ("a", "b c", "g"): "h: i",
        ("a", "j"): "k",
    }


@settings(max_examples=60)
@given(
    text=st.text(alphabet=st.sampled_from("ab:{}[],'\"# \n\t$-"), max_size=120),
    line=st.integers(1, 12),
    column=st.integers(1, 40),
)
def test_whatever_the_text_is_a_cursor_stands_somewhere(registry, text, line, column):
    start, found = complete(text, line, column, registry, MARKET)
    assert 1 <= start <= max(column, 1)
    assert len(found) <= 200
