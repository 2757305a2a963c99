"""HTML and SVG as values: text is escaped when it becomes a part of an element, once and always.

element("td", "a < b", class_="name")      # <td class="name">a &lt; b</td>
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any, TypeAlias

__all__ = ["Child", "Markup", "element", "json_script"]

_VOID = frozenset({"br", "col", "hr", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already. Only this module and `page` make it of plain text."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"
"""Plain text, which is escaped; markup, which is not; None, which is nothing; or many of these."""


def element(name: str, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An element. `class_` is the attribute class, `_` in a name is a hyphen; None and False leave one out."""
    parts = [f"<{name}"]
    for key, value in attributes.items():
        attribute = key.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(f" {attribute}")
        elif value is not None and value is not False:
            parts.append(f' {attribute}="{escape(_plain(value))}"')
    parts.append(">")
    if name not in _VOID:
        _append(parts, children)
        parts.append(f"</{name}>")
    return Markup("".join(parts))


def json_script(name: str, value: Any) -> Markup:
    """Data for the page's script, which finds it by `name`. Nothing in it can end the element or begin another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(f'<script type="application/json" id="{escape(name)}">{text}</script>')


def _append(parts: list[str], children: Iterable[Child]) -> None:
    for child in children:
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, str | int):
            parts.append(escape(str(child), quote=False))
        elif child is not None:
            _append(parts, child)


def _plain(value: str | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
