"""A file as it comes: opened, unpacked, and looked at before anybody claims it."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import polars as pl

from pipeline.errors import MarketError

__all__ = ["SUFFIXES", "Sample"]

SUFFIXES = (".csv", ".csv.gz", ".txt", ".json", ".json.gz", ".parquet", ".feather", ".arrow", ".zip")
LARGEST = 4 << 30
"""Bytes that a compressed file may unpack to."""
Kind: TypeAlias = Literal["text", "json", "parquet", "arrow"]

_TIMEFRAME = re.compile(r"^(?P<symbol>.+?)-(?P<timeframe>\d+(?:m|h|d|w|mo|M))(?:-.*)?$")


@dataclass(frozen=True, eq=False)
class Sample:
    """One file: its kind, its text if it has one, and `member`, the name of what a zip held."""

    path: Path
    kind: Kind
    data: bytes = b""
    member: str = ""

    @classmethod
    def of(cls, path: Path) -> Sample:
        """Open a file. Raises MarketError TG304 when it is empty, packed badly or no text."""
        try:
            with path.open("rb") as file:
                magic = file.read(8)
            if not magic:
                raise _refused(path, "is empty", "Download it again.")
            if magic[:4] == b"PAR1":
                return cls(path, "parquet")
            if magic[:6] == b"ARROW1" or magic[:4] == b"\xff\xff\xff\xff":
                return cls(path, "arrow")
            data, member = path.read_bytes(), ""
        except OSError as error:
            raise _refused(path, f"cannot be read ({error.strerror or error})", "Check the path.") from error
        if magic[:4] == b"PK\x03\x04":
            data, member = _unzipped(path, data)
        elif magic[:2] == b"\x1f\x8b":
            data = _gunzipped(path, data)
        text = _text(path, data)
        if not text.strip():
            raise _refused(path, "is empty", "Download it again.")
        return cls(path, "json" if text.lstrip()[:1] in "[{" else "text", text.encode(), member)

    @cached_property
    def lines(self) -> list[str]:
        """The first lines, at most five."""
        return [line.decode() for line in self.data[: 1 << 16].splitlines()[:5]]

    @property
    def first(self) -> str:
        """The first line."""
        return self.lines[0] if self.lines else ""

    @cached_property
    def stem(self) -> str:
        """The file's name without its endings."""
        name = self.path.name
        ending = next(
            (s for s in sorted(SUFFIXES, key=len, reverse=True) if name.lower().endswith(s)), self.path.suffix
        )
        return name[: len(name) - len(ending)]

    @property
    def named(self) -> tuple[str, str] | None:
        """Symbol and timeframe of a name such as BTC_USDT-5m or ADABTC-1m-2021-11-27."""
        found = _TIMEFRAME.match(self.stem)
        return (found["symbol"], found["timeframe"].replace("M", "mo")) if found else None

    @cached_property
    def document(self) -> Any:
        """The JSON that the file is; None when it is not sound."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None

    def table(self, names: list[str], separator: str = ",", *, skip: int = 0) -> pl.DataFrame:
        """The rows of a file without a header line, all as text."""
        raw = pl.read_csv(
            io.BytesIO(self.data),
            separator=separator,
            skip_lines=skip,
            has_header=False,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
        if raw.width < len(names):
            raise _refused(
                self.path, f"has {raw.width} columns, expected {len(names)}", "Say --format for another one."
            )
        return raw.select(pl.col(old).alias(new) for old, new in zip(raw.columns, names, strict=False) if new)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """The table of a Parquet or Arrow file."""
        try:
            return pl.read_parquet(self.path) if self.kind == "parquet" else pl.read_ipc(self.path)
        except OSError as error:
            raise _refused(self.path, f"cannot be read ({error.strerror or error})", "Download it again.") from error
        except pl.exceptions.PolarsError as error:
            fact = str(error).splitlines()[0]
            raise _refused(self.path, f"is not readable as a table ({fact})", "Export it again.") from error


def _refused(path: Path, fact: str, hint: str) -> MarketError:
    return MarketError(f"{path}: {fact}", code="TG304", hint=hint)


def _text(path: Path, data: bytes) -> str:
    """UTF-8, or UTF-16 where its mark says so, which is what Excel calls Unicode text."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        return data.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        if b"\0" in data[:4_096]:
            hint = "Bars come as CSV, JSON, Parquet or Arrow, packed as gzip or zip."
            raise _refused(path, "is not text, and nothing that is known", hint) from error
        raise _refused(path, f"is not UTF-8 text (byte {error.start})", "Save it as UTF-8 CSV.") from error


def _gunzipped(path: Path, data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(LARGEST + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _refused(path, f"is not whole gzip data ({error})", "Download it again.") from error
    if len(found) > LARGEST:
        raise _refused(path, f"unpacks to more than {LARGEST >> 30} GiB", "Unpack and split it.")
    return found


def _unzipped(path: Path, data: bytes) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "[Content_Types].xml" in archive.namelist():
                raise _refused(path, "is a workbook or another office document", "Save its sheet as CSV.")
            members = [item for item in archive.infolist() if not item.is_dir()]
            if len(members) != 1:
                raise _refused(path, f"holds {len(members)} files, expected one", "Unpack it and import the folder.")
            if members[0].file_size > LARGEST:
                raise _refused(path, f"unpacks to more than {LARGEST >> 30} GiB", "Unpack and split it.")
            return archive.read(members[0]), members[0].filename
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise _refused(path, f"is not a whole zip file ({error})", "Download it again.") from error
