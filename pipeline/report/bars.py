"""The bars below a run: those that it saw, as far as the market still has them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipeline.errors import MarketError
from pipeline.model.bars import BAR_FIELDS, BarsRequest, Resample, ResolvedBars
from pipeline.model.digest import digest
from pipeline.report.archive import Archive
from pipeline.report.told import Row, Told

__all__ = ["RunBars", "bars_of", "main_source"]


@dataclass(frozen=True)
class RunBars:
    """The bars of one source: `frame` has symbol, ts and the fields, from the asked `from` on, by (symbol, ts).

    `same` says that they are the very bars that the run saw; `problem` why there are none.
    """

    source: str
    timeframe: str
    frame: pl.DataFrame
    same: bool = True
    problem: str = ""

    @property
    def symbols(self) -> list[str]:
        """The symbols in their order."""
        return self.frame["symbol"].unique(maintain_order=True).to_list()


NO_BARS = pl.DataFrame(
    schema={"symbol": pl.String, "ts": pl.Datetime("us", "UTC"), **dict.fromkeys(BAR_FIELDS, pl.Float64)}
)


def main_source(told: Told, accounts: list[str]) -> str:
    """The bars source that the price chart shows: the one nearest above an account, else the most used one."""
    for account in accounts:
        for name in [account, *told.upstream(account)]:
            for _, source, bars, _ in told.by_name[name].wires:
                if bars:
                    return source
    used = Counter(source for node in told.nodes for _, source, bars, _ in node.wires if bars)
    return used.most_common(1)[0][0] if used else next(iter(told.sources), "")


def bars_of(told: Told, source: str, archive: Archive) -> RunBars:
    """The bars of a source as the run saw them, or as they are now where those have gone from the market."""
    asked = told.sources.get(source)
    if asked is None:
        return RunBars(source, "", NO_BARS, problem="The run was recorded by a version that did not keep its bars.")
    request = _request(asked)
    try:
        for resolved in _candidates(request, told, source, archive):
            try:
                panel = archive.market.read(resolved, BAR_FIELDS)
            except MarketError:
                continue
            frame = pl.DataFrame(
                [panel.symbol_column, panel.ts.alias("ts")]
                + [column.series.alias(name) for name, column in panel.columns.items()]
            )
            frame = frame.filter(pl.col("ts") >= request.start) if request.start else frame
            same = asked["digest"] in (None, digest(resolved.symbols, resolved.digests))
            return RunBars(source, request.timeframe, frame, same)
    except MarketError as error:
        return RunBars(source, request.timeframe, NO_BARS, same=False, problem=error.faults[0].message)
    return RunBars(source, request.timeframe, NO_BARS, same=False, problem="The bars are no longer in the market.")


def _candidates(request: BarsRequest, told: Told, source: str, archive: Archive) -> Iterator[ResolvedBars]:
    """What to ask the market for: what the run got, as far as that is known, then what there is now."""
    keys = [node.row["stored"] or node.row["key"] for node in told.nodes if _stands_on(node.wires, source)]
    found = archive.database.sql(
        "select distinct p.symbols, p.digests from objects o join panels p on p.data = o.data"
        " where o.key in (select unnest(string_split(?, ' '))) and len(p.sources) = 1",
        [" ".join(keys)],
    )
    for symbols, digests in found.rows():
        if digests and digest(tuple(symbols), tuple(digests)) == told.sources[source]["digest"]:
            yield ResolvedBars(request, tuple(symbols), tuple(digests))
    yield archive.market.resolve(request)


def _stands_on(wires: tuple[tuple[str, str, bool, tuple[str, ...]], ...], source: str) -> bool:
    return any(bars and end == source for _, end, bars, _ in wires)


def _request(asked: Row) -> BarsRequest:
    resample = asked["resample"]
    if resample is not None:
        begin = resample["day_start"]
        day_start = None if begin is None else dt.time.fromisoformat(begin)
        resample = Resample(resample["of"], resample["zone"], day_start, resample["weekdays"])
    return BarsRequest(
        asked["timeframe"],
        None if asked["symbols"] is None else tuple(asked["symbols"]),
        _instant(asked["from"]),
        _instant(asked["to"]),
        asked["adjust"],
        resample,
    )


def _instant(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
