"""`tradegraph data verify` and `data rm`: whether stored bars are sound, and letting them go."""

from __future__ import annotations

import sys

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.figure import counted
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.data.tables import publish_market
from pipeline.errors import UsageError

__all__ = ["rm", "verify"]


@click.command(cls=Leaf)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@json_option
@pass_session
def verify(session: Session, *, strict: bool) -> int:
    """Check all stored bars.

    Damaged files, disorder, impossible prices, gaps, outages, wicks, splits that do not fit. Findings are named,
    nothing is changed. They are kept for SQL, in `market_findings` as those about what is stored. Exit status 1 when
    there are errors.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.data import report

    findings = report.findings(session.open_market(), as_json=session.json)
    publish_market(session)
    wrong = {"error", "warning"} if strict else {"error"}
    return int(any(finding.severity in wrong for finding in findings))


@click.command(cls=Leaf)
@click.argument("symbols", metavar="SYMBOL…", nargs=-1, required=True, shell_complete=candidate.symbols)
@click.option("--timeframe", metavar="TF", shell_complete=candidate.timeframes, help="Only these bars.  [default: all]")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def rm(session: Session, symbols: tuple[str, ...], *, timeframe: str | None, yes: bool) -> int:
    """Remove bars from the market. Results of runs that used them stay."""
    from pipeline.cli.data import report

    market = session.open_market()
    stored = [entry for name in dict.fromkeys(symbols) for entry in report.stored(market, name, timeframe)]
    what = (
        f"{counted(sum(entry.rows for entry in stored), 'bar')} of {counted(len({e.symbol for e in stored}), 'symbol')}"
    )
    if not yes:
        if not sys.stdin.isatty() or session.json:
            raise UsageError(f"removing {what} needs a yes, and nobody can be asked", hint="Add --yes.")
        for entry in stored:
            click.echo(f"  {entry.timeframe} {entry.symbol}  {counted(entry.rows, 'bar')}", err=True)
        if not click.confirm(f"Remove {what}?", err=True):
            click.echo("nothing was removed", err=True)
            return 0
    for entry in stored:
        market.remove(entry.symbol, entry.timeframe)
    publish_market(session)
    if session.json:
        from pipeline.cli.console.document import echo_json

        removed = [{"timeframe": e.timeframe, "symbol": e.symbol, "rows": e.rows} for e in stored]
        echo_json({"removed": removed})
    else:
        click.echo(f"removed {what}")
    return 0
