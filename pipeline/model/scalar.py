"""Text to typed value: what a scalar of a YAML file or a command line means where it lands.

The declared type decides, never a guess from the look of the text: `000001` is a code where a str
is declared and the number 1 where an int is; `NO` is a ticker, not false.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import types
from typing import Any, Literal, Union, get_args, get_origin

__all__ = ["plain", "read_scalar", "shown", "type_name"]

# no two neighbours may match the same digit, else refusing a long text takes quadratic time
_INT = re.compile(r"[+-]?\d+(_\d+)*", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d+(_\d+)*(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2}.*)", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_NULLS = frozenset({"", "~", "null"})
_LONG = 80
"""Characters of a value that a message shows; a hostile file must not be echoed."""


def type_name(declared: object) -> str:
    """How a declared type is called in messages and listings: int, number, true/false, one of …"""
    if get_origin(declared) is Literal:
        return "one of " + ", ".join(map(plain, get_args(declared)))
    if get_origin(declared) in (Union, types.UnionType):
        inner = [type_name(arg) for arg in get_args(declared) if arg is not type(None)]
        return " or ".join(inner) + (" or null" if type(None) in get_args(declared) else "")
    if get_origin(declared) in (list, tuple):
        return f"list of {type_name(get_args(declared)[0])}"
    names: dict[object, str] = {
        int: "int",
        float: "number",
        bool: "true/false",
        str: "text",
        dt.date: "date (2024-05-31)",
        dt.datetime: "date and time (2024-05-31 or 2024-05-31T16:00)",
        dt.time: "time (9:30)",
        dt.timedelta: "duration (60s, 5m, 1d)",
    }
    return names.get(declared, getattr(declared, "__name__", str(declared)))


def plain(value: object) -> str:
    """A typed value as an author writes it: `true`, `9:30`, `60s`, `~`."""
    if value is None:
        return "~"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.time):
        return f"{value:%H:%M}" if value == value.replace(second=0, microsecond=0) else value.isoformat()
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds():f}".rstrip("0").rstrip(".") + "s"
    return str(value)


def read_scalar(text: str, declared: object) -> Any:
    """The value that `text` stands for where `declared` is expected.

    Knows int, float, bool, str, date, datetime (UTC when it names no zone), time, timedelta, Literal,
    and unions of these with None. Raises ValueError with a sentence that says what was expected.
    """
    origin = get_origin(declared)
    if origin in (Union, types.UnionType):
        return _read_union(text, get_args(declared))
    if origin is Literal:
        return _read_option(text, declared)
    if declared is str:
        return text
    reader = _READERS.get(declared)
    if reader is None:
        raise ValueError(f"expected {type_name(declared)}, got the text {shown(text)}")
    try:
        return reader(text.strip())
    except (ValueError, OverflowError) as error:
        raise ValueError(f"expected {type_name(declared)}, got {shown(text)}") from error


def shown(value: object) -> str:
    """A value as messages show it: its repr, the middle left out when it is long."""
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= _LONG else f"{text[: _LONG // 2]}…{text[-_LONG // 4 :]}"
    return repr(text) if isinstance(value, str) else text


def _read_option(text: str, declared: object) -> Any:
    """The option that `text` stands for, read as the option's own type: `1e-4` is the option 0.0001."""
    for option in get_args(declared):
        try:
            if read_scalar(text, type(option)) == option:
                return option
        except ValueError:
            continue
    raise ValueError(f"expected {type_name(declared)}, got {shown(text)}")


def _read_union(text: str, options: tuple[object, ...]) -> Any:
    if type(None) in options and text.strip().lower() in _NULLS:
        return None
    real = [option for option in options if option is not type(None)]
    problem: ValueError | None = None
    for option in real:
        try:
            return read_scalar(text, option)
        except ValueError as error:
            problem = problem or error
    raise problem or ValueError(f"expected null, got {shown(text)}")


def _read_int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _read_float(text: str) -> float:
    if not _FLOAT.fullmatch(text):
        raise ValueError(text)
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def _read_bool(text: str) -> bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise ValueError(text)


def _read_datetime(text: str) -> dt.datetime:
    value = dt.datetime.fromisoformat(text)
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _read_time(text: str) -> dt.time:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(text)
    return dt.time.fromisoformat(f"{found[1]:0>2}:{found[2]}")


def _read_duration(text: str) -> dt.timedelta:
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(text)
    return dt.timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


_READERS: dict[object, Any] = {
    int: _read_int,
    float: _read_float,
    bool: _read_bool,
    dt.date: dt.date.fromisoformat,
    dt.datetime: _read_datetime,
    dt.time: _read_time,
    dt.timedelta: _read_duration,
}
