"""One file of a vendor as bars: read, matched, typed, and rid of the rows that are no bars."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.errors import MarketError
from pipeline.market.header import NEEDED, Header, match
from pipeline.market.moment import moments
from pipeline.market.symbol import check_symbol
from pipeline.model.bars import BAR_FIELDS, timeframe_seconds

__all__ = ["REASONS", "REPEATED", "SUFFIXES", "Intake", "refusal", "take_in"]

SUFFIXES = (".csv", ".csv.gz", ".txt", ".parquet")
REASONS = ("", "no symbol", "no time", "unreadable time", "no price", "price is zero", "repeated time")
"""Why a row is dropped; the `reason` column holds the index, 0 is a row that is taken."""

REPEATED = REASONS.index("repeated time")

_PRICES = ("open", "high", "low", "close")
_NO_VALUE = ("", "null", "NULL", "None", "nan", "NaN", "N/A", "n/a", "-")
_BANNER_LINES = 3


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that can be imported.

    `frame` has line, symbol, ts, open, high, low, close, volume, dividend, split and reason (see
    `REASONS`), also of the rows that are dropped. `has_actions` says whether the file tells of
    dividends or splits at all.
    """

    path: Path
    frame: pl.DataFrame
    has_actions: bool
    notes: tuple[str, ...]


def take_in(path: Path, timeframe: str, *, symbol: str | None = None) -> Intake:
    """Read one file. Raises MarketError TG304 when it holds no bars, TG308 for an impossible symbol."""
    seconds = timeframe_seconds(timeframe)
    raw, first_line, header = _read(path)
    notes = list(header.notes)
    columns = {name: raw[theirs] for name, theirs in header.columns.items()}
    stamp = columns["ts"]
    if header.time:
        stamp = stamp.cast(pl.String) + " " + raw[header.time].cast(pl.String)
    ts = moments(stamp, daily=seconds >= 86_400)
    numbers = (*BAR_FIELDS, "dividend", "split")
    typed = {name: _number(path, columns.get(name), name, len(raw), notes) for name in numbers}
    has_actions = ("dividend" in columns or "split" in columns) and seconds <= 86_400
    if seconds > 86_400 and ("dividend" in columns or "split" in columns):
        notes.append("dividends and splits are ignored: a bar longer than a day does not tell their date")
    line = pl.int_range(first_line, first_line + len(raw), eager=True, dtype=pl.UInt32).alias("line")
    names = _symbols(path, columns.get("symbol"), symbol, len(raw))
    frame = pl.DataFrame([line, names, ts, *typed.values()])
    frame = frame.with_columns(_reason(stamp.alias("stamp")))
    _refuse_if_hopeless(path, frame, stamp, timeframe, notes)
    return Intake(path, frame, has_actions, tuple(notes))


def refusal(path: Path, fact: str, hint: str) -> MarketError:
    """The error of a file that cannot be imported."""
    return MarketError(f"{path}: {fact}", code="TG304", hint=hint)


def _read(path: Path) -> tuple[pl.DataFrame, int, Header]:
    """The file as it is, the line of its first row, and its matched header."""
    try:
        if path.name.lower().endswith(".parquet"):
            raw = pl.read_parquet(path)
            first_line = 1
        else:
            raw, first_line = _read_text(path)
    except OSError as error:
        raise refusal(path, f"cannot be read ({error.strerror or error})", "Check the path.") from error
    except pl.exceptions.PolarsError as error:
        fact = str(error).splitlines()[0]
        raise refusal(path, f"is not readable as a table ({fact})", "Export it again as CSV or Parquet.") from error
    header = match(raw.columns)
    if header.missing:
        got = ", ".join(repr(name[:40]) for name in raw.columns[:12]) or "nothing"
        raise refusal(
            path,
            f"expected columns {', '.join(NEEDED)}; got {got}: no {', '.join(header.missing)}",
            "Add or rename the header line (date,open,high,low,close,volume); an error page saved as CSV has none.",
        )
    if not len(raw):
        raise refusal(path, "has a header but no rows", "Export it again.")
    return raw, first_line, header


def _read_text(path: Path) -> tuple[pl.DataFrame, int]:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, gzip.BadGzipFile) as error:
            raise refusal(path, f"is not whole gzip data ({error})", "Download it again.") from error
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refusal(path, f"is not UTF-8 text (byte {error.start})", "Save it as UTF-8 CSV.") from error
    lines = [line.decode() for line in data[: 1 << 16].removeprefix(b"\xef\xbb\xbf").splitlines()[:_BANNER_LINES]]
    if not any(line.strip() for line in lines):
        raise refusal(path, "is empty", "Download it again.")
    best, separator = 0, ","
    for number, text in enumerate(lines):
        separator = max(",;\t|", key=text.count)
        if not match([name.strip() for name in text.split(separator)]).missing:
            best = number
            break
    else:
        separator = max(",;\t|", key=lines[0].count)
    # all as text: a type guessed from the first rows would refuse, or change, a later one (ticker 000001, ON, NA)
    raw = pl.read_csv(io.BytesIO(data), separator=separator, skip_lines=best, infer_schema=False)
    return raw, best + 2


