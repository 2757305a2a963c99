"""One layout for graph files: comments and meaning stay, and a second time changes nothing."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graph.fmt import formatted
from pipeline.graph.markup import compose

CHECKOUT = Path(__file__).parents[2]
PROPERTY = settings(derandomize=True, max_examples=150, deadline=None, database=None)
UGLY = """\
# a graph of mine\r
\r
name:   g   # its name


nodes:
    # the fast one
    fast:   { use:ema , in : daily.close,with: {period:  12}}   \t
    slow:
          use: ema
          # where from
          in:  daily.close
          with: {
            period: 48,   # bars
          }
    note:
          use: ema
          in: [ a,b ]
tradegraph:  1
bars:
 daily: {timeframe: 1d,symbols: [ ON,NO ]}
description: >-
    Words   with  blanks

    and lines
"""
NEAT = """\
# a graph of mine

tradegraph: 1
name: g   # its name

description: >-
    Words   with  blanks

    and lines
bars:
  daily: {timeframe: 1d, symbols: [ON, NO]}
nodes:
  # the fast one
  fast: {use:ema, in: daily.close, with: {period: 12}}
  slow:
    use: ema
    # where from
    in: daily.close
    with: {
      period: 48,   # bars
    }
  note:
    use: ema
    in: [a, b]
"""


def test_a_file_is_laid_out_and_keeps_its_comments():
    assert formatted(UGLY) == NEAT
    assert formatted(NEAT) == NEAT


@pytest.mark.parametrize("file", sorted((CHECKOUT / "graphs").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_graphs_that_ship_are_laid_out(file):
    text = file.read_text(encoding="utf-8")
    assert formatted(text) == text


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "\t", "- a\n- b\n", "", "a: *b\n", "--- \n", "x"])
def test_what_is_no_sound_map_is_left_alone(text):
    assert formatted(text) == text


PIECES = st.sampled_from(["\n", "\n  ", " ", "  # c\n", "{a: 1}", "- x\n", "k: ", ", ", "]", "|\n   t\n", "'", '"', "&a ", "*a", "\t"])  # fmt: skip  # noqa: E501


@PROPERTY
@given(st.integers(0, len(UGLY)), st.lists(PIECES, max_size=4).map("".join), st.integers(0, 8))
def test_the_meaning_stays_and_a_second_time_changes_nothing(at, piece, cut):
    text = UGLY[:at] + piece + UGLY[at + cut :]
    once = formatted(text)
    assert formatted(once) == once
    before, faults = compose(text.replace("\r\n", "\n"), "")
    if before is not None and not faults and once != text:
        assert compose(once, "")[1] == []
