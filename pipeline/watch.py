"""The one file watcher, for plugins, graphs and bars: events are hints, digests are the truth.

An editor saves by renaming, by truncating and writing, in one event or in five; events get lost, folders are removed
and made anew, times and sizes stay the same. So whatever the system says only makes the watcher look, and it looks now
and then without being told. It compares what the files contain, and reports a change when two looks agree on it.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, cast

from watchdog import events
from watchdog.observers import Observer

from pipeline.model.digest import digest_bytes

__all__ = ["Changes", "EventSource", "Place", "Watcher", "survey"]

QUIET = 0.1
"""Seconds between two looks that must agree."""
RESCAN = 1.0
"""Seconds after which it looks without a hint."""
PATIENCE = 2.0
"""Seconds after which restless files no longer keep back what is known of the others."""
_LARGEST = 16 * 1024 * 1024
"""Bytes; of larger files size and time are compared."""
_HINTS: list[type[events.FileSystemEvent]] = [
    events.FileCreatedEvent,
    events.FileModifiedEvent,
    events.FileMovedEvent,
    events.FileDeletedEvent,
    events.FileClosedEvent,
    events.DirCreatedEvent,
    events.DirMovedEvent,
    events.DirDeletedEvent,
]
"""Events of those who write. A look opens and closes files too: hearing of that, it would look for ever."""
_log = logging.getLogger("tradegraph.watch")


@dataclass(frozen=True)
class Place:
    """What is watched: with `suffixes` the files below a folder whose names end so, else one file.

    It need not be there. Hidden files and folders, and what Python compiles, are left out.
    """

    path: Path
    suffixes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder that events are asked of."""
        return self.path if self.suffixes else self.path.parent

    def files(self) -> Iterator[Path]:
        """The files that are there now."""
        if not self.suffixes:
            yield self.path
            return
        for folder, inner, names in os.walk(self.path):
            inner[:] = [name for name in inner if name != "__pycache__" and not name.startswith(".")]
            yield from (Path(folder, name) for name in names if name.endswith(self.suffixes) and name[0] != ".")

    def has(self, path: str) -> bool:
        """True when an event at `path` may be about these files."""
        return path.endswith(self.suffixes) if self.suffixes else Path(path).name == self.path.name


@dataclass(frozen=True)
class Changes:
    """Files that are new, that contain something else, that are gone; each sorted."""

    new: tuple[Path, ...] = ()
    edited: tuple[Path, ...] = ()
    gone: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.edited or self.gone)

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them, sorted."""
        return tuple(sorted({*self.new, *self.edited, *self.gone}))


class EventSource(Protocol):
    """Who tells of events: an observer of watchdog, or a stand-in."""

    def schedule(self, event_handler: Any, path: Any, **options: Any) -> Any:
        """Tell the handler of events in a folder. Raises OSError."""

    def unschedule(self, watch: Any) -> None:
        """Tell of them no more."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def join(self) -> None:
        """Wait for the end."""


def survey(places: Iterable[Place]) -> dict[Path, str]:
    """The digest of every regular file of these places that can be read."""
    files = {file for place in places for file in place.files()}
    return {file: found for file in files if (found := _digest(file))}


