"""The line that says which dialect a file is written in."""

from __future__ import annotations

from pipeline.errors import Edit
from pipeline.graph.markup import Map, Scalar
from pipeline.graph.shape import Shapes
from pipeline.model.scalar import shown

__all__ = ["DIALECT", "read_version"]

DIALECT = "1"


def read_version(shapes: Shapes, top: Map) -> None:
    """Refuse a file without a dialect, or with one that is not known: TG104."""
    item = top.items.get("tradegraph")
    hint = f"Begin the file with `tradegraph: {DIALECT}`."
    if item is None:
        # in a file that begins with `{` there is no line to put it on
        block = (top.place.column, next(iter(top.keys.values())).place if top.keys else None) == (1, top.place)
        fix = (Edit(top.place, "", f"tradegraph: {DIALECT}\n"),) if block else ()
        shapes.fault("TG104", "the dialect version is missing", top.place, hint, fix=fix)
    elif shapes.text(item) != DIALECT:
        fix = ()
        if isinstance(item, Scalar) and item.text in ("1.0", "v1", "01"):
            fix = () if item.quoted else (Edit(item.place, item.text, DIALECT),)
        message = f"dialect {shown(shapes.text(item))} is not known"
        shapes.fault("TG104", message, item.place, f"Write `tradegraph: {DIALECT}`.", fix=fix)
