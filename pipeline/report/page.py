"""What every page has: one file, its style and script inside, and a policy that lets no request out."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.report.markup import Child, Markup, element, json_script

__all__ = ["page", "page_bar", "policy_of_page", "section"]

_HERE = Path(__file__).parent
_NOTICE = (
    "TradingView Lightweight Charts™, Copyright (с) 2025 TradingView, Inc. ",
    element("a", "https://www.tradingview.com/", href="https://www.tradingview.com/", rel="noreferrer noopener"),
    ", under the Apache License 2.0.",
)
"""The attribution notice of the charts, which asks to be kept on the page; see NOTICE.txt."""


def page(title: str, parts: Sequence[Child], data: Any) -> str:
    """A page with a title; `data` is what its script finds under the id `report`. The same parts give the same bytes.

    The policy allows the two pieces of code that ship, by their digests, and nothing else: no request, no frame, no
    form, no code that came in with a name or a message.
    """
    style, script = _code()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy_of_page()),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
        element("title", title),
        element("style", Markup(style)),
    )
    footer = element("footer", element("p", "Charts: ", _NOTICE), element("p", "Nothing here is advice."))
    body = element(
        "body",
        element("a", "Skip to the content", href="#main", class_="skip"),
        parts,
        element("noscript", element("p", "Charts and tables of this page need JavaScript.")),
        footer,
        json_script("report", data),
        element("script", Markup(script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def policy_of_page() -> str:
    """The content security policy of every page, for who serves it as well."""
    style, script = _code()
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'sha256-{_hash(script)}'",
            f"style-src 'sha256-{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def page_bar(links: Sequence[tuple[str, str]]) -> Markup:
    """What stays in sight: links to sections, and the choices that the script makes."""
    return element(
        "div",
        element("nav", [element("a", text, href=f"#{name}") for name, text in links], aria_label="Sections"),
        element("div", id="choices", class_="choices"),
        class_="bar",
    )


def section(name: str, title: str, *children: Child, note: str = "") -> Markup:
    """A part of a page, with a heading that links lead to."""
    heading = element("h2", title, element("small", f" {note}") if note else None)
    return element("section", heading, children, id=name, class_="part", aria_label=title)


def _code() -> tuple[str, str]:
    """The style and the script that ship."""
    return (_HERE / "page.css").read_text("utf-8"), (_HERE / "page.js").read_text("utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(sha256(text.encode()).digest()).decode("ascii")
