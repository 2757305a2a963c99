"""`tradegraph backtest`: bars and signals from a file, trades and metrics into files."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["backtest"]


@click.command(cls=Leaf)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--signals", metavar="COLUMN", help="Events: 1 buy, -1 sell, 0 or nothing hold.")
@click.option("--strength", metavar="COLUMN", help="How much of the cash a signal takes, 0 to 1.  [default: 1]")
@click.option(
    "--target", metavar="COLUMN", help="Instead of signals: the wanted share of equity, the sign is the side."
)
@click.option("--fill", metavar="CASE", default="next_open", show_default=True, help="Or next_close, same_close.")
@click.option("--fee", metavar="SHARE", default="0", help="Of what is traded, per side: 0.001 is ten basis points.")
@click.option("--slippage", metavar="SHARE", default="0", help="How much worse a fill is than the price, per side.")
@click.option("--direction", metavar="SIDE", help="long, short or both.  [default: long]")
@click.option("--stop-loss", metavar="SHARE", help="Leave so far below the fill price; a number or a column.")
@click.option("--take-profit", metavar="SHARE", help="Leave so far above the fill price; a number or a column.")
@click.option("--trailing-stop", metavar="SHARE", help="Leave so far below the best close since; a number or a column.")
@click.option("--cash", metavar="AMOUNT", default="100000", show_default=True, help="What the account begins with.")
@click.option(
    "--bars-per-year",
    metavar="COUNT",
    default="252",
    show_default=True,
    help="365 daily crypto, 6048 hourly FX, 12 monthly: it is never guessed.",
)
@click.option("-o", "--output", metavar="DIR", required=True, type=click.Path(path_type=Path), help="Where it writes.")
@json_option
@pass_session
def backtest(session: Session, /, file: Path, *, output: Path, **given: str | None) -> None:
    """Back-test signals that stand beside bars in a file.

    FILE is CSV or Parquet: timestamp, open, high, low, close, volume of one symbol, oldest first, and the columns
    that the options name. It is the back-test of the nodes backtest (signals) and backtest_weights (--target) without a
    project, and writes trades.csv, orders.csv, equity.csv and metrics.json into DIR.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.running.backtest_report import told, write_results
    from pipeline.cli.running.signal_file import read_signals, trade

    signals = read_signals(file, given)
    found = trade(signals, given, session.kernel_folder())
    metrics = write_results(output, signals, found)
    if session.json:
        from pipeline.cli.console.document import echo_json

        echo_json({"output": output.resolve(), "metrics": metrics})
        return
    told(output, signals, found, metrics)
