"""The verdict over one node type with certain params."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.laws.breach import Breach
from pipeline.laws.drift import Drift
from pipeline.model.node import NodeType

__all__ = ["Certificate", "Verdict"]

Verdict = Literal["lawful", "unlawful"]


@dataclass(frozen=True)
class Certificate:
    """What was found: `breaches` by the name of the law, in the order in which laws are checked.

    `params` are those that everything was checked with, `tried` how many sets of params were tried besides, `rows`
    the bars of the longest symbol, `leading` the rows that really were missing at the start. It is about the code
    with the digest `node.code`, computed by the libraries in `versions`.
    """

    node: NodeType
    params: Mapping[str, Any]
    laws: int
    tried: int
    rows: int
    warmup: int | None
    leading: int | None
    drift: Drift | None
    breaches: Mapping[str, Breach]
    versions: Mapping[str, str]
    ms: float
    verified_at: dt.datetime

    @property
    def verdict(self) -> Verdict:
        """Lawful when no law is broken."""
        return "unlawful" if self.breaches else "lawful"

    def row(self) -> dict[str, Any]:
        """The certificate as the `certificates` table holds it: the first breach in columns of its own."""
        law, breach = next(iter(self.breaches.items()), ("", Breach("")))
        return {
            "node_type": self.node.id,
            "category": self.node.category,
            "style": self.node.style,
            "code": self.node.code,
            "params": json.dumps(dict(self.params), default=str, sort_keys=True),
            "verdict": self.verdict,
            "broken": ", ".join(self.breaches),
            "law": law or None,
            "message": breach.message or None,
            "output": breach.output or None,
            "symbol": breach.symbol or None,
            "bar": breach.row,
            "ts": breach.ts,
            "expected": breach.expected,
            "got": breach.got,
            "laws": self.laws,
            "tried": self.tried,
            "rows": self.rows,
            "warmup": self.warmup,
            "measured_warmup": self.leading,
            "drift": None if self.drift is None else self.drift.first,
            "settled": None if self.drift is None else self.drift.settled,
            "versions": json.dumps(dict(self.versions), sort_keys=True),
            "ms": self.ms,
            "verified_at": self.verified_at,
        }
