"""Limits: how much of the machine a worker may take. Set before it loads anything, and never raised again."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Bounds", "data_bytes", "limit"]

_MB = 1024 * 1024
_MOST = 4096 * _MB


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a worker may use. `memory` is in bytes beyond what it starts with; None sets no limit of memory.

    `file` is how large a file may become through it, in bytes: the one that its results go through among them.
    `threads` and the bytes of the `folder` that it may write into are counted by the host; `output` bytes of what it
    prints are kept of each call.
    """

    memory: int | None = None
    files: int = 256
    file: int = _MOST
    threads: int = 64
    output: int = 64 * 1024
    folder: int = 256 * _MB

    @classmethod
    def usual(cls, megabytes: int | None = None) -> Bounds:
        """Bounds with so many MB, by default 4 GB, or a quarter of the machine's memory where that is less."""
        return cls(memory=_usual_memory() if megabytes is None else megabytes * _MB)


def _usual_memory() -> int:
    return min(_MOST, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4)


def limit(bounds: Bounds) -> None:
    """Set the limits of this process. Raises OSError or ValueError where the system refuses.

    Memory by RLIMIT_DATA: polars reserves addresses by the gigabyte, so RLIMIT_AS would end it at once. It counts what
    is private and writable, stacks of threads among it.
    """
    if bounds.memory is not None and (now := data_bytes("self")) is not None:
        _lower(resource.RLIMIT_DATA, now + bounds.memory)
    _lower(resource.RLIMIT_NOFILE, bounds.files)
    _lower(resource.RLIMIT_FSIZE, bounds.file)
    _lower(resource.RLIMIT_CORE, 0)
    with suppress(OSError, ValueError):  # binds whoever is not root; root is bound by the filter of system calls
        _lower(resource.RLIMIT_MSGQUEUE, 0)


def _lower(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def data_bytes(process: int | str) -> int | None:
    """The private writable memory of a process, None where the system does not say."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:")) * 1024
    except (OSError, StopIteration, ValueError):
        return None
