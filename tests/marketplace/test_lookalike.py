"""Names that are easily taken for others."""

import pytest

from pipeline.marketplace.lookalike import resembling


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bollinger_bands", "bol1inger_bands"),
        ("bollinger_bands", "bollingerbands"),
        ("bollinger_bands", "bollinger-bands"),
        ("bollinger_bands", "bollinger_band"),
        ("bollinger_bands", "bollnger_bands"),
        ("bollinger_bands", "bolilnger_bands"),
        ("momentum", "rnomentum"),
        ("window", "vvindow"),
        ("fast_trend", "fast_trends"),
        ("fast_trend", "fsat_trend"),
        ("alice", "a1ice"),
    ],
)
def test_they_are_alike_both_ways(one, other) -> None:
    assert resembling(one, [other, "something_else"]) == [other]
    assert resembling(other, [one]) == [one]


@pytest.mark.parametrize(
    ("one", "other"),
    [("rsi", "rsx"), ("ema", "sma"), ("momentum", "mean_reversion"), ("alpha", "alphabet"), ("x", "y")],
)
def test_they_are_not(one, other) -> None:
    assert resembling(one, [other]) == []


def test_a_name_does_not_resemble_itself() -> None:
    assert resembling("rsi", ["rsi", "rsi"]) == []
