"""What to doubt about a run: what was said when it ran, and what its record shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipeline.market.store import Market
from pipeline.plugins.source import shipped_nodes
from pipeline.report.bars import RunBars
from pipeline.report.markup import Markup, element
from pipeline.report.told import Node, Told
from pipeline.report.words import counted, instant

__all__ = ["Caution", "cautions_of", "draw"]

_MANY = 10
"""From this many symbols on, it counts how many of them have ended."""
_MONTH_US = 30 * 86_400 * 1_000_000


@dataclass(frozen=True)
class Caution:
    """One thing to know. `grave` ones are about the result, others about what was seen on the way."""

    grave: bool
    title: str
    text: str


def cautions_of(told: Told, bars: RunBars, market: Market) -> list[Caution]:
    """Everything to know about a run before its result is believed, the graver first."""
    found = [*_of_run(told), *_said(told), *_look_ahead(told), *_of_bars(told, bars, market)]
    return sorted(found, key=lambda one: not one.grave)


def draw(cautions: list[Caution]) -> Markup | None:
    """The cautions as a list; None when there are none."""
    if not cautions:
        return None
    rows = [
        element(
            "li",
            element("b", one.title),
            " ",
            one.text,
            class_="grave" if one.grave else "mild",
        )
        for one in cautions
    ]
    return element("ul", rows, class_="cautions", aria_label="Warnings")


def _of_run(told: Told) -> Iterator[Caution]:
    run = told.run
    ends = {
        "running": "The run goes on: not everything is here yet.",
        "killed": "The run was killed: what it had computed is here, its end is not.",
        "interrupted": "The run was interrupted: what it had computed is here.",
    }
    if run["status"] in ends:
        yield Caution(True, "Unfinished.", ends[run["status"]])
    failed = [node.name for node in told.nodes if node.status == "failed"]
    skipped = sum(node.status == "skipped" for node in told.nodes)
    if failed:
        rest = f"; {counted(skipped, 'node')} behind {'it' if len(failed) == 1 else 'them'} skipped" if skipped else ""
        yield Caution(True, "Failed.", f"{', '.join(failed)}{rest}.")
    alone = sorted({row["symbol"] for row in told.failures if row["symbol"] and not row["cause"]})
    if alone:
        yield Caution(True, "Symbols failed.", f"{', '.join(alone[:8])}{' and others' if len(alone) > 8 else ''}.")
    if told.retries:
        tries = counted(len(told.retries), "try", "tries")
        yield Caution(False, "Tried again.", f"{tries} failed and were followed by another.")
    for node in told.nodes:
        if node.timing.get("fallback"):
            text = f"{node.name} ran on real pandas: the adapter lacks {node.timing['fallback']}."
            yield Caution(False, "Adapter.", text)
    ruined = told.metrics.filter((pl.col("metric") == "ruined") & (pl.col("value") > 0.0))
    if ruined.height:
        names = [symbol or node for node, symbol in ruined.select("node", "symbol").rows()]
        yield Caution(True, "Ruined.", f"The account of {', '.join(names[:8])} fell to 0.")


def _said(told: Told) -> Iterator[Caution]:
    """Warnings that were stored with the run; TG225 is about params that flatter the result: same_close."""
    for row in told.warnings:
        place = f" (line {row['line']})" if row["line"] else ""
        hint = f" {row['hint']}" if row["hint"] else ""
        yield Caution(row["code"] == "TG225", row["code"], f"{row['message']}{place}.{hint}".replace("..", "."))


def _look_ahead(told: Told) -> Iterator[Caution]:
    shipped = str(shipped_nodes())
    unknown = []
    for node in told.nodes:
        certificate = told.certificates.get(node.row["code"])
        if certificate is None:
            if not str(node.row["origin"]).startswith(shipped):
                unknown.append(node)
        elif "causality" in certificate["broken"]:
            yield Caution(True, "Look-ahead.", f"{_named(node)}: {certificate['message'] or 'it sees later bars'}.")
        elif certificate["verdict"] == "unlawful":
            yield Caution(False, "Law broken.", f"{_named(node)} breaks: {certificate['broken']}.")
    if unknown:
        types = sorted({node.type for node in unknown})
        text = f"Nobody tested {', '.join(types)} for look-ahead: tradegraph nodes verify {' '.join(types)}"
        yield Caution(False, "Not certified.", text)


def _named(node: Node) -> str:
    return f"{node.name} ({node.type})" if node.name != node.type else node.name


def _of_bars(told: Told, bars: RunBars, market: Market) -> Iterator[Caution]:
    if bars.problem:
        yield Caution(False, "No prices.", bars.problem)
        return
    if not bars.same:
        yield Caution(True, "Other bars.", "The bars changed since the run; prices are shown as they are now.")
    symbols = set(bars.symbols)
    made = sorted({c.symbol for c in market.coverage() if c.synthetic and c.symbol in symbols})
    if made:
        yield Caution(True, "Synthetic bars.", f"{', '.join(made[:8])}: made by chance, no market ever had them.")
    if any(asked.get("adjust") == "none" for asked in told.sources.values()):
        yield Caution(False, "Unadjusted.", "Prices are not restated for splits and dividends.")
    yield from _survivors(bars)
    yield from _findings(bars, market)


def _survivors(bars: RunBars) -> Iterator[Caution]:
    """The rule of `data verify`, for the symbols of the run: nearly all of them still trade at the end."""
    if len(bars.symbols) < _MANY:
        return
    last = bars.frame.group_by("symbol").agg(pl.col("ts").max())["ts"]
    end = last.max()
    gone = int((last.dt.epoch("us") < pl.Series([end]).dt.epoch("us")[0] - _MONTH_US).sum())
    if gone * 50 <= len(last):
        text = (
            f"Of {len(last)} symbols {gone or 'none'} ended more than a month before {instant(str(end))}: those that"
            " were delisted are missing, and results look better than they were."
        )
        yield Caution(True, "Survivorship.", text)


def _findings(bars: RunBars, market: Market) -> Iterator[Caution]:
    """What verifying or importing found about these symbols in this timeframe, checks with warnings alone."""
    mine = {*bars.symbols, ""}
    accounts = market.accounts()
    stored = [account for account in accounts if account.about == "stored"][:1]
    checks: dict[str, set[str]] = {}
    for account in stored or accounts:
        for finding in account.findings:
            if finding["severity"] != "info" and finding["timeframe"] == bars.timeframe and finding["symbol"] in mine:
                checks.setdefault(finding["check"], set()).add(finding["symbol"])
    if checks:
        said = ", ".join(f"{check} ({counted(len(found), 'symbol')})" for check, found in sorted(checks.items()))
        yield Caution(False, "Data.", f"{said}: tradegraph data verify says where.")
