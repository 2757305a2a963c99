"""The units in which pandas keeps times; here all are kept to the microsecond, whatever is asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

__all__ = ["InUnits", "coarse"]


def coarse(unit: str) -> int:
    """The microseconds of a unit in which pandas keeps times. Raises ValueError for any other."""
    if unit not in {"s", "ms", "us", "ns"}:
        raise ValueError(f"Supported units are 's', 'ms', 'us', 'ns', not {unit!r}")
    return {"s": 1_000_000, "ms": 1_000}.get(unit, 1)


class InUnits:
    """What a moment and a span of time have in common."""

    def as_unit(self, unit: str, round_ok: bool = True) -> Any:
        """The same, down to the `unit`; it goes on being kept to the microsecond."""
        mine: Any = self
        over = getattr(mine, "microsecond", getattr(mine, "microseconds", 0)) % coarse(unit)
        if over and not round_ok:
            raise ValueError(f"Cannot losslessly cast '{mine}' to {unit}")
        return mine - dt.timedelta(microseconds=over)

    @property
    def unit(self) -> str:
        return "us"
