"""The lockfile: which plugins of a project came from a marketplace, and the very bytes that were installed.

`market.lock` lies in the project's folder and belongs into its repository. Whoever loads plugins asks it first: a file
that it names runs only while it is the one that was installed, nobody has revoked it, and it is confined or its user
has said that it need not be. It also keeps which marketplaces are trusted, and since when.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.errors import Place, PluginError

__all__ = ["LOCK_NAME", "Lock", "Locked", "TrustedMarket", "locking", "read_lock", "refusal", "write_lock"]

LOCK_NAME = "market.lock"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class TrustedMarket:
    """A marketplace that this project trusts: where it is, and the root file with which trust began.

    `issued` is the date of the newest metadata that were seen: older ones are refused, on every machine that has this
    file. `revoked` are reasons by the SHA-256 of a plugin file, as the marketplace said them last.
    """

    url: str
    root: str
    """SHA-256 of the root file."""
    issued: str = ""
    version: int = 0
    """Of the newest timestamp that was seen."""
    revoked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Locked:
    """An installed plugin. `file` is its place in the project, `sha256` that of its bytes.

    `permissions` and `requires` are those that the user has seen; `unconfined` says that the user lets it run where
    nothing confines it. `disabled` and `yanked` are reasons, empty as a rule. `earlier` are version and digest of what
    was installed before, the newest last: the way back.
    """

    id: str
    market: str
    author: str
    version: str
    file: str
    sha256: str
    manifest: str
    """SHA-256 of the manifest, which reviewers approved."""
    requires: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    unconfined: bool = False
    disabled: str = ""
    yanked: str = ""
    installed_at: str = ""
    earlier: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Lock:
    """The whole file: marketplaces by the name that this project gives them, plugins by id."""

    markets: Mapping[str, TrustedMarket] = field(default_factory=dict)
    plugins: Mapping[str, Locked] = field(default_factory=dict)

    def at(self, root: Path, path: Path) -> Locked | None:
        """What is installed in a file."""
        return next((entry for entry in self.plugins.values() if root / entry.file == path), None)

    def revoked(self, sha256: str) -> str:
        """Why a file with these bytes was revoked, "" when it was not."""
        return next((market.revoked[sha256] for market in self.markets.values() if sha256 in market.revoked), "")

    def with_plugins(self, *entries: Locked) -> Lock:
        """The same with these in the place of those with their ids."""
        return replace(self, plugins={**self.plugins, **{entry.id: entry for entry in entries}})

    def without(self, plugin_id: str) -> Lock:
        """The same without a plugin."""
        return replace(self, plugins={name: entry for name, entry in self.plugins.items() if name != plugin_id})

    def with_market(self, name: str, market: TrustedMarket) -> Lock:
        """The same with a marketplace."""
        return replace(self, markets={**self.markets, name: market})


def refusal(lock: Lock, root: Path, path: Path, data: bytes, *, unconfined: str = "") -> PluginError | None:
    """Why a plugin file must not run; None when nothing in the lock is against it.

    `unconfined` says what there is no confinement for, "" where plugins are confined.
    """
    if not lock.plugins and not lock.markets:
        return None
    sha256, place = hashlib.sha256(data).hexdigest(), Place(str(path))
    if reason := lock.revoked(sha256):
        hint = "Remove it: `tradegraph plugin remove ID`; `tradegraph market info ID` shows other versions."
        return PluginError(f"the marketplace has revoked it: {reason}", code="TG714", place=place, hint=hint)
    entry = lock.at(root, path)
    if entry is None:
        return None
    if entry.disabled:
        hint = "`tradegraph market info ID` says what became of it."
        return PluginError(f"it is disabled: {entry.disabled}", code="TG714", place=place, hint=hint)
    if sha256 != entry.sha256:
        said = f"it is not the file that was installed: {entry.id} {entry.version} has the SHA-256 {entry.sha256[:12]}…"
        hint = f"`tradegraph market verify --repair` puts {entry.version} back; for changes of your own copy it to a "
        return PluginError(said, code="TG713", place=place, hint=hint + "file and an id of your own.")
    if unconfined and not entry.unconfined:
        said = f"it came from a marketplace, and nothing confines it here: {unconfined}"
        hint = f"`tradegraph market allow {entry.id}` lets this one run all the same."
        return PluginError(said, code="TG715", place=place, hint=hint)
    return None


def read_lock(root: Path) -> Lock:
    """The lock of the project at `root`; an empty one where there is none. Raises PluginError TG716."""
    path = root / LOCK_NAME
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        _check_format(said["format"])
        markets = {str(name): TrustedMarket(**market) for name, market in said["markets"].items()}
        plugins = {str(name): _locked(name, entry) for name, entry in said["plugins"].items()}
    except FileNotFoundError:
        return Lock()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "Take it from your repository; without it nobody knows which plugins may run, so none is loaded."
        message = f"the lockfile cannot be read: {error}"
        raise PluginError(message, code="TG716", place=Place(str(path)), hint=hint) from error
    return Lock(markets, plugins)


def write_lock(root: Path, lock: Lock) -> None:
    """Write the lock whole. Raises PluginError TG416."""
    path = root / LOCK_NAME
    said = {
        "format": _FORMAT,
        "markets": {name: asdict(market) for name, market in sorted(lock.markets.items())},
        "plugins": {name: _entry(entry) for name, entry in sorted(lock.plugins.items())},
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(json.dumps(said, indent=2, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise PluginError(f"cannot write {path}: {error.strerror}", code="TG416") from error


@contextmanager
def locking(private: Path) -> Iterator[None]:
    """Keep other processes from changing the lock meanwhile."""
    private.mkdir(parents=True, exist_ok=True)
    with (private / "market.mutex").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _check_format(said: object) -> None:
    if said != _FORMAT:
        raise ValueError(f"its format is {said!r}, expected {_FORMAT}")


def _entry(entry: Locked) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if name != "id"}


def _locked(name: str, said: Mapping[str, Any]) -> Locked:
    lists = {key: tuple(said[key]) for key in ("requires", "permissions")}
    earlier = tuple((str(version), str(sha256)) for version, sha256 in said["earlier"])
    if Path(said["file"]).is_absolute() or ".." in Path(said["file"]).parts:
        raise ValueError(f"the file of {name!r} lies outside of the project")
    return Locked(id=name, **{**said, **lists, "earlier": earlier})
