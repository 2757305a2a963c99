"""`tradegraph market` for authors, and for who gives them their place: key, publish, yank, author."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.market.option import author_key_option, folder_argument, keys_option

__all__ = ["add", "author", "key", "publish", "remove", "renew", "rotate", "yank"]


@click.command(cls=Leaf)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@json_option
@pass_session
def key(session: Session, file: Path | None) -> None:
    """Show the public half of a key, and make it if need be.

    FILE is where the pair lies; without it, your own, which `tradegraph plugin sign` uses too. Give the public half to
    the marketplace, and the file to nobody.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.market import desk_report

    desk_report.shown_key(file, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--to", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="The marketplace.")
@click.option("--author", "name", required=True, metavar="NAME", help="Your name there.")
@author_key_option
@json_option
@pass_session
def publish(session: Session, file: Path, *, folder: Path, name: str, key: Path | None) -> None:
    """Submit a version of a plugin for review.

    FILE, its page FILE.md and its unit test test_FILE.py are copied and signed. Nobody sees it before it is approved; a
    published version never changes, so raise the version in its metadata.
    """
    from pipeline.cli.market import desk_report

    desk_report.published(folder, file, name, key, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("ref", metavar="AUTHOR/ID-VERSION")
@click.option("--reason", default="", help="Why nobody should install it.")
@click.option("--undo", is_flag=True, help="Take it back.")
@author_key_option
@keys_option
@json_option
@pass_session
def yank(
    session: Session, folder: Path, ref: str, *, reason: str, undo: bool, key: Path | None, keys: tuple[Path, ...]
) -> None:
    """Advise against a version of your plugin.

    It stays where it is installed, and is installed only by who names it. In effect when the marketplace's keys sign:
    with --keys at once, else with its next `renew`.
    """
    from pipeline.cli.market import desk_report
    from pipeline.errors import UsageError

    if bool(reason) == undo:
        raise UsageError("say why with --reason, or take it back with --undo")
    desk_report.yanked(folder, ref, reason, (key, keys), as_json=session.json)


@click.group(
    cls=LazyGroup,
    lazy={
        "add": "pipeline.cli.market.author:add",
        "rotate": "pipeline.cli.market.author:rotate",
        "renew": "pipeline.cli.market.author:renew",
        "remove": "pipeline.cli.market.author:remove",
    },
)
def author() -> None:
    """Let authors in, change their keys, let them go."""


@click.command(cls=Leaf)
@folder_argument
@click.argument("name")
@click.argument("public", metavar="KEY")
@keys_option
@json_option
@pass_session
def add(session: Session, folder: Path, name: str, public: str, *, keys: tuple[Path, ...]) -> None:
    """Let an author publish under a name.

    KEY is the public half that `tradegraph market key` shows. The author may sign for files below NAME/ alone.
    """
    from pipeline.cli.market import desk_report

    desk_report.author_added(folder, name, public, keys, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("name")
@click.argument("public", metavar="KEY")
@keys_option
@json_option
@pass_session
def rotate(session: Session, folder: Path, name: str, public: str, *, keys: tuple[Path, ...]) -> None:
    """Give an author another key, and take the old one away.

    The author's plugins cannot be seen until `author renew` was run with the new key, and `renew` after it.
    """
    from pipeline.cli.market import desk_report

    desk_report.author_rotated(folder, name, public, keys, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("name")
@author_key_option
@json_option
@pass_session
def renew(session: Session, folder: Path, name: str, *, key: Path | None) -> None:
    """Sign your list anew, before it expires.

    Or after your key was changed. In effect with the marketplace's next `renew`.
    """
    from pipeline.cli.market import desk_report

    desk_report.author_renewed(folder, name, key, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("name")
@click.option("--reason", required=True, help="Why.")
@keys_option
@json_option
@pass_session
def remove(session: Session, folder: Path, name: str, *, reason: str, keys: tuple[Path, ...]) -> None:
    """Let an author go, and revoke all that is theirs."""
    from pipeline.cli.market import desk_report

    desk_report.author_removed(folder, name, reason, keys, as_json=session.json)
