"""The way from a question to the published file.

Connecting takes 20 ms, most of it DuckDB's own start. So whoever asks several questions in a row may hold the
connection; it is to one whole file, and is given up as soon as another one was published in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import duckdb

from pipeline.errors import StoreError
from pipeline.store.connect import connect_reader, readable
from pipeline.store.mend import is_sound, mended

__all__ = ["Reader", "identity"]


@dataclass(slots=True)
class _Held:
    """A connection, which file it answers for, and how many questions are using it."""

    connection: duckdb.DuckDBPyConnection
    closing: ExitStack
    seen: tuple[int, int, int] | None
    users: int = 0


class Reader:
    """Connections to one project's published file, which is mended first when the project was moved or updated.

    Threads may ask at the same time.
    """

    def __init__(self, database: Path, segments: Path) -> None:
        self._database = database
        self._segments = segments
        self._sound: tuple[int, int, int] | None = None
        self._lock = Lock()
        self._holders = 0
        self._held: _Held | None = None

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the file as it is now.

        Raises StoreError TG605 when there is none, TG603 when it is damaged.
        """
        if not self._holders:
            with ExitStack() as stack:
                yield self._opened(stack)[0]
            return
        held = self._borrowed()
        try:
            with readable(self._database), held.connection.cursor() as cursor:
                cursor.execute("use tradegraph")
                yield cursor
        except StoreError:  # it may be of no more use
            self._release()
            raise
        finally:
            self._returned(held)

    @contextmanager
    def alone(self, *, memory: int) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that nobody else uses, which takes at most so many bytes and may be interrupted.

        Raises StoreError TG605, TG603.
        """
        with ExitStack() as stack:
            yield self._opened(stack, memory)[0]

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep a connection between questions while the block lasts.

        Not for blocks that wait for something: clients that open the file for writing find it locked meanwhile.
        """
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
            if not self._holders:
                self._release()

    def _borrowed(self) -> _Held:
        with self._lock:
            held = self._held
            if held is None or held.seen != self._identity():
                self._drop()
                with ExitStack() as stack:
                    connection, seen = self._opened(stack)
                    held = self._held = _Held(connection, stack.pop_all(), seen)
            held.users += 1
            return held

    def _returned(self, held: _Held) -> None:
        with self._lock:
            held.users -= 1
            if not held.users and held is not self._held:
                held.closing.close()

    def _release(self) -> None:
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        # a question that goes on closes it when it ends: closing takes the cursors with it
        if self._held is not None and not self._held.users:
            self._held.closing.close()
        self._held = None

    def _opened(
        self, stack: ExitStack, memory: int | None = None
    ) -> tuple[duckdb.DuckDBPyConnection, tuple[int, int, int] | None]:
        """A new connection, which closes with the stack, and which file it answers for."""
        seen = self._identity()  # asked first: what is published meanwhile is told from it
        first = stack.enter_context(ExitStack())
        connection = first.enter_context(connect_reader(self._database, self._segments, memory=memory))
        if seen != self._sound and not is_sound(connection, self._database):
            first.close()
            file = stack.enter_context(mended(self._database, self._segments.parent))
            connection = stack.enter_context(connect_reader(file, self._segments, memory=memory))
            if file != self._database:  # a mended copy, for now
                return connection, seen
            seen = self._identity()
        self._sound = seen
        return connection, seen

    def _identity(self) -> tuple[int, int, int] | None:
        """None when there is no file, or none that may be looked at: connecting says which."""
        try:
            return identity(self._database)
        except OSError:
            return None


def identity(file: Path) -> tuple[int, int, int]:
    """What tells a file from the one that is put in its place. Raises OSError."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size
