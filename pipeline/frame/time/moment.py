"""Moments and spans of time as scalars: `Timestamp`, `Timedelta`, and the missing ones, `NaT` and `NA`."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.time.written_time import read_text

__all__ = [
    "MissingType",
    "NA",
    "NaT",
    "Timedelta",
    "Timestamp",
    "as_moment",
    "as_span",
    "is_missing",
    "zone_name",
]

_UNIT_SECONDS = {
    "w": 604_800.0, "d": 86_400.0, "day": 86_400.0, "h": 3_600.0, "hr": 3_600.0, "hour": 3_600.0, "m": 60.0,
    "min": 60.0, "minute": 60.0, "t": 60.0, "s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "l": 1e-3,
    "us": 1e-6, "u": 1e-6, "ns": 1e-9, "n": 1e-9,
}  # fmt: skip
_SPAN = re.compile(r"\s*([+-]?\d*\.?\d+)\s*([a-zA-Z]+)")
_CLOCK = re.compile(r"(?:(?P<days>-?\d+)\s+days?,?\s*)?(?P<h>\d+):(?P<m>\d\d)(?::(?P<s>\d\d(?:\.\d+)?))?")


class MissingType:
    """A missing scalar: unequal to everything, itself included, and swallowed by arithmetic."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return "<NA>" if self._name == "NA" else self._name

    def __reduce__(self) -> str:
        return self._name

    def __bool__(self) -> bool:
        if self._name == "NaT":
            return True
        raise TypeError("boolean value of NA is ambiguous")

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __hash__(self) -> int:
        return id(self)

    def __add__(self, other: object) -> MissingType:
        return self

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__


NaT = MissingType("NaT")
NA = MissingType("NA")


def is_missing(value: object) -> bool:
    """True for None, NaN, NaT and NA; False for every other scalar."""
    if value is None or isinstance(value, MissingType):
        return True
    if isinstance(value, float | np.floating):
        return math.isnan(value)
    return isinstance(value, np.datetime64 | np.timedelta64) and bool(np.isnat(value))


_OFFSET = re.compile(r"(UTC|GMT)?[+-]\d{1,2}(:?\d{2})?$")
"""A time zone that is only a distance from UTC."""


def zone_name(zone: Any) -> str | None:
    """The name of a time zone given as a name, a ZoneInfo or datetime.timezone.utc. Raises ZoneInfoNotFoundError."""
    if zone is None:
        return None
    if isinstance(zone, str):
        if zone.lower() == "utc":
            return "UTC"
        if _OFFSET.match(zone) or zone.startswith("dateutil/"):
            raise unsupported(
                "tz", f"time zone {zone!r}", hint="Name a zone of the tz database, such as Europe/Berlin."
            )
        return ZoneInfo(zone).key
    if zone is dt.UTC:
        return "UTC"
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if name is None:
        raise unsupported("tz", f"time zone {zone!r}")
    return str(name)


