"""`tradegraph market`: plugins from a marketplace, and running one."""

from __future__ import annotations

import click

from pipeline.cli.lazy import LazyGroup

__all__ = ["market"]


@click.group(
    cls=LazyGroup,
    lazy={
        "trust": "pipeline.cli.market_shop:trust",
        "distrust": "pipeline.cli.market_shop:distrust",
        "search": "pipeline.cli.market_shop:search",
        "info": "pipeline.cli.market_shop:info",
        "install": "pipeline.cli.market_install:install",
        "update": "pipeline.cli.market_install:update",
        "rollback": "pipeline.cli.market_install:rollback",
        "allow": "pipeline.cli.market_install:allow",
        "refresh": "pipeline.cli.market_shop:refresh",
        "verify": "pipeline.cli.market_shop:verify",
        "mirror": "pipeline.cli.market_shop:mirror",
        "key": "pipeline.cli.market_author:key",
        "publish": "pipeline.cli.market_author:publish",
        "yank": "pipeline.cli.market_author:yank",
        "init": "pipeline.cli.market_desk:init",
        "author": "pipeline.cli.market_author:author",
        "review": "pipeline.cli.market_review:review",
        "approve": "pipeline.cli.market_review:approve",
        "reject": "pipeline.cli.market_review:reject",
        "revoke": "pipeline.cli.market_desk:revoke",
        "renew": "pipeline.cli.market_desk:renew",
        "rotate": "pipeline.cli.market_desk:rotate",
        "sign": "pipeline.cli.market_desk:sign",
    },
)
def market() -> None:
    """Find, install, publish and review shared plugins.

    Users: trust, search, info, install, update, rollback, allow, refresh, verify, mirror. Authors: key, publish, yank.
    Operators: init, author, review, approve, reject, revoke, renew, rotate, sign.
    """
