"""What a request changes in a graph, as `-p`, `--set`, `--symbols`, `--from` and `--to` do on the command line."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pipeline.api.problem import refusal
from pipeline.api.shape import Body
from pipeline.engine import Overrides
from pipeline.graph.source import read_end, read_start

__all__ = ["Given"]


class Given(Body):
    """Changes of a graph."""

    params: dict[str, Any] = Field(default_factory=dict, description="Params of the graph; values are text or typed.")
    set: dict[str, dict[str, Any]] = Field(default_factory=dict, description="Params of nodes: node, param, value.")
    symbols: list[str] | None = Field(default=None, min_length=1, description="In place of those of every bars source.")
    from_: str | None = Field(default=None, alias="from", description="Show bars from this date on (UTC).")
    to: str | None = Field(default=None, description="Use bars up to this date, the whole day.")

    def as_order(self) -> dict[str, Any]:
        """The same as plain data. Raises RequestError TG801 for a date that is none."""
        symbols = None if self.symbols is None else ",".join(self.symbols)
        bars = {"symbols": symbols, "from": self.from_, "to": self.to}
        for name, read in (("from", read_start), ("to", read_end)):
            if text := bars[name]:
                try:
                    read(text)
                except ValueError as error:
                    raise refusal("TG801", f"`{name}`: {error}") from error
        return {"params": self.params, "set": self.set, "bars": {name: text for name, text in bars.items() if text}}

    def overrides(self) -> Overrides:
        """The same for the engine. Raises RequestError TG801."""
        order = self.as_order()
        return Overrides(order["params"], order["set"], order["bars"])
