"""The deed: files and lockfile changed together, so that a project has all of an installation or nothing of it.

The lock is written before the files: who dies in between leaves a file that the lock does not know by its digest, which
nobody runs, and `verify --repair` has the bytes to put it right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import MarketplaceError, Place, PluginError
from pipeline.marketplace.manifest import sha256
from pipeline.marketplace.shelf import write_whole
from pipeline.plugins.discover import PluginRecord
from pipeline.plugins.install import folder_for
from pipeline.plugins.lock import Lock, Locked, locking, read_lock, write_lock
from pipeline.plugins.monitor import EventName, PluginEvent
from pipeline.plugins.system import PluginSystem

__all__ = ["carry_out", "kept_bytes", "place_for", "repair", "tell"]


def carry_out(system: PluginSystem, entries: Sequence[tuple[Locked, bytes]]) -> None:
    """Put plugins in their places and load them. Raises PluginError with the reason of the first that is refused;
    the project is then as it was.
    """
    root = system.project.root
    with locking(system.project.private):
        before = read_lock(root)
        files = {root / entry.file: data for entry, data in entries}
        for entry, _ in entries:
            _check_free(root / entry.file, before, entry)
        kept = {path: path.read_bytes() if path.is_file() else None for path in files}
        for _, data in entries:
            write_whole(_kept(system, sha256(data)), data)
        try:
            write_lock(root, before.with_plugins(*(entry for entry, _ in entries)))
            for path, data in files.items():
                write_whole(path, data)
            found = {Path(record.path): record for record in system.look().records}
            for entry, _ in entries:
                _check_loaded(entry, found.get(root / entry.file))
        except BaseException:
            for path, old in kept.items():
                path.unlink(missing_ok=True) if old is None else write_whole(path, old)
            write_lock(root, before)
            raise
    system.reload()
    for entry, _ in entries:
        was = before.plugins.get(entry.id)
        said = f"from {entry.market}, by {entry.author}" + (f", before {was.version}" if was else "")
        tell(system, "updated" if was else "installed", entry, said)


def place_for(system: PluginSystem, plugin_id: str, kind: str) -> str:
    """Where a plugin is put, from the project's folder on."""
    return (folder_for(system, kind) / f"{plugin_id}.py").relative_to(system.project.root).as_posix()


def kept_bytes(system: PluginSystem, digest: str) -> bytes | None:
    """The bytes of something that was installed once, if they are still those."""
    try:
        data = _kept(system, digest).read_bytes()
    except OSError:
        return None
    return data if sha256(data) == digest else None


def repair(system: PluginSystem, entry: Locked) -> bool:
    """Put the installed file back; False where its bytes are not there any more."""
    data = kept_bytes(system, entry.sha256)
    if data is None:
        return False
    write_whole(system.project.root / entry.file, data)
    return True


def tell(system: PluginSystem, what: EventName, entry: Locked, message: str) -> None:
    """Put something into log, audit log and SQL."""
    path = str(system.project.root / entry.file)
    now = dt.datetime.now(dt.UTC)
    system.told(PluginEvent(now, what, entry.id, path, entry.sha256, entry.version, message=message))


def _kept(system: PluginSystem, digest: str) -> Path:
    return system.project.private / "market" / "kept" / f"{digest}.py"


def _check_free(path: Path, lock: Lock, entry: Locked) -> None:
    known = lock.plugins.get(entry.id)
    if path.exists() and (known is None or known.file != entry.file):
        hint = "Move it away, or remove it, if you want the marketplace's."
        raise MarketplaceError(f"{path} is there already, and is none of the marketplace's", code="TG710", hint=hint)


def _check_loaded(entry: Locked, record: PluginRecord | None) -> None:
    fault = record.fault if record else None
    if record is None or (record.status != "loaded" and fault is None):
        raise PluginError(f"{entry.id} {entry.version} was not found where it was put", code="TG416")
    if fault is not None:
        said = f"{entry.id} {entry.version} was refused, and nothing was changed: {fault.message}"
        place = Place(record.path, fault.place.line) if fault.place else None
        raise PluginError(said, code=fault.code, hint=fault.hint, place=None if place is None else place)
    if record.ids != (entry.id,):
        said = f"the file of {entry.id} declares {', '.join(record.ids) or 'nothing'}, and nothing was changed"
        raise MarketplaceError(said, code="TG710")
