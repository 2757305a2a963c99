"""What is known about a symbol besides its bars: asset class, exchange calendar, time zone, tick, currency."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError, did_you_mean
from pipeline.market.calendar import check_calendar

__all__ = ["NO_FACTS", "AssetClass", "Facts", "decode_facts", "encode_facts"]

AssetClass: TypeAlias = Literal["equity", "etf", "index", "future", "fx", "crypto", "bond", "other"]


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one symbol; None is not known.

    `calendar` is `24/7`, `weekdays`, or a code of exchange_calendars such as XNYS; `zone` the exchange's time
    zone; `tick` the smallest step of its price; `currency` an ISO code or a coin.
    """

    asset_class: AssetClass | None = None
    calendar: str | None = None
    zone: str | None = None
    tick: float | None = None
    currency: str | None = None

    def updated(self, **said: object) -> Facts:
        """These facts with those that are said. Raises UsageError TG001 for an impossible one, MarketError TG309."""
        known = {name: value for name, value in said.items() if value is not None}
        new = replace(self, **known)  # type: ignore[arg-type]
        if new.asset_class not in (None, *get_args(AssetClass)):
            hint = did_you_mean(str(new.asset_class), get_args(AssetClass))
            raise UsageError(f"{new.asset_class!r} is no asset class", hint=hint)
        if new.zone is not None:
            try:
                ZoneInfo(new.zone)
            except (KeyError, ValueError, OSError) as error:
                raise UsageError(f"{new.zone!r} is not a time zone", hint="Write America/New_York, UTC, …") from error
        if new.tick is not None and not 0.0 < new.tick < float("inf"):
            raise UsageError(f"the tick is {new.tick!r}, expected a positive number", hint="Write --tick 0.01.")
        if new.calendar is not None:
            check_calendar(new.calendar)
        return new


NO_FACTS = Facts()


def encode_facts(table: Mapping[str, Facts]) -> bytes:
    """The JSON of a table, symbols sorted; what is not known is left out."""
    said = {s: {k: v for k, v in asdict(facts).items() if v is not None} for s, facts in sorted(table.items())}
    return json.dumps({s: facts for s, facts in said.items() if facts}, indent=1).encode()


def decode_facts(data: bytes) -> dict[str, Facts]:
    """The table of a JSON text."""
    return {symbol: Facts(**facts) for symbol, facts in json.loads(data).items()}
