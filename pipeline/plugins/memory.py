"""What was seen of each plugin file the last time, so that only what changed is told."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.plugins.discover import PluginRecord

__all__ = ["Seen", "read_seen", "write_seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was seen: which content, and what became of it."""

    digest: str
    ids: str
    status: str
    reason: str
    signature: str

    @classmethod
    def of(cls, record: PluginRecord) -> Seen:
        """What is remembered of a record."""
        return cls(record.digest, " ".join(record.ids), record.status, record.reason, record.signature)


def read_seen(file: Path) -> dict[str, Seen]:
    """What was seen by path; nothing when it was never written or is damaged."""
    try:
        return {path: Seen(**kept) for path, kept in json.loads(file.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_seen(file: Path, seen: Mapping[str, Seen]) -> None:
    """Remember it. Where nothing can be written, all is told anew the next time."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({path: asdict(item) for path, item in seen.items()}), encoding="utf-8")
        temporary.replace(file)
