"""What this marketplace says in signed metadata beyond what TUF defines: one field, `x-tradegraph`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeAlias

from tuf.api.metadata import Signed, TargetFile

__all__ = ["DAYS", "Clock", "custom_of", "extra_of", "issue", "issued_of", "now"]

Clock: TypeAlias = Callable[[], dt.datetime]
_FIELD = "x-tradegraph"
DAYS = {"root": 365, "targets": 365, "reviews": 365, "author": 365, "snapshot": 30, "timestamp": 7}
"""How long metadata are good unless the marketplace was made with other numbers."""


def now() -> dt.datetime:
    """The time, in UTC and whole seconds, as metadata have it."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def extra_of(signed: Signed) -> dict[str, Any]:
    """The field, {} where it is missing or malformed."""
    found = signed.unrecognized_fields.get(_FIELD)
    return found if isinstance(found, dict) else {}


def issue(signed: Signed, at: dt.datetime, days: int) -> None:
    """Date metadata: issued now, good for so many days."""
    signed.unrecognized_fields[_FIELD] = {**extra_of(signed), "issued": at.isoformat()}
    signed.expires = at + dt.timedelta(days=days)


def issued_of(signed: Signed) -> str:
    """When metadata were issued, in ISO 8601 with a zone; "" where they do not say so."""
    found = extra_of(signed).get("issued")
    try:
        return found if isinstance(found, str) and dt.datetime.fromisoformat(found).tzinfo else ""
    except ValueError:
        return ""


def custom_of(target: TargetFile) -> dict[str, Any]:
    """What is signed about a file besides its digest, {} where nothing is."""
    found = target.unrecognized_fields.get("custom")
    return found if isinstance(found, dict) else {}
