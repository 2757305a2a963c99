from typing import Annotated, Literal

import polars as pl

from pipeline import Condition, Number, Param, indicator


@indicator
def compare(
    x: Number,
    y: Number,
    *,
    op: Annotated[Literal[">", ">=", "<", "<=", "==", "!="], Param("How the two are compared, x first")],
) -> Condition:
    """True while two columns stand in a relation: `{use: compare, in: {x: fast, y: slow}, with: {op: ">="}}`.

    Warm-up: none. Missing: where either value is missing. Edges: equality is of the very numbers; computed ones
    that ought to be equal may differ in the last digit. Source: comparisons of IEEE 754 doubles.
    """
    found: pl.Expr = {">": x.gt, ">=": x.ge, "<": x.lt, "<=": x.le, "==": x.eq, "!=": x.ne}[op](y)
    return found
