"""Where a cursor stands in a text that is being written, and which keys the text has so far.

A text under a cursor is rarely legal YAML: a bracket is open, a value is missing. So it is read line by line and
character by character as far as keys go, and what cannot be read is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Cursor", "Entry", "cursor_in", "entries"]

_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^\s"'{}\[\],:#][^{}\[\],:#]*?))\s*:(?=\s|$|[{\[])""")
_WORD = re.compile(r"[^\s{}\[\],:]*$")
_LONGEST = 10_000
"""Characters of a line that are looked at."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with the keys above it, and what follows it on its line."""

    path: tuple[str, ...]
    value: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The keys above a cursor, whether a value is due there (else a key), the word before it and where that begins."""

    path: tuple[str, ...]
    is_value: bool
    word: str
    column: int


@dataclass
class _Reader:
    """What is open: block keys with their indentation, then brackets with the key before each value in them."""

    block: list[tuple[int, str]] = field(default_factory=list)
    flow: list[tuple[str, str]] = field(default_factory=list)
    """Brackets, each with the key in it that waits for, or has, its value."""

    @property
    def path(self) -> tuple[str, ...]:
        return (*(key for _, key in self.block), *(key for _, key in self.flow if key))

    def line(self, text: str) -> Iterator[Entry]:
        """Take a line, and give the keys in it."""
        text = text[:_LONGEST]
        at = 0
        stripped = text.lstrip(" ")
        if self.flow and self.block and stripped.strip() and len(text) - len(stripped) <= self.block[-1][0]:
            self.flow.clear()  # a bracket that nobody closed yet: the key after it is not in it
        if not self.flow:
            if not stripped.strip() or stripped.startswith("#"):
                return
            self.outdent(len(text) - len(stripped))
            found = _KEY.match(text)
            if found is None:
                return
            self.block.append((len(text) - len(stripped), _key(found)))
            at = found.end()
            yield Entry(self.path, _value(text, at))
        yield from self._flow(text, at)

    def outdent(self, indent: int) -> None:
        """Leave the blocks that a line of this indentation is not in."""
        while self.block and self.block[-1][0] >= indent:
            self.block.pop()

    def _flow(self, text: str, at: int) -> Iterator[Entry]:
        quote = ""
        while at < len(text):
            sign = text[at]
            if quote:
                quote = "" if sign == quote else quote
            elif sign == "#" and (at == 0 or text[at - 1].isspace()):
                return
            elif sign in "{[":
                self.flow.append((sign, ""))
            elif sign in "}]" and self.flow:
                self.flow.pop()
            elif sign == "," and self.flow:
                self.flow[-1] = (self.flow[-1][0], "")
            elif self.flow and self.flow[-1] == ("{", "") and (found := _KEY.match(text, at)):
                self.flow[-1] = ("{", _key(found))
                at = found.end()
                yield Entry(self.path, _value(text, at))
                continue
            elif sign in "\"'":
                quote = sign
            at += 1


def entries(text: str) -> list[Entry]:
    """Every key of a text, with the keys above it."""
    reader = _Reader()
    return [entry for line in text.splitlines() for entry in reader.line(line)]


def cursor_in(text: str, line: int, column: int) -> Cursor:
    """The cursor before a column of a line, both counted from 1; beyond the text it stands at its end."""
    lines = text.splitlines() or [""]
    row = min(line, len(lines)) - 1 if line <= len(lines) else len(lines)
    reader = _Reader()
    for before in lines[:row]:
        for _ in reader.line(before):
            pass
    now = (lines[row] if row < len(lines) else "")[: min(column - 1, _LONGEST)]
    found = _WORD.search(now)
    word = found[0] if found else ""
    start = len(now) - len(word)
    was_open = bool(reader.flow)
    for _ in reader.line(now[:start]):
        pass
    if reader.flow:
        bracket, key = reader.flow[-1]
        return Cursor(reader.path, bracket == "[" or bool(key), word, start + 1)
    if not was_open and not now[:start].strip():  # nothing but the word: a key of the block around it
        reader.outdent(start)
        return Cursor(reader.path, is_value=False, word=word, column=start + 1)
    return Cursor(reader.path, is_value=True, word=word, column=start + 1)


def _key(found: re.Match[str]) -> str:
    return next((part for part in found.groups() if part is not None), "")


def _value(text: str, at: int) -> str:
    """The plain value behind a key: up to what ends it."""
    rest = text[at:].strip()
    return "" if rest[:1] in "{[#" else re.split(r"[,}\]]|\s#", rest, maxsplit=1)[0].strip().strip("\"'")
