"""What a run of one graph leaves to look at."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from pipeline.execution.run import Run
from pipeline.graph.graph import Graph
from pipeline.store.publish import Published
from pipeline.store.query import Database

__all__ = ["Result"]


@dataclass(frozen=True)
class Result:
    """A finished run and the way to its values."""

    run: Run
    graph: Graph
    published: Published
    _database: Database = field(repr=False)

    def output(self, node: str) -> pl.DataFrame:
        """The value of a node, one of its outputs or a declared output: symbol, ts and its columns, or its table."""
        name, _, part = node.partition(".")
        name, part = self.graph.outputs.get(node, (name, part))
        node_of = self.graph.nodes.get(name)
        table = part if node_of and part in node_of.type.tables and len(node_of.kinds) > 1 else ""
        frame = self._database.output(self.run.id, self.graph.name, name, table)
        columns = dict(node_of.type.columns(node_of.kinds)) if node_of else {}
        # `stats.value` of a table is the table: it has columns of its own
        return frame.select("symbol", "ts", part) if part in columns else frame
