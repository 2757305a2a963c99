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

__all__ = ["read_scalar", "type_name"]

_INT = re.compile(r"[+-]?\d+(_\d+)*")
_FLOAT = re.compile(r"[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_NULLS = frozenset({"", "~", "null"})


def type_name(declared: object) -> str:
    """How a declared type is called in messages and listings: int, number, true/false, one of …"""
    if get_origin(declared) is Literal:
        return "one of " + ", ".join(map(str, get_args(declared)))
    if get_origin(declared) in (Union, types.UnionType):
        inner = [type_name(arg) for arg in get_args(declared) if arg is not type(None)]
        return " or ".join(inner) + (" or null" if type(None) in get_args(declared) else "")
    if get_origin(declared) in (list, tuple):
        return f"list of {type_name(get_args(declared)[0])}"
    plain: dict[object, str] = {
        int: "int",
        float: "number",
        bool: "true/false",
        str: "text",
        dt.date: "date (2024-05-31)",
        dt.datetime: "date and time (2024-05-31 or 2024-05-31T16:00)",
        dt.time: "time (9:30)",
        dt.timedelta: "duration (60s, 5m, 1d)",
    }
    return plain.get(declared, getattr(declared, "__name__", str(declared)))


def read_scalar(text: str, declared: object) -> Any:
    """The value that `text` stands for where `declared` is expected.

    Knows int, float, bool, str, date, datetime (UTC when it names no zone), time, timedelta, Literal,
    and unions of these with None. Raises ValueError with a sentence that says what was expected.
    """
    origin = get_origin(declared)
    if origin in (Union, types.UnionType):
        return _read_union(text, get_args(declared))
    if origin is Literal:
        for option in get_args(declared):
            if text == str(option):
                return option
        raise ValueError(f"expected {type_name(declared)}, got {text!r}")
    if declared is str:
        return text
    reader = _READERS.get(declared)
    if reader is None:
        raise ValueError(f"expected {type_name(declared)}, got the text {text!r}")
    try:
        return reader(text.strip())
    except ValueError as error:
        raise ValueError(f"expected {type_name(declared)}, got {text!r}") from error


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
    raise problem or ValueError(f"expected null, got {text!r}")


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
    hours, _, rest = text.partition(":")
    return dt.time.fromisoformat(f"{int(hours):02d}:{rest}")


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
