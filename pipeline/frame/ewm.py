"""Exponential weights: pandas' defaults (adjusted, missing rows age the weights and show the last value)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.frame.values import Values

__all__ = ["Decay", "weighted"]


@dataclass(frozen=True, slots=True)
class Decay:
    """How weights fall: `alpha` of the newest; `adjust` divides by their sum; `ignore_na` does not age over gaps."""

    alpha: float
    adjust: bool = True
    ignore_na: bool = False
    needed: int = 0

    @staticmethod
    def alpha_of(com: float | None, span: float | None, halflife: float | None, alpha: float | None) -> float:
        """The one of four ways to say it, as alpha. Raises ValueError for none, several, or a bad one."""
        if sum(x is not None for x in (com, span, halflife, alpha)) != 1:
            raise ValueError("Must pass exactly one of comass, span, halflife, or alpha")
        if com is not None:
            if com < 0:
                raise ValueError("comass must satisfy: comass >= 0")
            return 1 / (1 + com)
        if span is not None:
            if span < 1:
                raise ValueError("span must satisfy: span >= 1")
            return 2 / (span + 1)
        if halflife is not None:
            if halflife <= 0:
                raise ValueError("halflife must satisfy: halflife > 0")
            return 1 - math.exp(-math.log(2) / halflife)
        assert alpha is not None
        if not 0 < alpha <= 1:
            raise ValueError("alpha must satisfy: 0 < alpha <= 1")
        return alpha


def weighted(values: Values, decay: Decay, name: str, *, bias: bool = False) -> Values:
    """The weighted mean, std or var of each row and all before it."""
    series = values.finite
    kernel = getattr(series, f"ewm_{name}")
    options = {} if name == "mean" else {"bias": bias}
    result = kernel(
        alpha=decay.alpha,
        adjust=decay.adjust,
        ignore_nulls=decay.ignore_na,
        min_samples=max(decay.needed, 1),
        **options,
    )
    if series.null_count():
        # polars says nothing where the input is missing, pandas repeats the last value
        result = result.forward_fill()
    return Values(result.to_numpy())
