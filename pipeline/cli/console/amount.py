"""Amounts as people write them at the prompt."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import click

__all__ = ["AGE"]

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(h|d|w|hours?|days?|weeks?)", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 168}


class _Age(click.ParamType[dt.timedelta]):
    """`12h`, `30d`, `2w`."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        if isinstance(value, dt.timedelta):
            return value
        found = _AGE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no age; write 12h, 30d or 2w", param, ctx)
        try:
            return dt.timedelta(hours=float(found[1]) * _HOURS[found[2][0].lower()])
        except OverflowError:
            self.fail(f"{value!r} is longer than there are dates", param, ctx)


AGE = _Age()
