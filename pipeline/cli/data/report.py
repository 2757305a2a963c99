"""What `tradegraph data` answers: listings, the page of a symbol, the account of an import, findings."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report
from pipeline.cli.console.figure import counted, instant
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_frame, echo_table
from pipeline.errors import MarketError, did_you_mean
from pipeline.market import Coverage, Finding, ImportReport, Market
from pipeline.market.report import Dropped
from pipeline.model.bars import Adjust, timeframe_seconds

__all__ = ["findings", "intake", "listing", "page", "stored"]

_FILES = 20
"""Files of an import that are named one by one when nothing is to be said about them."""
_SEVERITY = {"error": "red", "warning": "yellow"}


def listing(market: Market, timeframe: str | None, *, as_json: bool) -> None:
    """What is stored, by timeframe and symbol."""
    entries = market.coverage()
    if timeframe is not None:
        timeframe_seconds(timeframe)
        there = ", ".join(dict.fromkeys(entry.timeframe for entry in entries))
        entries = [entry for entry in entries if entry.timeframe == timeframe]
        if not entries and there:
            raise MarketError(f"the market has no bars of {timeframe}", code="TG302", hint=f"There is {there}.")
    if as_json:
        echo_json([asdict(entry) for entry in entries])
        return
    if not entries:
        click.echo("no bars are stored yet")
        click.echo("  bring some in:  tradegraph data import FILES --timeframe 1d")
        click.echo("  or make some:   tradegraph data synth")
        return
    names = ("timeframe", "symbol", "bars", "first", "last", "source")
    rows = [(e.timeframe, e.symbol, e.rows, e.first, e.last, _source(e)) for e in entries]
    echo_table(names, rows, styles={"synthetic": "magenta"})
    symbols = {entry.symbol for entry in entries}
    made_up = len({entry.symbol for entry in entries if entry.synthetic})
    note = f", {made_up:,} of them synthetic" if made_up else ""
    click.echo(f"{counted(len(symbols), 'symbol')}{note}, {counted(sum(e.rows for e in entries), 'bar')}")


def stored(market: Market, symbol: str, timeframe: str | None = None) -> list[Coverage]:
    """The entries of a symbol. Raises MarketError TG301 when it has none, naming the closest that has."""
    entries = market.coverage()
    found = [e for e in entries if e.symbol == symbol and timeframe in (None, e.timeframe)]
    if found:
        return found
    others = [e.timeframe for e in entries if e.symbol == symbol]
    if others:
        hint = f"It has bars of {', '.join(others)}."
        raise MarketError(f"the market has no {timeframe} bars of {symbol!r}", code="TG301", hint=hint)
    hint = did_you_mean(symbol, (e.symbol for e in entries), otherwise="`tradegraph data list` shows what there is.")
    raise MarketError(f"the market has no bars of {symbol!r}", code="TG301", hint=hint)


def page(market: Market, symbol: str, timeframe: str | None, *, rows: int, adjust: str, as_json: bool) -> None:
    """All there is to know of a symbol."""
    entries = stored(market, symbol, timeframe)
    actions = market.actions(symbol).select("ts", "dividend", "split", "close")
    frames = {e.timeframe: market.show(symbol, e.timeframe, limit=None, adjust=cast("Adjust", adjust)) for e in entries}
    if as_json:
        series = [
            {**asdict(e), "head": frame.head(rows).to_dicts(), "tail": frame.tail(rows).to_dicts()}
            for e, frame in zip(entries, frames.values(), strict=True)
        ]
        echo_json({"symbol": symbol, "adjust": adjust, "bars": series, "actions": actions.to_dicts()})
        return
    click.echo(click.style(symbol, bold=True) + ("  (synthetic)" if any(e.synthetic for e in entries) else ""))
    for entry in entries:
        frame = frames[entry.timeframe]
        span = f"{instant(entry.first)} to {instant(entry.last)}"
        click.echo(f"\n{entry.timeframe}: {counted(entry.rows, 'bar')}, {span}, adjusted: {adjust}")
        click.echo(f"  from {_source(entry)}; kept in {counted(entry.parts, 'part')}")
        if frame.height <= 2 * rows:
            echo_frame(frame, indent=2)
            continue
        ends = [*frame.head(rows).rows(), *frame.tail(rows).rows()]
        echo_table(frame.columns, ends, indent=2)
        click.echo(click.style(f"  (the first and the last {rows} of {entry.rows:,}; --rows shows more)", dim=True))
    if actions.height:
        click.echo(f"\ndividends and splits: {actions.height:,}")
        echo_frame(actions.tail(max(rows, 10)), indent=2)
    else:
        click.echo("\nno dividends or splits are known")


def intake(done: ImportReport, *, as_json: bool, synthetic: bool = False) -> int:
    """The account of an import; the exit status is 1 when files were refused."""
    status = int(bool(done.refused))
    if as_json:
        refused = [fault.as_dict() for error in done.refused for fault in error.faults]
        counts = {name: getattr(done, name) for name in ("read", "taken", "new", "replaced", "unchanged", "dropped")}
        files, symbols = [asdict(file) for file in done.files], [asdict(symbol) for symbol in done.symbols]
        document: dict[str, Any] = {"timeframe": done.timeframe, "synthetic": synthetic, **counts}
        findings = [asdict(finding) for finding in done.findings]
        echo_json({**document, "files": files, "symbols": symbols, "refused": refused, "findings": findings})
        return status
    if not synthetic:
        _say_files(done)
    _say_findings([*done.findings, *(finding for symbol in done.symbols for finding in symbol.findings)])
    kept = ", ".join(f"{n:,} {what}" for n, what in ((done.new, "new"), (done.replaced, "replaced")) if n)
    kept += f"{', ' if kept else ''}{done.unchanged:,} unchanged" if done.unchanged else ""
    what = "synthetic " if synthetic else ""
    whose = counted(len({one.symbol for one in done.symbols}), "symbol")
    total = f"{counted(done.taken, f'{what}{done.timeframe} bar')} of {whose}"
    click.echo(f"{total}: {kept or 'nothing new'}" + (f"; {done.dropped:,} rows dropped" if done.dropped else ""))
    report([fault for error in done.refused for fault in error.faults]) if done.refused else None
    return status


def _say_files(done: ImportReport) -> None:
    quiet = 0
    for at, file in enumerate(done.files):
        if at >= _FILES and not file.dropped and not file.notes:
            quiet += 1
            continue
        shown = shown_path(file.path) if file.path != Path() else ""
        click.echo(f"{shown}: {counted(file.rows, 'row')}, {counted(file.symbols, 'symbol')}")
        for note in file.notes:
            click.echo(f"  note: {note}")
        for reason in dict.fromkeys(drop.reason for drop in file.dropped):
            mine = [drop for drop in file.dropped if drop.reason == reason]
            click.echo(f"  {click.style('dropped', fg='yellow')} {_said(reason, mine)}")
    if quiet:
        click.echo(f"… {counted(quiet, 'more file')} without anything to say")


def _said(reason: str, drops: Sequence[Dropped]) -> str:
    count, line = sum(drop.count for drop in drops), min(drop.first_line for drop in drops)
    return f"{counted(count, 'row')}: {reason}, {'first in ' if count > 1 else ''}line {line:,}"


def _say_findings(found: Sequence[Finding]) -> None:
    """Findings about what came in, by check: details are `data verify`'s."""
    serious = [finding for finding in found if finding.severity != "info"]
    if not serious:
        return
    together = {finding.check for finding in serious if not finding.symbol}
    whose = {
        check: "several together" if check in together else counted(count, "symbol")
        for check, count in Counter(finding.check for finding in serious).most_common()
    }
    said = ", ".join(f"{check} ({symbols})" for check, symbols in whose.items())
    click.echo(f"{click.style('looks odd', fg='yellow')}: {said}; details: tradegraph data verify")


