"""Recording a run while it goes on: what it has computed is durable, to be seen and to be used by others.

Now and then the run's values and records so far go into an increment of its journal, and journals into the
published file; both as often as it costs under five percent of the run. A run that is killed
leaves its increments: the next run finds the values in them, and the record says that it was killed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from pipeline.execution.run import Run
from pipeline.store.journal import write_frames
from pipeline.store.publish import Published, publish
from pipeline.store.record import Increment, PluginRow, completed, record_of
from pipeline.store.segment import Segments
from pipeline.store.sweep_record import sweep_record_of

__all__ = ["EVERY", "Recorder", "ValueRecorder", "write_journal"]

EVERY = 2.0
"""Seconds between increments at the least: a killed run loses the values of so many seconds, and the step it was at."""
_SHARE = 20
"""A write waits for so many times as long as the last one took: one part in twenty."""


class Recorder:
    """The sink of one run: `took` is told of each finished step, `finish` ends the record."""

    def __init__(self, database: Path, private: Path, segments: Segments, plugins: Sequence[PluginRow]) -> None:
        self._database = database
        self._private = private
        self._segments = segments
        self._plugins = plugins
        self._told = self._stored = self._written = 0
        self._covered: set[str] = set()
        began = time.monotonic()
        self._due = began + EVERY
        self._publish_due = began + EVERY

    def took(self, run: Run) -> None:
        """A step is done: write an increment, and publish, when it is time for that."""
        if time.monotonic() >= self._due:
            self.checkpoint(run)
            if time.monotonic() >= self._publish_due:
                done = publish(self._database, self._private, wait=False)
                self._publish_due = time.monotonic() + max(EVERY, done.ms / 1e3 * _SHARE)

    def checkpoint(self, run: Run) -> None:
        """Make what was computed so far durable, and everybody's."""
        began = time.monotonic()
        self._segments.flush()
        self._write(run, f"{run.id}.{self._written:05d}")
        self._segments.claims.release()
        now = time.monotonic()
        self._due = now + max(EVERY, (now - began) * _SHARE)

    def finish(self, run: Run) -> Published:
        """Write what is left of a finished run, and publish. Raises StoreError."""
        self._write(run, run.id)
        self._segments.close()
        return publish(self._database, self._private)

    def _write(self, run: Run, name: str) -> None:
        coverages = {data: found for data, found in self._segments.coverages.items() if data not in self._covered}
        increment = Increment(
            run=run,
            records=[*run.revised(self._told), *run.records[self._told :]],
            objects=self._segments.written[self._stored :],
            coverages=list(coverages.values()),
            first=not self._written,
        )
        write_journal(self._private / "journal", name, increment, self._plugins)
        self._told, self._stored = len(run.records), len(self._segments.written)
        self._covered |= coverages.keys()
        self._written += 1


class ValueRecorder:
    """The sink of a process that computes for a run whose record somebody else writes: what it stores is told of.

    `name` is what its journals are called by; it begins with the id of the run.
    """

    def __init__(self, private: Path, segments: Segments, name: str) -> None:
        self._private = private
        self._segments = segments
        self._name = name
        self._stored = self._written = 0
        self._due = time.monotonic() + EVERY

    def took(self, run: Run) -> None:
        """A step is done: tell of what is stored, when it is time for that."""
        if time.monotonic() >= self._due:
            self.checkpoint(run)

    def checkpoint(self, run: Run) -> None:
        """Make what was computed so far durable, and everybody's."""
        self._segments.flush()
        objects = self._segments.written[self._stored :]
        if objects:
            coverages = list(self._segments.coverages.values())
            told = completed(Increment(run, (), objects, coverages), {})
            write_frames(self._private / "journal", f"{self._name}{self._written:05d}", told)
            self._stored += len(objects)
            self._written += 1
        self._segments.claims.release()
        self._due = time.monotonic() + EVERY


def write_journal(folder: Path, name: str, increment: Increment, plugins: Iterable[PluginRow]) -> Path:
    """Write an increment below `folder`; durable and visible as a whole when this returns. Raises StoreError TG601."""
    parts = [record_of(increment, plugins), *(sweep_record_of(increment, cells) for cells in increment.run.cells)]
    names = dict.fromkeys(table for part in parts for table in part)
    told = {table: [part[table] for part in parts if table in part and part[table].height] for table in names}
    frames = {table: pl.concat(found, how="diagonal") for table, found in told.items() if found}
    return write_frames(folder, name, completed(increment, frames))
