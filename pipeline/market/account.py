"""The account of an import, kept with the change that it made: every file, symbol, dropped row and finding.

An account is written before the change that names it, so whoever sees the change can read it. Imports that changed
nothing, and the findings of the last `verify`, have accounts without a change.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pipeline.errors import MarketError
from pipeline.market.file import publish, sync_folder
from pipeline.market.finding import Finding
from pipeline.market.manifest import FORMAT, Note, notes, read_json
from pipeline.market.report import ImportReport

__all__ = ["Account", "accounts", "accounts_kept", "encode_account", "keep_account", "keep_verified"]

WITH_CHANGE, WITHOUT = 256, 64
"""Accounts that are kept: of the newest changes, and of the newest imports that changed nothing."""

_FOLDER = "accounts"
_UNCHANGED, _VERIFIED = "unchanged", "verified"
Rows: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Account:
    """What was done, as rows for tables; `change` is None where nothing changed.

    `about` says whether `findings` are of the rows of an import or of all that is stored after `change`.
    """

    change: int | None
    at: dt.datetime
    about: Literal["import", "stored"]
    timeframe: str = ""
    files: Rows = ()
    symbols: Rows = ()
    dropped: Rows = ()
    findings: Rows = ()


def encode_account(report: ImportReport, refused: Mapping[Path, MarketError]) -> bytes:
    """The JSON of an import of one timeframe; `refused` are files that were given with it and left no row behind."""
    files, symbols = report.files, report.symbols
    taken = [
        {"file": str(file.path), "rows": file.rows, "symbols": file.symbols, "dropped": lost, "taken": file.rows - lost}
        | {"refused": None, "notes": "; ".join(file.notes)}
        for file in files
        for lost in [sum(drop.count for drop in file.dropped)]
    ]
    kept_out = [
        {"file": str(path), "rows": 0, "symbols": 0, "dropped": 0, "taken": 0}
        | {"refused": "; ".join(fault.message.removeprefix(f"{path}: ") for fault in error.faults), "notes": ""}
        for path, error in refused.items()
    ]
    body = {
        "timeframe": report.timeframe,
        "files": taken + kept_out,
        "symbols": [
            {"symbol": s.symbol, "read": s.read, "new": s.new, "replaced": s.replaced, "unchanged": s.unchanged}
            | {"dropped": sum(drop.count for drop in s.dropped)}
            for s in symbols
        ],
        "dropped": [
            {"file": str(f.path), "symbol": d.symbol, "reason": d.reason, "rows": d.count, "first_line": d.first_line}
            for f in files
            for d in f.dropped
        ],
        "findings": [asdict(f) for f in (*report.findings, *(f for symbol in symbols for f in symbol.findings))],
    }
    return _encode(body)


def keep_account(root: Path, data: bytes, *, changed: bool = True) -> str:
    """Write an account down and give its path in the market; one that `changed` nothing needs nobody to name it."""
    name = secrets.token_hex(12) if changed else f"{_UNCHANGED}.{_stamp()}.{secrets.token_hex(4)}"
    path = f"{_FOLDER}/{name}.json"
    publish(root, root / path, data)
    if not changed:
        sync_folder(root / _FOLDER)
    return path


def keep_verified(root: Path, findings: Sequence[Finding], state: int) -> None:
    """Write down what was found in all that is stored in `state`, in place of what was found before."""
    before = _of_kind(root, _VERIFIED)
    path = root / _FOLDER / f"{_VERIFIED}.{_stamp()}.{secrets.token_hex(4)}.json"
    publish(root, path, _encode({"state": state, "findings": [asdict(finding) for finding in findings]}))
    for old in before:
        old.unlink(missing_ok=True)


def accounts(root: Path) -> list[Account]:
    """The accounts that are kept, newest change first, then those without a change; one that has gone is left out."""
    found = [_account(root / note.account, number) for number, note in notes(root)[:WITH_CHANGE] if note.account]
    found += [_account(path, None) for path in _of_kind(root, _UNCHANGED)[:WITHOUT]]
    found += [_account(path, None) for path in _of_kind(root, _VERIFIED)[:1]]
    return [account for account in found if account is not None]


def accounts_kept(root: Path, logged: Sequence[tuple[int, Note]]) -> Iterator[str]:
    """The paths in the market of the accounts that `accounts` gives."""
    yield from (note.account for _, note in logged[:WITH_CHANGE] if note.account)
    for path in (*_of_kind(root, _UNCHANGED)[:WITHOUT], *_of_kind(root, _VERIFIED)[:1]):
        yield f"{_FOLDER}/{path.name}"


def _account(path: Path, change: int | None) -> Account | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    body = read_json(data, path)
    at = dt.datetime.fromisoformat(body["at"])
    findings = [{**row, "first": row["first"] and dt.datetime.fromisoformat(row["first"])} for row in body["findings"]]
    if "state" in body:
        return Account(body["state"], at, "stored", findings=findings)
    return Account(
        change, at, "import", body["timeframe"], body["files"], body["symbols"], body["dropped"], findings=findings
    )


def _of_kind(root: Path, kind: str) -> list[Path]:
    """Newest first: names carry the time."""
    return sorted((root / _FOLDER).glob(f"{kind}.*.json"), reverse=True)


def _encode(body: Mapping[str, Any]) -> bytes:
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return json.dumps({"format": FORMAT, "at": at, **body}, separators=(",", ":"), default=_iso).encode()


def _iso(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} does not belong into an account")


def _stamp() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y%m%d%H%M%S%f}"
