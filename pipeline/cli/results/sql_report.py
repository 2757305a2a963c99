"""The answer of a query in the wanted form, to stdout or into a file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import click
import polars as pl

from pipeline.cli.console.document import plain
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_frame, table_lines

__all__ = ["encoded", "write"]

_IN_CSV = (
    *(pl.Boolean, pl.String, pl.Categorical, pl.Enum, pl.Decimal, pl.Null),
    *(pl.Date, pl.Datetime, pl.Time, pl.Duration),
    *(pl.Float32, pl.Float64, pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128),
    *(pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64),
)


def write(frame: pl.DataFrame, form: str, output: Path | None, *, limit: int) -> None:
    """Write a frame as a table, CSV, JSON or Parquet."""
    if output is not None:
        _put(output, encoded(frame, form))
        tell(f"{shown_path(output)}: {counted(frame.height, 'row')}")
    elif form == "table":
        _echo(frame, limit)
    else:
        # in one piece: a reader that stops half-way ends this write, whatever made the bytes
        sys.stdout.flush()
        sys.stdout.buffer.write(encoded(frame, form))
        sys.stdout.buffer.flush()


def encoded(frame: pl.DataFrame, form: str) -> bytes:
    """A frame as bytes. In CSV a missing value is empty and an empty text is `""`."""
    if form == "table":
        return ("\n".join(map(click.unstyle, table_lines(frame.columns, frame.rows(), None))) + "\n").encode()
    if form == "json":
        rows = plain(frame.to_dicts())
        lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
        return f"[\n{lines}\n]\n".encode() if rows else b"[]\n"
    buffer = io.BytesIO()
    if form == "csv":
        _flat(frame).write_csv(buffer, quote_style="necessary")
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Times in ISO 8601, and what CSV has no form for (lists, structs, bytes) as JSON text."""
    frame = frame.with_columns(
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.f" + ("%:z" if dtype.time_zone else ""))
        for name, dtype in frame.schema.items()
        if isinstance(dtype, pl.Datetime)
    )
    foreign = [name for name, dtype in frame.schema.items() if not isinstance(dtype, _IN_CSV)]
    return frame.with_columns(
        pl.Series(name, [None if v is None else json.dumps(plain(v)) for v in frame[name].to_list()], dtype=pl.String)
        for name in foreign
    )


def _put(output: Path, data: bytes) -> None:
    """Write a file whole or not at all; into what is no regular file (a pipe, a device) just write."""
    try:
        if output.exists() and not output.is_file():
            output.write_bytes(data)
            return
        target = output.resolve()  # behind a link, the file itself
        temporary = target.with_name(f".{target.name}.tmp")
        try:
            temporary.write_bytes(data)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        error.filename = str(output)
        raise


def _echo(frame: pl.DataFrame, limit: int) -> None:
    if not frame.width:
        click.echo("no answer")
        return
    if frame.columns == ["explain_key", "explain_value"]:  # a drawing, not a value
        click.echo("\n".join(frame["explain_value"].to_list()))
        return
    echo_frame(frame, limit=limit)
    if not frame.height:
        click.echo(click.style("0 rows", dim=True))
