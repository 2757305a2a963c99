"""The market in SQL: its tables are published anew after every command that may have changed it."""

from __future__ import annotations

from pipeline.cli.console.session import Session

__all__ = ["publish_market"]


def publish_market(session: Session) -> None:
    """Publish the tables of the session's market: market_bars, market_imports, market_dropped, market_findings …"""
    # heavy imports stand inside functions: see the docstring of pipeline.cli
    from pipeline.market.tables import market_tables
    from pipeline.store.snapshot import publish_tables

    project, market = session.open_project(), session.open_market()
    publish_tables(project.database, project.private, lambda: market_tables(market))
