from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MarketError
from pipeline.market.symbol import check_symbol, collision, folder_of, symbol_of


@given(st.text(min_size=1, max_size=40))
@settings(derandomize=True)
def test_every_symbol_comes_back_from_its_folder(symbol: str) -> None:
    with suppress(MarketError):
        check_symbol(symbol)
        assert len(folder_of(symbol)) <= 200
    folder = folder_of(symbol)
    assert symbol_of(folder) == symbol
    assert folder.isascii()
    assert not set(folder) & set('/\\:*?"<>| ')
    assert folder not in {".", ".."}
    assert len(folder) <= 255


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "BF-B", "^GSPC", "CL=F", "000001", "ES@1", "A_B"])
def test_usual_symbols_are_their_own_folder(symbol: str) -> None:
    assert folder_of(symbol) == symbol


def test_odd_symbols_are_encoded() -> None:
    assert folder_of("BTC/USDT:USDT") == "BTC%2FUSDT%3AUSDT"
    assert folder_of("..") == "%2E%2E"
    assert folder_of("PRN") == "%50RN"
    assert folder_of("con.x") == "%63on.x"
    assert folder_of("PRNT") == "PRNT"


@pytest.mark.parametrize("symbol", ["", " A", "A\n", "A\x00B", "X" * 65, "é" * 64])
def test_impossible_symbols_are_refused(symbol: str) -> None:
    with pytest.raises(MarketError) as caught:
        check_symbol(symbol)
    assert caught.value.faults[0].code == "TG308"


def test_a_collision_is_two_names_that_differ_in_case_only() -> None:
    assert collision(["A", "B", "A"]) is None
    assert collision(["aapl", "B", "AAPL"]) == ("aapl", "AAPL")
