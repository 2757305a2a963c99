"""What `tradegraph backtest` leaves behind: four files, and a few lines about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import polars as pl

from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted, single
from pipeline.cli.console.session import shown_path
from pipeline.cli.running.signal_file import SignalFile, Traded
from pipeline.errors import UsageError

__all__ = ["told", "write_results"]

_SHOWN = ("total_return", "ann_return", "sharpe", "max_drawdown", "win_rate", "profit_factor", "exposure", "fees_paid")


def write_results(folder: Path, file: SignalFile, found: Traded) -> dict[str, Any]:
    """Write trades.csv, orders.csv, equity.csv, metrics.json; gives the metrics. Times stand as in the file."""
    labels = file.labels
    trades = found.trades.drop("symbol").with_columns(
        entry_time=labels.gather(found.trades["entry_idx"]), exit_time=labels.gather(found.trades["exit_idx"])
    )
    orders = found.orders.drop("symbol").with_columns(time=labels.gather(found.orders["idx"]))
    metrics = found.metrics.drop("symbol").to_dicts()[0] if found.metrics.height else {}
    metrics["warnings"] = [found.caution] if found.caution else []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trades.write_csv(folder / "trades.csv")
        orders.write_csv(folder / "orders.csv")
        pl.DataFrame([labels, found.equity.alias("equity")]).write_csv(folder / "equity.csv")
        (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror or error}") from error
    return metrics


def told(folder: Path, file: SignalFile, found: Traded, metrics: dict[str, Any]) -> None:
    """Say in a few lines what came out and where it lies."""
    if found.caution:
        tell(f"warning: {found.caution}")
    closed = found.trades.filter(pl.col("status") == "closed").height
    click.echo(
        f"{shown_path(file.path)}: {counted(file.axis.height, 'bar')},"
        f" {counted(found.trades.height, 'trade')} ({closed:,} closed)"
    )
    for name in _SHOWN if metrics.get("bars") else ():
        value = metrics[name]
        click.echo(f"  {name:<14} {'undefined' if value is None else single(value)}")
    if metrics.get("ruined"):
        click.echo("  ruined: the equity fell to 0, everything was closed, and later signals did nothing")
    click.echo(f"wrote trades.csv, orders.csv, equity.csv and metrics.json to {shown_path(folder)}")
