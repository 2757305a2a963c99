"""What `tradegraph market review`, `approve` and `reject` say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table
from pipeline.marketplace import Repository, Review, StepReport
from pipeline.plugins.printable import printable

__all__ = ["Word", "approved", "pending", "rejected", "reviewed"]

_MARKS = {"ok": "green", "note": "yellow", "wrong": "red"}


@dataclass(frozen=True, slots=True)
class Word:
    """What an approving person has said."""

    digest: str
    dependencies: str
    by: str


def pending(folder: Path, *, as_json: bool) -> int:
    """List what waits."""
    found = Repository(folder).pending()
    if as_json:
        echo_json([asdict(each) for each in found])
        return 0
    rows = [
        (w.ref, "passed" if w.passed else "not passed" if w.reviewed else "not reviewed", w.digest or w.problem)
        for w in found
    ]
    if rows:
        echo_table(("submission", "review", "digest"), rows, roomy=("digest",))
    click.echo(f"{counted(len(found), 'submission')} in {shown_path(folder)}")
    return 0


def reviewed(folder: Path, ref: str, *, again: bool, confined: bool, as_json: bool) -> int:
    """Review a submission, or show the review that it had; 1 when it has not passed."""
    repository = Repository(folder)
    found = None if again else repository.read_review(ref)
    found = found or repository.review(ref, confined=confined)
    if as_json:
        echo_json(found.as_dict())
        return int(not found.passed)
    for report in found.steps:
        _tell_step(report)
    _tell_digests(found)
    return int(not found.passed)


def approved(folder: Path, ref: str, word: Word, keys: Sequence[Path], *, as_json: bool) -> None:
    """Publish a version."""
    found = Repository(folder).approve(ref, word.digest, keys=keys, by=word.by, dependencies=word.dependencies)
    if as_json:
        echo_json(found.as_dict())
        return
    click.echo(f"published {found.ref}, digest {found.digest}")


def rejected(folder: Path, ref: str, reason: str, *, as_json: bool) -> None:
    """Turn a submission down."""
    Repository(folder).reject(ref, reason)
    echo_json({"ref": ref, "reason": reason}) if as_json else click.echo(f"{ref} is rejected and removed")


def _tell_step(report: StepReport) -> None:
    click.echo(f"{report.number}. {report.name}: {click.style(report.verdict, fg=_MARKS[report.verdict])}")
    for remark in report.remarks:  # the words of strangers, and below their code
        line = f" (line {remark.line})" if remark.line else ""
        word = click.style(f"{remark.verdict:<5}", fg=_MARKS[remark.verdict])
        click.echo(f"   {word} {remark.about}: {printable(remark.said)}{line}")
    for line in printable(report.text, most=2_000_000).splitlines():
        colour = {"+": "green", "-": "red"}.get(line[:1])
        click.echo(f"   {click.style(line, fg=colour)}")


def _tell_digests(found: Review) -> None:
    click.echo(f"\n{found.ref} has {'passed' if found.passed else 'not passed'}")
    if found.passed and len(found.steps) < 6:
        asked = f" --dependencies {found.dependencies}" if found.dependencies_changed else ""
        click.echo(f"if you approve it: tradegraph market approve DIR {found.ref} --digest {found.digest}{asked}")
