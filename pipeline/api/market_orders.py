"""Work with marketplaces that a task does: it runs code of others, so no request waits for it.

An installation is confirmed by the digest of its plan: what was read is what happens, or nothing does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engine import Engine
from pipeline.errors import MarketplaceError
from pipeline.model.document import plain

if TYPE_CHECKING:  # an extra, and a heavy import
    from pipeline.marketplace import InstallPlan, Marketplace

__all__ = ["digest_of", "install_planned", "plans_of", "review_submission", "roll_back"]


def plans_of(market: Marketplace, wanted: Sequence[str], name: str, *, update: bool) -> list[InstallPlan]:
    """What installing or updating means. Raises MarketplaceError TG708 to TG711, TG723."""
    return market.plan_update(wanted) if update else [market.plan(wanted, market=name)]


def digest_of(plans: Sequence[InstallPlan]) -> str:
    """What tells plans apart: SHA-256 of all that they say."""
    text = json.dumps(plain([asdict(plan) for plan in plans]), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def install_planned(engine: Engine, order: Mapping[str, Any], _say: Callable[..., None]) -> dict[str, Any]:
    """Install what was confirmed. Raises MarketplaceError TG712 when the plan is another one by now."""
    from pipeline.marketplace import Consent, Marketplace

    market = Marketplace(engine.plugins)
    plans = plans_of(market, order["wanted"], order["market"], update=order["update"])
    if digest_of(plans) != order["digest"]:
        said = "what would be installed is not what was confirmed"
        raise MarketplaceError(said, code="TG712", hint="Read the plan, and send its digest.")
    consent = Consent(frozenset(order["unconfined"]), order["dependencies"])
    done = []
    try:
        for plan in plans:
            done += market.install(plan, consent)
    finally:
        engine.publish_events()
    return {"event": "finished", "status": "ok", "installed": [asdict(each) for each in done]}


def roll_back(engine: Engine, order: Mapping[str, Any], _say: Callable[..., None]) -> dict[str, Any]:
    """Go back to a version that was installed before."""
    from pipeline.marketplace import Marketplace

    try:
        found = Marketplace(engine.plugins).rollback(order["plugin"], order["version"])
    finally:
        engine.publish_events()
    return {"event": "finished", "status": "ok", "installed": [asdict(found)]}


def review_submission(_engine: Engine, order: Mapping[str, Any], _say: Callable[..., None]) -> dict[str, Any]:
    """Put a submission through the review, confined."""
    from pipeline.marketplace import Repository

    found = Repository(Path(order["folder"])).review(order["ref"])
    return {"event": "finished", "status": "ok", "ref": found.ref, "digest": found.digest, "passed": found.passed}
