"""`tradegraph explain`: what a code means and what to do."""

from __future__ import annotations

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.errors import CODES, UsageError, did_you_mean

__all__ = ["explain"]


def _codes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [code for code in CODES if code.startswith(incomplete.upper())]


@click.command(cls=Leaf)
@click.argument("code", shell_complete=_codes)
@json_option
@pass_session
def explain(session: Session, code: str) -> None:
    """Say what an error code means and what to do about it."""
    from pipeline.cli.console.remedy import REMEDIES

    code = code.upper()
    if code not in CODES:
        raise UsageError(f"there is no error code {code!r}", hint=did_you_mean(code, CODES))
    if session.json:
        echo_json({"code": code, "meaning": CODES[code], "remedy": REMEDIES[code]})
        return
    click.echo(f"{click.style(code, bold=True)} {CODES[code]}")
    click.echo(f"  {REMEDIES[code]}")
