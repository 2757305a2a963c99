"""``series.dt`` and ``series.str``: what times and texts offer on top."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.frame import clock
from pipeline.frame.frequency import Frequency
from pipeline.frame.gaps import missing_name, refuse
from pipeline.frame.values import Values

__all__ = ["DatetimeAccessor", "LabelAccessor", "StringAccessor"]


class DatetimeAccessor:
    """Clock and calendar of a column of times."""

    def __init__(self, series: Any) -> None:
        if series._values.kind not in "Mm":
            raise AttributeError("Can only use .dt accessor with datetimelike values")
        self._series = series

    def _made(self, values: Values) -> Any:
        return self._series._of(values, self._series.index, self._series.name)

    def __getattr__(self, name: str) -> Any:
        if name in clock.FIELDS or name in {"date", "time"}:
            return self._made(clock.field(self._series._values, name))
        raise missing_name("Series.dt", name, "dt", type(self))

    @property
    def tz(self) -> str | None:
        return self._series._values.zone  # type: ignore[no-any-return]

    def total_seconds(self) -> Any:
        """The length of each span in seconds."""
        return self._made(Values(self._series._values.array.astype("m8[us]") / clock.SECOND))

    @property
    def days(self) -> Any:
        return self._made(Values.of(self._series._values.series.dt.total_days()))

    def strftime(self, date_format: str) -> Any:
        return self._made(clock.formatted(self._series._values, date_format))

    def tz_localize(self, tz: Any, **options: Any) -> Any:
        refuse("Series.dt.tz_localize", options)
        return self._made(clock.placed(self._series._values, tz))

    def tz_convert(self, tz: Any) -> Any:
        return self._made(clock.moved(self._series._values, tz))

    def normalize(self) -> Any:
        return self._made(clock.rounded(self._series._values, "1d", "floor"))

    def floor(self, freq: str) -> Any:
        return self._made(clock.rounded(self._series._values, Frequency.of(freq).every, "floor"))

    def ceil(self, freq: str) -> Any:
        return self._made(clock.rounded(self._series._values, Frequency.of(freq).every, "ceil"))

    def round(self, freq: str) -> Any:
        return self._made(clock.rounded(self._series._values, Frequency.of(freq).every, "round"))


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
        raise missing_name("Series.str", name, "str", type(self))

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

    def replace(self, pat: str, repl: str, n: int = -1, *, regex: bool = False, **options: Any) -> Any:
        """`pat` by `repl`, everywhere or in the first `n` places."""
        refuse("Series.str.replace", options)
        if n == -1:
            return self._made(self._text.replace_all(pat, repl, literal=not regex))
        return self._made(self._text.replace(pat, repl, literal=not regex, n=n))

    def contains(self, pat: str, case: bool = True, na: Any = False, regex: bool = True, **options: Any) -> Any:
        """True where `pat` is found; `na` where missing."""
        refuse("Series.str.contains", options)
        found = self._text.contains(pat if case else f"(?i){pat}", literal=not regex)
        return self._made(found.fill_null(bool(na)))

    def startswith(self, pat: str) -> Any:
        return self._made(self._text.starts_with(pat).fill_null(value=False))

    def endswith(self, pat: str) -> Any:
        return self._made(self._text.ends_with(pat).fill_null(value=False))


class LabelAccessor(StringAccessor):
    """The same on labels: ``df.columns.str.lower()``."""

    def _made(self, series: pl.Series) -> Any:
        return self._series._of(Values.of(series), self._series.name)
