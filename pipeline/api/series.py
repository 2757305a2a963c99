"""Many rows as a few buckets: as many as a chart can show, and nothing that it would miss.

A bucket holds neighbouring rows; of each column it has the least, the greatest and the last value that is known, so
no peak, no signal and no gap longer than a bucket is lost. Rows are shared out evenly: what is counted are rows, not
time, so nights and weekends take no room.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.api.problem import refusal
from pipeline.api.shape import Reply
from pipeline.graph.source import read_end, read_start
from pipeline.store.window import Window

__all__ = ["MOST_POINTS", "Points", "bucketed", "in_buckets", "instants", "sampled", "window_of"]

MOST_POINTS = 20_000


class Points(Reply):
    """A column over buckets. `least` and `most` are null where a bucket is one row: it is the value then."""

    name: str
    last: list[int | float | bool | None]
    least: list[int | float | bool | None] | None = None
    most: list[int | float | bool | None] | None = None


def window_of(symbol: str | None, from_: str | None, to: str | None) -> Window:
    """The rows that a request asks for; a date as `to` counts whole. Raises RequestError TG801."""
    try:
        return Window(symbol, read_start(from_) if from_ else None, read_end(to) if to else None)
    except ValueError as error:
        raise refusal("TG801", f"`from` or `to`: {error}") from error


def in_buckets(rows: int, points: int) -> pl.Expr | None:
    """The number of the bucket of each row, None where each row is a bucket."""
    return None if rows <= points else pl.int_range(pl.len()) * points // rows


def bucketed(frame: pl.DataFrame, points: int, columns: Sequence[pl.Expr]) -> pl.DataFrame:
    """A row per bucket: its first ts, and `columns` over its rows."""
    bucket = in_buckets(frame.height, points)
    assert bucket is not None
    return (
        frame.group_by(bucket.alias("__bucket"), maintain_order=True)
        .agg(pl.col("ts").first(), *columns)
        .drop("__bucket")
    )


def sampled(frame: pl.DataFrame, names: Sequence[str], points: int) -> tuple[list[int], list[Points]]:
    """The instants and the columns of a frame of one symbol, in at most so many buckets."""
    clean = frame.with_columns(_finite(frame, name) for name in names)
    if frame.height <= points:
        return instants(clean["ts"]), [Points(name=name, last=clean[name].to_list()) for name in names]
    of: list[pl.Expr] = []
    for name in names:
        known = pl.col(name).drop_nulls()
        of += [known.last().alias(f"last {name}"), known.min().alias(f"min {name}"), known.max().alias(f"max {name}")]
    small = bucketed(clean, points, of)
    return instants(small["ts"]), [
        Points(
            name=name,
            last=small[f"last {name}"].to_list(),
            least=small[f"min {name}"].to_list(),
            most=small[f"max {name}"].to_list(),
        )
        for name in names
    ]


def instants(ts: pl.Series) -> list[int]:
    """Milliseconds since 1970, UTC."""
    found: list[int] = ts.dt.epoch("ms").to_list()
    return found


def _finite(frame: pl.DataFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    return pl.when(column.is_finite()).then(column).alias(name) if frame[name].dtype.is_float() else column
