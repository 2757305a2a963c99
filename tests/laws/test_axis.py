"""Nodes that change the axis keep laws too: each law catches what it is for, and the shipped nodes pass."""

import polars as pl
import pytest

from pipeline import Anything, Axis, Number, SameKind, indicator
from pipeline.laws.certify import certify
from pipeline.laws.trial import Interpreted

CALLS = {"count": 0}


def late(axis):
    """Rows that are there only when the next bar is."""
    return axis.filter(pl.col("ts").shift(-1).over("symbol").is_not_null())


def same(axis):
    return axis


@indicator(style="panel", rows="to")
def tomorrow(rows: Axis, x: Number, to: Anything) -> SameKind:
    """The value of the bar that comes after."""
    return rows.join_asof(x.drop("end"), on="ts", by="symbol", strategy="forward", check_sortedness=False)["value"]


@indicator(style="panel", rows="to")
def running(rows: Axis, x: Number, to: Anything) -> SameKind:
    """The value of a bar that has begun and is not over: it will still change."""
    return rows.join_asof(x.drop("end"), on="ts", by="symbol", check_sortedness=False)["value"]


@indicator(style="panel", rows=late)
def hindsight(rows: Axis, x: Number) -> SameKind:
    """The values, on rows that need a later bar."""
    return rows.join(x.drop("end"), on=["symbol", "ts"], how="left", maintain_order="left")["value"]


@indicator(style="panel", rows=same)
def crowd(rows: Axis, x: Number) -> Number:
    """How many rows all symbols have together."""
    return pl.repeat(len(x), len(rows), eager=True).cast(pl.Float64)


@indicator(style="panel", rows=same)
def counting(rows: Axis, x: Number) -> Number:
    """Counts its calls."""
    CALLS["count"] += 1
    return x["value"] + CALLS["count"]


@indicator(style="panel", rows=same)
def brittle(rows: Axis, x: Number) -> Number:
    """Takes it for granted that there is a first row."""
    return x["value"] / x["value"][0]


@indicator(style="panel", rows=same)
def boundless(rows: Axis, x: Number) -> Number:
    """Infinite where nothing moves."""
    return 1.0 / x["value"].diff()


@indicator(style="panel", rows=same)
def honest(rows: Axis, x: Number) -> SameKind:
    """What came in."""
    return x["value"]


@pytest.mark.parametrize(
    ("node", "law"),
    [
        (tomorrow, "causality"),
        (running, "causality"),
        (hindsight, "causality"),
        (crowd, "independence"),
        (counting, "determinism"),
        (brittle, "short"),
        (boundless, "flat prices"),
    ],
)
def test_a_law_catches_what_it_is_for(node, law):
    certificate = certify(node, Interpreted(), rows=60)
    assert law in certificate.breaches
    assert certificate.verdict == "unlawful"


def test_a_lawful_node_passes_and_has_no_warm_up_to_measure():
    certificate = certify(honest, Interpreted(), rows=60)
    assert dict(certificate.breaches) == {}
    assert (certificate.verdict, certificate.drift, certificate.laws) == ("lawful", None, 10)


def test_a_look_ahead_is_told_with_its_place():
    breach = certify(tomorrow, Interpreted(), rows=60).breaches["causality"]
    assert "alone the value is another" in breach.message
    assert breach.symbol == "AAA"
    assert breach.row is not None