class Timestamp(dt.datetime):
    """An instant, to the microsecond. Built from ISO text, a datetime, a date, or a number with a unit."""

    def __new__(cls, value: Any = None, *args: Any, tz: Any = None, unit: str | None = None, **other: Any) -> Any:
        if args or "year" in other:
            return super().__new__(cls, value if value is not None else other.pop("year"), *args, **other)
        refuse("Timestamp", other)
        if is_missing(value):
            return NaT
        moment = _read_moment(value, unit)
        zone = zone_name(tz)
        if zone is not None:
            # a wall time takes the zone, an instant is moved into it
            moment = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return cls._of(moment)

    @classmethod
    def _of(cls, moment: dt.datetime) -> Timestamp:
        return super().__new__(
            cls, moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond,
            moment.tzinfo, fold=moment.fold,
        )  # fmt: skip

    def __add__(self, other: Any) -> Any:
        return super().__add__(as_span(other).to_pytimedelta()) if _spanlike(other) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if _spanlike(other):
            return self._of(super().__sub__(as_span(other).to_pytimedelta()))
        if isinstance(other, dt.datetime | str | np.datetime64):
            return Timedelta(super().__sub__(as_moment(other)))
        return NotImplemented

    @classmethod
    def utcnow(cls) -> Timestamp:
        return cls._of(dt.datetime.now(dt.UTC).replace(tzinfo=None))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return Timestamp._of, (self.to_pydatetime(),)

    def to_pydatetime(self) -> dt.datetime:
        """The plain datetime of the same instant."""
        return dt.datetime.combine(self.date(), self.timetz())

    def to_datetime64(self) -> np.datetime64:
        """The instant in UTC (or the wall time when without zone), to the microsecond."""
        plain = self.to_pydatetime()
        return np.datetime64(plain.astimezone(dt.UTC).replace(tzinfo=None) if plain.tzinfo else plain, "us")

    @property
    def value(self) -> int:
        """Nanoseconds since 1970, as pandas counts them."""
        return int(self.to_datetime64().astype(np.int64)) * 1_000

    @property
    def tz(self) -> dt.tzinfo | None:
        return self.tzinfo

    @property
    def dayofweek(self) -> int:
        return self.weekday()

    day_of_week = dayofweek

    @property
    def dayofyear(self) -> int:
        return self.timetuple().tm_yday

    @property
    def quarter(self) -> int:
        return (self.month + 2) // 3

    @property
    def week(self) -> int:
        return self.isocalendar()[1]

    weekofyear = week

    @property
    def days_in_month(self) -> int:
        following = dt.date(self.year + self.month // 12, self.month % 12 + 1, 1)
        return (following - dt.timedelta(days=1)).day

    daysinmonth = days_in_month

    @property
    def is_month_end(self) -> bool:
        return self.day == self.days_in_month

    @property
    def is_month_start(self) -> bool:
        return self.day == 1

    @property
    def is_quarter_end(self) -> bool:
        return self.is_month_end and self.month % 3 == 0

    @property
    def is_quarter_start(self) -> bool:
        return self.is_month_start and self.month % 3 == 1

    @property
    def is_year_end(self) -> bool:
        return self.is_month_end and self.month == 12

    @property
    def is_year_start(self) -> bool:
        return self.is_month_start and self.month == 1

    @property
    def nanosecond(self) -> int:
        return 0

    @property
    def asm8(self) -> np.datetime64:
        return self.to_datetime64()

    def day_name(self, locale: Any = None) -> str:
        """Monday to Sunday."""
        refuse("Timestamp.day_name", {"locale": locale})
        return self.strftime("%A")

    def month_name(self, locale: Any = None) -> str:
        """January to December."""
        refuse("Timestamp.month_name", {"locale": locale})
        return self.strftime("%B")

    def _stepped(self, freq: str, ahead: float) -> Timestamp:
        step = as_span(freq if freq[:1].isdigit() else f"1{freq}").to_pytimedelta()
        wall = self.to_pydatetime().replace(tzinfo=None)
        ticks, width = (
            (wall - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1),
            step // dt.timedelta(microseconds=1),
        )
        whole, rest = divmod(ticks, width)
        if ahead == 0.5:
            whole += rest * 2 > width or (rest * 2 == width and whole % 2 == 1)
        elif rest and ahead:
            whole += 1
        moved = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(whole) * width)
        return self._of(moved.replace(tzinfo=self.tzinfo))

    def floor(self, freq: str) -> Timestamp:
        """The last multiple of a step."""
        return self._stepped(freq, 0)

    def ceil(self, freq: str) -> Timestamp:
        """The next multiple of a step."""
        return self._stepped(freq, 1)

    def round(self, freq: str) -> Timestamp:
        """The nearest multiple of a step; halves to even."""
        return self._stepped(freq, 0.5)

    def normalize(self) -> Timestamp:
        """Midnight of the same day."""
        return self._of(self.to_pydatetime().replace(hour=0, minute=0, second=0, microsecond=0))

    def tz_localize(self, tz: Any) -> Timestamp:
        """The same wall time, in zone `tz` or without one."""
        zone = zone_name(tz)
        return self._of(self.to_pydatetime().replace(tzinfo=ZoneInfo(zone) if zone else None))

    def tz_convert(self, tz: Any) -> Timestamp:
        """The same instant, seen in zone `tz`."""
        return self._of(self.to_pydatetime().astimezone(ZoneInfo(zone_name(tz) or "UTC")))

    def __repr__(self) -> str:
        return f"Timestamp('{self.isoformat(sep=' ')}')"


