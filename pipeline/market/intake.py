"""One file of a vendor as bars: read, typed, and rid of the rows that are no bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.market.formats import Choice, Reading, Sample, read_file, refusal
from pipeline.market.moment import in_zone, moments
from pipeline.market.spacing import check_spacing, order_notes, timeframe_of
from pipeline.market.symbol import check_symbol
from pipeline.model.bars import BAR_FIELDS, timeframe_seconds

__all__ = ["REASONS", "REPEATED", "Intake", "take_in", "take_in_reading"]

REASONS = ("", "no symbol", "no time", "unreadable time", "no price", "price is zero", "repeated time")
"""Why a row is dropped; the `reason` column holds the index, 0 is a row that is taken."""

REPEATED = REASONS.index("repeated time")

_PRICES = ("open", "high", "low", "close")
_NO_VALUE = ("", "null", "NULL", "None", "nan", "NaN", "N/A", "n/a", "-")
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that can be imported.

    `frame` has line, symbol, ts, open, high, low, close, volume, dividend, split and reason (see
    `REASONS`), also of the rows that are dropped, and `adjusted`, the vendor's adjusted close. `has_actions` and
    `has_adjusted` say whether the file tells of dividends or splits, and of adjusted closes, at all; `timeframe` is
    that of its bars.
    """

    path: Path
    frame: pl.DataFrame
    has_actions: bool
    has_adjusted: bool
    notes: tuple[str, ...]
    timeframe: str


def take_in(path: Path, choice: Choice) -> Intake:
    """Read one file. Raises MarketError TG304 when it holds no bars, TG308 for an impossible symbol."""
    sample = Sample.of(path)
    try:
        reading = read_file(sample, choice)
    except pl.exceptions.PolarsError as error:
        fact = str(error).splitlines()[0]
        raise refusal(path, f"is not readable as a table ({fact})", "Export it again as CSV or Parquet.") from error
    symbol = reading.symbol or sample.stem
    return take_in_reading(path, replace(reading, symbol=symbol), choice)


def take_in_reading(path: Path, reading: Reading, choice: Choice) -> Intake:
    """The columns of a vendor as bars; `path` says whose they are."""
    columns, notes = reading.columns, list(reading.notes)
    stamp = columns["ts"]
    rows, wanted = len(stamp), choice.timeframe
    if wanted is not None:
        timeframe_seconds(wanted)
    ts = moments(stamp, daily=wanted is not None and timeframe_seconds(wanted) >= _DAY)
    _refuse_if_unread(path, ts, stamp)
    names = _symbols(path, columns.get("symbol"), choice.symbol, reading.symbol, rows)
    if wanted is None:
        wanted = timeframe_of(path, names, ts, reading.timeframe)
        if timeframe_seconds(wanted) >= _DAY:
            ts = moments(stamp, daily=True)
    elif reading.timeframe not in (None, wanted):
        notes.append(f"the name says {reading.timeframe}, imported as {wanted}")
    seconds = timeframe_seconds(wanted)
    zone = choice.zone or reading.zone
    if seconds < _DAY and _without_zone(stamp):
        if zone is None:
            notes.append("times have no zone and are taken as UTC (--zone for another)")
        elif zone != "UTC":
            ts = in_zone(ts, zone)
            notes.append(f"times were read as of {zone}")
    numbers = (*BAR_FIELDS, "dividend", "split", "adjusted")
    typed = {name: _number(path, columns.get(name), name, rows, notes) for name in numbers}
    has_actions = ("dividend" in columns or "split" in columns) and seconds <= _DAY
    if seconds > _DAY and ("dividend" in columns or "split" in columns):
        notes.append("dividends and splits are ignored: a bar longer than a day does not tell their date")
    first = reading.first_line
    line = pl.int_range(first, first + rows, eager=True, dtype=pl.UInt32).alias("line")
    frame = pl.DataFrame([line, names, ts, *typed.values()])
    frame = frame.with_columns(_reason(frame, stamp))
    notes += order_notes(frame["symbol"], frame["ts"], frame["line"])
    _refuse_if_hopeless(path, frame, notes)
    good = frame if frame["reason"].max() == 0 else frame.filter(pl.col("reason") == 0)
    check_spacing(path, good, wanted, notes)
    return Intake(path, frame, has_actions, "adjusted" in columns, tuple(notes), wanted)


def _without_zone(stamp: pl.Series) -> bool:
    """True for times on somebody's wall clock; numbers since 1970 are UTC."""
    if isinstance(stamp.dtype, pl.Datetime):
        return stamp.dtype.time_zone is None
    if stamp.dtype != pl.String:
        return False
    head = stamp.drop_nulls().head(1)
    return not head.str.contains(r"^\d+$|(Z|z|UTC|[+-]\d{2}:?\d{2})$").any()


