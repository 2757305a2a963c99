"""The accounts of a run: which nodes have metrics, a curve, a benchmark, a position and trades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.report.told import Node, Told

__all__ = ["Account", "accounts_of"]


@dataclass(frozen=True)
class Account:
    """One account, or one per symbol, and where its figures are.

    `metrics` is the node that measured it, "" where nobody did; `equity`, `benchmark` and `position` are columns as
    (node, column), None where there are none; `trades` the node that has its trades. `curve` is the node that has
    one curve for all symbols: then there is one account with one cash.
    """

    name: str
    metrics: str = ""
    equity: tuple[str, str] | None = None
    benchmark: tuple[str, str] | None = None
    position: tuple[str, str] | None = None
    trades: str = ""
    curve: str = ""

    @property
    def columns(self) -> set[tuple[str, str]]:
        """Its columns."""
        return {column for column in (self.equity, self.benchmark, self.position) if column is not None}


def accounts_of(told: Told) -> list[Account]:
    """The accounts of a run, those with trades first, in the order of the graph.

    A back-test is one by itself. A node that only measures (`performance`) takes the growth (a portfolio node with a
    single output that is a ratio or a price) which stands on what it measures; without one it has metrics alone.
    """
    found, taken = [], set()
    for node in told.nodes:
        if "equity" in node.columns:
            found.append(_back_test(node))
            taken.add(node.name)
    growths = [node for node in told.nodes if node.name not in taken and _is_growth(node)]
    for node in told.nodes:
        if node.name in taken or "metrics" not in node.kinds.values():
            continue
        mine = [growth for growth in growths if _share(growth, node)]
        equity = (mine[-1].name, mine[-1].columns[0]) if mine else None
        found.append(Account(node.name, metrics=node.name, equity=equity))
        growths = [growth for growth in growths if growth not in mine]
    found += [Account(growth.name, equity=(growth.name, growth.columns[0])) for growth in growths]
    return sorted(found, key=lambda account: (not account.trades, not account.metrics))


def _back_test(node: Node) -> Account:
    def column(name: str) -> tuple[str, str] | None:
        return (node.name, name) if name in node.columns else None

    by_kind: Mapping[str, str] = {kind: output for output, kind in node.kinds.items()}
    return Account(
        node.name,
        metrics=node.name if "metrics" in by_kind else "",
        equity=column("equity"),
        benchmark=column("benchmark"),
        position=column("position"),
        trades=node.name if "trades" in by_kind else "",
        curve=node.name if "equity" in by_kind else "",
    )


def _is_growth(node: Node) -> bool:
    return (
        node.row["category"] == "portfolio"
        and len(node.columns) == 1
        and node.kind_of(node.columns[0]) in ("ratio", "price", "number")
    )


def _share(growth: Node, measure: Node) -> bool:
    """True when both stand on the same returns or weights."""
    above = {source for _, source, bars, _ in growth.wires if not bars}
    return bool(above & {source for _, source, bars, _ in measure.wires if not bars})