def _number(path: Path, column: pl.Series | None, name: str, rows: int, notes: list[str]) -> pl.Series:
    """A column as finite Float64 with null where missing; actions get their neutral value instead."""
    neutral = {"dividend": 0.0, "split": 1.0}.get(name)
    if column is None:
        return pl.Series(name, [neutral], dtype=pl.Float64).new_from_index(0, rows)
    text = column.dtype == pl.String
    value = (_plain(column, name) if text else column).cast(pl.Float64, strict=False).alias(name)
    value = value.set(~value.is_finite(), None)
    if text:
        bad = value.is_null() & column.is_not_null() & ~column.str.strip_chars().is_in(_NO_VALUE)
        if bad.any():
            fact = f"{name} {column.filter(bad)[0]!r} cannot be read (values like it: {bad.sum()})"
            if neutral is not None:
                # taken as nothing, a split would leave every price before it wrong
                raise refusal(path, fact, "Write a number: 0.25 for a dividend, 2.0 or 2:1 for two shares for one.")
            notes.append(fact)
    if neutral is None:
        return value
    if name == "split":
        # zero is how some vendors write "no split"
        value = value.set(value <= 0.0, None)
    return value.fill_null(neutral)


def _plain(column: pl.Series, name: str) -> pl.Series:
    """The text of numbers as Python writes them: `1,234,567` without its commas, a split `3:2` as a quotient."""
    plain = column.str.strip_chars()
    grouped = plain.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
    if grouped.any():
        plain = plain.zip_with(~grouped.fill_null(value=False), plain.str.replace_all(",", "", literal=True))
    if name == "split":
        terms = plain.str.extract_groups(r"^(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)$").struct.unnest()
        quotient = terms["1"].cast(pl.Float64) / terms["2"].cast(pl.Float64)
        plain = plain.zip_with(quotient.is_null(), quotient.cast(pl.String))
    return plain


def _symbols(path: Path, column: pl.Series | None, symbol: str | None, rows: int) -> pl.Series:
    if column is None:
        name = check_symbol(symbol or _stem(path))
        return pl.Series("symbol", [name], dtype=pl.String).new_from_index(0, rows)
    names = column.cast(pl.String).str.strip_chars().alias("symbol")
    names = names.set(names == "", None)
    distinct = names.drop_nulls().unique().to_list()
    if symbol is not None:
        if len(distinct) > 1:
            raise refusal(
                path, f"has {len(distinct)} symbols, and one name {symbol!r} was given", "Leave --symbol out."
            )
        return pl.Series("symbol", [check_symbol(symbol)], dtype=pl.String).new_from_index(0, rows)
    for name in distinct:
        check_symbol(name)
    return names


def _stem(path: Path) -> str:
    suffix = next((s for s in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(s)), path.suffix)
    return path.name[: len(path.name) - len(suffix)]


def _reason(stamp: pl.Series) -> pl.Expr:
    blank = pl.lit(stamp.is_null() if stamp.dtype != pl.String else stamp.is_null() | stamp.is_in(_NO_VALUE))
    rules = (
        ("no symbol", pl.col("symbol").is_null()),
        ("no time", blank),
        ("unreadable time", pl.col("ts").is_null()),
        ("no price", pl.any_horizontal(pl.col(_PRICES).is_null())),
        ("price is zero", pl.any_horizontal(pl.col(_PRICES) == 0.0)),
    )
    chosen = pl.lit(0, dtype=pl.UInt8)
    for reason, rule in reversed(rules):
        chosen = pl.when(rule).then(pl.lit(REASONS.index(reason), dtype=pl.UInt8)).otherwise(chosen)
    return chosen.alias("reason")


def _refuse_if_hopeless(path: Path, frame: pl.DataFrame, stamp: pl.Series, timeframe: str, notes: list[str]) -> None:
    """Refuse a file in which most rows are no bars, or whose bars are closer together than the timeframe."""
    rows, seconds = len(frame), timeframe_seconds(timeframe)
    unread = frame["reason"] == REASONS.index("unreadable time")
    if unread.sum() * 2 > rows:
        raise refusal(
            path,
            f"{unread.sum()} of {rows} times cannot be read, the first is {stamp.filter(unread)[0]!r}",
            "Write times as 2024-01-31, 2024-01-31T15:30:00Z, or seconds, milliseconds or microseconds since 1970.",
        )
    good = frame.filter(pl.col("reason") == 0)
    if not len(good):
        raise refusal(
            path, f"none of {rows} rows has a time and four prices", "Check the columns and the decimal sign."
        )
    one = good.filter(pl.col("symbol") == good["symbol"][0])["ts"].unique().sort().to_physical().to_numpy()
    if len(one) < 3:
        return
    step = np.diff(one) / 1e6
    if np.median(step) < 0.9 * seconds:
        raise refusal(
            path,
            f"bars are {np.median(step):g} s apart, too close for {timeframe} ({seconds} s)",
            "Give the timeframe of the bars in the file.",
        )
    if step.min() > 1.1 * seconds and seconds < 86_400 * 7:
        notes.append(f"no two bars are {timeframe} apart (the closest: {step.min():g} s): is the timeframe right?")
