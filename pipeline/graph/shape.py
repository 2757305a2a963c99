"""The shapes of a graph file: maps with closed key sets, names, single values; what is not so is a fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.errors import Edit, Fault, Note, Place
from pipeline.graph.hint import Hints
from pipeline.graph.markup import Item, Map, Scalar, Seq
from pipeline.model.scalar import shown

__all__ = ["NAME", "NAME_HINT", "Shapes"]

NAME = re.compile(r"[a-z][a-z0-9_]*")
NAME_HINT = "Names are lower case letters, digits and _, and begin with a letter."


class Shapes:
    """Reads shapes, and keeps the faults that it finds."""

    def __init__(self, faults: list[Fault], hint: Hints) -> None:
        self.faults = faults
        self.hint = hint

    def fault(
        self,
        code: str,
        message: str,
        place: Place,
        hint: str = "",
        *,
        notes: tuple[Note, ...] = (),
        fix: tuple[Edit, ...] = (),
    ) -> None:
        """Keep a fault."""
        self.faults.append(Fault(code, message, place, hint, notes=notes, fix=fix))

    def map(self, item: Item, what: str) -> Map | None:
        """The item as a map, an empty one for null; None with a fault."""
        if isinstance(item, Map):
            return item
        if isinstance(item, Scalar) and item.is_null:
            return Map(item.place)
        shape = "a list" if isinstance(item, Seq) else shown(item.text)
        self.fault(
            "TG107", f"{what} is a map, got {shape}", item.place, "Write `name: value` lines or `{name: value}`."
        )
        return None

    def text(self, item: Item | None) -> str:
        """The text of a scalar, "" when there is none."""
        if item is None:
            return ""
        if isinstance(item, Scalar):
            return item.text
        self.fault("TG107", "a single value is expected here", item.place)
        return ""

    def keys(self, entry: Map, known: Sequence[str], what: str, *, elsewhere: Mapping[str, str] | None = None) -> bool:
        """Refuse unknown keys; False when there is one: it may stand for any other.

        `elsewhere` has keys that belong somewhere else, with a sentence about where.
        """
        wrong = [(name, key) for name, key in entry.keys.items() if name not in known]
        for name, key in wrong:
            message = f"{what} has no key {name!r}"
            if elsewhere and name in elsewhere:
                self.fault("TG105", message, key.place, elsewhere[name])
                continue
            otherwise = f"If it is a param, move it under `with: {{{name}: …}}`." if "with" in known else ""
            fix = self.hint.repair(key, [word for word in known if word not in entry.keys])
            self.fault("TG105", message, key.place, self.hint(name, known, otherwise=otherwise), fix=fix)
        return not wrong

    def entries(self, top: Map, section: str) -> list[tuple[Scalar, Item]]:
        """Names and values of a section, the form of the names looked at."""
        item = top.items.get(section)
        found = self.map(item, f"`{section}`") if item is not None else None
        if found is None:
            return []
        for name, key in found.keys.items():
            if not NAME.fullmatch(name):
                self.fault("TG109", f"the name {name!r} is not well formed", key.place, NAME_HINT)
        return [(found.keys[name], value) for name, value in found.items.items()]
