"""What `tradegraph doctor` looks at of marketplaces: how old their news are, and whether the audit log is whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.cli.project.examination import Finding
from pipeline.engine import Engine
from pipeline.plugins.lock import read_lock

__all__ = ["examine_audit", "examine_marketplaces"]

_OLD = dt.timedelta(days=14)


def examine_marketplaces(engine: Engine) -> Iterator[Finding]:
    """Each trusted marketplace; what of its plugins is wrong is said of the plugins themselves. Raises PluginError."""
    lock = read_lock(engine.project.root)
    for name, market in lock.markets.items():
        mine = [entry for entry in lock.plugins.values() if entry.market == name]
        said = f"{counted(len(mine), 'plugin')} from {name}, whose newest metadata are of {market.issued[:10]}"
        old = not market.issued or dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(market.issued) > _OLD
        if old and mine:
            hint = "`tradegraph market refresh`: what was revoked since is not known here."
            yield Finding("warn", "marketplace", said, hint)
        else:
            yield Finding("ok", "marketplace", said)


def examine_audit(engine: Engine) -> Iterator[Finding]:
    """The chain of the audit log."""
    log = engine.plugins.audit
    check = log.verify()
    if check.sound:
        yield Finding("ok", "audit log", f"{counted(check.count, 'line')}, each follows the one before")
    else:
        said = f"TG722 {shown_path(log.path)}, line {check.broken}: {check.reason}"
        yield Finding("fail", "audit log", said, "Compare it with a copy: `tradegraph plugin audit --verify`.")
