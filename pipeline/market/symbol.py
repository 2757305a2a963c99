"""A symbol as a folder name: reversible, safe on every file system.

ASCII letters, digits and `. - _ ^ = @ + ,` stand for themselves, everything else is percent-encoded
UTF-8. The first letter of a name that Windows reserves (PRN and CON are real tickers), a leading
dot and a trailing dot are encoded too. Names that differ only in case would share a folder on some
systems, so a timeframe takes only one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from pipeline.errors import MarketError

__all__ = ["check_symbol", "collision", "folder_of", "symbol_of"]

LONGEST = 64
"""Characters of a symbol; every encoded form stays a legal file name (at most 255 bytes)."""

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_^=@+,")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST_FOLDER = 200


def check_symbol(symbol: str) -> str:
    """The symbol itself, if it can be stored; MarketError TG308 if not.

    Refused are the empty name, outer blanks, control characters and names that are too long.
    """
    if not symbol:
        fact = "a symbol name is empty"
    elif symbol != symbol.strip():
        fact = f"symbol {symbol!r} begins or ends with a blank"
    elif not symbol.isprintable():
        fact = f"symbol {symbol!r} has a character that cannot be printed"
    elif len(symbol) > LONGEST or len(folder_of(symbol)) > _LONGEST_FOLDER:
        fact = f"symbol {symbol[:20]!r}… has {len(symbol)} characters; at most {LONGEST} are stored, fewer if not ASCII"
    else:
        return symbol
    raise MarketError(fact, code="TG308", hint="Name the symbol with --symbol, for example --symbol BRK.B.")


def folder_of(symbol: str) -> str:
    """The folder name that stands for `symbol`."""
    text = "".join(c if c in _PLAIN else "".join(f"%{byte:02X}" for byte in c.encode()) for c in symbol)
    if text.startswith(".") or _RESERVED.match(text):
        text = f"%{ord(text[0]):02X}{text[1:]}"
    if text.endswith("."):
        text = f"{text[:-1]}%2E"
    return text


def symbol_of(folder: str) -> str:
    """The symbol that `folder` stands for."""
    return unquote(folder)


def collision(symbols: Iterable[str]) -> tuple[str, str] | None:
    """The first two symbols that differ only in case, or None."""
    seen: dict[str, str] = {}
    for symbol in symbols:
        other = seen.setdefault(symbol.casefold(), symbol)
        if other != symbol:
            return other, symbol
    return None
