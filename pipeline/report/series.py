"""Which columns of a run the chart shows, and where: on the prices, in a pane of their own, or as a lane of marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.report.account import Account
from pipeline.report.told import Told

__all__ = ["MOST", "Series", "place_of", "series_of"]

Place: TypeAlias = Literal["price", "pane", "lane"]

MOST = 24
"""Columns that a chart has at most, prices and accounts aside."""
_NEAR = {"price": (0.4, 2.5), "number": (0.93, 1.07)}
"""Between which shares of the closes the median of a column on the prices lies."""


@dataclass(frozen=True)
class Series:
    """One column of a node's value. `id` is what the script calls it, `kind` what it means."""

    id: str
    node: str
    column: str
    kind: str
    type: str

    @property
    def label(self) -> str:
        """What people call it: `rsi`, `bands.upper`."""
        return self.node if self.column == "value" else f"{self.node}.{self.column}"


def series_of(told: Told, accounts: Sequence[Account], most: int = MOST) -> tuple[list[Series], int]:
    """At most so many columns to show, in the order of the graph, and how many were left out.

    What is nearest above an account comes first, then what is declared as an output.
    """
    taken = {column for account in accounts for column in account.columns}
    every = [
        (node, column)
        for node in told.nodes
        if node.has_value
        for column in node.columns
        if (node.name, column) not in taken
    ]
    if len(every) > most:
        nearness = {name: at for at, name in enumerate(_nearest(told, accounts))}
        chosen = sorted(every, key=lambda one: nearness.get(one[0].name, len(nearness)))[:most]
        kept = [one for one in every if one in chosen]
    else:
        kept = every
    found = [
        Series(f"s{at}", node.name, column, node.kind_of(column), node.type) for at, (node, column) in enumerate(kept)
    ]
    return found, len(every) - len(kept)


def place_of(kind: str, values: Iterable[NDArray[np.float64]], closes: Iterable[NDArray[np.float64]]) -> Place:
    """Where a column belongs.

    A price that is nowhere near the closes (a range, a distance) has a pane; a mere number, which is what plugins
    give, is drawn on the prices when it is very near them in every symbol.
    """
    if kind in ("event", "condition"):
        return "lane"
    with np.errstate(all="ignore"):
        shares = [mine / close for mine, close in zip(values, closes, strict=True)]
    medians = [float(np.median(known)) for share in shares if len(known := share[np.isfinite(share)])]
    least, most = _NEAR.get(kind, (np.inf, 0.0))
    return "price" if medians and all(least <= share <= most for share in medians) else "pane"


def _nearest(told: Told, accounts: Sequence[Account]) -> list[str]:
    declared = [row["node"] for row in told.outputs]
    # a node of a sub-graph has dots in its name, as the part of a node has
    names = [name if name in told.by_name else name.rpartition(".")[0] for name in declared]
    ends = [*(account.name for account in accounts), *names]
    return list(dict.fromkeys([*ends, *(name for end in ends if end in told.by_name for name in told.upstream(end))]))
