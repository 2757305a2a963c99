"""Universes: names for lists of symbols."""

import pytest

from pipeline.errors import MarketError
from pipeline.model.universe import universe

KNOWN = {"tech": ["MSFT", "AAPL", "AAPL"], "all": ["tech", "GE"], "none": [], "loop": ["ring"], "ring": ["loop"]}


@pytest.mark.parametrize(("name", "symbols"), [("tech", ("AAPL", "MSFT")), ("all", ("AAPL", "GE", "MSFT"))])
def test_a_universe_is_its_symbols_sorted_and_each_once(name, symbols):
    assert universe(name, KNOWN) == symbols


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("teck", "there is no universe 'teck'"),
        ("none", "universe 'none' is empty"),
        ("loop", "universe 'loop' holds itself: loop → ring → loop"),
    ],
)
def test_what_is_no_universe_is_said(name, said):
    with pytest.raises(MarketError, match=said) as caught:
        universe(name, KNOWN)
    assert caught.value.faults[0].code == "TG311"
    assert caught.value.hint


def test_a_symbol_may_be_called_like_its_universe():
    assert universe("GE", {"GE": ["GE", "MMM"]}) == ("GE", "MMM")
