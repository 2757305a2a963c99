"""Times as labels: clock and calendar of a `DatetimeIndex`."""

from __future__ import annotations

from typing import Any

from pipeline.frame.index.label_list import LabelList
from pipeline.frame.library.gaps import refuse
from pipeline.frame.time import clock
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import Timestamp
from pipeline.frame.time.period import PeriodDtype
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Array

__all__ = ["TimeLabels"]


class TimeLabels(LabelList):
    """What labels that are times offer on top."""

    freq: Any

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
        """The times as they are: all are kept to the microsecond."""
        if unit not in {"us", "ns", "ms", "s"}:
            raise ValueError(f"Supported units are 's', 'ms', 'us', 'ns', not {unit!r}")
        return self