def findings(market: Market, *, as_json: bool) -> list[Finding]:
    """Verify, and say what was found."""
    entries = market.coverage()
    found = market.verify()
    if as_json:
        echo_json({"bars": sum(e.rows for e in entries), "findings": [asdict(finding) for finding in found]})
        return found
    rows = [(f.severity, f.timeframe, f.symbol, f.check, f.count, _day(f.first), f.detail) for f in _worst_first(found)]
    if rows:
        echo_table(
            ("severity", "timeframe", "symbol", "check", "count", "first", "detail"),
            rows,
            styles=_SEVERITY,
            roomy=("detail",),
        )
    counts = Counter(finding.severity for finding in found)
    said = [counted(counts["error"], "error"), counted(counts["warning"], "warning"), counted(counts["info"], "note")]
    checked = f"{counted(sum(e.rows for e in entries), 'bar')} of {counted(len({e.symbol for e in entries}), 'symbol')}"
    made_up = len({entry.symbol for entry in entries if entry.synthetic})
    note = f" ({made_up:,} of them synthetic)" if made_up else ""
    click.echo(f"{checked}{note} checked: {', '.join(said)}" if entries else "no bars are stored yet")
    return found


def _worst_first(found: Iterable[Finding]) -> list[Finding]:
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda finding: rank[finding.severity])


def _day(first: dt.datetime | None) -> str | None:
    return None if first is None else instant(first)


def _source(entry: Coverage) -> str:
    if not entry.synthetic or entry.source == "synthetic":
        return entry.source
    return f"{entry.source} (partly synthetic)"
