"""Tables with a header line that anybody wrote, Parquet and Arrow files, and frames in memory."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import polars as pl

from pipeline.errors import UsageError, did_you_mean
from pipeline.market.formats.header import NEEDED, OURS, match
from pipeline.market.formats.reading import Choice, Reading, refusal
from pipeline.market.formats.sample import Sample

__all__ = ["Table", "frame_of", "plain_name", "read_frame", "read_text"]

_BANNER_LINES = 3


@dataclass(frozen=True)
class Table:
    """CSV, Parquet or Arrow with named columns, in any order, matched by their usual names."""

    name: str = "table"

    def claims(self, sample: Sample) -> bool:
        """Anything."""
        return sample.kind != "json"

    def read(self, sample: Sample, choice: Choice) -> Reading:
        """The columns that are needed, found by name or as `choice` maps them."""
        if sample.kind in ("parquet", "arrow"):
            return read_frame(sample.frame, sample.path, choice)
        raw, first_line = read_text(sample, choice)
        return read_frame(raw, sample.path, choice, first_line=first_line)


def read_text(sample: Sample, choice: Choice) -> tuple[pl.DataFrame, int]:
    """The table of a text file, all as text, and the line of its first row; a banner above the header is skipped."""
    lines = sample.lines[:_BANNER_LINES]
    wanted = set(choice.columns.values())
    best = None
    for number, text in enumerate(lines):
        separator = max(",;\t|", key=text.count)
        names = [name.strip().strip('"') for name in text.split(separator)]
        if not match(names).missing or (wanted and wanted <= set(names)):
            best = number
            break
    if best is None:
        best, separator = 0, max(",;\t|", key=lines[0].count)
    try:
        # all as text: a type guessed from the first rows would refuse, or change, a later one (ticker 000001, ON, NA)
        raw = pl.read_csv(io.BytesIO(sample.data), separator=separator, skip_lines=best, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        fact = str(error).splitlines()[0]
        raise refusal(sample.path, f"is not readable as a table ({fact})", "Export it again as CSV.") from error
    return raw, best + 2


def read_frame(raw: pl.DataFrame, path: Path, choice: Choice, *, first_line: int = 1) -> Reading:
    """The columns of a table by our names. Raises MarketError TG304 when one that is needed is not there."""
    for ours, theirs in choice.columns.items():
        if ours not in OURS:
            raise UsageError(f"bars have no column {ours!r} to map", hint=did_you_mean(ours, OURS))
        if theirs not in raw.columns:
            raise refusal(path, f"has no column {theirs!r}", did_you_mean(theirs, raw.columns))
    header = match(raw.columns, choice.columns)
    if header.missing:
        got = ", ".join(repr(name[:40]) for name in raw.columns[:12]) or "nothing"
        raise refusal(
            path,
            f"expected columns {', '.join(NEEDED)}; got {got}: no {', '.join(header.missing)}",
            "Map them (--map ts=Date --map close=Last), or say --format.",
        )
    if not len(raw):
        raise refusal(path, "has a header but no rows", "Export it again.")
    columns = {name: raw[theirs] for name, theirs in header.columns.items()}
    if header.time:
        columns["ts"] = columns["ts"].cast(pl.String) + " " + raw[header.time].cast(pl.String)
    return Reading(columns, first_line, notes=header.notes)


def frame_of(table: Any) -> pl.DataFrame:
    """A polars frame of a polars or pandas frame, an Arrow table, or a mapping of columns; an index is a column."""
    if isinstance(table, pl.DataFrame):
        return table
    if isinstance(table, pl.LazyFrame):
        return table.collect()
    if hasattr(table, "iloc") and hasattr(table, "reset_index"):  # pandas, which need not be installed here
        named = table.index.name is not None or str(table.index.dtype).startswith("datetime")
        flat = table.reset_index(names=table.index.name or "ts") if named else table
        return pl.DataFrame({str(name): _column(flat[name]) for name in flat.columns})
    if isinstance(table, Mapping) or hasattr(table, "__arrow_c_stream__"):
        return pl.DataFrame(table)
    raise UsageError(
        f"bars are a frame, got {type(table).__name__}", hint="Give a polars or pandas frame, or an Arrow table."
    )


def _column(series: Any) -> Any:
    """A pandas column as something that polars takes without pyarrow."""
    kind = str(series.dtype)
    if kind.startswith("datetime64") and "," in kind:
        local = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        moments = pl.Series(local).dt.replace_time_zone("UTC")
        # in its own zone: a daily bar of New York is stamped with midnight there
        name = str(series.dt.tz)
        return moments.dt.convert_time_zone(name) if name in available_timezones() else moments
    values = series.to_numpy()
    if values.dtype.kind == "M":  # pandas keeps seconds too, which polars does not
        return values.astype("datetime64[us]")
    return values.tolist() if values.dtype == object else values


def plain_name(name: str) -> str:
    """A column's name without blanks, signs and case."""
    return re.sub(r"[\s_<>\"']", "", name).lower()