class Watcher:
    """Knows what some files contained, and says what they contain since.

    `look` and `hint` are all it does by itself; `wait` looks until there is something to say. As a context it listens
    to events, without it looks come by time alone. `wait` and `watch` belong to one thread, `hint` and `close` to any.
    """

    def __init__(
        self,
        places: Iterable[Place],
        *,
        clock: Callable[[], float] = time.monotonic,
        observer: EventSource | None = None,
    ) -> None:
        self._clock = clock
        self._observer = observer
        self._armed: dict[tuple[Path, bool], tuple[tuple[int, int], Any]] = {}
        self._deaf = False
        self._wake = threading.Event()
        self._closed = False
        self._hinted = False
        self._places = tuple(places)
        self._told = survey(self._places)
        self._seen: Mapping[Path, str] | None = None
        self._restless_since = 0.0
        self._looked = clock() - QUIET

    def __enter__(self) -> Self:
        if self._observer is None:
            self._observer = cast("EventSource", Observer())
        self._observer.start()
        self._arm()
        self._hinted = True  # what changed before it listened is nobody's event
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()

    def close(self) -> None:
        """Let `wait` return."""
        self._closed = True
        self._wake.set()

    def watch(self, places: Iterable[Place]) -> None:
        """Watch these places from now on. What is new among them counts as known as it is now."""
        wanted = tuple(places)
        if wanted == self._places:
            return
        self._places = wanted
        kept = {file: was for file, was in self._told.items() if self._covers(file)}
        self._told = survey(wanted) | kept
        self._seen = None
        self._arm()
        self.hint()

    def hint(self) -> None:
        """Something may have happened: look soon."""
        self._hinted = True
        self._wake.set()

    def dispatch(self, event: events.FileSystemEvent) -> None:
        """Take an event of watchdog."""
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        if event.is_directory or any(place.has(path) for place in self._places for path in paths):
            self.hint()

    def due(self) -> float:
        """Seconds until the next look."""
        soon = self._seen is not None or self._hinted
        return max(0.0, self._looked + (QUIET if soon else RESCAN) - self._clock())

    def wait(self) -> Changes | None:
        """Wait for changes; None when it was closed meanwhile."""
        while not self._closed:
            if self._wake.wait(self.due()):
                self._wake.clear()
                if self.due() > 0.0:  # hints come in swarms
                    continue
            changes = self.look()
            if changes:
                return changes
        return None

    def look(self) -> Changes:
        """Compare the files with what was told of them last: changes on which this look agrees with the one before."""
        self._hinted = False
        self._looked = self._clock()
        self._arm()
        found, before = survey(self._places), self._seen
        if found == self._told:
            self._seen = None
            return Changes()
        if before is None:
            self._restless_since = self._looked
        self._seen = found
        if before is None or (before != found and self._looked - self._restless_since < PATIENCE):
            return Changes()
        steady = {file for file in {*found, *self._told} if before.get(file) == found.get(file)}
        changed = sorted(file for file in steady if found.get(file) != self._told.get(file))
        changes = Changes(
            tuple(file for file in changed if file not in self._told),
            tuple(file for file in changed if file in self._told and file in found),
            tuple(file for file in changed if file not in found),
        )
        rest = {file: was for file, was in self._told.items() if file not in steady}
        self._told = {file: now for file, now in found.items() if file in steady} | rest
        self._seen = found if found != self._told else None
        return changes

    def _covers(self, file: Path) -> bool:
        return any(
            file.is_relative_to(place.path) and place.has(str(file)) if place.suffixes else file == place.path
            for place in self._places
        )

    def _arm(self) -> None:
        """Listen to the folders that are there now: one that was made anew is another one, whatever it is called."""
        if self._observer is None:
            return
        wanted = {(place.folder, bool(place.suffixes)) for place in self._places}
        wanted |= {(place.folder.parent, False) for place in self._places if place.suffixes}
        now = {key: identity for key in wanted if (identity := _identity(key[0]))}
        for key in [key for key, (identity, _) in self._armed.items() if now.get(key) != identity]:
            with suppress(KeyError, OSError):  # whoever told of it has noticed that it is gone
                self._observer.unschedule(self._armed[key][1])
            del self._armed[key]
        for key in sorted(now.keys() - self._armed.keys()):
            try:
                told = self._observer.schedule(self, str(key[0]), recursive=key[1], event_filter=_HINTS)
            except OSError as error:
                if not self._deaf:
                    _log.warning("no events of %s (%s): it is looked at every %g s", key[0], error, RESCAN)
                self._deaf = True
                continue
            self._armed[key] = (now[key], told)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        state = folder.stat()
    except OSError:
        return None
    return (state.st_dev, state.st_ino) if stat.S_ISDIR(state.st_mode) else None


def _digest(file: Path) -> str:
    """The digest of what a file contains, "" for what is no regular file or cannot be read."""
    try:
        # a pipe of that name must not be waited for
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return ""
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            return ""
        if state.st_size > _LARGEST:
            return f"{state.st_size} {state.st_mtime_ns}"
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return digest_bytes(opened.read())
    except OSError:
        return ""
    finally:
        os.close(descriptor)
