"""Rows, the spans that digest them, and the immutable Parquet parts that hold them.

A part's name carries the digest of its bytes, which a read checks. A span carries the digest of its
*content*, which cache keys rest on: it survives a new Parquet writer, a new codec, and a rewrite of
its part because of rows elsewhere. Spans follow the calendar (a year of daily bars, a month of
minutes), and appended rows are spans of their own, so what was digested before stays as it was.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.model.bars import BAR_FIELDS, timeframe_seconds
from pipeline.model.digest import DIGEST_SIZE

__all__ = [
    "EPOCH",
    "TS",
    "Part",
    "Rows",
    "Span",
    "encode_part",
    "file_digest",
    "instant",
    "micros",
    "part_keys",
    "span_keys",
    "spans_of",
]

TS = pl.Datetime("us", "UTC")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
Int64s: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]


def micros(moment: dt.datetime) -> int:
    """Microseconds since 1970 in UTC; a moment without zone counts as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - EPOCH) // dt.timedelta(microseconds=1)


def instant(value: int) -> dt.datetime:
    """The moment of `value` microseconds since 1970, in UTC."""
    return EPOCH + dt.timedelta(microseconds=value)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Bars of one symbol, ts strictly ascending. `values` are open, high, low, close, volume; NaN is null."""

    ts: Int64s
    values: tuple[Floats, ...]

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, which: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> Rows:
        """The rows that `which` selects."""
        return Rows(self.ts[which], tuple(column[which] for column in self.values))

    def frame(self) -> pl.DataFrame:
        """The rows as ts, open, high, low, close, volume."""
        columns = [pl.Series("ts", self.ts).cast(TS)]
        columns += [pl.Series(n, v, nan_to_null=True) for n, v in zip(BAR_FIELDS, self.values, strict=True)]
        return pl.DataFrame(columns)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Rows:
        """Rows from a frame with the columns of `frame()`."""
        ts = frame["ts"].cast(pl.Int64).to_numpy()
        values = (frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in BAR_FIELDS)
        return cls(np.ascontiguousarray(ts), tuple(map(_canonical, values)))

    @classmethod
    def join(cls, pieces: list[Rows]) -> Rows:
        """The pieces in the order given, as one."""
        if len(pieces) == 1:
            return pieces[0]
        values = tuple(np.concatenate(columns) for columns in zip(*(p.values for p in pieces), strict=True))
        return cls(np.concatenate([p.ts for p in pieces]), values)

    def digest(self) -> str:
        """The digest of the content: the same on every platform and for every file format."""
        # one buffer: below 2 kB a call of blake2b keeps the GIL, and six calls cost more than one join
        columns = (self.ts.astype("<i8", copy=False), *(c.astype("<f8", copy=False) for c in self.values))
        content = b"".join([b"%d;" % len(self.ts), *(column.tobytes() for column in columns)])
        return blake2b(content, digest_size=DIGEST_SIZE).hexdigest()


class Span(NamedTuple):
    """A stretch of rows with the digest of their content; `first` and `last` are microseconds."""

    first: int
    last: int
    rows: int
    digest: str


class Part(NamedTuple):
    """One stored file: its period (for readers), the digest and size of its bytes, and its spans."""

    period: str
    digest: str
    size: int
    spans: tuple[Span, ...]

    @property
    def name(self) -> str:
        return f"{self.period}.{self.digest}.parquet"

    @property
    def first(self) -> int:
        return self.spans[0].first

    @property
    def last(self) -> int:
        return self.spans[-1].last

    @property
    def rows(self) -> int:
        return sum(span.rows for span in self.spans)


def _canonical(column: Floats) -> Floats:
    """One NaN and one zero, so that equal content has equal bytes."""
    column = column + 0.0
    missing = np.isnan(column)
    column[missing] = np.nan
    return column


_HOUR, _DAY = 3_600, 86_400


def part_keys(ts: Int64s, timeframe: str) -> Int64s:
    """Which calendar period each row's part belongs to: a month below 1h, a year below 1d, else all one."""
    seconds = timeframe_seconds(timeframe)
    if seconds >= _DAY:
        return np.zeros(len(ts), dtype=np.int64)
    return _calendar(ts, "M" if seconds < _HOUR else "Y")


def span_keys(ts: Int64s, timeframe: str) -> Int64s:
    """Which calendar period each row's span belongs to: a month below 1h, else a year."""
    return _calendar(ts, "M" if timeframe_seconds(timeframe) < _HOUR else "Y")


def _calendar(ts: Int64s, unit: Literal["M", "Y"]) -> Int64s:
    """The number of the month or year since 1970 of each of `ts`, which ascend: edges are found, not every date."""
    if not len(ts):
        return ts
    first, last = ts[[0, -1]].astype("datetime64[us]").astype(f"datetime64[{unit}]").astype(np.int64)
    numbers = np.arange(first, last + 1)
    begins = numbers[1:].astype(f"datetime64[{unit}]").astype("datetime64[us]").astype(np.int64)
    cuts = np.searchsorted(ts, begins)
    return np.repeat(numbers, np.diff(cuts, prepend=0, append=len(ts)))


def spans_of(rows: Rows, keys: Int64s) -> tuple[Span, ...]:
    """One span for each run of equal keys."""
    edges = [0, *(np.flatnonzero(keys[1:] != keys[:-1]) + 1).tolist(), len(rows)]
    spans = []
    for start, stop in pairwise(edges):
        piece = rows.take(slice(start, stop))
        spans.append(Span(int(piece.ts[0]), int(piece.ts[-1]), stop - start, piece.digest()))
    return tuple(spans)


def encode_part(rows: Rows, spans: tuple[Span, ...], *, salt: str = "") -> tuple[Part, bytes]:
    """The part that holds `rows`, and the bytes of its file.

    `salt` changes the bytes and with them the name, for when the plain name is already taken.
    """
    first, last = instant(spans[0].first), instant(spans[-1].last)
    period = f"{first:%Y%m%d}" if first.date() == last.date() else f"{first:%Y%m%d}-{last:%Y%m%d}"
    buffer = io.BytesIO()
    metadata = {"tradegraph": salt} if salt else None
    # lz4: a third smaller than plain, so it is digested faster, at the same cost of writing and reading
    rows.frame().write_parquet(buffer, compression="lz4", statistics=False, metadata=metadata)
    data = buffer.getvalue()
    return Part(period, file_digest(data), len(data), spans), data


def file_digest(data: bytes) -> str:
    """The digest of a part's bytes, checked at every read.

    SHA-256, cut to the length of our other digests: processors have instructions for it, so it takes less than half
    of the time of BLAKE2, and reading all closes of 500 symbols is half digesting.
    """
    return sha256(data).hexdigest()[: 2 * DIGEST_SIZE]
