"""What a call changes in a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Overrides"]


@dataclass(frozen=True)
class Overrides:
    """What a call changes in a graph: graph params, node params, and fields of every bars source.

    Values are typed or text. `bars` may hold symbols ("AAPL,MSFT" or "all"), from and to.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bars: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The overrides for the record of a run."""
        return {"params": dict(self.params), "set": {k: dict(v) for k, v in self.settings.items()}, **self.bars}
