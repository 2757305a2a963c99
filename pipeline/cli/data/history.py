"""`tradegraph data log`, `diff` and `describe`: what was done to the market, and what is known about symbols."""

from __future__ import annotations

import datetime as dt

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.figure import counted
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.data.tables import publish_market
from pipeline.errors import UsageError

__all__ = ["describe", "diff", "log"]


@click.command(cls=Leaf)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0), help="How many; 0 is all.")
@json_option
@pass_session
def log(session: Session, *, limit: int) -> None:
    """List what was done to the market.

    Newest first: imports, corrections, removals, facts.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.document import echo_json
    from pipeline.cli.console.table import echo_table

    changes = session.open_market().log()
    shown = changes[:limit] if limit else changes
    if session.json:
        told = [{"change": number, **note._asdict()} for number, note in shown]
        echo_json([{name: value for name, value in change.items() if name != "account"} for change in told])
        return
    if not shown:
        click.echo("nothing was done yet")
        return
    rows = []
    for number, n in shown:
        what = (number, dt.datetime.fromisoformat(n.at), n.what, n.timeframe, _named(n.symbols))
        rows.append((*what, n.new, n.replaced, n.removed, n.source))
    echo_table(("change", "at", "what", "timeframe", "symbols", "new", "replaced", "removed", "source"), rows)
    if len(shown) < len(changes):
        older = counted(len(changes) - len(shown), "older change")
        click.echo(click.style(f"… {older} (--limit 0 shows all)", dim=True))


@click.command(cls=Leaf)
@click.argument("old", type=click.IntRange(0))
@click.argument("new", type=click.IntRange(0), required=False)
@json_option
@pass_session
def diff(session: Session, old: int, new: int | None) -> None:
    """Show which bars differ between two states.

    OLD and NEW are numbers of `data log`: the state after that change. 0 is the empty market, NEW left out is now. The
    newest 32 states are kept.
    """
    from dataclasses import asdict

    from pipeline.cli.console.document import echo_json
    from pipeline.cli.console.table import echo_table

    found = session.open_market().diff(old, new)
    if session.json:
        echo_json([asdict(difference) for difference in found])
        return
    if not found:
        click.echo("no bar differs")
        return
    names = ("timeframe", "symbol", "added", "removed", "changed", "first", "last")
    echo_table(names, [tuple(getattr(difference, name) for name in names) for difference in found])


@click.command(cls=Leaf)
@click.argument("symbols", metavar="SYMBOL…", nargs=-1, shell_complete=candidate.symbols)
@click.option("--asset-class", metavar="CLASS", help="equity, etf, index, future, fx, crypto, bond, other.")
@click.option("--calendar", metavar="NAME", help="24/7, weekdays, or an exchange: XNYS, XLON …")
@click.option("--zone", metavar="ZONE", help="The exchange's time zone: America/New_York …")
@click.option("--tick", metavar="STEP", type=float, help="The smallest step of the price.")
@click.option("--currency", metavar="CODE", help="What prices are in: USD …")
@json_option
@pass_session
def describe(session: Session, /, symbols: tuple[str, ...], **facts: str | float | None) -> None:
    """Keep facts of symbols.

    What they are, when their market is open.

    Without options, show them. `data verify` looks for missing sessions where a calendar is known.
    """
    from dataclasses import asdict

    from pipeline.cli.console.document import echo_json
    from pipeline.cli.console.table import echo_table

    market = session.open_market()
    if any(value is not None for value in facts.values()):
        if not symbols:
            raise UsageError("no symbol was given", hint="Name symbols before the options.")
        market.describe(symbols, **facts)
        publish_market(session)
    known = {symbol: asdict(found) for symbol, found in market.facts().items() if not symbols or symbol in symbols}
    if session.json:
        echo_json(known)
    elif known:
        names = ("asset_class", "calendar", "zone", "tick", "currency")
        echo_table(("symbol", *names), [(symbol, *(found[name] for name in names)) for symbol, found in known.items()])
    else:
        click.echo("nothing is known but bars: tradegraph data describe SYMBOL --calendar XNYS")


def _named(symbols: tuple[str, ...]) -> str:
    return ", ".join(symbols) if len(symbols) <= 3 else f"{symbols[0]} and {len(symbols) - 1:,} more"
