"""`tradegraph data import` and `data synth`: bars on their way in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.data.tables import publish_market
from pipeline.errors import UsageError

__all__ = ["fetch", "import_", "synth"]


@click.command("import", cls=Leaf)
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--timeframe",
    metavar="TF",
    shell_complete=candidate.timeframes,
    help="Of the bars: 1d, 1h, 5m …  [default: what the name or the bars say]",
)
@click.option("--symbol", metavar="NAME", help="Of a file without a symbol column.  [default: the file's name]")
@click.option("--format", "form", metavar="NAME", shell_complete=candidate.formats, help="Whose files they are.")
@click.option("--zone", metavar="ZONE", help="Of times without one: America/New_York …  [default: UTC]")
@click.option("--map", "columns", metavar="OURS=THEIRS", multiple=True, help="A column: close=Last. May be repeated.")
@click.option("--source", metavar="LABEL", help="Where the bars are from, for listings.  [default: the file's name]")
@json_option
@pass_session
def import_(
    session: Session,
    paths: tuple[Path, ...],
    *,
    timeframe: str | None,
    symbol: str | None,
    form: str | None,
    zone: str | None,
    columns: tuple[str, ...],
    source: str | None,
) -> int:
    """Import bars from files.

    A PATH is a file, or a folder with files. Those of Yahoo, Alpha Vantage, Binance, freqtrade, Bitfinex,
    CryptoDataDownload, LEAN, Databento, HistData, MetaTrader and Stooq are recognised; so is any CSV, Parquet or
    Arrow file with a time, open, high, low, close, perhaps volume, symbol, dividend and split. A row with a time
    that is stored replaces the stored row. Says what was taken, what was not and why; files that are no bars do not
    keep the others out (exit status 1).
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.data import report as data_report
    from pipeline.market import Choice, import_files

    choice = Choice(form, zone=zone, columns=_mapping(columns))
    report = import_files(session.open_market(), paths, timeframe, symbol=symbol, source=source, choice=choice)
    publish_market(session)
    return data_report.intake(report, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("vendor")
@click.argument("symbols", metavar="SYMBOL…", nargs=-1, required=True)
@click.option("--timeframe", default="1d", show_default=True, metavar="TF", help="Of the bars.")
@click.option("--from", "start", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day.")
@click.option("--to", "end", type=click.DateTime(["%Y-%m-%d"]), help="The last day.  [default: today]")
@json_option
@pass_session
def fetch(
    session: Session,
    vendor: str,
    symbols: tuple[str, ...],
    *,
    timeframe: str,
    start: dt.datetime,
    end: dt.datetime | None,
) -> int:
    """Fetch bars from a vendor and import them.

    VENDOR is yahoo (through yfinance) or an exchange of coins that ccxt knows: binance, kraken … Only finished bars
    are taken.
    """
    from pipeline.cli.data import report as data_report
    from pipeline.market import import_frame
    from pipeline.market.download import fetch as fetch_bars

    until = None if end is None else end.replace(tzinfo=dt.UTC) + dt.timedelta(days=1)
    frame = fetch_bars(vendor, symbols, timeframe, start=start.replace(tzinfo=dt.UTC), end=until)
    report = import_frame(session.open_market(), frame, timeframe, source=vendor)
    publish_market(session)
    return data_report.intake(report, as_json=session.json)


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    """`close=Last` as our name and theirs. Raises UsageError."""
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--map {pair}: expected OURS=THEIRS", hint="Write --map close=Last.")
    return {ours.strip(): theirs.strip() for ours, _, theirs in (pair.partition("=") for pair in pairs)}


@click.command(cls=Leaf)
@click.option("--symbols", default=10, show_default=True, type=click.IntRange(1, 9999), help="How many.")
@click.option("--bars", default=1000, show_default=True, type=click.IntRange(1), help="Bars of each symbol.")
@click.option("--timeframe", default="1d", show_default=True, metavar="TF", help="Of the bars.")
@click.option(
    "--start", default="2015-01-01", show_default=True, type=click.DateTime(["%Y-%m-%d"]), help="Of the first bar."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Another seed, another universe.")
@json_option
@pass_session
def synth(session: Session, *, symbols: int, bars: int, timeframe: str, start: dt.datetime, seed: int) -> int:
    """Make up bars for trying things out.

    Symbols are SYN0001, SYN0002, … and labelled synthetic wherever they are shown. The same options give the same
    bars on every machine.
    """
    from pipeline.cli.data import report as data_report
    from pipeline.market.synth import store_synthetic

    report = store_synthetic(
        session.open_market(),
        n_symbols=symbols,
        timeframe=timeframe,
        start=start.replace(tzinfo=dt.UTC),
        bars=bars,
        seed=seed,
    )
    publish_market(session)
    return data_report.intake(report, as_json=session.json, synthetic=True)
