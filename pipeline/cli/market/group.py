"""`tradegraph market`: plugins from a marketplace, and running one."""

from __future__ import annotations

import click

from pipeline.cli.console.lazy import LazyGroup

__all__ = ["market"]


@click.group(
    cls=LazyGroup,
    lazy={
        "trust": "pipeline.cli.market.shop:trust",
        "distrust": "pipeline.cli.market.shop:distrust",
        "search": "pipeline.cli.market.shop:search",
        "info": "pipeline.cli.market.shop:info",
        "install": "pipeline.cli.market.install:install",
        "update": "pipeline.cli.market.install:update",
        "rollback": "pipeline.cli.market.install:rollback",
        "allow": "pipeline.cli.market.install:allow",
        "refresh": "pipeline.cli.market.shop:refresh",
        "verify": "pipeline.cli.market.shop:verify",
        "mirror": "pipeline.cli.market.shop:mirror",
        "key": "pipeline.cli.market.author:key",
        "publish": "pipeline.cli.market.author:publish",
        "yank": "pipeline.cli.market.author:yank",
        "init": "pipeline.cli.market.desk:init",
        "author": "pipeline.cli.market.author:author",
        "review": "pipeline.cli.market.review:review",
        "approve": "pipeline.cli.market.review:approve",
        "reject": "pipeline.cli.market.review:reject",
        "revoke": "pipeline.cli.market.desk:revoke",
        "renew": "pipeline.cli.market.desk:renew",
        "rotate": "pipeline.cli.market.desk:rotate",
        "sign": "pipeline.cli.market.desk:sign",
    },
)
def market() -> None:
    """Find, install, publish and review shared plugins.

    Users: trust, search, info, install, update, rollback, allow, refresh, verify, mirror. Authors: key, publish, yank.
    Operators: init, author, review, approve, reject, revoke, renew, rotate, sign.
    """
