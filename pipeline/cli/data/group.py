"""`tradegraph data`: the bars that a project keeps."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["data", "list_", "show"]


@click.group(
    cls=LazyGroup,
    lazy={
        "import": "pipeline.cli.data.intake:import_",
        "list": "pipeline.cli.data.group:list_",
        "show": "pipeline.cli.data.group:show",
        "verify": "pipeline.cli.data.care:verify",
        "fetch": "pipeline.cli.data.intake:fetch",
        "synth": "pipeline.cli.data.intake:synth",
        "rm": "pipeline.cli.data.care:rm",
        "log": "pipeline.cli.data.history:log",
        "diff": "pipeline.cli.data.history:diff",
        "describe": "pipeline.cli.data.history:describe",
    },
)
def data() -> None:
    """Bring bars in, look at them, check them."""


@click.command("list", cls=Leaf)
@click.option("--timeframe", metavar="TF", shell_complete=candidate.timeframes, help="Only bars of this timeframe.")
@json_option
@pass_session
def list_(session: Session, timeframe: str | None) -> None:
    """List what is stored, by timeframe and symbol."""
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.data import report

    report.listing(session.open_market(), timeframe, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("symbol", shell_complete=candidate.symbols)
@click.option("--timeframe", metavar="TF", shell_complete=candidate.timeframes, help="Which bars.  [default: all]")
@click.option("--rows", default=5, show_default=True, type=click.IntRange(1), help="Bars to show of either end.")
@click.option(
    "--adjust",
    type=click.Choice(["none", "splits", "dividends", "total", "forward"]),
    default="none",
    show_default=True,
    help="Undo splits, or splits and dividends.",
)
@json_option
@pass_session
def show(session: Session, symbol: str, *, timeframe: str | None, rows: int, adjust: str) -> None:
    """Show what is stored of a symbol.

    Where it is from, its first and last bars, its dividends and splits.
    """
    from pipeline.cli.data import report

    report.page(session.open_market(), symbol, timeframe, rows=rows, adjust=adjust, as_json=session.json)
