"""`sweep:` of a graph file, and the values of an axis as they are typed on a command line."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.errors import Place
from pipeline.graph.markup import Item, Map, Scalar, Seq
from pipeline.graph.shape import Shapes
from pipeline.graph.spec import GraphSpec
from pipeline.graph.sweep import MAX_CELLS, Axis, Sweep
from pipeline.model.param import DeclaredParam, ParamSet
from pipeline.model.scalar import shown

__all__ = ["SWEEP", "range_texts", "read_sweep", "typed_axis"]

SWEEP = ("grid", "zip", "where")
_RANGE_HINT = "Write `{range: [from, to, step]}`: both ends are included."


def read_sweep(shapes: Shapes, item: Item, spec: GraphSpec) -> Sweep | None:
    """The sweep in a file; None, with every fault that it has, when it cannot be used."""
    before = len(shapes.faults)
    top = shapes.map(item, "`sweep`")
    if top is None or not shapes.keys(top, SWEEP, "a sweep"):
        return None
    reader = _Reader(shapes, spec)
    grid = reader.axes(top, "grid")
    zipped = reader.axes(top, "zip")
    for axis in {axis.name for axis in grid} & {axis.name for axis in zipped}:
        shapes.fault("TG205", f"{axis!r} stands under both `grid` and `zip`", item.place, "Remove one of them.")
    lengths = {axis.name: len(axis.values) for axis in zipped}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        shapes.fault("TG131", f"the lists under `zip` have different lengths: {said}", top.items["zip"].place)
    if not grid and not zipped and len(shapes.faults) == before:
        hint = "Write `grid: {fast: [8, 12, 16]}`."
        shapes.fault("TG132", "the sweep has no cell: it names no param", item.place, hint)
    at = top.items.get("where")
    where = shapes.text(at)
    if len(shapes.faults) > before:
        return None
    return Sweep(grid, zipped, where, item.place, at.place if at else None)


class _Reader:
    def __init__(self, shapes: Shapes, spec: GraphSpec) -> None:
        self.shapes = shapes
        self.spec = spec

    def axes(self, top: Map, section: str) -> tuple[Axis, ...]:
        """The axes under `grid` or `zip`."""
        found = self.shapes.map(top.items[section], f"`{section}`") if section in top.items else None
        axes = []
        for name, item in found.items.items() if found else ():
            key = found.keys[name] if found else None
            declared = self.spec.params.get(name)
            if declared is None:
                if name not in self.spec.unread_params and self.spec.whole:
                    names = [param.name for param in self.spec.params]
                    hint = self.shapes.hint(name, names, otherwise="Declare it under `params:`.")
                    fix = self.shapes.hint.repair(key, names) if key else ()
                    place = key.place if key else item.place
                    self.shapes.fault("TG206", f"the sweep: the graph has no param {name!r}", place, hint, fix=fix)
                continue
            texts = self.texts(name, item)
            if texts is not None:
                axes.append(Axis(name, self.typed(declared, texts)))
        return tuple(axes)

    def texts(self, name: str, item: Item) -> list[tuple[str, Place]] | None:
        """The values of a param as text, each with its place; None with a fault."""
        if isinstance(item, Map) and list(item.items) == ["range"]:
            return self.ranged(name, item.items["range"])
        if not isinstance(item, Seq):
            hint = f"Write `{name}: [8, 12, 16]` or `{name}: {{range: [8, 24, 4]}}`."
            self.shapes.fault("TG107", f"the values of {name!r} in a sweep are a list or a range", item.place, hint)
            return None
        if not item.items:
            self.shapes.fault("TG132", f"the sweep has no cell: {name!r} has no value", item.place)
            return None
        found = [(one.text, one.place) for one in item.items if isinstance(one, Scalar)]
        if len(found) < len(item.items):
            self.shapes.fault("TG107", "a single value is expected here", item.place)
            return None
        return found

    def ranged(self, name: str, item: Item) -> list[tuple[str, Place]] | None:
        ends = [one.text for one in item.items if isinstance(one, Scalar)] if isinstance(item, Seq) else []
        try:
            return [(text, item.place) for text in range_texts(ends)]
        except ValueError as error:
            self.shapes.fault("TG107", f"the range of {name!r} {error}", item.place, _RANGE_HINT)
            return None

    def typed(self, declared: DeclaredParam, texts: list[tuple[str, Place]]) -> tuple[Any, ...]:
        values: list[Any] = []
        for text, place in texts:
            found, faults = ParamSet((declared,)).check({declared.name: text}, owner="the sweep")
            for fault in faults:
                self.shapes.fault(fault.code, fault.message, place, fault.hint)
            values.append(found.get(declared.name))
        return tuple(values)


def range_texts(ends: list[str]) -> list[str]:
    """The values of a range, both ends included, as text: 0.1 to 0.3 by 0.1 is 0.1, 0.2, 0.3 to the digit.

    Raises ValueError with the rest of a sentence that begins with the range.
    """
    if len(ends) not in (2, 3):
        raise ValueError("needs from, to and step")
    try:
        first, last, step = (Decimal(text) for text in (*ends, "1")[:3])
    except InvalidOperation:
        raise ValueError(f"takes numbers, got {', '.join(map(shown, ends))}") from None
    if not all(number.is_finite() for number in (first, last, step)) or step == 0:
        raise ValueError("has a step of 0" if step == 0 else "takes finite numbers")
    if (last - first) / step < 0:
        raise ValueError(f"never gets from {first} to {last} by steps of {step}")
    count = int((last - first) / step) + 1
    if count > MAX_CELLS:
        raise ValueError(f"has {count:,} values, at most {MAX_CELLS:,} are allowed")
    return [str(first + place * step) for place in range(count)]


def typed_axis(name: str, text: str, declared: DeclaredParam) -> tuple[Axis, list[str]]:
    """An axis as it is typed on a command line: `8:24:4` is a range, `8,12,16` a list, anything else one value.

    Gives the axis, and what is wrong with its values. Colons mean a range for numbers alone; commas do so for
    params that take no text. Raises ValueError for a range that cannot be.
    """
    numeric = declared.type in (int, float)
    if numeric and ":" in text:
        texts = range_texts(text.split(":"))
    else:
        texts = [one.strip() for one in text.split(",")] if "," in text else [text]
    values, wrong = [], []
    for one in texts:
        found, faults = ParamSet((declared,)).check({declared.name: one}, owner="the sweep")
        wrong += [f"{fault.message}" for fault in faults]
        values.append(found.get(declared.name))
    return Axis(name, tuple(values)), wrong
