"""`tradegraph market` for who runs a marketplace: init, revoke, renew, rotate, sign."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.market.option import folder_argument, keys_option

__all__ = ["init", "renew", "revoke", "rotate", "sign"]


@click.command(cls=Leaf)
@folder_argument
@click.option("--keys", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where keys are made.")
@click.option("--name", default="", help="What it is called.  [default: the name of the folder]")
@click.option(
    "--days", multiple=True, metavar="ROLE=DAYS", help="How long metadata of a role are good, such as timestamp=7."
)
@json_option
@pass_session
def init(session: Session, folder: Path, *, keys: Path, name: str, days: tuple[str, ...]) -> None:
    """Make a marketplace in a folder.

    Three root keys, of which two sign, and one for each other role. Carry the root keys away, each to another place,
    and give users the digest that is printed: it is all that they need to trust.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.market import desk_report

    desk_report.made(folder, name or folder.absolute().name, keys, days, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("plugin_id", metavar="ID")
@click.option("--version", default="", help="This version alone.")
@click.option("--reason", default="", help="Why; users see it.")
@click.option("--undo", is_flag=True, help="Take it back.")
@keys_option
@json_option
@pass_session
def revoke(
    session: Session,
    folder: Path,
    plugin_id: str,
    *,
    version: str,
    reason: str,
    undo: bool,
    keys: tuple[Path, ...],
) -> None:
    """Disable a plugin wherever it is installed.

    At the next refresh there. All its versions, unless one is named.
    """
    from pipeline.cli.market import desk_report
    from pipeline.errors import UsageError

    if bool(reason) == undo:
        raise UsageError("say why with --reason, or take it back with --undo")
    desk_report.revoked(folder, (plugin_id, version), reason, keys, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.option("--all", "everything", is_flag=True, help="The operator's and reviewers' metadata too.")
@keys_option
@json_option
@pass_session
def renew(session: Session, folder: Path, *, everything: bool, keys: tuple[Path, ...]) -> None:
    """Sign the marketplace anew, before it expires.

    Takes in what authors have signed meanwhile. Run it more often than the timestamp is good for, a week by default.
    """
    from pipeline.cli.market import desk_report

    desk_report.renewed(folder, keys, everything=everything, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("role")
@click.option("--add", multiple=True, metavar="KEY", help="A public key, or the file of a pair.")
@click.option("--remove", multiple=True, metavar="KEYID", help="The beginning of a key's id, eight letters or more.")
@keys_option
@json_option
@pass_session
def rotate(
    session: Session, folder: Path, role: str, *, add: tuple[str, ...], remove: tuple[str, ...], keys: tuple[Path, ...]
) -> None:
    """Change the keys of a role.

    ROLE is root, targets, snapshot, timestamp or reviews. A new root needs two of the old root keys, and as many of the
    new: those that are not here sign with `market sign`, also on a machine without a network. Without --add and
    --remove the root is dated anew.
    """
    from pipeline.cli.market import desk_report

    desk_report.rotated(folder, role, (add, remove), keys, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@keys_option
@json_option
@pass_session
def sign(session: Session, folder: Path, *, keys: tuple[Path, ...]) -> None:
    """Add a signature to a new root that waits for it."""
    from pipeline.cli.market import desk_report

    desk_report.signed(folder, keys, as_json=session.json)
