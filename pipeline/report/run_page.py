"""The page of one run of one graph."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.errors import GraphError, UsageError, did_you_mean
from pipeline.graph.read import scan_text
from pipeline.report import caution, picture, schedule
from pipeline.report.account import Account, accounts_of
from pipeline.report.archive import Archive
from pipeline.report.bars import RunBars, bars_of, main_source
from pipeline.report.figures import Chosen, Figures, figures_of
from pipeline.report.markup import Child, Markup, element
from pipeline.report.page import page, page_bar, section
from pipeline.report.provenance import draw_failures, draw_nodes, draw_provenance
from pipeline.report.run_data import run_data
from pipeline.report.series import MOST, series_of
from pipeline.report.told import Told
from pipeline.report.words import counted, duration, instant

__all__ = ["VALUES", "run_page"]

VALUES = 1_500_000
"""About as many values are charted: a value takes three bytes of the file or fewer."""


def run_page(told: Told, archive: Archive, symbols: Sequence[str] = ()) -> str:
    """The page of a run; `symbols` are those to chart, when empty as many as `VALUES` allows.

    Raises UsageError for a symbol that the run does not have.
    """
    accounts = accounts_of(told)
    bars = bars_of(told, main_source(told, [account.name for account in accounts]), archive)
    chosen = _choose(told, bars, accounts, symbols)
    figures = figures_of(told, bars, chosen, archive.database)
    cautions = caution.cautions_of(told, bars, archive.market)
    return page(
        f"{told.graph} · {told.run_id}",
        _parts(told, bars, figures, chosen, cautions),
        run_data(told, bars, chosen, figures, archive),
    )


def _choose(told: Told, bars: RunBars, accounts: Sequence[Account], asked: Sequence[str]) -> Chosen:
    every = sorted({*bars.symbols, *told.metrics["symbol"].drop_nulls(), *told.trades["symbol"].drop_nulls()})
    for symbol in asked:
        if symbol not in every:
            raise UsageError(f"run {told.run_id} has no symbol {symbol!r}", hint=did_you_mean(symbol, every))
    longest = max(bars.frame.group_by("symbol").len()["len"].to_list(), default=1)
    fixed = 6 + 3 * len(accounts)
    # a single long history loses columns before it loses the page
    room = min(max(VALUES // longest - fixed, 4), MOST)
    kept, left_out = series_of(told, accounts, room)
    room = max(VALUES // (longest * (fixed + len(kept))), 1)
    chosen = list(asked) or sorted(_extreme(told, every)[:room])
    return Chosen(accounts, every, chosen, kept, left_out)


def _extreme(told: Told, symbols: Sequence[str]) -> list[str]:
    """The symbols, those with the largest gain or loss first."""
    found = told.metrics.filter(pl.col("metric") == "total_return").group_by("symbol").agg(pl.col("value").abs().max())
    size = {symbol: value for symbol, value in found.rows() if value is not None}
    return sorted(symbols, key=lambda symbol: (-size.get(symbol, -1.0), symbol))


def _parts(told: Told, bars: RunBars, figures: Figures, chosen: Chosen, cautions: list[caution.Caution]) -> list[Child]:
    accounts = chosen.accounts
    critical = schedule.critical_path(told)
    drawn = len(told.nodes) <= picture.MOST
    failures = draw_failures(told)
    traded = any(account.trades for account in accounts)
    measured = bool(accounts)
    gantt = schedule.draw(told, critical)
    links = [
        ("chart", "Chart"),
        ("trades", "Trades") if traded else None,
        ("months", "Months") if any(account.equity for account in accounts) else None,
        ("failures", "Failures") if failures else None,
        ("graph", "Graph"),
        ("nodes", "Nodes"),
        ("provenance", "Provenance"),
    ]
    many = len(chosen.every) > 1 and any(account.metrics and not account.curve for account in accounts)
    picked = (
        element("div", picture.draw(told, critical), class_="scroll", tabindex="0", role="region", aria_label="Graph")
        if drawn
        else _undrawn(told)
    )
    return [
        _head(told, bars),
        page_bar([link for link in links if link]),
        element(
            "main",
            caution.draw(cautions),
            section("failures", "Failures", failures) if failures else None,
            element("div", id="figures", class_="figures", aria_live="polite") if measured else None,
            section("chart", "Chart", element("div", id="charts"), note=_note(figures, chosen)),
            section("symbols", "Symbols", element("div", id="symbol-table")) if many else None,
            section("months", "Monthly returns", element("div", id="month-table"))
            if any(account.equity for account in accounts)
            else None,
            section("trades", "Trades", element("div", id="trade-table")) if traded else None,
            section("graph", "Graph", element("p", _LEGEND, class_="dim") if drawn else None, picked),
            section("timings", "Timings", gantt or element("p", _CACHED, class_="dim")),
            section("nodes", "Nodes", draw_nodes(told, drawn), note=f"{len(told.nodes):,}"),
            section("provenance", "Provenance", draw_provenance(told)),
            id="main",
        ),
    ]


_LEGEND = (
    "The darker a node, the longer it took; hollow ones were stored already. Strong wires are the critical path. "
    "A box leads to its row below."
)
_CACHED = "Nothing was computed: all values were stored already."


def _undrawn(told: Told) -> Markup:
    text = f"A graph of {len(told.nodes):,} nodes is too large for a picture; the table below lists them."
    return element("p", text, class_="dim")


def _note(figures: Figures, chosen: Chosen) -> str:
    said = []
    if len(chosen.symbols) < len(chosen.every):
        said.append(f"{len(chosen.symbols)} of {len(chosen.every)} symbols: tradegraph report --symbols chooses")
    if chosen.left_out:
        said.append(f"{counted(chosen.left_out, 'column')} left out")
    if figures.lost:
        said.append(f"no values of {', '.join(sorted(figures.lost))}: they are not stored")
    return " · ".join(said)


def _head(told: Told, bars: RunBars) -> Markup:
    run = told.run
    frame = bars.frame
    parts = [f"run {run['run_id']}", f"{instant(run['started_at'])} UTC"]
    parts.append(duration(None if run["seconds"] is None else run["seconds"] * 1e3))
    if frame.height:
        first, last = frame["ts"].min(), frame["ts"].max()
        symbols = counted(len(bars.symbols), "symbol")
        parts.append(f"{symbols}, {bars.timeframe}, {instant(str(first))} to {instant(str(last))}")
    description = _description(told)
    return element(
        "header",
        element(
            "div",
            element("h1", told.graph, " ", element("span", run["status"], class_=f"status {run['status']}")),
            element("p", " · ".join(parts), class_="facts"),
            element("p", description, class_="description") if description else None,
            class_="title",
        ),
    )


def _description(told: Told) -> str:
    text = told.run["text"]
    if not text:
        return ""
    try:
        spec, _ = scan_text(text)  # it names no other file here: only its own words are asked for
    except GraphError:
        return ""
    return spec.description if spec else ""
