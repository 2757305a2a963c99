"""`tradegraph market` for users: trust, distrust, search, info, refresh, verify, mirror."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.market.option import market_option

__all__ = ["distrust", "info", "mirror", "refresh", "search", "trust", "verify"]


@click.command(cls=Leaf)
@click.argument("name")
@click.argument("url")
@click.argument("digest")
@json_option
@pass_session
def trust(session: Session, name: str, url: str, digest: str) -> None:
    """Trust a marketplace from now on.

    NAME is how this project calls it, URL a folder, file:// or http(s)://, DIGEST the SHA-256 of its root file: get it
    from somebody whom you trust, not from the same place. All else is checked against that one file.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.market import report

    report.trusted(session.open_engine(), name, url, digest, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("name")
@json_option
@pass_session
def distrust(session: Session, name: str) -> None:
    """Forget a marketplace from which nothing is installed."""
    from pipeline.cli.market import report

    report.distrusted(session.open_engine(), name, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("words", nargs=-1)
@market_option
@click.option("--type", "kind", type=click.Choice(["strategy", "indicator"]), help="Only these.")
@click.option("--author", default="", help="Only those of an author.")
@json_option
@pass_session
def search(session: Session, words: tuple[str, ...], *, name: str, kind: str | None, author: str) -> None:
    """List plugins in which all words are found.

    In id, name, description, author or params; without words, all. The version that is shown is the newest that was not
    withdrawn; `versions` counts all.
    """
    from pipeline.cli.market import report

    chosen = (name, kind or "", author)
    report.searched(session.open_engine(), " ".join(words), chosen, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID")
@click.option("--version", "version", default="", help="A version instead of the latest.")
@click.option("--review", "review", is_flag=True, help="Show what the review found.")
@market_option
@json_option
@pass_session
def info(session: Session, plugin_id: str, *, version: str, review: bool, name: str) -> None:
    """Show all versions of a plugin, and one of them closely.

    Withdrawn versions are listed with the reason. Params, permissions, dependencies, page and review are those that
    were approved.
    """
    from pipeline.cli.market import report

    chosen = (version, name)
    report.page(session.open_engine(), plugin_id, chosen, review=review, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("name", default="")
@json_option
@pass_session
def refresh(session: Session, name: str) -> None:
    """Get the news of trusted marketplaces.

    What was revoked is disabled at once, what was yanked is told, newer versions are listed. Nothing is installed.
    """
    from pipeline.cli.market import report

    report.refreshed(session.open_engine(), name, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--repair", is_flag=True, help="Put files back that were changed or lost.")
@json_option
@pass_session
def verify(session: Session, folder: Path | None, *, repair: bool) -> int:
    """Check installed plugins, or a marketplace.

    Without DIR: what is installed against market.lock, without network. With DIR: that marketplace, as a client sees
    it: signatures, dates, every file, its log. Exit status 1 when something is wrong.
    """
    from pipeline.cli.market import desk_report, report

    if folder is not None:
        return desk_report.sound(folder, as_json=session.json)
    return report.verified(session.open_engine(), repair=repair, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@market_option
@json_option
@pass_session
def mirror(session: Session, folder: Path, *, name: str) -> None:
    """Copy a marketplace, checked, into a folder.

    It can be served as it is and is trusted with the same digest. Run it again to bring it up to date.
    """
    from pipeline.cli.market import report

    report.mirrored(session.open_engine(), folder, name, as_json=session.json)
