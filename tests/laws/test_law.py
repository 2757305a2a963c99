"""Each law catches what it is for, names the place, and lets its lawful twin pass."""

from typing import Annotated, Any

import numpy as np
import polars as pl
import pytest

from pipeline import (
    Axis,
    Condition,
    Event,
    Metrics,
    Number,
    Param,
    Percent,
    Price,
    SameKind,
    indicator,
    portfolio,
    strategy,
)
from pipeline.laws.certify import certify
from pipeline.laws.trial import Interpreted

CALLS = {"count": 0}


@indicator
def tomorrow(close: Price) -> Price:
    """Tomorrow's close; null on the last bar."""
    return close.shift(-1)


@indicator
def centred(x: Number) -> Number:
    """Less the mean of the whole column."""
    return x - x.mean()


@strategy
def hindsight(close: Price) -> Event:
    """Buys at the low of the five bars around it: wrong on signal rows alone."""
    return pl.when(close == close.rolling_min(5, center=True)).then(1).otherwise(0)


@indicator(warmup=1)
def impatient(x: Number) -> SameKind:
    """Says that its warm-up is shorter than it is."""
    return x.rolling_mean(5)


@indicator(style="array")
def leaking(x: Number) -> Number:
    """Counts its calls, and so knows of other symbols and of yesterday."""
    CALLS["count"] += 1
    return x + CALLS["count"]


@indicator
def too_much(x: Number) -> Percent:
    """No percentage."""
    return x * 10.0


@indicator(style="array", warmup=0)
def infected(x: Number) -> Number:
    """One missing value and all after it are missing."""
    return x + 0.0 * np.cumsum(x)


@indicator
def infinite(x: Number) -> Number:
    """Divides by what is 0 where nothing moves; null on the first bar."""
    return 1.0 / (x - x.shift(1))


@indicator(style="array")
def needs_rows(x: Number) -> Number:
    """Fails where there is nothing."""
    return x - x[0]


@indicator(style="array")
def fails_at_the_end(x: Number, *, by: Annotated[int, Param("Divisor", ge=0, le=10)] = 2) -> Number:
    """Fails for one of its params."""
    return x // by if by else x / {}[by]


@indicator(warmup=lambda p: p.period - 1)
def mean(x: Number, *, period: Annotated[int, Param("Window", ge=1, le=500)] = 20) -> SameKind:
    """A lawful window."""
    return x.rolling_mean(period)


@indicator(recursive=True)
def highest(x: Number) -> SameKind:
    """A lawful recursion."""
    return x.cum_max()


@indicator
def steady(x: Number) -> Condition:
    """A lawful condition."""
    return x > 100.0


@indicator(scope="cross-section")
def standing(x: Number) -> Number:
    """A lawful cross-section, which symbol independence does not bind."""
    return x.rank().over("ts")


@portfolio(style="table")
def extremes(axis: Axis, x: Number) -> Metrics:
    """A lawful table."""
    return axis.with_columns(x).group_by("symbol", maintain_order=True).agg(most=pl.col("x").max())


def examined(node: Any, **options: Any) -> Any:
    return certify(node, Interpreted(), rows=120, **options)


@pytest.mark.parametrize("node", [mean, highest, steady, standing, extremes], ids=lambda node: node.id)
def test_a_lawful_node_is_certified(node):
    certificate = examined(node)
    assert certificate.breaches == {}
    assert certificate.verdict == "lawful"
    assert certificate.row()["law"] is None


@pytest.mark.parametrize(
    ("node", "law"),
    [
        (tomorrow, "causality"),
        (centred, "causality"),
        (hindsight, "causality"),
        (impatient, "warm-up"),
        (leaking, "determinism"),
        (leaking, "independence"),
        (too_much, "kinds"),
        (infected, "gaps"),
        (infinite, "flat prices"),
        (needs_rows, "short"),
        (fails_at_the_end, "params"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_each_law_catches_its_offender(node, law):
    certificate = examined(node)
    assert certificate.verdict == "unlawful"
    assert law in certificate.breaches


def test_the_first_offending_row_is_named_with_what_was_expected_and_what_came():
    row = examined(impatient).row()
    assert (row["law"], row["symbol"], row["bar"], row["output"]) == ("warm-up", "AAA", 1, "value")
    assert f"{row['ts']:%Y-%m-%d %H:%M}" == "2020-01-01 01:00"
    row = examined(hindsight).row()
    assert (row["law"], row["expected"], row["got"]) == ("causality", 1.0, 0.0)


def test_a_node_that_raises_breaks_the_law_that_made_it_raise():
    breach = examined(needs_rows).breaches["short"]
    assert "IndexError" in breach.message
    assert breach.row is None
    assert "by=0" in examined(fails_at_the_end).breaches["params"].message


def test_given_params_alone_are_examined_when_a_graph_asks():
    certificate = examined(fails_at_the_end, params={"by": 3})
    assert certificate.breaches == {}
    assert certificate.tried == 0
    assert dict(certificate.params) == {"by": 3}


def test_drift_is_what_a_late_start_changes_and_how_long_it_can_be_seen():
    window, recursion = examined(mean).drift, examined(highest).drift
    assert window.settled == 0
    assert window.first < 1e-9
    assert recursion.first > 0.0
    ema = {node.id: node for node in _shipped()}["ema"]
    drift = certify(ema, Interpreted(), {"period": 5}, rows=360).drift
    # 1e-9 is left of a weight of 2/3 a bar after about fifty bars
    assert 20 < drift.settled < 60


def _shipped():
    from pipeline.plugins.discover import build_registry

    return build_registry([]).registry
