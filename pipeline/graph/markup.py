"""YAML text to items with positions, in bounded time and memory whatever the text is.

Items are built from PyYAML's parse events in a loop of our own: its composer recurses (a deep file
overflows the C stack), forgets duplicate keys and lets aliases multiply. Scalars keep their text; what
they mean is decided later by the declared type of where they land.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from pipeline.errors import Fault, Place

__all__ = ["MAX_BYTES", "Item", "Map", "Scalar", "Seq", "compose", "too_large"]

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_ITEMS = 500_000
"""Items of a file, an alias counting as all that it stands for, 64 characters of a scalar as one item."""
MAX_KEY = 256
"""Characters of a key: every fault below a key repeats it."""

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# what YAML 1.1 lets a file hold
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False)
class Scalar:
    """A scalar: its text, whether it was quoted, where it stands; a key may have come by `<<`."""

    text: str
    place: Place
    quoted: bool = False
    merged: bool = False

    @property
    def size(self) -> int:
        """How many items it counts as."""
        return 1 + len(self.text) // 64

    @property
    def is_null(self) -> bool:
        """True for an empty plain scalar, `~` or `null`."""
        return not self.quoted and self.text in ("", "~", "null")

    @property
    def reference(self) -> str | None:
        """The name in a plain `$name`, else None."""
        return self.text[1:] if not self.quoted and self.text.startswith("$") else None


@dataclass(slots=True, eq=False)
class Seq:
    """A list."""

    place: Place
    items: list[Item] = field(default_factory=list)
    size: int = 1


@dataclass(slots=True, eq=False)
class Map:
    """A map: values by key text, the key scalars (for their places) beside them."""

    place: Place
    items: dict[str, Item] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)
    size: int = 1


Item: TypeAlias = Scalar | Seq | Map


class _Refused(Exception):
    """Composition cannot go on; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def compose(text: str, file: str) -> tuple[Item | None, list[Fault]]:
    """The root item of the one document in `text`, and every fault of form found.

    None with a fault when the text is no YAML, is empty, holds several documents, or is larger than
    16 MiB, deeper than 64 levels or expands to more than 500,000 items.
    """
    if len(text) > MAX_BYTES:
        return None, [too_large(file)]
    composer = _Composer(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except _Refused as refused:
        return None, [*composer.faults, refused.fault]
    except yaml.MarkedYAMLError as error:
        return None, [*composer.faults, _syntax_fault(error, text, file)]
    except (yaml.YAMLError, UnicodeEncodeError):
        return None, [*composer.faults, _character_fault(text, file)]
    if composer.root is None:
        return None, [Fault("TG101", "the file is empty", Place(file), "Begin with `tradegraph: 1`.")]
    return composer.root, composer.faults


def too_large(file: str) -> Fault:
    """The fault of a file with more than MAX_BYTES."""
    return Fault(
        "TG103", f"the file has more than {MAX_BYTES // 2**20} MiB", Place(file), "Split it into several graphs."
    )


def _syntax_fault(error: yaml.MarkedYAMLError, text: str, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    lines = _BREAK.split(text)
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        place = Place(file, place.line, line.index("\t") + 1)
        return Fault("TG111", "a tab indents this line", place, "YAML is indented with spaces.")
    what = error.problem or error.context or "it cannot be parsed"
    if "nesting depth" in what:  # the scanner of PyYAML 6.0.4 counts as well, and may be first
        return Fault("TG103", f"the file nests deeper than {MAX_DEPTH} levels", place, "Flatten it.")
    return Fault("TG101", f"the file is not valid YAML: {what}", place, "Check the indentation and colons just above.")


def _character_fault(text: str, file: str) -> Fault:
    found = _UNPRINTABLE.search(text)
    place, what = Place(file), "the file is not valid YAML"
    if found:
        breaks = list(_BREAK.finditer(text, 0, found.start()))
        place = Place(file, len(breaks) + 1, found.start() - (breaks[-1].end() if breaks else 0) + 1)
        what = f"the character {found[0]!r} does not belong in YAML"
    return Fault("TG101", what, place, "Remove it; save the file as UTF-8 text.")


class _Composer:
    """A stack machine over parse events."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Item | None = None
        self.faults: list[Fault] = []
        self._stack: list[Map | Seq] = []
        self._pending: list[Scalar | None] = []  # the key that waits for its value, per level
        self._anchored: list[str | None] = []
        self._anchors: dict[str, Item] = {}
        self._size = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Advance by one event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            quoted = event.style not in (None, "")  # the C parser says "" of a plain scalar
            item = Scalar(event.value, self._place(event), quoted)
            if event.anchor:
                self._anchors[event.anchor] = item
            self._add(item)
        elif kind is yaml.MappingStartEvent:
            self._open(Map(self._place(event)), event.anchor)
        elif kind is yaml.SequenceStartEvent:
            self._open(Seq(self._place(event)), event.anchor)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                self._refuse("TG101", "the file holds a second document", self._place(event), "One graph per file.")

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _refuse(self, code: str, message: str, place: Place, hint: str) -> None:
        raise _Refused(Fault(code, message, place, hint))

    def _open(self, item: Map | Seq, anchor: str | None) -> None:
        if len(self._stack) >= MAX_DEPTH:
            self._refuse("TG103", f"the file nests deeper than {MAX_DEPTH} levels", item.place, "Flatten it.")
        self._stack.append(item)
        self._pending.append(None)
        self._anchored.append(anchor)

    def _close(self) -> None:
        item = self._stack.pop()
        key = self._pending.pop()
        assert key is None
        anchor = self._anchored.pop()
        if anchor:
            self._anchors[anchor] = item
        self._add(item)

    def _alias(self, event: Any) -> None:
        item = self._anchors.get(event.anchor)
        if item is None:
            message = f"the alias *{event.anchor} has no anchor before it"
            self._refuse("TG101", message, self._place(event), "Write the anchor (&name) above its first use.")
            return
        if not isinstance(item, Scalar):
            self._count(item.size, self._place(event))
        self._add(item)

    def _count(self, size: int, place: Place) -> None:
        self._size += size
        if self._size > MAX_ITEMS:
            hint = "Use fewer aliases, or split the file into several graphs."
            self._refuse("TG103", f"the file stands for more than {MAX_ITEMS:,} items", place, hint)

    def _add(self, item: Item) -> None:
        self._count(item.size if isinstance(item, Scalar) else 1, item.place)
        if not self._stack:
            self.root = item
            return
        parent = self._stack[-1]
        parent.size += item.size
        if isinstance(parent, Seq):
            parent.items.append(item)
            return
        key = self._pending[-1]
        if key is None:
            if not isinstance(item, Scalar):
                self._refuse("TG107", "a map or list stands where a name belongs", item.place, "Keys are plain words.")
            elif len(item.text) > MAX_KEY:
                self._refuse("TG103", f"a key has more than {MAX_KEY} characters", item.place, "Keys are plain words.")
            else:
                self._pending[-1] = item
            return
        self._pending[-1] = None
        if key.text == "<<" and not key.quoted:
            self._merge(parent, item)
        elif key.text in parent.items and not parent.keys[key.text].merged:
            first = parent.keys[key.text].place
            hint = "Remove one of them, or give it another name."
            self.faults.append(
                Fault("TG102", f"{key.text!r} stands twice, first in line {first.line}", key.place, hint)
            )
        else:
            # an own key wins over a merged one, wherever `<<` stands
            parent.items[key.text] = item
            parent.keys[key.text] = key

    def _merge(self, parent: Map, item: Item) -> None:
        sources = item.items if isinstance(item, Seq) else [item]
        for source in sources:
            if not isinstance(source, Map):
                self._refuse("TG107", "`<<` merges a map", source.place, "Point it at an anchored map.")
                continue
            for name, value in source.items.items():
                if name not in parent.items:
                    parent.items[name] = value
                    parent.keys[name] = Scalar(name, source.keys[name].place, merged=True)
