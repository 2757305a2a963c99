"""`tradegraph market install`, `update`, `rollback` and `allow`: what changes a project's plugins."""

from __future__ import annotations

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.market.option import market_option

__all__ = ["allow", "install", "rollback", "update"]

_YES = click.option("--yes", "-y", is_flag=True, help="Do it without asking.")
_UNCONFINED = click.option(
    "--unconfined", multiple=True, metavar="ID", help="Let this one run where nothing confines it."
)
_PACKAGES = click.option("--with-dependencies", is_flag=True, help="Let pip install packages that are missing.")


@click.command(cls=Leaf)
@click.argument("wanted", metavar="ID[==VERSION]...", nargs=-1, required=True)
@market_option
@_YES
@_UNCONFINED
@_PACKAGES
@json_option
@pass_session
def install(
    session: Session,
    wanted: tuple[str, ...],
    *,
    name: str,
    yes: bool,
    unconfined: tuple[str, ...],
    with_dependencies: bool,
) -> int:
    """Install plugins, after showing what they ask for.

    Network, files and dependencies are shown first. All of it is installed or nothing; market.lock keeps the digests.
    With --json and without --yes, the plan is all that is given.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.market import install_report as report

    word = report.Word(yes, unconfined, with_dependencies)
    return report.installed(session.open_engine(), wanted, name, word, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("wanted", metavar="[ID]...", nargs=-1)
@_YES
@_UNCONFINED
@_PACKAGES
@json_option
@pass_session
def update(
    session: Session, wanted: tuple[str, ...], *, yes: bool, unconfined: tuple[str, ...], with_dependencies: bool
) -> int:
    """Install newer versions, after showing what is new.

    Of all installed plugins unless some are named. Nothing is ever updated by itself.
    """
    from pipeline.cli.market import install_report as report

    word = report.Word(yes, unconfined, with_dependencies)
    return report.updated(session.open_engine(), wanted, word, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID")
@click.argument("version", default="")
@json_option
@pass_session
def rollback(session: Session, plugin_id: str, version: str) -> None:
    """Go back to the version that was installed before.

    Or to VERSION, one of those that were. A revoked one does not come back.
    """
    from pipeline.cli.market import install_report as report

    report.rolled_back(session.open_engine(), plugin_id, version, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID")
@click.option("--no", "no", is_flag=True, help="Take it back.")
@json_option
@pass_session
def allow(session: Session, plugin_id: str, *, no: bool) -> None:
    """Let an installed plugin run unconfined.

    A plugin from a marketplace runs in a confined worker or not at all, unless you say so for its id: then also where
    there is no confinement, and in the process of a Python program that calls it.
    """
    from pipeline.cli.market import install_report as report

    report.allowed(session.open_engine(), plugin_id, unconfined=not no, as_json=session.json)
