"""`tradegraph doctor`: what is wrong with a set-up, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["doctor"]

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(cls=Leaf)
@json_option
@pass_session
def doctor(session: Session) -> int:
    """Check the installation and the project.

    Versions, settings, permissions, plugins, graphs, stored data: a line each: ok, warn or fail, with a hint. Exit
    status 1 when something fails.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.project.examination import examine

    findings = list(examine(session))
    failed = sum(finding.level == "fail" for finding in findings)
    if session.json:
        from pipeline.cli.console.document import echo_json

        echo_json({"status": "fail" if failed else "ok", "findings": [asdict(finding) for finding in findings]})
        return int(failed > 0)
    widest = max(len(finding.subject) for finding in findings)
    for finding in findings:
        level = click.style(f"{finding.level:<4}", fg=_COLOURS[finding.level], bold=finding.level != "ok")
        click.echo(f"{level}  {finding.subject:<{widest}}  {finding.detail}")
        if finding.hint:
            click.echo(f"      {'':<{widest}}  {click.style('hint:', fg='cyan')} {finding.hint}")
    warned = sum(finding.level == "warn" for finding in findings)
    click.echo(f"\n{len(findings)} checks: {failed} failed, {warned} to look at")
    return int(failed > 0)
