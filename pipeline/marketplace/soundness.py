"""Whether a marketplace's folder is sound, seen as a client sees it, and for how long it will be."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata

from pipeline.errors import MarketplaceError
from pipeline.marketplace.client import Client
from pipeline.marketplace.extra import Clock, issued_of
from pipeline.marketplace.manifest import sha256
from pipeline.marketplace.place import PARTS, REVIEWS
from pipeline.marketplace.shelf import Shelf
from pipeline.plugins.audit import AuditLog

__all__ = ["Soundness", "examine_folder"]


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was found. `expires` is by role, in ISO 8601; `problems` are what a client would refuse or leave aside.

    `root` is the digest with which trust begins today, `audit` the hash of the log's last line.
    """

    plugins: int
    releases: int
    files: int
    root: str
    audit: str
    expires: dict[str, str]
    soon: tuple[str, ...]
    """Roles of which less than a fifth of the time is left."""
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.problems


def examine_folder(folder: Path, shelf: Shelf, audit: AuditLog, clock: Clock) -> Soundness:
    """Read a marketplace as a client does that begins with its first root, and every file of every release."""
    problems: list[str] = []
    check = audit.verify()
    if not check.sound:
        problems.append(f"TG722 line {check.broken} of {audit.path.name}: {check.reason}")
    plugins = releases = files = 0
    try:
        first = (shelf.folder / "1.root.json").read_bytes()
        with tempfile.TemporaryDirectory(prefix="tradegraph-verify-") as cache:
            client = Client(folder.absolute().as_uri(), Path(cache), first, clock=clock)
            catalogue = client.catalogue()
            problems += catalogue.problems
            plugins = len(catalogue.listings)
            for release in (release for listing in catalogue.listings.values() for release in listing.releases):
                releases += 1
                for path in (*(release.ref.path(part) for part in PARTS), release.ref.report):
                    try:
                        client.fetch(path)
                        files += 1
                    except MarketplaceError as error:
                        problems.append(f"{error.faults[0].code} {error.faults[0].message}")
    except OSError as error:
        raise MarketplaceError(f"{folder} is no marketplace: {error.strerror}", code="TG721") from error
    except MarketplaceError as error:
        problems.append(f"{error.faults[0].code} {error.faults[0].message}")
    try:
        roles, version = _roles(shelf), shelf.root().signed.version
    except MarketplaceError as error:
        roles, version = {}, 1
        problems.append(f"{error.faults[0].code} {error.faults[0].message}")
    at = clock()
    soon = tuple(role for role, metadata in roles.items() if _is_short(metadata, at))
    expires = {role: metadata.signed.expires.isoformat() for role, metadata in roles.items()}
    root = sha256((shelf.folder / f"{version}.root.json").read_bytes())
    return Soundness(plugins, releases, files, root, check.head, expires, soon, tuple(dict.fromkeys(problems)))


def _roles(shelf: Shelf) -> dict[str, Metadata[Any]]:
    found: dict[str, Metadata[Any]] = {
        "root": shelf.root(),
        "timestamp": shelf.timestamp(),
        "snapshot": shelf.snapshot(),
        "targets": shelf.targets(),
    }
    delegations = found["targets"].signed.delegations
    for name in (REVIEWS, *(role for role in (delegations.roles if delegations else {}) if role != REVIEWS)):
        metadata = shelf.delegated(name)
        if metadata is not None:
            found[name] = metadata
    return found


def _is_short(metadata: Metadata[Any], at: dt.datetime) -> bool:
    issued = issued_of(metadata.signed)
    whole = metadata.signed.expires - dt.datetime.fromisoformat(issued) if issued else dt.timedelta(0)
    return bool(metadata.signed.expires - at < whole / 5)
