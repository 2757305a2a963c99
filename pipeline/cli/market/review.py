"""`tradegraph market review`, `approve` and `reject`: what reviewers do."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.market.option import folder_argument, keys_option

__all__ = ["approve", "reject", "review"]


@click.command(cls=Leaf)
@folder_argument
@click.argument("ref", metavar="[AUTHOR/ID-VERSION]", default="")
@click.option("--again", is_flag=True, help="Review it anew, although it was.")
@click.option("--unconfined", is_flag=True, help="Try it unconfined: one that asks for network or files.")
@json_option
@pass_session
def review(session: Session, folder: Path, ref: str, *, again: bool, unconfined: bool) -> int:
    """Put a submission through the steps of the review.

    Without a version, list what waits. A report of each step is stored beside the submission; the difference to the
    version before is shown for you to read. Exit status 1 when a step has not passed.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.market import review_report as report

    if not ref:
        return report.pending(folder, as_json=session.json)
    return report.reviewed(folder, ref, again=again, confined=not unconfined, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("ref", metavar="AUTHOR/ID-VERSION")
@click.option("--digest", required=True, metavar="SHA256", help="Of what you have looked at; the review shows it.")
@click.option("--dependencies", default="", metavar="SHA256", help="Of a changed list of dependencies.")
@click.option("--by", default="", metavar="NAME", help="Who approves.  [default: the name of your account]")
@keys_option
@json_option
@pass_session
def approve(
    session: Session, folder: Path, ref: str, *, digest: str, dependencies: str, by: str, keys: tuple[Path, ...]
) -> None:
    """Publish a version that you have looked at.

    You approve a digest, which covers the plugin, its page, its test and all that it says of itself. A list of
    dependencies that is not that of the version before needs its own digest.
    """
    from pipeline.cli.market import review_report as report

    report.approved(folder, ref, report.Word(digest, dependencies, by), keys, as_json=session.json)


@click.command(cls=Leaf)
@folder_argument
@click.argument("ref", metavar="AUTHOR/ID-VERSION")
@click.option("--reason", required=True, help="Why; it stays in the log.")
@json_option
@pass_session
def reject(session: Session, folder: Path, ref: str, *, reason: str) -> None:
    """Turn a submission down and remove its files."""
    from pipeline.cli.market import review_report as report

    report.rejected(folder, ref, reason, as_json=session.json)
