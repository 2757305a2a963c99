"""What stands under `with` and in `bars`: text, lists of text, and the params that `$name` refers to."""

from __future__ import annotations

from typing import Any

from pipeline.errors import Fault
from pipeline.graph.markup import Item, Map, Scalar
from pipeline.graph.scope import Scope
from pipeline.graph.spec import SubgraphSpec
from pipeline.model.scalar import shown

__all__ = ["BROKEN", "UNKNOWN", "Values"]

BROKEN: Any = object()
"""What a `$param` stands for that has a fault of its own; what takes it is then left alone."""
UNKNOWN: Any = object()
"""What a param of a sub-graph stands for while its definition is checked by itself."""


class Values:
    """Reads values in a scope; keeps the faults that it finds."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults

    def of(self, item: Item, scope: Scope) -> Any:
        """The text, list or param value that an item stands for; BROKEN with a fault, UNKNOWN where nobody can say."""
        if isinstance(item, Scalar):
            return self.scalar(item, scope)
        if isinstance(item, Map):
            message = "a param is a value or a list, got a map"
            self.faults.append(Fault("TG107", message, item.place, "Write `name: value`."))
            return BROKEN
        values = [self.of(inner, scope) for inner in item.items]
        for special in (BROKEN, UNKNOWN):
            if any(value is special for value in values):
                return special
        return values

    def scalar(self, item: Scalar, scope: Scope) -> Any:
        """The text of a scalar, or the value of the `$param` that it is; an unknown one is a fault."""
        name = item.reference
        if name is None:
            return item.text
        if name in scope.params:
            scope.used.add(name)
            return scope.params[name]
        if name in scope.block.unread_params or not scope.block.whole:
            return BROKEN
        owner = f"sub-graph {scope.block.name!r}" if isinstance(scope.block, SubgraphSpec) else "the graph"
        hint = scope.hint(name, list(scope.params), otherwise="Declare it under `params:`, or quote the text.")
        if name in scope.inputs:
            hint = "It is an input: wire it under `in`; `with` takes params."
        fix = scope.hint.repair(item, list(scope.params), word=name)
        self.faults.append(Fault("TG204", f"{owner} declares no param {shown(name)}", item.place, hint, fix=fix))
        return BROKEN
