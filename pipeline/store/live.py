"""Which runs are in progress: each holds a lock that vanishes with its process, however that ends.

A run registers before it looks at what is stored, and writes below a folder of its own name. Whoever
collects closes the gate first: no run registers meanwhile, so what looks unneeded then is unneeded.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pipeline.errors import StoreError

__all__ = ["LiveRun", "gate_closed", "live_runs"]


class LiveRun:
    """A run's sign of life, held for as long as the block lasts; `live_runs` names it meanwhile.

    Waits while a collection goes on. Raises StoreError TG601 when the sign cannot be written.
    """

    def __init__(self, private: Path, run_id: str) -> None:
        self._folder = private / "live"
        self._path = self._folder / run_id
        self._handle: IO[Any] | None = None

    def __enter__(self) -> LiveRun:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _gate(self._folder, fcntl.LOCK_SH):
                self._handle = self._path.open("a")
                # within the gate nobody removes the file between the two steps
                fcntl.flock(self._handle, fcntl.LOCK_EX)
        except OSError as error:
            self._close()
            raise StoreError(
                f"cannot write {self._path}: {error.strerror or error}",
                hint="`tradegraph doctor` looks at permissions and space.",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # the lock is what counts, and it goes with the handle
            self._path.unlink()
        self._close()

    def _close(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def live_runs(private: Path) -> set[str]:
    """The ids of runs that are in progress in any process, this one included."""
    return {path.name for path in _signs(private / "live") if _is_held(path)}


@contextmanager
def gate_closed(private: Path) -> Iterator[None]:
    """Keep runs from registering while the block lasts; those that registered before go on.

    Signs that killed runs left behind are removed. Raises OSError.
    """
    folder = private / "live"
    folder.mkdir(parents=True, exist_ok=True)
    with _gate(folder, fcntl.LOCK_EX):
        for path in _signs(folder):
            if not _is_held(path):
                path.unlink(missing_ok=True)
        yield


def _signs(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*") if not path.name.startswith(".")]


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            # shared, so that two who look at once do not take each other for the run
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # the run ended just now
        return False
    return False


@contextmanager
def _gate(folder: Path, mode: int) -> Iterator[None]:
    with (folder / ".gate").open("a") as handle:
        fcntl.flock(handle, mode)
        yield
