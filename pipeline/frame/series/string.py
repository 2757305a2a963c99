"""``series.str``: text, element by element."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.library.gaps import missing_name, refuse
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.faces import narrowed, objects
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["LabelAccessor", "StringAccessor"]

# what Python's own strings do in the same words
_PLAIN = frozenset({
    "capitalize", "casefold", "center", "ljust", "rjust", "removeprefix", "removesuffix", "swapcase", "title",
    "zfill", "find", "rfind", "index", "rindex", "translate", "isalnum", "isalpha", "isdecimal", "isdigit", "islower",
    "isnumeric", "isspace", "istitle", "isupper", "encode",
})  # fmt: skip


class StringAccessor:
    """Text, element by element; missing stays missing."""

    def __init__(self, series: Any) -> None:
        if series._values.kind != "O":
            raise AttributeError("Can only use .str accessor with string values")
        self._series = series

    def _made(self, series: pl.Series) -> Any:
        return self._series._of(Values.of(series), self._series.index, self._series.name)

    @property
    def _text(self) -> Any:
        series = self._series._values.series
        return (series if series.dtype == pl.String else series.cast(pl.String)).str

    def __getattr__(self, name: str) -> Any:
        if name in _PLAIN:
            fallback = False if name.startswith("is") else np.nan
            numbers = name in {"find", "rfind", "index", "rindex", "encode"}
            return lambda *args, **kwargs: self._by_item(
                lambda text: getattr(text, name)(*args, **kwargs), fallback, numbers=numbers
            )
        raise missing_name("Series.str", name, "str", type(self))

    def _by_item(self, change: Callable[[str], Any], missing: Any = np.nan, *, numbers: bool = False) -> Any:
        """A function of each text; what is no text is `missing`. A column without any text stays one of texts."""
        done = [change(item) if isinstance(item, str) else missing for item in self._series._values.items()]
        found = objects(done)
        return self._kept(Values(narrowed(found) if numbers or not missing_mask(found).all() else found))

    def _kept(self, values: Values) -> Any:
        return self._series._of(values, self._series.index, self._series.name)

    # without it Python would ask for the letters 0, 1, 2, … for ever
    __iter__: Any = None

    def __getitem__(self, key: Any) -> Any:
        return self.slice(key.start, key.stop, key.step) if isinstance(key, slice) else self.get(key)

    def get(self, i: Any) -> Any:
        """The element at a place of each text or list; missing where it is too short."""

        def one(item: Any) -> Any:
            if isinstance(item, dict):
                return item.get(i, np.nan)
            return item[i] if hasattr(item, "__len__") and -len(item) <= i < len(item) else np.nan

        return self._kept(Values(objects([np.nan if is_missing(x) else one(x) for x in self._items()])))

    def _items(self) -> list[Any]:
        return [
            np.nan if not isinstance(x, list | tuple | dict) and is_missing(x) else x
            for x in self._series._values.array
        ]

    def slice(self, start: Any = None, stop: Any = None, step: Any = None) -> Any:
        """A part of each text."""
        return self._by_item(lambda text: text[start:stop:step])

    def split(self, pat: str | None = None, *, n: int = -1, expand: bool = False, regex: bool | None = None) -> Any:
        """The parts of each text: lists, or columns when `expand`."""

        def one(text: str) -> list[str]:
            if regex or (regex is None and pat is not None and len(pat) > 1 and re.escape(pat) != pat):
                return re.split(pat or "", text, maxsplit=max(n, 0))
            return text.split(pat, n if n > 0 else -1)

        return self._parts(one, expand)

    def rsplit(self, pat: str | None = None, *, n: int = -1, expand: bool = False) -> Any:
        """As `split`, from the right."""
        return self._parts(lambda text: text.rsplit(pat, n if n > 0 else -1), expand)

    def partition(self, sep: str = " ", expand: bool = True) -> Any:
        """What is before, at and after the first `sep`."""
        return self._parts(lambda text: list(text.partition(sep)), expand)

    def _parts(self, change: Callable[[str], list[str]], expand: bool) -> Any:
        lists = [change(item) if isinstance(item, str) else np.nan for item in self._series._values.items()]
        if not expand:
            return self._kept(Values(objects(lists)))
        wide = max((len(one) for one in lists if isinstance(one, list)), default=min(len(lists), 1))
        columns = {
            i: Values(
                objects(
                    [
                        one[i]
                        if isinstance(one, list) and i < len(one)
                        else (None if isinstance(one, list) else np.nan)
                        for one in lists
                    ]
                )
            )
            for i in range(wide)
        }
        return self._series._frame_type._of(dict(columns), self._series.index)

    def cat(self, others: Any = None, sep: str = "", na_rep: str | None = None) -> Any:
        """All texts as one, or each with its partner in `others`."""
        if others is None:
            return sep.join(
                x if isinstance(x, str) else na_rep or ""
                for x in self._series._values.items()
                if na_rep or isinstance(x, str)
            )
        return self._series + sep + others

    def repeat(self, repeats: int) -> Any:
        """Each text several times over."""
        return self._by_item(lambda text: text * repeats)

    def pad(self, width: int, side: str = "left", fillchar: str = " ") -> Any:
        """Filled up to a width."""
        ways = {"left": str.rjust, "right": str.ljust, "both": str.center}
        return self._by_item(lambda text: ways[side](text, width, fillchar))

    def count(self, pat: str, flags: int = 0) -> Any:
        """How often a pattern is found."""
        return self._by_item(lambda text: len(re.findall(pat, text, flags)), numbers=True)

    def findall(self, pat: str, flags: int = 0) -> Any:
        """What a pattern finds, as lists."""
        return self._by_item(lambda text: re.findall(pat, text, flags), numbers=True)

    def match(self, pat: str, case: bool = True, flags: int = 0, na: Any = False) -> Any:
        """True where a pattern fits the beginning."""
        found = re.compile(pat, flags if case else flags | re.IGNORECASE)
        return self._by_item(lambda text: found.match(text) is not None, na)

    def fullmatch(self, pat: str, case: bool = True, flags: int = 0, na: Any = False) -> Any:
        """True where a pattern fits the whole."""
        found = re.compile(pat, flags if case else flags | re.IGNORECASE)
        return self._by_item(lambda text: found.fullmatch(text) is not None, na)

    def extract(self, pat: str, flags: int = 0, expand: bool = True) -> Any:
        """The groups of the first match, as columns."""
        found = re.compile(pat, flags)
        names: list[Any] = list(range(found.groups))
        for name, number in found.groupindex.items():
            names[number - 1] = name
        rows = [found.search(x) if isinstance(x, str) else None for x in self._series._values.items()]
        columns = {
            name: Values(objects([np.nan if row is None or row[i + 1] is None else row[i + 1] for row in rows]))
            for i, name in enumerate(names)
        }
        if len(names) == 1 and not expand:
            return self._kept(columns[names[0]])
        return self._series._frame_type._of(columns, self._series.index)

    def join(self, sep: str) -> Any:
        """The items of each list as one text."""
        joined = [sep.join(x) if isinstance(x, list | str) else np.nan for x in self._items()]
        return self._kept(Values(objects(joined)))

    def lower(self) -> Any:
        return self._made(self._text.to_lowercase())

    def upper(self) -> Any:
        return self._made(self._text.to_uppercase())

    def strip(self, to_strip: str | None = None) -> Any:
        return self._made(self._text.strip_chars(to_strip))

    def lstrip(self, to_strip: str | None = None) -> Any:
        return self._made(self._text.strip_chars_start(to_strip))

    def rstrip(self, to_strip: str | None = None) -> Any:
        return self._made(self._text.strip_chars_end(to_strip))

    def len(self) -> Any:
        return self._made(self._text.len_chars().cast(pl.Int64))

    def replace(self, pat: Any, repl: Any = None, n: int = -1, *, regex: bool = False, **options: Any) -> Any:
        """`pat` by `repl` (a function of the match, too), everywhere or in the first `n` places."""
        case, flags = options.pop("case", None), options.pop("flags", 0)
        refuse("Series.str.replace", options)
        if isinstance(pat, re.Pattern) or callable(repl) or case is False or flags or (regex and "\\" in str(repl)):
            found = (
                pat
                if isinstance(pat, re.Pattern)
                else re.compile(pat if regex else re.escape(pat), flags | (re.IGNORECASE if case is False else 0))
            )
            return self._by_item(lambda text: found.sub(repl, text, max(n, 0)))
        if n == -1:
            return self._made(self._text.replace_all(pat, repl, literal=not regex))
        return self._made(self._text.replace(pat, repl, literal=not regex, n=n))

    def contains(self, pat: str, case: bool = True, na: Any = False, regex: bool = True, **options: Any) -> Any:
        """True where `pat` is found; `na` where missing."""
        refuse("Series.str.contains", options)
        found = self._text.contains(pat if case else f"(?i){pat}", literal=not regex)
        return self._made(found.fill_null(bool(na)))

    def startswith(self, pat: Any, na: Any = False) -> Any:
        return self._by_item(lambda text: text.startswith(pat), na)

    def endswith(self, pat: Any, na: Any = False) -> Any:
        return self._by_item(lambda text: text.endswith(pat), na)


class LabelAccessor(StringAccessor):
    """The same on labels: ``df.columns.str.lower()``."""

    def _made(self, series: pl.Series) -> Any:
        return self._series._of(Values.of(series), self._series.name)

    def _kept(self, values: Values) -> Any:
        return values.array if values.kind == "b" else self._series._of(values, self._series.name)