def _number(path: Path, column: pl.Series | None, name: str, rows: int, notes: list[str]) -> pl.Series:
    """A column as finite Float64 with null where missing; actions get their neutral value instead."""
    neutral = {"dividend": 0.0, "split": 1.0}.get(name)
    if column is None:
        return pl.Series(name, [neutral], dtype=pl.Float64).new_from_index(0, rows)
    text = column.dtype == pl.String
    value = column.cast(pl.Float64, strict=False).alias(name)
    if text and value.null_count() > column.null_count():
        value = _plain(column, name).cast(pl.Float64, strict=False).alias(name)
    finite = value.is_finite()
    if not finite.all():
        value = value.set(~finite, None)
    if text and value.null_count():
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
    """The text of numbers as Python writes them.

    `$1,234,567` loses its signs, `10,5` gets a point, a split `3:2` is divided. A comma before three digits groups.
    """
    plain = column.str.strip_chars().str.strip_prefix("$").str.strip_prefix("€")
    if plain.str.contains(r"^-?\d+,(\d{1,2}|\d{4,})$").any() and not plain.str.contains(".", literal=True).any():
        # a comma before one, two or more than three digits groups nothing
        plain = plain.str.replace(",", ".", literal=True)
    grouped = plain.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
    if grouped.any():
        plain = plain.zip_with(~grouped.fill_null(value=False), plain.str.replace_all(",", "", literal=True))
    if name == "split":
        terms = plain.str.extract_groups(r"^(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)$").struct.unnest()
        quotient = terms["1"].cast(pl.Float64) / terms["2"].cast(pl.Float64)
        plain = plain.zip_with(quotient.is_null(), quotient.cast(pl.String))
    return plain


def _symbols(path: Path, column: pl.Series | None, said: str | None, named: str | None, rows: int) -> pl.Series:
    """The symbol of each row: what the user says, the column, the file's name."""
    if column is None:
        name = check_symbol(said or named or "")
        return pl.Series("symbol", [name], dtype=pl.String).new_from_index(0, rows)
    names = column.cast(pl.String).str.strip_chars().alias("symbol")
    names = names.set(names == "", None)
    distinct = names.drop_nulls().unique().to_list()
    if said is not None:
        if len(distinct) > 1:
            raise refusal(path, f"has {len(distinct)} symbols, and one name {said!r} was given", "Leave --symbol out.")
        return pl.Series("symbol", [check_symbol(said)], dtype=pl.String).new_from_index(0, rows)
    for name in distinct:
        check_symbol(name)
    return names


def _blank(stamp: pl.Series) -> pl.Series:
    return stamp.is_null() if stamp.dtype != pl.String else stamp.is_null() | stamp.is_in(_NO_VALUE)


def _reason(frame: pl.DataFrame, stamp: pl.Series) -> pl.Series:
    """Why each row is dropped, 0 where it is taken."""
    taken = pl.Series("reason", [0], dtype=pl.UInt8).new_from_index(0, len(frame))
    whole = not any(frame[name].null_count() for name in ("symbol", "ts", *_PRICES))
    if whole and not any((frame[name] == 0.0).any() for name in _PRICES):
        return taken
    rules = (
        ("no symbol", pl.col("symbol").is_null()),
        ("no time", pl.lit(_blank(stamp))),
        ("unreadable time", pl.col("ts").is_null()),
        ("no price", pl.any_horizontal(pl.col(_PRICES).is_null())),
        ("price is zero", pl.any_horizontal(pl.col(_PRICES) == 0.0)),
    )
    chosen = pl.lit(0, dtype=pl.UInt8)
    for reason, rule in reversed(rules):
        chosen = pl.when(rule).then(pl.lit(REASONS.index(reason), dtype=pl.UInt8)).otherwise(chosen)
    return frame.select(chosen.alias("reason")).to_series()


def _refuse_if_unread(path: Path, ts: pl.Series, stamp: pl.Series) -> None:
    """Refuse a file in which most times cannot be read."""
    unread = ts.is_null() & ~_blank(stamp)
    if unread.sum() * 2 > len(ts):
        raise refusal(
            path,
            f"{unread.sum()} of {len(ts)} times cannot be read, the first is {stamp.filter(unread)[0]!r}",
            "Write times as 2024-01-31, 2024-01-31T15:30:00Z, or seconds, milliseconds or microseconds since 1970;"
            " 01/02/2024 only where another row tells day from month.",
        )


def _refuse_if_hopeless(path: Path, frame: pl.DataFrame, notes: Sequence[str]) -> None:
    """Refuse a file that has no bar at all; what was noted of its columns may say why."""
    if (frame["reason"] == 0).any():
        return
    why = "".join(f"; {note}" for note in notes if "cannot be read" in note)
    hint = "Check the columns and the decimal sign."
    raise refusal(path, f"none of {len(frame)} rows has a time and four prices{why}", hint)
