"""One layout for graph files: text is moved, never written anew, so comments and line breaks are the author's.

What is put right: line ends, trailing blanks, indentation (two spaces a level), one space behind `:` and `,` and
none inside brackets, no two blank lines in a row, and the order of the sections. The result must stand for
the same items and hold the same comments; where it would not, the text stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Any

import yaml

from pipeline.graph.markup import Item, Map, Scalar, Seq, compose
from pipeline.graph.read import TOP

__all__ = ["formatted"]

_STEP = 2
_OPEN = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSE = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
_INVISIBLE = (
    yaml.KeyToken, yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken, yaml.BlockEndToken,
    yaml.StreamStartToken, yaml.StreamEndToken,
)  # fmt: skip
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
_ORDER = TOP


def formatted(text: str) -> str:
    """The text in the one layout; the same text when it has faults of form or could not be kept in meaning."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    before, faults = compose(plain, "")
    if faults or not isinstance(before, Map):
        return text
    try:
        lines = _indented(_spaced(_TRAILING.sub("", plain).rstrip("\n")))
        result = _tidy(_sorted(lines))
        after, faults = compose(result, "")
    except (yaml.YAMLError, IndexError):
        return text
    kept = after is not None and not faults and _same(before, after) and _comments(plain) == _comments(result)
    return result if kept else text


def _tokens(text: str) -> list[Any]:
    # the Python scanner: the C one does not say where a `,` or a block ends
    return list(yaml.scan(text, Loader=yaml.SafeLoader))


def _spaced(text: str) -> str:
    """Blanks between two tokens of one line as they belong."""
    seen = [token for token in _tokens(text) if not isinstance(token, _INVISIBLE)]
    changes: list[tuple[int, int, str]] = []
    depth = 0
    for first, second in pairwise(seen):
        depth += isinstance(first, _OPEN) - isinstance(first, _CLOSE)
        start, end = first.end_mark.index, second.start_mark.index
        between = text[start:end]
        # a plain scalar ends before the blanks behind it; a block scalar has no gap of its own
        if start > end or between.strip(" ") or first.end_mark.line != second.start_mark.line:
            continue
        wanted = _gap(first, second, flow=depth > 0)
        if wanted is not None and wanted != between:
            changes.append((start, end, wanted))
    for start, end, wanted in reversed(changes):
        text = text[:start] + wanted + text[end:]
    return text


def _gap(first: Any, second: Any, *, flow: bool) -> str | None:
    if isinstance(second, yaml.ValueToken):
        return "" if not isinstance(first, (yaml.AliasToken, yaml.AnchorToken)) else " "
    if isinstance(first, yaml.ValueToken):
        return " "
    if not flow:
        return None
    if isinstance(first, _OPEN) or isinstance(second, (*_CLOSE, yaml.FlowEntryToken)):
        return ""
    return " "


def _indented(text: str) -> list[str]:
    """The lines, two spaces a level: what is not the first of an entry moves along with the line above it."""
    lines = text.split("\n")
    shift: dict[int, int] = {}
    stack: list[tuple[int, int]] = []  # column as written, column as it belongs
    for token in _tokens(text):
        if isinstance(token, (yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken)):
            stack.append((token.start_mark.column, stack[-1][1] + _STEP if stack else 0))
        elif isinstance(token, yaml.BlockEndToken):
            stack.pop()
        elif isinstance(token, (yaml.KeyToken, yaml.BlockEntryToken)) and stack:
            line, column = token.start_mark.line, token.start_mark.column
            if column == stack[-1][0] and not lines[line][:column].strip(" -"):
                shift.setdefault(line, stack[-1][1] - (len(lines[line]) - len(lines[line].lstrip(" "))))
    moved: list[str] = []
    current, comments = 0, [line.lstrip().startswith("#") or not line.strip() for line in lines]
    for number, line in enumerate(lines):
        current = shift.get(number, current)
        by = current
        if comments[number]:  # a comment belongs to what comes behind it
            behind = next((n for n in range(number, len(lines)) if not comments[n]), number)
            by = shift.get(behind, current)
        bare = line.lstrip(" ")
        moved.append(" " * max(0, len(line) - len(bare) + by) + bare if bare else "")
    return moved


def _sorted(lines: list[str]) -> list[str]:
    """The sections in their order, each with the comments right above it."""
    starts = [
        number
        for number, line in enumerate(lines)
        if line and not line[0].isspace() and line[0] not in "#-{}[]'\"" and line.partition(":")[0].strip() in _ORDER
    ]
    if not starts:
        return lines
    blocks: list[tuple[int, list[str]]] = []
    edges = [_first(lines, start) for start in starts]
    for start, edge, end in zip(starts, edges, [*edges[1:], len(lines)], strict=True):
        blocks.append((_ORDER.index(lines[start].partition(":")[0].strip()), lines[edge:end]))
    blocks.sort(key=lambda block: block[0])
    return [*lines[: edges[0]], *(line for _, block in blocks for line in block)]


def _first(lines: list[str], start: int) -> int:
    """The first of the comment lines right above a section; those at the top of the file stay there."""
    edge = start
    while edge and lines[edge - 1].startswith("#"):
        edge -= 1
    return edge if edge or not start else start


def _tidy(lines: list[str]) -> str:
    found: list[str] = []
    for line in lines:
        if line.strip() or (found and found[-1]):
            found.append(line.rstrip() if line.strip() else "")
    while found and not found[-1]:
        found.pop()
    return "\n".join(found) + "\n"


def _comments(text: str) -> Counter[str]:
    """Comments, roughly: whatever stands behind a `#` that a blank or a line begins."""
    found: Counter[str] = Counter()
    for line in text.split("\n"):
        head, sharp, tail = f" {line}".partition(" #")
        if sharp and head is not None:
            found[tail.strip()] += 1
    return found


def _same(a: Item, b: Item) -> bool:
    """True when two items stand for the same, whatever their places and the order of keys."""
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return (a.text, a.quoted) == (b.text, b.quoted)
    if isinstance(a, Seq) and isinstance(b, Seq):
        return len(a.items) == len(b.items) and all(map(_same, a.items, b.items))
    if isinstance(a, Map) and isinstance(b, Map):
        return a.items.keys() == b.items.keys() and all(_same(value, b.items[name]) for name, value in a.items.items())
    return False
