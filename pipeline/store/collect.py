"""Collecting what nobody needs: values, leftovers of killed runs, compiled kernels of code that is gone.

The order makes a crash harmless at any point: new files are written first, then the published file stops
naming the old ones, then the old ones go. What a crash leaves behind is named by nothing and goes next time.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import UsageError
from pipeline.execution.kernel_folder import shared_kernels
from pipeline.store.amend import amend
from pipeline.store.connect import connect_quietly
from pipeline.store.holding import size_of, stale_kernels
from pipeline.store.retention import Retention
from pipeline.store.rewrite import WORTHWHILE, needless_bytes, rewritten
from pipeline.store.survey import Survey, alone, survey

__all__ = ["Collected", "clear", "collect", "expire"]


_UNUSED_DAYS = 30.0
"""How long a kernel stays in the user's folder that no project has loaded."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection removed, or would: values, segment files (those written anew apart), leftovers, kernels.

    `bytes` is what became free; `live` are runs in progress, beside which no value is touched.
    """

    values: int = 0
    files: int = 0
    rewritten: int = 0
    leftovers: int = 0
    kernels: int = 0
    bytes: int = 0
    live: tuple[str, ...] = ()


def collect(
    database: Path, private: Path, retention: Retention, *, codes: Collection[str], dry_run: bool = False
) -> Collected:
    """Remove what no kept run needs. No run begins meanwhile; beside runs in progress only leftovers go.

    `codes` are the code digests of present node types. Raises StoreError TG601 when something cannot be
    removed: what a kept run needs is there all the same.
    """
    segments = private / "segments"
    with alone(database, private):
        found = survey(database, private, retention)
        kernels = [*stale_kernels(private / "kernels", codes), *shared_kernels(_UNUSED_DAYS)]
        drop = set() if found.live else found.unneeded()
        unnamed = found.unnamed(without=drop)
        thin = {} if found.live else _thin(segments, found, drop)
        free = sum(unnamed.values()) + sum(map(size_of, (*found.files.leftovers, *kernels)))
        free += sum(saved for _, saved in thin.values())
        if not dry_run:
            moved = {name: path for name, (keep, _) in thin.items() if (path := rewritten(segments / name, keep))}
            names = {old: f"{new.parent.name}/{new.name}" for old, new in moved.items()}
            _forget(database, private, drop, names)
            # after a crash a new file may have the name of one that nothing named so far
            _remove(segments, ({*unnamed} | {*moved}) - {*names.values()})
            found.files.remove_leftovers()
            _remove_empty(segments, found.live)
            for folder in kernels:
                with suppress(FileNotFoundError):  # another project collects the shared ones as well
                    shutil.rmtree(folder)
    return Collected(
        values=len(drop),
        files=len(unnamed),
        rewritten=len(thin),
        leftovers=len(found.files.leftovers),
        kernels=len(kernels),
        bytes=free,
        live=tuple(sorted(found.live)),
    )


def expire(database: Path, private: Path, retention: Retention) -> None:
    """Apply the limits after a run, gently: nothing is written anew, and a file goes one run after its last mention.

    So a reader who opened the published file since the run before finds all that its views name. Beside
    runs in progress nothing is done; the last of them does it. Raises StoreError TG601.
    """
    if not retention.bounded:
        return
    with alone(database, private):
        found = survey(database, private, retention)
        if found.live:
            return
        _remove(private / "segments", found.unnamed())
        _remove_empty(private / "segments", found.live)
        _forget(database, private, found.unneeded(), {})


def clear(database: Path, private: Path) -> Collected:
    """Remove all values and the project's compiled kernels; records, metrics and tables of declared outputs stay.

    Raises UsageError while a run is in progress, StoreError TG601 when something cannot be removed.
    """
    with alone(database, private):
        found = survey(database, private, Retention())
        if found.live:
            raise UsageError(f"run {min(found.live)} is in progress", hint="Stop it, or wait until it ends.")
        files, kernels = found.files, stale_kernels(private / "kernels", ("",))
        free = sum(files.segments.values()) + sum(map(size_of, (*files.leftovers, *kernels)))
        _forget(database, private, set(found.objects), {})
        _remove(private / "segments", files.segments)
        files.remove_leftovers()
        _remove_empty(private / "segments", found.live)
        for folder in kernels:
            shutil.rmtree(folder)
    return Collected(len(found.objects), len(files.segments), 0, len(files.leftovers), len(kernels), free)


def _thin(segments: Path, found: Survey, drop: set[str]) -> dict[str, tuple[set[str], int]]:
    """Files most of which nobody needs: the keys to keep in each, and the bytes that writing it anew frees."""
    thin: dict[str, tuple[set[str], int]] = {}
    with connect_quietly() as connection:
        for name, keep in found.holders(without=drop).items():
            try:
                saved = needless_bytes(connection, segments / name, keep)
            except (pl.exceptions.PolarsError, duckdb.Error):  # a damaged file is the reader's find, not ours
                continue
            if saved > WORTHWHILE * found.files.segments[name]:
                thin[name] = keep, saved
    return thin


def _forget(database: Path, private: Path, drop: set[str], moved: Mapping[str, str]) -> None:
    """Let the published file name neither the objects of `drop` nor, for values that moved, their old segments."""
    if not drop and not moved:
        return
    sizes = [(private / "segments" / new).stat().st_size for new in moved.values()]

    def work(connection: duckdb.DuckDBPyConnection) -> list[str]:
        # one text of all keys: binding a list of ten thousand takes half a second
        connection.execute("create temp table dropped as select unnest(string_split(?, ' ')) as key", [" ".join(drop)])
        connection.execute(
            "create temp table moved as select unnest(?::varchar[]) as old, unnest(?::varchar[]) as new,"
            " unnest(?::bigint[]) as bytes",
            [list(moved), list(moved.values()), sizes],
        )
        graphs = connection.execute(
            "select distinct graph from nodes where coalesce(stored, key) in (select split_part(key, '.', 1)"
            " from objects where key in (from dropped) or segment in (select old from moved))"
        ).fetchall()
        # what a run mentions stays known without a file: a declared output's table is told by it
        connection.execute("update objects set segment = '', bytes = 0 where key in (from dropped)")
        connection.execute(
            "delete from objects where segment = '' and split_part(key, '.', 1)"
            " not in (select coalesce(stored, key) from nodes)"
        )
        connection.execute(
            "update objects set segment = moved.new, bytes = moved.bytes from moved where objects.segment = moved.old"
        )
        connection.execute("drop table dropped")
        connection.execute("drop table moved")
        return [graph for (graph,) in graphs]

    amend(database, private, work, locked=True)


def _remove(segments: Path, names: Collection[str]) -> None:
    for name in names:
        (segments / name).unlink(missing_ok=True)


def _remove_empty(segments: Path, live: Collection[str]) -> None:
    for folder in segments.glob("*"):
        if folder.name not in live:
            with suppress(OSError):  # something lies in it
                folder.rmdir()