class Timedelta(dt.timedelta):
    """A span of time, to the microsecond: ``Timedelta('1h30min')``, ``Timedelta(days=1)``, ``Timedelta(5, 'min')``."""

    def __new__(cls, value: Any = None, unit: str | None = None, **parts: Any) -> Any:
        if value is None and parts:
            return super().__new__(cls, **parts)
        if is_missing(value):
            return NaT
        seconds = _read_seconds(value, unit)
        return NaT if math.isnan(seconds) else super().__new__(cls, microseconds=round(seconds * 1e6))

    def __reduce__(self) -> tuple[Any, ...]:
        return Timedelta, (self.to_pytimedelta(),)

    def to_pytimedelta(self) -> dt.timedelta:
        """The plain timedelta of the same length."""
        return dt.timedelta(days=self.days, seconds=self.seconds, microseconds=self.microseconds)

    def to_timedelta64(self) -> np.timedelta64:
        return np.timedelta64(self.to_pytimedelta(), "us")

    @property
    def value(self) -> int:
        """Nanoseconds, as pandas counts them."""
        return (self // dt.timedelta(microseconds=1)) * 1_000

    def __str__(self) -> str:
        clock = dt.timedelta(seconds=self.seconds, microseconds=self.microseconds)
        hours, rest = str(clock).split(":", 1)
        return f"{self.days} days {int(hours):02}:{rest}"

    def __repr__(self) -> str:
        return f"Timedelta('{self}')"


def as_moment(value: Any) -> Any:
    """`value` as a Timestamp, or NaT."""
    return value if isinstance(value, Timestamp) else Timestamp(value)


def as_span(value: Any) -> Any:
    """`value` as a Timedelta, or NaT."""
    return value if isinstance(value, Timedelta) else Timedelta(value)


def _spanlike(value: object) -> bool:
    return isinstance(value, dt.timedelta | np.timedelta64)


def _read_moment(value: Any, unit: str | None) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, np.datetime64):
        return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(value.astype("M8[us]").astype(np.int64)))
    if isinstance(value, int | float | np.integer | np.floating):
        seconds = float(value) * _UNIT_SECONDS[(unit or "ns").lower()]
        return dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=round(seconds * 1e6))
    if isinstance(value, str):
        text = value.strip()
        if text in {"now", "today"}:
            return dt.datetime.now()
        found = read_text(text)
        if found is not None:
            return found
        raise ValueError(f"{value!r} is not a point in time; write ISO 8601, such as 2023-01-31 15:30")
    raise TypeError(f"cannot read a {type(value).__name__} as a point in time")


def _read_seconds(value: Any, unit: str | None) -> float:
    if isinstance(value, dt.timedelta):
        return value / dt.timedelta(seconds=1)
    if isinstance(value, np.timedelta64):
        return float(value / np.timedelta64(1, "us")) / 1e6
    if isinstance(value, int | float | np.integer | np.floating):
        return float(value) * _UNIT_SECONDS[_unit(unit or "ns")]
    if isinstance(value, str):
        clock = _CLOCK.fullmatch(value.strip())
        if clock:
            days, hours, minutes, seconds = (float(clock[part] or 0) for part in ("days", "h", "m", "s"))
            return days * 86_400 + hours * 3_600 + minutes * 60 + seconds
        parts = _SPAN.findall(value)
        if parts and not _SPAN.sub("", value).strip():
            return sum(float(number) * _UNIT_SECONDS[_unit(name)] for number, name in parts)
        if value.strip() in {"", "NaT", "nat", "nan", "NaN"}:
            return math.nan
        raise ValueError(f"{value!r} is not a span of time; write '5min', '1h30min' or '2 days'")
    raise TypeError(f"cannot read a {type(value).__name__} as a span of time")


def _unit(name: str) -> str:
    folded = name.lower()
    if folded not in _UNIT_SECONDS and folded.endswith("s"):
        folded = folded[:-1]
    if folded not in _UNIT_SECONDS:
        raise ValueError(f"{name!r} is not a unit of time")
    return folded
