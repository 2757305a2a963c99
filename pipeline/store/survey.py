"""A look at all that is stored: what the published file knows, what lies on disk, and who needs it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.store.connect import connect_reader
from pipeline.store.draft import publish_lock
from pipeline.store.holding import Files, files_of
from pipeline.store.journal import read_pending, run_of
from pipeline.store.live import gate_closed, live_runs
from pipeline.store.lookup import waiting_segments
from pipeline.store.mend import mended
from pipeline.store.need import Need, Stored, needed, stored
from pipeline.store.retention import Retention

__all__ = ["Survey", "alone", "survey"]


@dataclass(frozen=True, slots=True)
class Survey:
    """`waiting` are segments that journals name which wait to be published; `live` runs in progress."""

    live: frozenset[str]
    files: Files
    objects: dict[str, Stored]
    need: Need
    waiting: frozenset[str]

    def unneeded(self) -> set[str]:
        """Keys of values that no kept run needs."""
        return {key for key, row in self.objects.items() if key not in self.need.keys and not self._waits(row)}

    def unnamed(self, without: Collection[str] = ()) -> dict[str, int]:
        """Segment files, and their bytes, that nothing names but the objects `without`."""
        named = {row.segment for key, row in self.objects.items() if key not in without} | self.waiting
        return {name: size for name, size in self.files.segments.items() if name not in named}

    def holders(self, without: Collection[str]) -> dict[str, set[str]]:
        """By segment file, the keys whose columns must stay in it when the objects `without` are gone.

        Files that a waiting journal names are left out: nobody knows yet what is needed of them.
        """
        found: dict[str, set[str]] = {}
        for key, row in self.objects.items():
            if key not in without and row.segment not in self.waiting and row.segment in self.files.segments:
                found.setdefault(row.segment, set()).update((key, row.holder))
        return found

    def _waits(self, row: Stored) -> bool:
        return row.segment in self.waiting


def survey(database: Path, private: Path, retention: Retention) -> Survey:
    """Look at a project whose file is sound. Raises StoreError TG603 when the file cannot be read."""
    live = frozenset(live_runs(private))
    journals = private / "journal"
    waiting = frozenset(waiting_segments(journals))
    known = {run_of(journal) for journal in read_pending(journals)}
    if not database.exists():
        return Survey(live, files_of(private, live, known), {}, Need(frozenset(), frozenset()), waiting)
    with connect_reader(database, private / "segments") as connection:
        known |= {run for (run,) in connection.execute("select distinct run_id from runs").fetchall()}
        need = needed(connection, retention, dt.datetime.now(dt.UTC))
        return Survey(live, files_of(private, live, known), stored(connection), need, waiting)


@contextmanager
def alone(database: Path, private: Path) -> Iterator[None]:
    """Nobody publishes and no run begins while the block lasts. Raises StoreError TG601."""
    if database.exists():
        with mended(database, private):  # takes the lock itself
            pass
    try:
        # the gate first: a run that publishes holds the lock and never waits for the gate
        with gate_closed(private), publish_lock(private):
            yield
    except OSError as error:
        raise StoreError(
            f"cannot remove what is stored in {private}: {error.strerror or error}",
            hint="What runs need is there all the same. `tradegraph doctor` looks at permissions and space.",
        ) from error
