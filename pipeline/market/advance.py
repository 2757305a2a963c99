"""The market's next state put in place by compare-and-swap: of two writers one is first, the other looks again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from pipeline.errors import MarketError
from pipeline.market.care import sweep
from pipeline.market.file import sync_folder
from pipeline.market.manifest import Head, Note, prune, swap
from pipeline.market.manifests import Manifests

__all__ = ["ATTEMPTS", "advance"]

ATTEMPTS = 200
"""Each lost attempt means that another writer got through, so this many in a row is no accident."""

_SWEEP_EVERY = 64
_A_DAY = 86_400.0


def _changed(base: Head, change: Callable[[Head], Head]) -> tuple[Head, Head]:
    return base, change(base)


def advance(manifests: Manifests, change: Callable[[Head], Head], note: Callable[[], Note]) -> bool:
    """Put what `change` makes of the head in its place; again from the new head if another was first.

    False, and nothing done, when `change` gives the head itself back. `note` is asked after `change`, once an
    attempt. Raises MarketError TG307 when other writers win `ATTEMPTS` times.
    """
    root = manifests.root
    for attempt in range(ATTEMPTS):
        base, new = manifests.now(lambda head: _changed(replace(head, dropped=(), note=None), change))
        if new is base:
            return False
        new = replace(new, note=note())
        for name in ("sheets", "actions", "facts", "accounts"):
            sync_folder(root / name)
        if swap(root, base, new):
            sync_folder(root / "heads")
            prune(root)
            if base.number % _SWEEP_EVERY == _SWEEP_EVERY - 1:
                sweep(manifests, older_than=_A_DAY)
            return True
        time.sleep(secrets.randbelow(1 + min(attempt, 20)) / 1_000)
    raise MarketError(
        f"{root} was changed by other writers {ATTEMPTS} times while this import tried to finish",
        code="TG307",
        hint="Import again, with fewer imports at once.",
    )
