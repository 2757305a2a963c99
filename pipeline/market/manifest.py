"""What the market holds: one numbered head, one sheet per timeframe, advanced by compare-and-swap.

::

    market/heads/0000000012.json          {"number": 12, "sheets": {"1d": ...}, "actions": ..., "dropped": [...]}
    market/sheets/1d.<token>.json         every symbol's source and parts, with their spans
    market/bars/1d/AAPL/<period>.<digest>.parquet
    market/actions/<token>.parquet        dividends and splits of every symbol
    market/facts/<token>.json             calendar, time zone, tick … of symbols
    market/accounts/<token>.json          what an import took, dropped and found
    market/history/0000000012.json        what made a head that is no longer kept

A head is small and names files that never change, so whoever has read one head sees one state of the
whole market. The next head is linked under the next number: of two writers one fails, looks again
and rebases. The newest `KEPT` heads stay, so a plan made a few imports ago can still be read.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import MarketError
from pipeline.market.file import INCOMING, publish
from pipeline.market.part import Part, Span
from pipeline.market.symbol import folder_of
from pipeline.model.digest import digest_bytes

__all__ = [
    "FORMAT",
    "KEPT",
    "Entry",
    "File",
    "Head",
    "Note",
    "Sheet",
    "damaged",
    "folder",
    "is_kept",
    "load_file",
    "newest_heads",
    "notes",
    "prune",
    "read_json",
    "store_sheet",
    "swap",
]

FORMAT = 1
KEPT = 32
"""Heads, and files that they name, which outlive newer ones."""


_span = partial(tuple.__new__, Span)
"""A span from a list, four times as fast as `Span._make`: a sheet of 504 symbols has 5,000."""


class Entry(NamedTuple):
    """One symbol of a sheet: where its bars came from last, whether any are invented, its parts by time."""

    source: str
    synthetic: bool
    parts: tuple[Part, ...]

    @property
    def spans(self) -> Sequence[Span]:
        parts = self.parts
        return parts[0].spans if len(parts) == 1 else [span for part in parts for span in part.spans]

    @property
    def first(self) -> int:
        return self.parts[0].first

    @property
    def last(self) -> int:
        return self.parts[-1].last

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)


class Note(NamedTuple):
    """What made a head: `what` is import, remove or describe; the counts are of rows; `at` is an ISO time in UTC.

    `account` is the path of an import's account in the market.
    """

    at: str
    what: str
    timeframe: str
    source: str
    symbols: tuple[str, ...]
    new: int = 0
    replaced: int = 0
    removed: int = 0
    account: str = ""


class File(NamedTuple):
    """A file that a head names: its path inside the market and the digest of its bytes."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """One state of the market. `dropped` are the paths that this state no longer names."""

    number: int = 0
    sheets: Mapping[str, File] = field(default_factory=dict)
    actions: File | None = None
    dropped: tuple[str, ...] = ()
    facts: File | None = None
    note: Note | None = None

    def encode(self) -> bytes:
        body = {
            "format": FORMAT,
            "number": self.number,
            "sheets": {timeframe: list(file) for timeframe, file in sorted(self.sheets.items())},
            "actions": list(self.actions) if self.actions else None,
            "dropped": list(self.dropped),
            "facts": list(self.facts) if self.facts else None,
            "note": list(self.note) if self.note else None,
        }
        return json.dumps(body, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes, path: Path) -> Head:
        body = read_json(data, path)
        actions, facts, note = body["actions"], body.get("facts"), body.get("note")
        return cls(
            number=body["number"],
            sheets={timeframe: File(*file) for timeframe, file in body["sheets"].items()},
            actions=File(*actions) if actions else None,
            dropped=tuple(body["dropped"]),
            facts=File(*facts) if facts else None,
            note=_note(note) if note else None,
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """All symbols of one timeframe."""

    timeframe: str
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def encode(self) -> bytes:
        entries = {symbol: list(entry) for symbol, entry in sorted(self.entries.items())}
        return json.dumps({"format": FORMAT, "symbols": entries}, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes, timeframe: str, path: Path) -> Sheet:
        entries = {}
        for symbol, (source, synthetic, listed) in read_json(data, path)["symbols"].items():
            parts = (Part(name, digest, size, tuple(map(_span, spans))) for name, digest, size, spans in listed)
            entries[symbol] = Entry(source, synthetic, tuple(parts))
        return cls(timeframe, entries)


def folder(timeframe: str, symbol: str) -> str:
    """Where the parts of a symbol rest, inside the market."""
    return f"bars/{timeframe}/{folder_of(symbol)}"


def newest_heads(root: Path) -> Iterable[Head]:
    """The heads that there are, newest first; an empty head when the market is empty."""
    numbers = _numbers(root)
    if not numbers:
        yield Head()
    for number in reversed(numbers):
        path = _head_path(root, number)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            if number == numbers[-1]:
                # pruned since the listing: at least KEPT newer heads have come
                yield from newest_heads(root)
                return
            continue
        yield Head.decode(data, path)


def notes(root: Path) -> list[tuple[int, Note]]:
    """Number and note of every change that is known, newest first."""
    found = {head.number: head.note for head in newest_heads(root) if head.note}
    for path in (root / "history").glob("*.json") if (root / "history").is_dir() else ():
        note = read_json(path.read_bytes(), path)["note"]
        found.setdefault(int(path.stem), _note(note))
    return sorted(found.items(), reverse=True)


def _note(said: list[Any]) -> Note:
    at, what, timeframe, source, symbols, *counts = said
    return Note(at, what, timeframe, source, tuple(symbols), *counts)


def load_file(root: Path, file: File) -> bytes:
    """The bytes of a sheet or of the actions; MarketError TG305 when they are not what the head names."""
    path = root / file.path
    try:
        data = path.read_bytes()
    except OSError as error:
        raise damaged(path, f"cannot be read ({error.strerror})") from error
    if digest_bytes(data) != file.digest:
        raise damaged(path, f"has other content than the manifest names ({file.digest})")
    return data


def damaged(path: Path, fact: str) -> MarketError:
    """The error of a file of the market that is missing or not what it should be."""
    return MarketError(
        f"{path} {fact}",
        code="TG305",
        hint="Import the file of this symbol again after `tradegraph data rm`, or restore it from a backup.",
    )


def store_sheet(root: Path, sheet: Sheet) -> File:
    """Write a sheet under a name of its own."""
    data = sheet.encode()
    file = File(f"sheets/{sheet.timeframe}.{secrets.token_hex(12)}.json", digest_bytes(data))
    publish(root, root / file.path, data)
    return file


def swap(root: Path, base: Head, new: Head) -> bool:
    """Make `new` the head after `base`; False when another writer was first."""
    new = replace(new, number=base.number + 1)
    path = _head_path(root, new.number)
    if not publish(root, path, new.encode()):
        return False
    if _numbers(root)[-1] >= new.number + KEPT:
        # this writer slept so long that the true head of this number was pruned and the name was free again
        path.unlink(missing_ok=True)
        return False
    return True


def prune(root: Path) -> None:
    """Remove all heads but the newest `KEPT`, and the files that only they named.

    Renaming a head away is the claim: one process alone deletes what its successor dropped, once, so a
    file that is later written under the same name is never hit.
    """
    numbers = _numbers(root)
    for number in numbers[:-KEPT]:
        path, successor = _head_path(root, number), _head_path(root, number + 1)
        claim = root / INCOMING / f"pruned-{number}-{secrets.token_hex(8)}"
        try:
            dropped = Head.decode(successor.read_bytes(), successor).dropped
            note = Head.decode(path.read_bytes(), path).note
            if note:
                # before the head goes: who dies in between leaves the note twice, not never
                data = json.dumps({"format": FORMAT, "note": list(note)}).encode()
                publish(root, root / "history" / f"{number:010d}.json", data)
            path.rename(claim)
        except FileNotFoundError:
            continue
        for name in dropped:
            (root / name).unlink(missing_ok=True)
        claim.unlink(missing_ok=True)


def _numbers(root: Path) -> list[int]:
    try:
        names = [path.name for path in (root / "heads").iterdir()]
    except FileNotFoundError:
        return []
    return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit())


def is_kept(root: Path, head: Head) -> bool:
    """False once a head was pruned: its files may have gone with it, and that they have is no damage."""
    return not head.number or _head_path(root, head.number).exists()


def _head_path(root: Path, number: int) -> Path:
    return root / "heads" / f"{number:010d}.json"


def read_json(data: bytes, path: Path) -> Any:
    """The content of a manifest or an account; MarketError TG305 when it is none, or of a later format."""
    try:
        body = json.loads(data)
        found = body["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, "is no manifest") from error
    if found != FORMAT:
        raise MarketError(
            f"{path} has format {found}, this version reads {FORMAT}", code="TG305", hint="Update tradegraph."
        )
    return body
