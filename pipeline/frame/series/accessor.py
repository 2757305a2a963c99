"""``series.dt``: what times and spans of time offer on top."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.library.gaps import missing_name, refuse
from pipeline.frame.time import clock
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.period import PeriodDtype
from pipeline.frame.values.faces import objects
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["DatetimeAccessor"]


class DatetimeAccessor:
    """Clock and calendar of a column of times."""

    def __init__(self, series: Any) -> None:
        if series._values.kind not in "Mm":
            raise AttributeError("Can only use .dt accessor with datetimelike values")
        self._series = series

    def _made(self, values: Values) -> Any:
        return self._series._of(values, self._series.index, self._series.name)

    def __getattr__(self, name: str) -> Any:
        if name in clock.FIELDS or name in clock.FLAGS or name in {"date", "time"}:
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

    def day_name(self, locale: Any = None) -> Any:
        """Monday to Sunday."""
        refuse("Series.dt.day_name", {"locale": locale})
        return self.strftime("%A")

    def month_name(self, locale: Any = None) -> Any:
        """January to December."""
        refuse("Series.dt.month_name", {"locale": locale})
        return self.strftime("%B")

    def isocalendar(self) -> Any:
        """ISO year, week and day of the week."""
        series = self._series
        times = series._values.series.dt
        data = {"year": times.iso_year(), "week": times.week(), "day": times.weekday()}
        return series._frame_type._of(
            {name: Values.of(column.cast(int)) for name, column in data.items()}, series.index
        )

    def to_pydatetime(self) -> Any:
        """The times as Python's own."""
        return self._made(Values(objects([x.to_pydatetime() for x in self._series._values.items()])))

    def as_unit(self, unit: str) -> Any:
        """The times as they are: all are kept to the microsecond."""
        if unit not in {"us", "ns", "ms", "s"}:
            raise ValueError(f"Supported units are 's', 'ms', 'us', 'ns', not {unit!r}")
        return self._series

    @property
    def seconds(self) -> Any:
        """The seconds of each span beyond whole days."""
        return self._beyond(self._ticks() // 1_000_000 % 86_400)

    @property
    def microseconds(self) -> Any:
        """The microseconds of each span beyond whole seconds."""
        return self._beyond(self._ticks() % 1_000_000)

    def _beyond(self, counted: Any) -> Any:
        gone = missing_mask(self._series._values.array)
        return self._made(Values(np.where(gone, np.nan, counted) if gone.any() else counted.astype(np.int32)))

    def _ticks(self) -> Any:
        return self._series._values.array.astype("m8[us]").astype("int64")

    def to_period(self, freq: Any) -> Any:
        """The period that each time lies in."""
        return self._made(self._series._values.cast(PeriodDtype(freq)))

    @property
    def unit(self) -> str:
        return "us"
