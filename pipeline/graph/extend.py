"""`extends`: one parent; maps merge, everything else replaces, `~` deletes.

Items keep their places, so a fault in what came from the parent is shown in the parent's file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.graph.library import Library
from pipeline.graph.markup import Map, Scalar
from pipeline.graph.shape import Shapes

__all__ = ["SECTIONS", "Family", "extended"]

SECTIONS = ("params", "universes", "bars", "graphs", "nodes", "outputs")
"""Maps of named things at the top: deleting one that is not there is a fault."""
_OWN = ("tradegraph", "name", "extends")
"""What every file says for itself."""


@dataclass(frozen=True, slots=True)
class Family:
    """A file and its parents: each as it is, and all of them merged in `top`.

    `whole` is False when a parent could not be read; `lost` are nodes that change nothing in a parent.
    """

    layers: list[Map]
    top: Map
    whole: bool
    lost: set[str]


def extended(top: Map, library: Library, shapes: Shapes, file: str) -> Family:
    """The file whose root is `top`, with its parents.

    Faults go to `shapes`: a file that cannot be used (TG121), a circle (TG122), an override of nothing (TG124).
    """
    layers, whole = [top], False
    seen = {_real(file): file}
    while (item := layers[-1].items.get("extends")) is not None:
        if not isinstance(item, Scalar) or item.is_null:
            shapes.fault("TG107", "`extends` names one file", item.place, "Write `extends: ./base.yaml`.")
            break
        path = library.locate(item, item.text)
        if not isinstance(path, Path):
            shapes.faults.append(path)
            break
        if path in seen:
            circle = " → ".join([*(Path(name).name for name in list(seen.values())[_at(seen, path) :]), path.name])
            shapes.fault("TG122", f"the files extend each other in a circle: {circle}", item.place, "Cut one of them.")
            break
        parent, faults = library.load(path, item, item.text)
        shapes.faults += faults
        found = shapes.map(parent, "a graph file") if parent is not None else None
        if found is None:
            break
        seen[path] = found.place.file
        layers.append(found)
    else:
        whole = True
    merged, lost = layers[-1], set[str]()
    for layer in reversed(layers[:-1]):
        merge = _Merge(shapes, merged.place.file)
        merged = merge.maps(merged, layer, ())
        lost |= merge.lost
    return Family(layers, merged, whole, lost)


def _real(file: str) -> Path:
    return Path(os.path.realpath(file))


def _at(seen: dict[Path, str], path: Path) -> int:
    return list(seen).index(path)


class _Merge:
    def __init__(self, shapes: Shapes, parent: str) -> None:
        self.shapes = shapes
        self.parent = Path(parent).name
        self.lost: set[str] = set()

    def maps(self, parent: Map, child: Map, path: tuple[str, ...]) -> Map:
        """The child laid over the parent; `path` are the keys that lead to both."""
        own = not path
        merged = Map(child.place)
        for name, value in parent.items.items():
            if not (own and name in _OWN):
                merged.items[name], merged.keys[name] = value, parent.keys[name]
        for name, value in child.items.items():
            key, before = child.keys[name], merged.items.get(name)
            if isinstance(value, Scalar) and value.is_null and before is not None:
                del merged.items[name], merged.keys[name]
                continue
            if len(path) == 1 and path[0] in SECTIONS and before is None and self.nothing(path[0], key, value, parent):
                continue
            if isinstance(value, Map) and isinstance(before, Map):
                value = self.maps(before, value, (*path, name))
            merged.items[name], merged.keys[name] = value, key
        return merged

    def nothing(self, section: str, key: Scalar, value: object, parent: Map) -> bool:
        """True, with a fault, for an entry that deletes or changes what the parent does not have."""
        one = section.removesuffix("s") if section != "bars" else "bars source"
        hint = self.shapes.hint(key.text, list(parent.items), otherwise=f"It is deleted from {self.parent} already.")
        fix = self.shapes.hint.repair(key, list(parent.items))
        if isinstance(value, Scalar) and value.is_null:
            message = f"there is no {one} {key.text!r} to delete: {self.parent} has none"
            self.shapes.fault("TG124", message, key.place, hint, fix=fix)
            return True
        if section == "nodes" and isinstance(value, Map) and "use" not in value.items:
            hint = self.shapes.hint(key.text, list(parent.items), otherwise="Add `use: …` to make it a new node.")
            message = f"there is no node {key.text!r} to change: {self.parent} has none"
            self.shapes.fault("TG124", message, key.place, hint, fix=fix)
            self.lost.add(key.text)
            return True
        return False
