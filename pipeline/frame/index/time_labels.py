"""Times as labels: clock and calendar of a `DatetimeIndex`."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.index.label_list import LabelList
from pipeline.frame.library.gaps import refuse
from pipeline.frame.time import clock
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import Timestamp
from pipeline.frame.time.period import PeriodDtype
from pipeline.frame.values.dtypes import dtype_of
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Array, Values

__all__ = ["TimeLabels"]

_PARTS = ("day", "hour", "minute", "second", "millisecond", "microsecond")
_GRAINS = {4: "year", 7: "month", 10: "day", 13: "hour", 16: "minute", 19: "second"}
"""What ISO text of a length is exact to."""


class TimeLabels(LabelList):
    """What labels that are times offer on top."""

    freq: Any
    unit = "us"
    # set by timeline.py, which builds on labels
    _infer: Any = None

    @property
    def tz(self) -> str | None:
        return self._values.zone

    @property
    def date(self) -> Array:
        return clock.field(self._values, "date").array

    @property
    def time(self) -> Array:
        return clock.field(self._values, "time").array

    def tz_localize(self, tz: Any, **other: Any) -> Any:
        refuse("DatetimeIndex.tz_localize", other)
        return self._made(clock.placed(self._values, tz), self.name)

    def tz_convert(self, tz: Any) -> Any:
        return self._made(clock.moved(self._values, tz), self.name)

    def to_period(self, freq: Any = None) -> Any:
        """The period that each label lies in."""
        pace = freq if freq is not None else self.freq
        if pace is None:
            raise ValueError("You must pass a freq argument as current index has none.")
        return self._made(self._values.cast(PeriodDtype(pace)), self.name)

    def day_name(self, **_: Any) -> Any:
        """Monday to Sunday."""
        return self.strftime("%A")

    def month_name(self, **_: Any) -> Any:
        """January to December."""
        return self.strftime("%B")

    def isocalendar(self) -> Any:
        """ISO year, week and day of the week, on these labels."""
        return self._as_series().dt.isocalendar()

    tzinfo = tz

    def strftime(self, date_format: str) -> Any:
        return self._made(clock.formatted(self._values, date_format), self.name)

    def normalize(self) -> Any:
        return self._made(clock.rounded(self._values, "1d", "floor"), self.name)

    def floor(self, freq: str) -> Any:
        return self._made(clock.rounded(self._values, Frequency.of(freq).every, "floor"), self.name)

    def round(self, freq: str) -> Any:
        return self._made(clock.rounded(self._values, Frequency.of(freq).every, "round"), self.name)

    def ceil(self, freq: str) -> Any:
        return self._made(clock.rounded(self._values, Frequency.of(freq).every, "ceil"), self.name)

    def to_pydatetime(self) -> Array:
        return objects([Timestamp.to_pydatetime(stamp) for stamp in self._values.items()])

    def as_unit(self, unit: str) -> Any:
        """The times down to the `unit`, which counts where they are asked for as numbers or as an array."""
        made = self._made(clock.coarsened(self._values, unit), self.name)
        made.unit, made.freq = unit, self.freq
        return made

    @property
    def values(self) -> Array:
        return self._values.exposed if self.unit == "us" else self._values.array.astype(f"M8[{self.unit}]")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values if dtype is None else self.values.astype(dtype), copy=copy)

    @property
    def asi8(self) -> Array:
        """The times as numbers of their unit since 1970."""
        return self.values.astype(np.int64)

    @property
    def dtype(self) -> Any:
        return dtype_of(self._values) if self.unit == "us" or self.tz is not None else np.dtype(f"M8[{self.unit}]")

    def astype(self, dtype: Any, **_: Any) -> Any:
        """The labels as another type; whole numbers are those of `unit`."""
        values = self._values
        if self.unit != "us" and dtype in {int, "int", "int64", np.int64}:
            values = Values(self.asi8)
        return self._made(values.cast(dtype), self.name)

    @property
    def inferred_freq(self) -> str | None:
        """The pace of the times, None where there is none."""
        try:
            found: str | None = type(self)._infer(self)
        except ValueError:
            return None
        return found

    @property
    def freqstr(self) -> str | None:
        return None if self.freq is None else self.freq.freqstr

    @property
    def is_normalized(self) -> bool:
        """True when all are midnights."""
        return bool((self.normalize().array == self.array).all())

    @property
    def resolution(self) -> str:
        """The coarsest part of a time that all have whole."""
        ticks = self.array.astype(np.int64)
        sizes = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000,
                 "millisecond": 1_000}  # fmt: skip
        return next((name for name, size in sizes.items() if not (ticks % size).any()), "microsecond")

    def is_span(self, text: str) -> bool:
        """True for a text that is less exact than the labels (a day, of minutes): it means all that lie in it."""
        grain = _GRAINS.get(len(text.strip()))
        return grain is not None and (grain in {"year", "month"} or _PARTS.index(grain) < _PARTS.index(self.resolution))

    def indexer_between_time(
        self, start_time: Any, end_time: Any, include_start: bool = True, include_end: bool = True
    ) -> Array:
        """The places of the labels from one time of day to another."""
        sides = {(True, True): "both", (True, False): "left", (False, True): "right", (False, False): "neither"}
        return self._places().between_time(start_time, end_time, sides[include_start, include_end])._values.array  # type: ignore[no-any-return]

    def indexer_at_time(self, time: Any, asof: bool = False) -> Array:
        """The places of the labels at one time of day."""
        return self._places().at_time(time, asof)._values.array  # type: ignore[no-any-return]

    def _places(self) -> Any:
        return self._as_series()._series_type._of(Values(np.arange(len(self), dtype=np.int64)), self)
