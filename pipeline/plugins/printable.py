"""Text of strangers, made fit for terminals, logs and tables."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["cleaned", "printable"]

_MOST = 64 * 1024
# C0 and C1 controls but tab and newline; marks that turn the direction of text; halves of characters
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str, most: int = _MOST) -> str:
    r"""The text with `\x1b` in the place of an escape, and so on; cut after `most` characters."""
    text = text if len(text) <= most else f"{text[:most]}…"
    return _UNFIT.sub(lambda found: ascii(found[0])[1:-1], text.replace("\r\n", "\n"))


def cleaned(found: Any) -> Any:
    """The same for all texts in what JSON can hold."""
    if isinstance(found, str):
        return printable(found)
    if isinstance(found, list):
        return [cleaned(item) for item in found]
    if isinstance(found, dict):
        return {printable(name): cleaned(item) for name, item in found.items()}
    return found
