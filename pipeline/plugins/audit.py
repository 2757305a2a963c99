"""The audit log: what happened to plugins, appended line by line, each bound to all before it by a hash.

A line is a JSON object with `number`, `at`, `event`, what it is about, `previous` (the hash of the line before) and
`hash`, the SHA-256 of the rest of the line. Who changes, removes or reorders lines breaks the chain; who cuts lines off
its end does not, so `verify` takes a hash that somebody wrote down elsewhere.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["AUDIT_FILE", "GENESIS", "AuditCheck", "AuditLog", "AuditRecord"]

AUDIT_FILE = Path("logs") / "plugin_audit.jsonl"
"""Where a project has its log."""
GENESIS = "0" * 64
"""What stands for the line before the first."""
_OWN = ("number", "at", "event", "previous", "hash")


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line: its place in the chain, when and what happened, and `about`, the rest of it by name."""

    number: int
    at: str
    event: str
    about: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a check of the chain gave: how many lines, the hash of the last, and where and why it is broken."""

    count: int
    head: str
    broken: int | None = None
    """The line, counted from 1, that does not fit; None when all do."""
    reason: str = ""

    @property
    def sound(self) -> bool:
        return not self.reason


class AuditLog:
    """The log in a file. Several processes may append to it at once."""

    def __init__(self, path: Path, clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self.path = path
        self._clock = clock

    def append(self, event: str, **about: Any) -> str:
        """Add a line; gives its hash. Raises OSError when it cannot be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _last_line(file.fileno())
            number, previous = _place_of(last)
            said = {"number": number + 1, "at": self._clock().isoformat(), "event": event}
            said |= {name: value for name, value in about.items() if value not in ("", None, (), [], {})}
            line = {**said, "previous": previous}
            line["hash"] = _hash(line)
            torn = b"\n" if last and not last.endswith(b"\n") else b""
            file.write(torn + json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return str(line["hash"])

    def read(self) -> Iterator[AuditRecord]:
        """The lines that can be read, the oldest first."""
        for line in self._lines():
            found = _parsed(line)
            if found is not None:
                about = {name: value for name, value in found.items() if name not in _OWN}
                yield AuditRecord(found["number"], str(found["at"]), str(found["event"]), about, str(found["hash"]))

    def verify(self, head: str = "") -> AuditCheck:
        """Check each line against the one before. `head` is a hash that the chain must still contain."""
        previous, count, seen = GENESIS, 0, not head
        for count, line in enumerate(self._lines(), 1):
            found = _parsed(line)
            if found is None:
                return AuditCheck(count, previous, count, "the line cannot be read")
            if found["previous"] != previous or found["number"] != count:
                return AuditCheck(
                    count, previous, count, "it does not follow the line before: one was removed or added"
                )
            if _hash(found) != found["hash"]:
                return AuditCheck(count, previous, count, "it was changed after it was written")
            previous = found["hash"]
            seen = seen or previous == head
        if not seen:
            return AuditCheck(count, previous, None, "the hash that was noted is not in it: its end was cut off")
        return AuditCheck(count, previous)

    def _lines(self) -> list[bytes]:
        try:
            return self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(found, dict) and all(name in found for name in _OWN) and isinstance(found["number"], int)
    return found if whole else None


def _hash(line: Mapping[str, Any]) -> str:
    said = {name: value for name, value in line.items() if name != "hash"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _place_of(last: bytes) -> tuple[int, str]:
    """Number and hash of the last line; one that cannot be read is bound to by its bytes, and `verify` names it."""
    if not last:
        return 0, GENESIS
    found = _parsed(last)
    return (found["number"], str(found["hash"])) if found else (0, hashlib.sha256(last).hexdigest())


def _last_line(handle: int) -> bytes:
    """The last line of a file, with its end where it has one."""
    end = os.fstat(handle).st_size
    found, step = b"", 4096
    while end > 0 and found.rstrip(b"\n").count(b"\n") == 0:
        begin = max(0, end - step)
        found = os.pread(handle, end - begin, begin) + found
        end = begin
    body = found.rstrip(b"\n")
    return found[body.rfind(b"\n") + 1 :]
